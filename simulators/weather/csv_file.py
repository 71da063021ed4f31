"""Weather from a CSV file whose columns carry their names and units: `temperature [°C]`.

Columns: `time` (ISO 8601; without an offset it is local time), `temperature`, one of `humidity`, `vapour_pressure` and
`dew_point`, `radiation`, `wind_speed`; and, where there are, `wind_direction`, `co2`, `rain` (mm/h), `sky_temperature`
or `infrared`, `soil_temperature`. A leading `outside.` is allowed, so that Onsil's own export can be read back. Other
columns are ignored.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import pairwise
from pathlib import Path
from statistics import median

from controller.model.errors import ConfigError, Place, did_you_mean
from controller.model.units import UNITS, UnitError, factor, unit

from . import air, derived
from .earth import EARTH, possible
from .gaps import Gap, fill
from .table import COLUMNS, WeatherTable

_HEADER = re.compile(r"\s*(?:outside\.)?(?P<name>[a-z_0-9]+)\s*(?:[\[(](?P<unit>[^\])]*)[\])])?\s*")


@dataclass(frozen=True, slots=True)
class Record:
    """Weather that was read, and the holes in it that were filled."""

    table: WeatherTable
    gaps: list[Gap]


def read_csv(path: Path, zone: tzinfo, latitude: float, longitude: float) -> Record:
    """Read a file; `zone` is that of times without an offset, the place tells clouds from the time of day.

    Raises ConfigError with file, line and column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.reader(lines))
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", Place(str(path))) from error
    except UnicodeDecodeError as error:
        raise ConfigError("is no UTF-8 text", Place(str(path)), "save it as CSV UTF-8") from error
    if not rows:
        raise ConfigError("is empty", Place(str(path)))
    time_column, readers = _columns(rows[0], str(path))
    times: list[float] = []
    lines_of: list[int] = []
    raw: dict[str, list[float]] = {name: [] for name in readers}
    for number, row in enumerate(rows[1:], 2):
        if not row or row[0].lstrip().startswith("#"):
            continue
        time = _time(row, time_column, zone, Place(str(path), number, 1))
        if times and time <= times[-1]:
            raise ConfigError("time does not go on here", Place(str(path), number, 1))
        times.append(time)
        lines_of.append(number)
        for name, (column, convert) in readers.items():
            raw[name].append(_value(row, column, name, convert, Place(str(path), number, column + 1)))
    if len(times) < 3:
        raise ConfigError("has fewer than three rows of weather", Place(str(path)))
    interval = median(later - time for time, later in pairwise(times))
    _regular(times, lines_of, interval, str(path))
    return _record(
        datetime.fromtimestamp(times[0], zone), times, lines_of, interval, raw, str(path), latitude, longitude
    )


Reader = tuple[int, Callable[[float], float]]


def _columns(header: list[str], file: str) -> tuple[int, dict[str, Reader]]:
    time_column = -1
    readers: dict[str, Reader] = {}
    if len(header) == 1:
        raise ConfigError("has only one column", Place(file, 1, 1), "columns are separated by commas")
    for column, title in enumerate(header):
        place = Place(file, 1, column + 1)
        match = _HEADER.fullmatch(title)
        name = match["name"] if match else title
        if name == "time":
            time_column = column
        elif name in EARTH:
            symbol = match["unit"] if match else None
            if symbol is None:
                raise ConfigError(f"{name} has no unit", place, f"write {name} [{EARTH[name][0]}]")
            readers[name] = (column, _conversion(name, symbol.strip(), place))
        elif hint := did_you_mean(name, [*EARTH, "time"]):
            raise ConfigError(f"there is no column {name!r}", place, hint)
    if time_column < 0:
        raise ConfigError("has no column time", Place(file, 1, 1), "its first line names the columns")
    for wanted in ("temperature", "radiation", "wind_speed"):
        if wanted not in readers:
            raise ConfigError(f"has no column {wanted}", Place(file, 1, 1), f"add {wanted} [{EARTH[wanted][0]}]")
    if not readers.keys() & {"humidity", "vapour_pressure", "dew_point"}:
        raise ConfigError("has no column humidity", Place(file, 1, 1), "or vapour_pressure, or dew_point")
    return time_column, readers


def _conversion(name: str, symbol: str, place: Place) -> Callable[[float], float]:
    inside = EARTH[name][0]
    if name == "rain":
        if symbol != inside:
            raise ConfigError(f"{symbol} is not a unit of rain", place, "use mm/h")
        return lambda value: value
    if inside == "°C" and symbol == "K":
        return lambda value: value - air.KELVIN
    try:
        scale = factor(unit(symbol), UNITS[inside])
    except UnitError as error:
        raise ConfigError(f"{name}: {error}", place, f"use {inside}") from error
    return lambda value: value * scale


def _time(row: list[str], column: int, zone: tzinfo, place: Place) -> float:
    text = row[column].strip() if column < len(row) else ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is not a time", place, "write it like 2026-03-01T12:00") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()


def _value(row: list[str], column: int, name: str, convert: Callable[[float], float], place: Place) -> float:
    """NaN where the cell is empty."""
    text = row[column].strip() if column < len(row) else ""
    if not text or text.casefold() in ("nan", "null", "na", "-"):
        return math.nan
    try:
        value = convert(float(text))
    except ValueError as error:
        raise ConfigError(f"{text!r} is not a number", place) from error
    return possible(name, value, place)


def _regular(times: list[float], lines: list[int], interval: float, file: str) -> None:
    for time, line in zip(times, lines, strict=True):
        if abs(math.remainder(time - times[0], interval)) > 0.01 * interval:
            raise ConfigError(
                f"this row is not a whole number of intervals ({interval:g} s) after the first", Place(file, line, 1)
            )


def _record(
    start: datetime,
    times: list[float],
    lines: list[int],
    interval: float,
    raw: dict[str, list[float]],
    file: str,
    latitude: float,
    longitude: float,
) -> Record:
    if "vapour_pressure" not in raw:
        raw["vapour_pressure"] = _vapour(raw)
    if "infrared" in raw and "sky_temperature" not in raw:
        raw["sky_temperature"] = [
            air.radiating_temperature(value) if value == value else math.nan for value in raw["infrared"]
        ]
    filled: dict[str, list[float]] = {}
    gaps: list[Gap] = []
    for name, _ in COLUMNS:
        if name in raw:
            filled[name], found = fill(name, times, raw[name], lines, interval, file)
            gaps += found
    rows = len(filled["temperature"])
    filled["radiation"] = [max(value, 0.0) for value in filled["radiation"]]
    for name, value in (("co2", derived.USUAL_CO2), ("wind_direction", 0.0), ("rain", 0.0)):
        filled.setdefault(name, [value] * rows)
    filled["wind_direction"] = derived.unwrapped(filled["wind_direction"])
    if "sky_temperature" not in filled:
        covers = derived.cloud_cover(start.timestamp(), interval, filled["radiation"], latitude, longitude)
        filled["sky_temperature"] = derived.sky_temperatures(filled["temperature"], filled["vapour_pressure"], covers)
    if "soil_temperature" not in filled:
        filled["soil_temperature"] = derived.soil_temperatures(filled["temperature"], interval)
    values = (filled[name][row] for row in range(rows) for name, _ in COLUMNS)
    return Record(WeatherTable(start, interval, values), gaps)


def _vapour(raw: dict[str, list[float]]) -> list[float]:
    """Pa, from the dew point or the relative humidity; NaN where these or the temperature are missing."""
    if "dew_point" in raw:
        return [air.saturation(value) if value == value else math.nan for value in raw["dew_point"]]
    return [
        min(humidity, 100.0) / 100 * air.saturation(temperature) if temperature == temperature else math.nan
        for humidity, temperature in zip(raw["humidity"], raw["temperature"], strict=True)
    ]
