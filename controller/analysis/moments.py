"""The moments of a year that differ in what a plan says about time: which windows are open, which period it is.

A dozen days stand for the year. Each is cut at every edge of every window, and of the pieces that say the same one is
kept, so that a search over all times of all days is a search over a handful of moments.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from controller.core.calendar import Calendar
from controller.core.plan import PeriodPlan, SitePlan
from controller.model.time import NS
from controller.rules.tree import DayTime, Window

_DARK = 20.0
"""W/m²: what a pyranometer may show at night, its offset."""

_SUNNIEST = 1.25
"""Broken clouds can add about a quarter to what a clear sky gives."""

_DAYLIGHT = Window(DayTime("sunrise", 0.0), DayTime("sunset", 0.0))


@dataclass(frozen=True, slots=True)
class Moment:
    """One time of one day that stands for all that say the same.

    `period` is the index of the period that holds, -1 where none does; `brightest` bounds the radiation, W/m².
    """

    at: datetime
    open: frozenset[Window]
    period: int
    brightest: float


def moments(site: SitePlan, periods: Sequence[PeriodPlan], windows: Iterable[Window], year: int) -> list[Moment]:
    """All moments that differ, in the order of the year."""
    calendar = Calendar(site)
    asked = list(dict.fromkeys([*(period.window for period in periods), *windows]))
    found: dict[tuple[frozenset[Window], int, bool], Moment] = {}
    for day in sample_days(year):
        for start, end in _pieces(calendar, day, [*asked, _DAYLIGHT]):
            middle = (start + end) // 2
            is_open = frozenset(window for window in asked if calendar.inside(window, middle))
            period = next((i for i, period in enumerate(periods) if period.window in is_open), -1)
            daylight = calendar.inside(_DAYLIGHT, middle)
            bright = max(_clear_sky(site, calendar, t) for t in (start, middle, end)) if daylight else 0.0
            key = is_open, period, daylight
            moment = Moment(calendar.local(middle), is_open, period, _DARK + _SUNNIEST * bright)
            known = found.get(key)
            if known is None or known.brightest < moment.brightest:
                found[key] = moment
    return sorted(found.values(), key=lambda moment: moment.at)


def sample_days(year: int) -> list[date]:
    """The 21st of every month: both solstices and both equinoxes are among them."""
    return [date(year, month, 21) for month in range(1, 13)]


def _pieces(calendar: Calendar, day: date, windows: Iterable[Window]) -> list[tuple[int, int]]:
    """The pieces of one local day between edges of windows, UTC nanoseconds."""
    start = datetime.combine(day, time(), calendar.zone).timestamp() * NS
    end = datetime.combine(day + timedelta(days=1), time(), calendar.zone).timestamp() * NS
    first, last = round(start), round(end)
    edges = {edge for w in windows for span in calendar.spans(w, first) for edge in span if first < edge < last}
    cuts = [first, *sorted(edges), last]
    return [(a, b) for a, b in pairwise(cuts) if b - a >= NS]


def _clear_sky(site: SitePlan, calendar: Calendar, wall_ns: int) -> float:
    """Clear-sky global radiation, W/m² (Haurwitz 1945), with the sun's position after Spencer (1971)."""
    utc = calendar.local(wall_ns).astimezone(UTC)
    angle = 2 * math.pi * (utc.timetuple().tm_yday - 1) / 365
    declination = (
        0.006918
        - 0.399912 * math.cos(angle)
        + 0.070257 * math.sin(angle)
        - 0.006758 * math.cos(2 * angle)
        + 0.000907 * math.sin(2 * angle)
    )
    hours = utc.hour + utc.minute / 60 + site.longitude / 15
    hour_angle = math.radians(15 * (hours - 12))
    latitude = math.radians(site.latitude)
    sine = math.sin(latitude) * math.sin(declination) + math.cos(latitude) * math.cos(declination) * math.cos(
        hour_angle
    )
    return 1098 * sine * math.exp(-0.057 / sine) if sine > 0.01 else 0.0
