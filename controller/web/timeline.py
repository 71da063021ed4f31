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
from controller.web.language import Speech
from controller.web.names import label
from controller.web.phrases import told

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


def marks(history: History, plan: Plan, start: int, end: int, say: Speech) -> list[dict[str, Any]]:
    """Alarms, notes and causes of the stretch, the newest of too many, in order of time. Raises sqlite3.Error."""
    entries: list[Entry] = []
    for kind in (ALARM, NOTE, DECISION):
        entries += history.entries(start * NS, end * NS, kind=kind, limit=MOST_MARKS)
    actuators = {actuator.name for actuator in plan.actuators}
    known = [entry for entry in sorted(entries) if entry.kind != DECISION or entry.subject in actuators]
    return [_mark(entry, say) for entry in known]


def _mark(entry: Entry, say: Speech) -> dict[str, Any]:
    data, mark = entry.data(), {"at": entry.at_ns / NS, "subject": told(entry.subject, say)}
    if entry.kind == ALARM:
        return mark | {"kind": "alarm", "state": data["state"], "text": told(data["text"], say)}
    if entry.kind == NOTE:
        return mark | {"kind": "note", "text": told(data["text"], say)}
    cause = cause_of(data["cause"])
    values = ", ".join(f"{label(told(name, say), say)} {value}" for name, value in cause.values)
    text = f"{data['target']:.0f} % · {told(str(cause.level), say)}: {told(cause.rule, say)}"
    return mark | {"kind": "cause", "subject": entry.subject, "text": f"{text} ({values})" if values else text}


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
