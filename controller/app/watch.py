"""Notices that a file was saved."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

LOOK_EVERY = 1.0  # real seconds

Stamp = tuple[tuple[int, int, int] | None, ...]


def stamp(paths: Sequence[Path]) -> Stamp:
    """What changes when one of the files is saved; editors that replace the file change its inode."""
    return tuple(_stamp(path) for path in paths)


async def changed(paths: Sequence[Path], known: Stamp, again: asyncio.Event) -> Stamp:
    """Wait until a file differs from `known`, or `again` is set. The new stamp."""
    while True:
        try:
            await asyncio.wait_for(again.wait(), LOOK_EVERY)
            again.clear()
            return stamp(paths)
        except TimeoutError:
            if (now := stamp(paths)) != known:
                return now


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
