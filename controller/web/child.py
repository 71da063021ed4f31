"""Processes beside the greenhouse, for what takes seconds of a core or might go wrong in any way.

They are last in line for processor and disk, and the first to go where memory ends: the greenhouse must not feel them.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Sequence

LONGEST_LINE = 4 << 20  # bytes of output that are read as one

_STAND_BACK = [("nice", "-n", "19"), ("ionice", "-t", "-c", "2", "-n", "7"), ("choom", "-n", "800", "--")]


async def output(arguments: Sequence[str], given: bytes, patience: float) -> tuple[bytes, str]:
    """What Python prints with these arguments and, where it failed or took too long (s), its last complaint."""
    async with _running(arguments, PIPE) as process:
        try:
            out, complaint = await asyncio.wait_for(process.communicate(given), patience)
        except TimeoutError:
            return b"", too_long(patience)
    if process.returncode:
        lines = complaint.decode("utf-8", "replace").strip().splitlines() or [f"it ended with {process.returncode}"]
        return b"", lines[-1]
    return out, ""


@contextlib.asynccontextmanager
async def speaking(arguments: Sequence[str], given: bytes) -> AsyncIterator[asyncio.StreamReader]:
    """What Python prints with these arguments, complaints too, as it comes; the process ends with the block."""
    async with _running(arguments, STDOUT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(given)
        process.stdin.close()
        yield process.stdout


def too_long(patience: float) -> str:
    """The complaint about one that took longer than so many seconds."""
    return f"it took longer than {patience:g} s"


@contextlib.asynccontextmanager
async def _running(arguments: Sequence[str], errors: int) -> AsyncIterator[Process]:
    behind = [word for command in _STAND_BACK if shutil.which(command[0]) for word in command]
    process = await asyncio.create_subprocess_exec(
        *behind, sys.executable, *arguments, stdin=PIPE, stdout=PIPE, stderr=errors, limit=LONGEST_LINE
    )
    try:
        yield process
    finally:
        # this kills it if it still runs; to wait for it alone is to wait for everybody who holds its pipes
        process._transport.close()  # type: ignore[attr-defined]
        await process.wait()
