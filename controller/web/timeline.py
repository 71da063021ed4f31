"""A stretch of the past for charts: its steps, its marks and the sun."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from astral import Observer
from astral.sun import sun

from controller.core.plan import Plan, SitePlan
from controller.model.time import NS
from controller.store import History
from controller.store.entries import ALARM, DECISION, NOTE, Entry, cause_of
from controller.store.export.table import DAY, MINUTE, QUARTER, Stretch

MOST_COLUMNS = 2000  # a chart has hardly more pixels
MOST_MARKS = 400
LONGEST = 400 * DAY  # s


def stretch(start: int, end: int, most: int = MOST_COLUMNS) -> Stretch:
    """The finest steps that give no more columns than a chart has use for."""
    length = max(end - start, MINUTE)
    step = MINUTE
    while length / step > most:
        step = next(s for s in (300, QUARTER, 1800, 3600, 7200, 21600, DAY, 7 * DAY, 365 * DAY) if s > step)
    return Stretch(start // step * step, -(-end // step) * step, step)


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
