"""The field as a child process: all it shares with the controller is names of ports, a broker's address and a clock."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

READY_WITHIN = 30.0  # seconds
GONE_WITHIN = 5.0


class FieldFailed(Exception):
    """The field could not be started, or has ended; the text says what is known of it."""


class ChildField:
    """A running field. `addresses` has a port or a URL for each bus of the site."""

    def __init__(self, process: asyncio.subprocess.Process, addresses: Mapping[str, str]) -> None:
        self.addresses = addresses
        self._process = process
        self._asking = asyncio.Lock()

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ask(self, do: str, **more: object) -> dict[str, Any]:
        """One question of those that field_process.py lists, and its answer. Raises FieldFailed."""
        reader, writer = self._process.stdout, self._process.stdin
        if reader is None or writer is None:
            raise FieldFailed("the simulated field has no pipes")
        async with self._asking:
            try:
                writer.write(json.dumps({"do": do, **more}).encode() + b"\n")
                await writer.drain()
                line = await reader.readline()
            except ConnectionError:
                line = b""
        if not line:
            raise FieldFailed(f"the simulated field ended with code {await self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise FieldFailed(answer["error"])
        return answer

    async def ended(self) -> int:
        """Wait until the process is gone; its exit code."""
        return await self._process.wait()


@contextlib.asynccontextmanager
async def field_process(arguments: Sequence[str], complaints: Path | None = None) -> AsyncIterator[ChildField]:
    """Run the field for as long as the context lasts; what it complains of goes to that file. Raises FieldFailed.

    The process ends when its standard input does: it cannot outlive this one, however this one ends.
    """
    with contextlib.ExitStack() as stack:
        stderr = None if complaints is None else stack.enter_context(complaints.open("ab"))
        process = await _start(arguments, stderr)
    try:
        yield ChildField(process, await _addresses(process))
    finally:
        await _end(process)


async def _start(arguments: Sequence[str], stderr: IO[bytes] | None) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "simulators.demo.field_process",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=stderr,
    )


async def _addresses(process: asyncio.subprocess.Process) -> dict[str, str]:
    """The first line that the field says."""
    line = b""
    if process.stdout is not None:
        try:
            line = await asyncio.wait_for(process.stdout.readline(), READY_WITHIN)
        except TimeoutError:
            raise FieldFailed("the simulated field did not get ready") from None
    if not line:
        raise FieldFailed(f"the simulated field ended with code {await process.wait()}")
    addresses: dict[str, str] = json.loads(line)
    return addresses


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), GONE_WITHIN)
    except TimeoutError:
        process.kill()
        await process.wait()
