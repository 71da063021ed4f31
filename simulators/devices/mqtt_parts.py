"""What virtual devices behind a broker are made of: relays with a timer, and motors between two end stops."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from controller.model.time import Clock, Instant

Write = Callable[[str, float], None]
Changed = Callable[[], Awaitable[None]]


class Relay:
    """Writes 1.0 or 0.0 to its point; `changed` is called when it switches by itself."""

    def __init__(self, point: str, clock: Clock, write: Write, changed: Changed) -> None:
        self.on = False
        self._point, self._clock, self._write, self._changed = point, clock, write, changed
        self._timer: asyncio.Task[None] | None = None
        write(point, 0.0)

    def switch(self, on: bool, seconds: float | None = None) -> None:
        """On or off; on for `seconds` of the clock if they are given."""
        self.stop()
        self.on = on
        self._write(self._point, 1.0 if on else 0.0)
        if on and seconds:
            self._timer = asyncio.create_task(self._end(seconds))

    def stop(self) -> None:
        """Drop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _end(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._timer = None
        self.switch(False)
        await self._changed()


class Cover:
    """A motor that takes `travel` seconds from end to end; writes % of opening to its point where it comes to rest."""

    def __init__(self, point: str, clock: Clock, write: Write, changed: Changed, travel: float = 60.0) -> None:
        self.direction = 0
        self._point, self._clock, self._write, self._changed = point, clock, write, changed
        self._travel = travel
        self._from, self._began = 0.0, clock.now()
        self._timer: asyncio.Task[None] | None = None
        write(point, 0.0)

    def position(self, now: Instant) -> float:
        """% of opening."""
        way = 100 * now.seconds_since(self._began) / self._travel * self.direction
        return min(max(self._from + way, 0.0), 100.0)

    def run(self, direction: int, seconds: float | None = None) -> None:
        """Open (1), close (-1) or stop (0); for `seconds` of the clock if they are given, else to the end stop."""
        self.halt()
        here = self._from
        left = (100 - here if direction > 0 else here) / 100 * self._travel
        seconds = left if seconds is None else min(seconds, left)
        if direction and seconds > 0:
            self.direction, self._began = direction, self._clock.now()
            self._timer = asyncio.create_task(self._end(seconds))

    def halt(self) -> None:
        """Stop where it is."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._from = self.position(self._clock.now())
        self.direction = 0
        self._write(self._point, self._from)

    async def _end(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._timer = None
        self.halt()
        await self._changed()
