"""Weather as numbers at a fixed interval: the form in which the greenhouse model reads it."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from datetime import datetime, timedelta

COLUMNS = (
    ("temperature", "°C"),
    ("vapour_pressure", "Pa"),
    ("co2", "ppm"),
    ("wind_speed", "m/s"),
    ("wind_direction", "°"),
    ("radiation", "W/m²"),
    ("sky_temperature", "°C"),
    ("soil_temperature", "°C"),
    ("rain", "mm/h"),
)
"""What stands in a row, in this order. The soil's temperature is that two metres down; wind directions may run on
beyond 0 and 360, so that a straight line between two rows turns the short way."""

WIDTH = len(COLUMNS)
TEMPERATURE, VAPOUR_PRESSURE, CO2, WIND_SPEED, WIND_DIRECTION, RADIATION, SKY, SOIL, RAIN = range(WIDTH)

INTERVAL = 300.0
"""Seconds between rows where nothing else decides."""


class WeatherTable:
    """Rows of COLUMNS, `interval` seconds apart, the first at `start` (with a time zone)."""

    def __init__(self, start: datetime, interval: float, values: Iterable[float] = ()) -> None:
        self.start = start
        self.interval = interval
        self.values = array("d", values)

    @property
    def rows(self) -> int:
        return len(self.values) // WIDTH

    @property
    def seconds(self) -> float:
        """How much time the table covers."""
        return max(self.rows - 1, 0) * self.interval

    def since(self, start: datetime) -> WeatherTable:
        """The part from `start` on, to the row. Raises ValueError where the table does not hold that time."""
        skipped = round((start - self.start).total_seconds() / self.interval)
        if not 0 <= skipped < self.rows - 1:
            end = self.start + timedelta(seconds=self.seconds)
            raise ValueError(f"the weather runs from {self.start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}")
        begin = self.start + timedelta(seconds=skipped * self.interval)
        return WeatherTable(begin, self.interval, self.values[skipped * WIDTH :])

    def reach(self, seconds: float) -> bool:
        """Whether the table covers this much time, counted from its start. A table that can grow does so here."""
        return seconds <= self.seconds

    def at(self, seconds: float) -> list[float]:
        """The row at this time after the start, between two rows by a straight line; the ends are held."""
        position = min(max(seconds / self.interval, 0.0), float(self.rows - 1))
        index = min(int(position), max(self.rows - 2, 0))
        share = position - index
        here = self.values[index * WIDTH : (index + 1) * WIDTH]
        following = self.values[(index + 1) * WIDTH : (index + 2) * WIDTH] or here
        return [a + share * (b - a) for a, b in zip(here, following, strict=True)]
