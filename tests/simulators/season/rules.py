"""The example house with its rules, and seasons for it that are over in no time."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from controller.core.plan import Plan
from simulators.faults import Fault, Kind, Schedule
from simulators.season.command import plan_from
from simulators.season.season import Season
from tests.config.example import RULES, SITE

START = datetime(2026, 2, 1, tzinfo=ZoneInfo("Asia/Seoul"))
BEGIN = round(START.timestamp()) * 10**9


def plan(rules: str = RULES) -> Plan:
    return plan_from(SITE, rules)


def season(days: float, **more: Any) -> Season:
    return Season(START, days, **more)


def broken(kind: Kind, target: str, *, after: float = 0.0, **more: Any) -> Schedule:
    """One fault that comes `after` so many seconds."""
    return Schedule([Fault(kind, target, round((START.timestamp() + after) * 1e9), **more)])
