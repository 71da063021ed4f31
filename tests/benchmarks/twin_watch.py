"""What the twin tells of a simulated house1, how soon, and what it tells wrongly.

    python -m tests.benchmarks.twin_watch [--days 2] [--months 1 3 6] [--workers 2]

The real core runs the house, in which nothing breaks, or one thing does at a set hour of the first day. Twins watch it
at once, as beside the running controller: one that is right, and others that are off in one thing. What is told is
counted in hours from the fault; whatever a fault does not explain, or comes before it, is a false alarm.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from controller.app.lookout import LOOK_EVERY
from controller.core.plan import Plan
from controller.model.points import Quality
from controller.model.time import NS
from simulators.faults import Fault, Kind, Schedule
from simulators.greenhouse import data
from simulators.season import compiled
from simulators.season.beside import Beside
from simulators.season.calibrate import KNOBS, adjusted
from simulators.season.command import plan_from
from simulators.season.engine import Engine
from simulators.season.season import Season
from simulators.season.twin_watch import DOOR, HEATER, VENT, WELDED
from tests.config.example import RULES, SITE

TWINS: dict[str, dict[str, float]] = {
    "right": {},
    "cover + 15 %": {"heat loss of the cover": 1.15},
    "cover - 15 %": {"heat loss of the cover": 0.85},
    "heater - 10 %": {"heater": 0.9},
    "vents + 20 %": {"vents": 1.2},
    "leakage + 50 %": {"leakage": 1.5},
    "light - 5 %": {"light through the cover": 0.95},
}
"""Factors by knob of `onsil calibrate`."""


class Break(NamedTuple):
    """Something breaks, so many hours after the first midnight and for good, and is told by an alarm of this name."""

    alarm: str
    kind: Kind
    target: str
    hour: float
    size: float = 0.0


BREAKS = (
    Break(HEATER, Kind.BLOCKED, "heater", 20),
    Break(WELDED, Kind.WELDED, "heater", 4),
    Break(VENT, Kind.SLIP, "roof_vent", 0, 1.0),
    Break(DOOR, Kind.DOOR, "door", 20),
)


class Told(NamedTuple):
    """An alarm of the twin, and the hour at which it came; `until` it went (None: it still stands)."""

    alarm: str
    hour: float
    until: float | None = None


def watched(plan: Plan, start: datetime, days: float, broken: Break | None, twins: Sequence[str]) -> list[list[Told]]:
    """What twins tell of the house, each for itself."""
    begin = round(start.timestamp() * NS)
    faults = Schedule()
    if broken is not None:
        at = begin + round(broken.hour * 3600 * NS)
        faults = Schedule([Fault(broken.kind, broken.target, at, size=broken.size)])
    season = Season(start, days, faults=faults)
    engine = Engine(plan, season, season.table(plan.site), machine=compiled.available())
    given = data.house(season.structure, season.crop)
    besides = [Beside(plan, adjusted(given, TWINS[twin], KNOBS), engine.wirings[0]) for twin in twins]
    heard: list[list[Told]] = [[] for _ in twins]
    more = True
    while more:
        more = engine.run(LOOK_EVERY)
        points = {view.name: view.value for view in engine.core.points() if view.quality is Quality.GOOD}
        positions = {view.name: view.position for view in engine.core.actuators() if not view.trouble}
        hour = engine.elapsed() / 3600
        for beside, told in zip(besides, heard, strict=True):
            for _ in beside.see(engine.now, points, positions) or ():
                pass
            _note(told, beside, hour)
    return heard


def _note(told: list[Told], beside: Beside, hour: float) -> None:
    now = [finding.alarm for finding in beside.findings()]
    standing = [told[-1].alarm] if told and told[-1].until is None else []
    if now != standing:
        if standing:
            told[-1] = told[-1]._replace(until=hour)
        told += [Told(alarm, hour) for alarm in now]


def _case(case: tuple[int, float, Break | None]) -> list[list[Told]]:
    month, days, broken = case
    plan = plan_from(SITE, RULES)
    start = datetime(2026, month, 10, tzinfo=ZoneInfo(plan.site.timezone))
    return watched(plan, start, days, broken, list(TWINS))


def row(heard: Sequence[Sequence[Told]], broken: Break | None) -> str:
    """How many twins tell what is broken, after how many hours, and what they tell wrongly."""
    named = "" if broken is None else f"twin {broken.alarm}"
    begun = 0.0 if broken is None else broken.hour
    right = [next((told.hour for told in each if told.alarm == named and told.hour >= begun), None) for each in heard]
    hours = sorted(hour - begun for hour in right if hour is not None)
    wrong = _wrong(heard, named, begun)
    soon = f"{hours[0]:.1f} .. {hours[-1]:.1f} h" if hours else "-"
    return f"{f'{len(hours)} of {len(heard)}' if named else '-':>8}  {soon:>14}  {'; '.join(wrong) or 'nothing'}"


def _wrong(heard: Sequence[Sequence[Told]], named: str, begun: float) -> list[str]:
    """By alarm: how many twins, and from the first hour of it to the last."""
    lines = []
    for alarm in sorted({told.alarm for each in heard for told in each}):
        false = [
            [told for told in each if told.alarm == alarm and (alarm != named or told.hour < begun)] for each in heard
        ]
        found = [told for each in false for told in each]
        if found:
            ends = [told.until for told in found if told.until is not None]
            last = "the end" if len(ends) < len(found) else f"{max(ends):.1f} h"
            count = sum(map(bool, false))
            lines.append(f"{alarm} by {count}, {min(told.hour for told in found):.1f} h to {last}")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--days", type=float, default=2.0)
    parser.add_argument("--months", type=int, nargs="+", default=[1, 3, 6])
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    cases = [(month, options.days, broken) for month in options.months for broken in (None, *BREAKS)]
    print(f"{'month':6}{'breaks':8}{'told':>8}  {'after':>14}  told wrongly")
    with ProcessPoolExecutor(options.workers) as executor:
        for (month, _, broken), heard in zip(cases, executor.map(_case, cases), strict=True):
            print(f"{month:<6}{broken.alarm if broken else 'nothing':8}{row(heard, broken)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
