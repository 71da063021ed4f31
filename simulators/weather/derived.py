"""What a record does not hold but the model needs: sky and soil, from what it does hold."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence

from . import air, sun

USUAL_CO2 = 420.0
"""ppm outside, where nobody measures it."""

UNKNOWN_COVER = 0.5
"""Cloud cover where nothing tells it."""

_LOW_SUN = 0.1  # sine of the elevation below which radiation says little about clouds
_HALF_DAY = 12 * 3600.0  # s
_SOIL_MEMORY = 45 * 86400.0  # s; by so much the ground two metres down lags behind and levels out


def cloud_cover(
    unix: float, interval: float, radiation: Sequence[float], latitude: float, longitude: float
) -> list[float]:
    """0..1 for each row, from how much less radiation comes than a clear sky would send; held through the night."""
    cover = UNKNOWN_COVER
    covers: list[float] = []
    for row, global_radiation in enumerate(radiation):
        sine = sun.sine_of_elevation(unix + row * interval, latitude, longitude)
        if sine > _LOW_SUN:
            cover = sun.clouds_that_leave(global_radiation / sun.clear_sky(sine))
        covers.append(cover)
    return covers


def sky_temperatures(temperatures: Sequence[float], pressures: Sequence[float], covers: Sequence[float]) -> list[float]:
    """°C; see `air.sky_temperature`."""
    return [
        air.sky_temperature(temperature, pressure, cover)
        for temperature, pressure, cover in zip(temperatures, pressures, covers, strict=True)
    ]


def dew_points(temperatures: Sequence[float], interval: float) -> list[float]:
    """°C outside where nobody measures humidity: the lowest temperature of half a day before and after, for at night
    the air cools until dew falls (Allen et al., 1998, FAO paper 56, equation 48)."""
    reach = max(round(_HALF_DAY / interval), 1)
    lowest: deque[int] = deque()  # rows of falling rank: the first is the lowest of the window
    dews: list[float] = []
    for row in range(len(temperatures) + reach):
        if row < len(temperatures):
            while lowest and temperatures[lowest[-1]] >= temperatures[row]:
                lowest.pop()
            lowest.append(row)
        if row >= reach:
            while lowest[0] < row - 2 * reach:
                lowest.popleft()
            dews.append(temperatures[lowest[0]])
    return dews


def soil_temperatures(temperatures: Sequence[float], interval: float) -> list[float]:
    """°C two metres down: the air's with a long memory, beginning with the mean of its first weeks."""
    begin = max(min(round(_SOIL_MEMORY / interval), len(temperatures)), 1)
    soil = sum(temperatures[:begin]) / begin
    share = min(interval / _SOIL_MEMORY, 1.0)
    soils: list[float] = []
    for temperature in temperatures:
        soil += share * (temperature - soil)
        soils.append(soil)
    return soils


def unwrapped(directions: Iterable[float]) -> list[float]:
    """Wind directions (°) that run on beyond 0 and 360, so that a straight line between two turns the short way."""
    turned: list[float] = []
    for direction in directions:
        before = turned[-1] if turned else direction
        turned.append(before + math.remainder(direction - before, 360.0))
    return turned
