"""Points in time, carried as arguments: nothing that decides ever reads a clock itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, NamedTuple, Protocol

NS: Final = 1_000_000_000


class Instant(NamedTuple):
    """One moment on both clocks.

    `mono_ns` counts monotonic nanoseconds from an arbitrary origin and measures durations.
    `wall_ns` is UTC nanoseconds since 1970 and serves schedules and stored timestamps; it may jump.
    """

    mono_ns: int
    wall_ns: int

    def after(self, seconds: float) -> Instant:
        """The instant `seconds` later on both clocks."""
        return later(self, seconds)

    def seconds_since(self, earlier: Instant) -> float:
        """Monotonic seconds between two instants of one process."""
        return (self.mono_ns - earlier.mono_ns) / NS

    def utc(self) -> datetime:
        """Wall time as an aware datetime (microsecond resolution)."""
        return datetime.fromtimestamp(self.wall_ns / NS, UTC)


def later(at: Instant, seconds: float) -> Instant:
    """`Instant.after` for whoever asks at every step: a function is found sooner than a method of a tuple."""
    ns = int(seconds * NS + (0.5 if seconds >= 0.0 else -0.5))
    # as a tuple is made: the constructor of a named one is a function in Python
    return tuple.__new__(Instant, (at.mono_ns + ns, at.wall_ns + ns))


class Clock(Protocol):
    """The only source of time for the asyncio shells; a simulated clock runs faster than the real one."""

    def now(self) -> Instant: ...

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` of this clock's time."""

    def real_seconds(self, seconds: float) -> float:
        """How long `seconds` of this clock's time last for the operating system."""
