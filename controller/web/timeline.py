"""A stretch of the past as columns: points, actuators, setpoints, marks and the sun, for charts and for export."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from astral import Observer
from astral.sun import sun

from controller.core.plan import Plan, SitePlan
from controller.model.time import NS
from controller.store import History
from controller.store.entries import ALARM, DECISION, NOTE, Entry, cause_of
from controller.store.history import Span
from controller.store.samples import ACTUATOR, READING

MINUTE, QUARTER, DAY = 60, 900, 86400
MOST_COLUMNS = 2000  # a chart has hardly more pixels
MOST_MARKS = 400
LONGEST = 400 * DAY  # s

Column = list[float | None]


class Stretch(NamedTuple):
    """From `start` to before `end` (s since 1970, UTC), in steps of `step` seconds."""

    start: int
    end: int
    step: int

    def times(self) -> list[int]:
        return list(range(self.start, self.end, self.step))


def stretch(start: int, end: int, most: int = MOST_COLUMNS) -> Stretch:
    """The finest steps that give no more columns than a chart has use for."""
    length = max(end - start, MINUTE)
    step = MINUTE
    while length / step > most:
        step = next(s for s in (300, QUARTER, 1800, 3600, 7200, 21600, DAY, 7 * DAY, 365 * DAY) if s > step)
    return Stretch(start // step * step, start // step * step + math.ceil(length / step) * step, step)


def columns(history: History, names: Sequence[str], over: Stretch, kind: str = READING) -> dict[str, dict[str, Column]]:
    """Mean, lowest and highest of each series in each step; None where nothing was measured. Raises sqlite3.Error."""
    resolution = max((r for r in (MINUTE, QUARTER) if over.step % r == 0 and r <= over.step), default=MINUTE)
    return {name: _column(history.spans(name, resolution, over.start, over.end, kind), over) for name in names}


def _column(spans: Sequence[Span], over: Stretch) -> dict[str, Column]:
    count = (over.end - over.start) // over.step
    sums, weights = [0.0] * count, [0] * count
    low: Column = [None] * count
    high: Column = [None] * count
    for span in spans:
        at = (span.start - over.start) // over.step
        if not 0 <= at < count:
            continue
        sums[at] += span.mean
        weights[at] += 1
        known_low, known_high = low[at], high[at]
        low[at] = span.low if known_low is None else min(known_low, span.low)
        high[at] = span.high if known_high is None else max(known_high, span.high)
    mean: Column = [round(s / w, 4) if w else None for s, w in zip(sums, weights, strict=True)]
    return {"mean": mean, "low": low, "high": high}


def held(column: Column, before: float | None) -> Column:
    """A position's column: where it did not move it stays what it was."""
    found: Column = []
    for value in column:
        before = value if value is not None else before
        found.append(before)
    return found


def positions(history: History, names: Sequence[str], over: Stretch, now: int) -> dict[str, Column]:
    """The mean position of each actuator in each step, from the last one known before. Raises sqlite3.Error."""
    found = {}
    for name, column in columns(history, names, over, ACTUATOR).items():
        before = history.actuator(name, over.start * NS).position
        mean = held(column["mean"], before)
        found[name] = [value if time <= now else None for time, value in zip(over.times(), mean, strict=True)]
    return found


def marks(history: History, plan: Plan, start: int, end: int) -> list[dict[str, Any]]:
    """Alarms, notes and causes of the stretch, the newest of too many, in order of time. Raises sqlite3.Error."""
    entries: list[Entry] = []
    for kind, most in ((ALARM, MOST_MARKS), (NOTE, MOST_MARKS), (DECISION, MOST_MARKS)):
        entries += history.entries(start * NS, end * NS, kind=kind, limit=most)
    actuators = {actuator.name for actuator in plan.actuators}
    return [mark for entry in sorted(entries) if (mark := _mark(entry, actuators)) is not None]


def _mark(entry: Entry, actuators: set[str]) -> dict[str, Any] | None:
    data, at = entry.data(), entry.at_ns / NS
    if entry.kind == DECISION:
        if entry.subject not in actuators:
            return None
        cause = cause_of(data["cause"])
        text = f"{data['target']:.0f} %: {cause.sentence()}"
        return {"at": at, "kind": "cause", "subject": entry.subject, "text": text}
    if entry.kind == ALARM:
        return {"at": at, "kind": "alarm", "subject": entry.subject, "state": data["state"], "text": data["text"]}
    return {"at": at, "kind": "note", "subject": entry.subject, "text": data["text"]}


def suns(site: SitePlan, start: int, end: int) -> list[tuple[int, int]]:
    """Sunrise and sunset (s since 1970) of each day of the stretch; days without one are left out."""
    zone, observer = ZoneInfo(site.timezone), Observer(site.latitude, site.longitude)
    found = []
    for day in _days(start, end, zone):
        try:
            times = sun(observer, date=day, tzinfo=zone)
        except ValueError:
            continue
        found.append((round(times["sunrise"].timestamp()), round(times["sunset"].timestamp())))
    return found


def _days(start: int, end: int, zone: ZoneInfo) -> Iterator[date]:
    day, last = datetime.fromtimestamp(start, zone).date(), datetime.fromtimestamp(end, zone).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def told_lines(entries: Sequence[Entry], zone: ZoneInfo) -> list[dict[str, str]]:
    """Journal entries of notes and alarms as plain texts, the newest first, with local times."""
    found = []
    for entry in reversed(entries):
        data = entry.data()
        at = datetime.fromtimestamp(entry.at_ns // NS, zone).isoformat()
        line = {"at": at, "kind": entry.kind, "subject": entry.subject}
        found.append(line | {key: str(data[key]) for key in ("text", "state", "priority") if key in data})
    return found


def units(plan: Plan) -> Mapping[str, str]:
    """The unit of each point as it is written."""
    return {sensor.point: sensor.quantity.unit.symbol for sensor in plan.sensors} | {
        vote.point: next((s.quantity.unit.symbol for s in plan.sensors if s.point in vote.members), "")
        for vote in plan.votes
    }
