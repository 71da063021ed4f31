"""A driver at work under the eyes of a test."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Callable, Sequence

from controller.model.commands import Cause, Command, Level, Report, Verb
from controller.model.points import Reading
from controller.model.ports import Driver, Emit, FieldInput
from controller.model.time import Instant

PATIENCE = 10.0  # s, real: how long a condition may take to come true before the test has failed
_LOOK = 0.005  # s
_ids = itertools.count(1)


class RealClock:
    """The operating system's time, `speed` times as fast."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._origin, self._wall = time.monotonic_ns(), time.time_ns()

    def now(self) -> Instant:
        gone = int((time.monotonic_ns() - self._origin) * self._speed)
        return Instant(gone, self._wall + gone)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(self.real_seconds(seconds))

    def real_seconds(self, seconds: float) -> float:
        return seconds / self._speed


class Heard:
    """Everything a driver has emitted, in order."""

    def __init__(self) -> None:
        self.all: list[FieldInput] = []

    def __call__(self, inputs: Sequence[FieldInput]) -> None:
        self.all += inputs

    def readings(self, point: str) -> list[Reading]:
        return [entry for entry in self.all if isinstance(entry, Reading) and entry.point == point]

    def reports(self, output: str) -> list[Report]:
        return [entry for entry in self.all if isinstance(entry, Report) and entry.output == output]

    def answers(self, command: Command) -> list[Report]:
        return [report for report in self.reports(command.output) if report.command_id == command.id]


async def soon(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until the condition holds. TimeoutError after `seconds`."""
    async with asyncio.timeout(seconds):
        while True:
            if condition():
                return
            await asyncio.sleep(_LOOK)


def order(output: str, verb: Verb, seconds: float | None = None, *, renews: bool = False) -> Command:
    """A command as the core would give it."""
    return Command(next(_ids), output, verb, Instant(0, 0), Cause(Level.HAND, "test"), seconds, renews)


@contextlib.asynccontextmanager
async def at_work(driver: Driver, heard: Emit) -> AsyncIterator[asyncio.Task[None]]:
    """The driver's `run` as a task, cancelled at the end. Fails where it ended by itself."""
    task = asyncio.create_task(driver.run(heard))
    try:
        yield task
        if task.done():
            raise AssertionError(f"run() ended by itself: {task}")
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
