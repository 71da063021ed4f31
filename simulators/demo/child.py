"""The field as a process of its own: all it shares with the controller is a port's name, a broker's address and a clock."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

READY_WITHIN = 30.0  # seconds
GONE_WITHIN = 5.0


class Address(NamedTuple):
    """Where the field can be reached."""

    port: str
    broker: str


class FieldFailed(Exception):
    """The field could not be started; the text is what it said."""


@contextlib.asynccontextmanager
async def field_process(arguments: Sequence[str]) -> AsyncIterator[tuple[Address, asyncio.subprocess.Process]]:
    """Run the field for as long as the context lasts. Raises FieldFailed.

    The process ends when its standard input does: it cannot outlive this one, however this one ends.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "simulators.demo.field_process",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # Ctrl-C in the terminal is for the controller alone, which ends the field after its own shutdown
        start_new_session=True,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), READY_WITHIN)
        if not line:
            raise FieldFailed(f"the simulated field ended with code {await process.wait()}")
        yield Address(**json.loads(line)), process
    except TimeoutError:
        raise FieldFailed("the simulated field did not get ready") from None
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), GONE_WITHIN)
        except TimeoutError:
            process.kill()
            await process.wait()
