"""Minutes of a series in four numbers, and how they add up to quarters of an hour and days. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from controller.model.time import NS

MINUTE, QUARTER, DAY = 60, 900, 86400  # seconds; days are UTC days
RESOLUTIONS = (MINUTE, QUARTER, DAY)
MINUTE_NS = MINUTE * NS


class Row(NamedTuple):
    """One series over one span of `resolution` seconds from `start` (s since 1970, UTC).

    `weight` is what `mean` counts by: the number of readings, or for a position the seconds it was known.
    """

    resolution: int
    start: int
    series: int
    weight: float
    low: float
    mean: float
    high: float
    last: float
    last_ns: int


@dataclass(slots=True)
class _Sum:
    weight: float = 0.0
    total: float = 0.0
    low: float = math.inf
    high: float = -math.inf
    last: float = math.nan
    last_ns: int = -1

    def add(self, value: float, at_ns: int, weight: float) -> None:
        self.weight += weight
        self.total += value * weight
        if value < self.low:
            self.low = value
        if value > self.high:
            self.high = value
        if at_ns >= self.last_ns:
            self.last, self.last_ns = value, at_ns


class Rollup:
    """Gathers samples by minute. A position holds until the next one, and is weighed by the time it held."""

    def __init__(self) -> None:
        self._sums: dict[tuple[int, int], _Sum] = {}  # by minute and series
        self._held: dict[int, tuple[int, float]] = {}
        self._now_ns = 0

    def add(self, series: int, at_ns: int, value: float) -> None:
        """A reading. NaN is no value and counts for nothing."""
        self._now_ns = at_ns
        if value == value:
            self._sum(series, at_ns // MINUTE_NS).add(value, at_ns, 1.0)

    def hold(self, series: int, at_ns: int, value: float) -> None:
        """A position, from now on."""
        self._now_ns = at_ns
        held = self._held.get(series)
        if held is None or at_ns >= held[0]:
            self._spread(series, at_ns)
            self._held[series] = (at_ns, value)
        self._sum(series, at_ns // MINUTE_NS).add(value, at_ns, 0.0)

    def close(self) -> list[Row]:
        """The rows of all minutes but the present one; they are then forgotten here."""
        present = self._now_ns // MINUTE_NS
        for series in self._held:
            self._spread(series, present * MINUTE_NS)
        done = sorted(key for key in self._sums if key[0] != present)
        return [row for key in done for row in _rows(*key, self._sums.pop(key))]

    def present_minute(self) -> int:
        """Where the minute begins that is still open, in seconds since 1970."""
        return self._now_ns // MINUTE_NS * MINUTE

    def _sum(self, series: int, minute: int) -> _Sum:
        found = self._sums.get((minute, series))
        if found is None:
            found = self._sums[minute, series] = _Sum()
        return found

    def _spread(self, series: int, until_ns: int) -> None:
        """Count the held position up to `until_ns`. A gap of more than a day is a clock that was set, and no time."""
        since_ns, value = self._held.get(series, (until_ns, 0.0))
        if until_ns <= since_ns:
            return
        if until_ns - since_ns <= DAY * NS:
            start_ns = since_ns
            while start_ns < until_ns:
                minute = start_ns // MINUTE_NS
                end_ns = min(until_ns, (minute + 1) * MINUTE_NS)
                self._sum(series, minute).add(value, start_ns, (end_ns - start_ns) / NS)
                start_ns = end_ns
        self._held[series] = (until_ns, value)


def _rows(minute: int, series: int, found: _Sum) -> Iterator[Row]:
    # a position that came and went in no time has no weight, and still was there
    weight = found.weight or 1e-9
    mean = found.total / found.weight if found.weight else found.last
    start = minute * MINUTE
    for resolution in RESOLUTIONS:
        begin = start // resolution * resolution
        yield Row(resolution, begin, series, weight, found.low, mean, found.high, found.last, found.last_ns)
