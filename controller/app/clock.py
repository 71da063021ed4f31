"""The clocks of a running controller: the system's, or a faster one for demonstrations and tests."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, field

from controller.model.time import NS, Clock, Instant

_TEXT = re.compile(r"(?P<speed>\d+(?:\.\d+)?)@(?P<real>\d+(?:\.\d+)?)=(?P<simulated>\d+(?:\.\d+)?)")


class SystemClock:
    """The operating system's monotonic and wall clock."""

    def now(self) -> Instant:
        return Instant(time.monotonic_ns(), time.time_ns())

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def real_seconds(self, seconds: float) -> float:
        return seconds


@dataclass(frozen=True, slots=True)
class ScaledClock:
    """A clock that runs `speed` times as fast as the real one and showed `simulated_ns` when it was `real_ns`.

    Both origins are UTC nanoseconds since 1970. Because the clock is a function of real time alone, every process that
    is given the same text shares the same simulated time, and a controller that is killed and started again finds
    that time has gone on.
    """

    speed: float
    real_ns: int
    simulated_ns: int
    # wall time is followed on the monotonic clock, so that a correction of the system's time does not stop a demo
    _offset_ns: int = field(default_factory=lambda: time.time_ns() - time.monotonic_ns(), compare=False, repr=False)

    def now(self) -> Instant:
        elapsed = time.monotonic_ns() + self._offset_ns - self.real_ns
        simulated = self.simulated_ns + round(elapsed * self.speed)
        return Instant(simulated, simulated)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(self.real_seconds(seconds))

    def real_seconds(self, seconds: float) -> float:
        return seconds / self.speed

    def __str__(self) -> str:
        return f"{self.speed:g}@{_seconds(self.real_ns)}={_seconds(self.simulated_ns)}"


def parse_clock(text: str) -> Clock:
    """The clock of a text like "600@1780000000.25=1781560800"; "" or "system" is the system's. Raises ValueError."""
    if text in ("", "system"):
        return SystemClock()
    match = _TEXT.fullmatch(text)
    if match is None or float(match["speed"]) <= 0:
        raise ValueError(f"{text!r} is not a clock: write SPEED@REAL=SIMULATED, both in seconds since 1970")
    return ScaledClock(float(match["speed"]), _ns(match["real"]), _ns(match["simulated"]))


def _seconds(ns: int) -> str:
    whole, rest = divmod(ns, NS)
    return f"{whole}.{rest:09d}".rstrip("0").rstrip(".")


def _ns(text: str) -> int:
    whole, _, rest = text.partition(".")
    return int(whole) * NS + int(f"{rest:0<9}"[:9])
