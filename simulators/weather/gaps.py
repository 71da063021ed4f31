"""Holes in a record: filled along a straight line where they are short, refused where they are not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from controller.model.errors import ConfigError, Place
from controller.model.units import show_duration

LONGEST = {
    "temperature": 3 * 3600.0,
    "vapour_pressure": 3 * 3600.0,
    "wind_speed": 3 * 3600.0,
    "wind_direction": 6 * 3600.0,
    "radiation": 3600.0,
    "rain": 3600.0,
    "co2": 24 * 3600.0,
    "sky_temperature": 3 * 3600.0,
    "soil_temperature": 7 * 86400.0,
}
"""Seconds that may be missing of each column; longer ones would be invented weather."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A hole that was filled: which column, the file's line before it, and how long it is (s)."""

    column: str
    line: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.column}: {show_duration(self.seconds)} missing after line {self.line}, filled"


def fill(
    column: str, times: Sequence[float], values: Sequence[float], lines: Sequence[int], interval: float, file: str
) -> tuple[list[float], list[Gap]]:
    """The column at every `interval` from the first to the last of `times` (s), and the gaps that were filled.

    NaN counts as missing. Raises ConfigError at a gap that is longer than LONGEST allows, or at either end.
    """
    known = [(time, value, line) for time, value, line in zip(times, values, lines, strict=True) if value == value]
    if not known or known[0][0] > times[0] or known[-1][0] < times[-1]:
        line = lines[0] if not known or known[0][0] > times[0] else lines[-1]
        raise ConfigError(f"{column} is missing here, where the record begins or ends", Place(file, line, 1))
    gaps: list[Gap] = []
    filled: list[float] = []
    steps = round((times[-1] - times[0]) / interval)
    place = 0
    for step in range(steps + 1):
        now = times[0] + step * interval
        while place + 1 < len(known) and known[place + 1][0] <= now + 1e-6:
            place += 1
            missing = known[place][0] - known[place - 1][0]
            if missing > 1.5 * interval:
                gap = Gap(column, known[place - 1][2], missing - interval)
                if gap.seconds > LONGEST[column]:
                    raise ConfigError(
                        f"{column}: {show_duration(gap.seconds)} are missing after this line",
                        Place(file, gap.line, 1),
                        f"at most {show_duration(LONGEST[column])} are filled",
                    )
                gaps.append(gap)
        time, value, _ = known[place]
        if place + 1 < len(known) and now > time + 1e-6:
            later, ahead, _ = known[place + 1]
            share = (now - time) / (later - time)
            value += share * (_turned(column, ahead - value))
        filled.append(value)
    return filled, gaps


def _turned(column: str, difference: float) -> float:
    """Between 350° and 10° lie 20°, not 340."""
    return math.remainder(difference, 360.0) if column == "wind_direction" else difference
