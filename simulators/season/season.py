"""What a season is: a place, its weather, its greenhouse, how long, and what goes wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from controller.core.plan import SitePlan
from simulators.faults import Schedule
from simulators.weather.csv_file import Record
from simulators.weather.files import read_weather
from simulators.weather.synthetic import SyntheticWeather
from simulators.weather.table import WeatherTable

from .bands import Bands

SYNTHETIC, CLEAR_SKY = "synthetic", "clear-sky"

CADENCE = 60.0
"""Seconds between two readings of a sensor, and at the most between two decisions."""


@dataclass(frozen=True, slots=True)
class Season:
    """`start` has a time zone; `weather` is a file's name or one of SYNTHETIC and CLEAR_SKY.

    `structures` and `crops` are those of compartments that have another than `structure` and `crop`, by their names.

    The same season gives the same numbers, whatever machine it runs on.
    """

    start: datetime
    days: float
    weather: str = SYNTHETIC
    seed: int = 1
    structure: str = "venlo"
    crop: str = "tomato"
    cadence: float = CADENCE
    bands: Bands = field(default_factory=Bands)
    faults: Schedule = field(default_factory=Schedule)
    structures: tuple[tuple[str, str], ...] = ()
    crops: tuple[tuple[str, str], ...] = ()

    @property
    def seconds(self) -> float:
        return self.days * 86400.0

    def structure_of(self, compartment: str) -> str:
        """The structure of a compartment; "" is a site that has none."""
        return dict(self.structures).get(compartment, self.structure)

    def crop_of(self, compartment: str) -> str:
        """The crop of a compartment, likewise."""
        return dict(self.crops).get(compartment, self.crop)

    def table(self, site: SitePlan) -> WeatherTable:
        """The weather, long enough. Raises ConfigError where a file has none of that time."""
        return self.record(site).table

    def record(self, site: SitePlan) -> Record:
        """The weather and what was missing of it. Raises ConfigError."""
        utc = self.start.astimezone(UTC)
        if self.weather in (SYNTHETIC, CLEAR_SKY):
            clear = self.weather == CLEAR_SKY
            made = SyntheticWeather(utc, site.latitude, site.longitude, self.seed, clear=clear)
            made.reach(self.seconds)
            return Record(made, [])
        return read_weather(Path(self.weather), self.start, self.days, site.latitude, site.longitude)


def midnight(day: datetime, site: SitePlan) -> datetime:
    """A day without a zone begins at the site's midnight."""
    return day if day.tzinfo is not None else day.replace(tzinfo=ZoneInfo(site.timezone))
