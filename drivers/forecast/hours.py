"""A forecast hour by hour, and what can be asked of it by name: temperature_3h, radiation_sum_today. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

HOUR, DAY = 3600, 86400
LONGEST = 72  # hours ahead


class Variable(NamedTuple):
    """`unit` of a value and of its sum ("" where it has none). `of_hour`: it is about the hour before its time.

    What lies outside `low` .. `high` is no weather.
    """

    unit: str
    low: float
    high: float
    of_hour: bool = False
    sum_unit: str = ""
    sum_factor: float = 1.0  # from a value of one hour to its part of the sum
    circular: bool = False


VARIABLES: Mapping[str, Variable] = {
    "temperature": Variable("°C", -90, 60),
    "humidity": Variable("%", 0, 100),
    "wind_speed": Variable("m/s", 0, 120),
    "wind_gust": Variable("m/s", 0, 150, of_hour=True),
    "wind_direction": Variable("°", 0, 360, circular=True),
    "cloud": Variable("%", 0, 100),
    "radiation": Variable("W/m²", 0, 1500, of_hour=True, sum_unit="J/cm²", sum_factor=HOUR / 1e4),
    "rain": Variable("mm", 0, 500, of_hour=True, sum_unit="mm"),
    "rain_probability": Variable("%", 0, 100, of_hour=True),
}
_NAME = re.compile(
    rf"(?P<variable>{'|'.join(sorted(VARIABLES, key=len, reverse=True))})"
    r"(_(?P<how>min|max|mean|sum))?_((?P<hours>\d{1,2})h|(?P<day>today|rest|tomorrow))"
)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Values by variable and time (s since 1970, whole hours). `received` is when it came; `offset` is the site's time
    zone, in s east of UTC."""

    values: Mapping[str, Mapping[int, float]]
    received: float
    offset: int


def plausible(variable: str, value: float) -> float:
    """The value of a variable; NaN where it cannot be."""
    bounds = VARIABLES[variable]
    return value if bounds.low <= value <= bounds.high else math.nan


class Wanted(NamedTuple):
    """What a name asks for. `how` is "" for the value at a time; `day` is "" where `hours` count."""

    variable: str
    how: str
    hours: int
    day: str

    @property
    def unit(self) -> str:
        variable = VARIABLES[self.variable]
        return variable.sum_unit if self.how == "sum" else variable.unit


def wanted(name: str) -> Wanted | str:
    """What a name asks for, or what is wrong with it."""
    found = _NAME.fullmatch(name)
    if found is None:
        return f"write VARIABLE_3h, VARIABLE_max_12h or VARIABLE_mean_today; variables: {', '.join(VARIABLES)}"
    variable, how, day = found["variable"], found["how"] or "", found["day"] or ""
    hours = int(found["hours"] or 0)
    if day and not how:
        return f"say which of the day's: {variable}_min_{day}, {variable}_max_{day}, {variable}_mean_{day}"
    if hours > LONGEST or (how and not day and not hours):
        return f"1h to {LONGEST}h"
    if how == "sum" and not VARIABLES[variable].sum_unit:
        return f"{variable} has no sum: use min, max or mean"
    if how and VARIABLES[variable].circular:
        return f"{variable} is a direction: it has a value at a time only, such as {variable}_3h"
    return Wanted(variable, how, hours, day)


def value(forecast: Forecast, asked: Wanted, now: float) -> float:
    """The value at `now` (s since 1970); NaN where the forecast does not reach so far."""
    variable, series = VARIABLES[asked.variable], forecast.values.get(asked.variable, {})
    if not asked.how:
        return _at(series, now + asked.hours * HOUR, variable)
    start, end = _span(asked, now, forecast.offset)
    if end <= start:
        return 0.0 if asked.how == "sum" else math.nan
    parts = _parts(series, start, end, variable)
    if not parts or any(math.isnan(each) for each, _ in parts):
        return math.nan
    match asked.how:
        case "min":
            return min(each for each, _ in parts)
        case "max":
            return max(each for each, _ in parts)
        case "sum":
            return sum(each * share for each, share in parts) * variable.sum_factor
    return sum(each * share for each, share in parts) / sum(share for _, share in parts)


def _span(asked: Wanted, now: float, offset: int) -> tuple[float, float]:
    midnight = (now + offset) // DAY * DAY - offset
    match asked.day:
        case "today":
            return midnight, midnight + DAY
        case "rest":
            return now, midnight + DAY
        case "tomorrow":
            return midnight + DAY, midnight + 2 * DAY
    return now, now + asked.hours * HOUR


def _at(series: Mapping[int, float], time: float, variable: Variable) -> float:
    """The value of the hour that a time is in, or the one between two hours."""
    before = int(time // HOUR) * HOUR
    if variable.of_hour:
        return series.get(before if time == before else before + HOUR, math.nan)
    share = (time - before) / HOUR
    low, high = series.get(before, math.nan), series.get(before + HOUR, math.nan) if share else 0.0
    if variable.circular:
        return series.get(before if share < 0.5 else before + HOUR, math.nan)
    return low + (high - low) * share if share else low


def _parts(series: Mapping[int, float], start: float, end: float, variable: Variable) -> Sequence[tuple[float, float]]:
    """Values between two times, each with the share of an hour that it stands for; NaN where one is missing."""
    found = []
    hour = int(start // HOUR) * HOUR
    while hour < end:
        share = (min(hour + HOUR, end) - max(hour, start)) / HOUR
        if variable.of_hour:
            found.append((series.get(hour + HOUR, math.nan), share))
        else:
            # both ends count for the extremes, half of the time each for the mean
            for time in (max(hour, start), min(hour + HOUR, end)):
                found.append((_at(series, time, variable), share / 2))
        hour += HOUR
    return found
