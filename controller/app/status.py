"""What a running controller says of itself, as plain data for the page, the command line and the demo."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from controller.app.engine import Engine
from controller.core.plan import SitePlan
from controller.core.views import PointView
from controller.model.commands import Cause
from controller.model.ports import BusHealth
from controller.model.time import NS, Instant

Data = dict[str, Any]


def describe(
    site: SitePlan,
    now: Instant,
    engine: Engine,
    buses: Sequence[BusHealth],
    uplinks: Sequence[Data],
    counters: Mapping[str, int],
) -> Data:
    """Everything at `now`: climate, actuators with their causes, alarms, health and counters.

    `uplinks` have name, online and note; `counters` are those of the store.
    """
    core = engine.core
    zone = ZoneInfo(site.timezone)
    return {
        "site": site.name,
        "language": site.language,
        "time": local(now, zone),
        "wall_ns": now.wall_ns,
        "period": core.period,
        "compartments": [asdict(compartment) for compartment in core.plan.compartments],
        "points": [_point(view) for view in core.points()],
        "setpoints": [_point(view) for view in core.setpoints()],
        "actuators": [
            {
                "name": view.name,
                "kind": view.kind,
                "position": view.position,
                "target": view.target,
                "basis": view.basis,
                "moving": view.moving,
                "on": view.on,
                "day_seconds": round(view.day_seconds, 1),
                "limited": view.limited,
                "trouble": view.trouble,
                "cause": cause_data(view.cause),
                "hand": None if view.hand is None else view.hand._asdict(),
            }
            for view in core.actuators()
        ],
        "settings": [
            {
                "name": view.name,
                "value": None if math.isnan(view.value) else view.value,
                "text": view.text,
                "trouble": view.trouble,
                "cause": cause_data(view.cause),
                "hand": None if view.hand is None else view.hand._asdict(),
            }
            for view in core.settings()
        ],
        "rounds": [
            {
                "rule": view.rule,
                "valve": view.valve,
                "since": view.since,
                "sums": {name: None if math.isnan(value) else value for name, value in view.sums},
            }
            for view in core.rounds()
        ],
        "alarms": [
            {
                "name": view.name,
                "state": str(view.state),
                "priority": view.priority,
                "text": view.text,
                "since": local(view.since, zone),
            }
            for view in core.alarms()
        ],
        "buses": [asdict(health) for health in buses],
        "uplinks": list(uplinks),
        "counters": {**asdict(engine.counters), **counters, "rss_mb": resident_mb()},
    }


def cause_data(cause: Cause | None) -> Data | None:
    """A cause with the sentence a person reads."""
    if cause is None:
        return None
    return {
        "level": str(cause.level),
        "rule": cause.rule,
        "values": dict(cause.values),
        "chain": list(cause.chain),
        "sentence": cause.sentence(),
    }


def local(instant: Instant, zone: ZoneInfo) -> str:
    """The site's time of an instant: 2026-06-21T09:00:00+09:00."""
    return local_time(instant.wall_ns, zone)


def local_time(wall_ns: int, zone: ZoneInfo) -> str:
    """The same of UTC nanoseconds."""
    return datetime.fromtimestamp(wall_ns // NS, zone).isoformat()


def resident_mb() -> float:
    """Resident memory of this process in MB; 0 where the system does not say."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return round(int(line.split()[1]) / 1024, 1)
    except OSError:
        pass
    return 0.0


def _point(view: PointView) -> Data:
    return {
        "name": view.name,
        "value": None if math.isnan(view.value) else view.value,
        "text": view.text,
        "quality": view.quality.name.lower(),
        "age": None if view.age is None else round(view.age, 1),
    }
