"""Weather from an EPW file: the typical year of a place, as EnergyPlus and climate.onebuilding.org use it.

Format: U.S. Department of Energy, EnergyPlus Auxiliary Programs, "EnergyPlus Weather File Data Dictionary". Its year is
put together from months of different years, so the calendar decides and not the years in the file.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from controller.model.errors import ConfigError, Place

from . import air, derived
from .earth import possible
from .gaps import Gap, fill
from .table import COLUMNS, WeatherTable

_Kind = tuple[int, float, str]

_HEADER_LINES = 8
_HALF_HOUR = 1800.0

# column, from which number on it says "missing", and what it is called here
_DRY_BULB, _DEW_POINT = (6, 99.9, "temperature"), (7, 99.9, "dew_point")
_INFRARED, _GLOBAL = (12, 9999, "infrared"), (13, 9999, "radiation")
_WIND_DIRECTION, _WIND_SPEED, _RAIN = (20, 999, "wind_direction"), (21, 999, "wind_speed"), (33, 999, "rain")


@dataclass(frozen=True, slots=True)
class TypicalYear:
    """The place and its typical year, hour by hour.

    `zone` is the standard time of the file, `gaps` the holes that were filled. Values of an hour are those at its end;
    radiation and rain are means over it.
    """

    city: str
    latitude: float
    longitude: float
    elevation: float
    zone: timezone
    gaps: list[Gap]
    hours: dict[str, list[float]]
    """By column, 8760 hours from 1 January 0-1 h on."""

    def table(self, start: datetime, days: float) -> WeatherTable:
        """Half-hourly weather from `start` on; the year begins again where it ends, 29 February is like the 28th."""
        begin = start.astimezone(self.zone).replace(minute=0, second=0, microsecond=0)
        steps = round(days * 48) + 3
        columns: dict[str, list[float]] = {}
        for name, hours in self.hours.items():
            late = 0.5 if name in ("radiation", "rain") else 1.0  # where in its hour a value holds
            columns[name] = [_between(hours, begin + timedelta(minutes=30 * step), late) for step in range(steps)]
        columns["co2"] = [derived.USUAL_CO2] * steps
        columns["wind_direction"] = derived.unwrapped(columns["wind_direction"])
        values = (columns[name][step] for step in range(steps) for name, _ in COLUMNS)
        return WeatherTable(begin, _HALF_HOUR, values).since(start)


def read_epw(path: Path) -> TypicalYear:
    """Raises ConfigError with file, line and column."""
    file = str(path)
    try:
        with path.open(encoding="latin-1", newline="") as lines:
            rows = list(csv.reader(lines))
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", Place(file)) from error
    if not rows or rows[0][:1] != ["LOCATION"] or len(rows[0]) < 10:
        raise ConfigError("does not begin with LOCATION: no EPW file", Place(file, 1, 1))
    latitude, longitude, offset, elevation = (_number(rows[0], column, Place(file, 1, 1)) for column in (6, 7, 8, 9))
    data = [(number, row) for number, row in enumerate(rows[_HEADER_LINES:], _HEADER_LINES + 1) if row]
    data = [(number, row) for number, row in data if row[1:3] != ["2", "29"]]
    if len(data) != 8760:
        raise ConfigError(f"holds {len(data)} hours, not the 8760 of a year", Place(file, _HEADER_LINES + 1, 1))
    _in_order(data, file)
    lines_of = [number for number, _ in data]
    times = [3600.0 * hour for hour in range(8760)]
    if not -14 <= offset <= 14:
        raise ConfigError(f"there is no time zone of {offset:g} h", Place(file, 1, 9))
    zone = timezone(timedelta(hours=offset))
    gaps: list[Gap] = []

    def column(name: str, kind: _Kind) -> list[float]:
        values = [_cell(row, kind, Place(file, number, kind[0] + 1)) for number, row in data]
        filled, found = fill(name, times, values, lines_of, 3600.0, file)
        gaps.extend(found)
        return filled

    hours = {"temperature": column("temperature", _DRY_BULB)}
    hours["vapour_pressure"] = [air.saturation(dew) for dew in column("vapour_pressure", _DEW_POINT)]
    hours["radiation"] = [max(value, 0.0) for value in column("radiation", _GLOBAL)]
    hours["wind_speed"] = column("wind_speed", _WIND_SPEED)
    hours["wind_direction"] = derived.unwrapped(column("wind_direction", _WIND_DIRECTION))
    if any(_number(row, _INFRARED[0], Place(file, number, 1)) < _INFRARED[1] for number, row in data):
        hours["sky_temperature"] = [air.radiating_temperature(value) for value in column("sky_temperature", _INFRARED)]
    else:
        new_year = datetime(2001, 1, 1, tzinfo=zone).timestamp()
        covers = derived.cloud_cover(new_year - _HALF_HOUR, 3600.0, hours["radiation"], latitude, longitude)
        hours["sky_temperature"] = derived.sky_temperatures(hours["temperature"], hours["vapour_pressure"], covers)
    rain = (_cell(row, _RAIN, Place(file, number, 1)) if len(row) > _RAIN[0] else 0.0 for number, row in data)
    hours["rain"] = [value if value == value else 0.0 for value in rain]
    hours["soil_temperature"] = _soil(hours["temperature"])
    return TypicalYear(rows[0][1], latitude, longitude, elevation, zone, gaps, hours)


def _number(row: Sequence[str], column: int, place: Place) -> float:
    try:
        return float(row[column])
    except (ValueError, IndexError) as error:
        raise ConfigError("a number is missing here", Place(place.file, place.line, column + 1)) from error


def _in_order(data: Sequence[tuple[int, Sequence[str]]], file: str) -> None:
    """Raises ConfigError at the first hour that is not the one after the hour before."""
    new_year = datetime(2001, 1, 1)
    for hour, (number, row) in enumerate(data):
        begin = new_year + timedelta(hours=hour)
        if [_number(row, column, Place(file, number, 1)) for column in (1, 2, 3)] != [
            begin.month,
            begin.day,
            begin.hour + 1,
        ]:
            expected = f"expected month {begin.month}, day {begin.day}, hour {begin.hour + 1}"
            raise ConfigError("the hours are not in order here", Place(file, number, 2), expected)


def _cell(row: Sequence[str], kind: _Kind, place: Place) -> float:
    """NaN where it is missing."""
    column, missing, name = kind
    value = _number(row, column, place)
    return possible(name, value, place) if value < missing else math.nan


def _soil(temperatures: list[float]) -> list[float]:
    """Two metres down, with the year before in memory."""
    return derived.soil_temperatures(temperatures * 2, 3600.0)[len(temperatures) :]


def _between(hours: Sequence[float], moment: datetime, late: float) -> float:
    """The value at a moment: that of an hour holds `late` hours after it has begun, a straight line between them."""
    day = moment.replace(year=2001, day=28) if (moment.month, moment.day) == (2, 29) else moment.replace(year=2001)
    position = (day - datetime(2001, 1, 1, tzinfo=moment.tzinfo)).total_seconds() / 3600 - late
    hour = int(position // 1)
    share = position - hour
    return hours[hour % 8760] * (1 - share) + hours[(hour + 1) % 8760] * share
