"""What a controller has recorded, for the commands that read it: the history, a time of it, the files of then."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from controller.app.past import parse_time
from controller.config import RULES, SITE, Names
from controller.core.plan import Plan
from controller.model.time import NS
from controller.store import History
from controller.store.schema import FILE

from .command import plan_from

_EVER = 2**63 - 1
_OPEN = 120 * NS
"""The minute that is still open when the record ends, and a little more."""


def opened(state: Path) -> History:
    """The history of a state directory. Raises ValueError where there is none, OSError where it cannot be read."""
    if not (state / FILE).exists():
        raise ValueError(f"{state} holds no {FILE}: has the controller run with this state?")
    return History(state)


def plan_at(history: History, at: int = _EVER, rules: Path | None = None) -> Plan:
    """The files in force at a time (UTC nanoseconds), or other rules. Raises ValueError, ConfigError and OSError."""
    site_text, rules_text = (history.rules(name, at) for name in (SITE, RULES))
    if rules is not None:
        rules_text = rules.read_text(encoding="utf-8-sig")
    if site_text is None or rules_text is None:
        raise ValueError(
            f"the history knows no site.yaml and rules.yaml of that time; {covers(history, ZoneInfo('UTC'))}"
        )
    return plan_from(site_text, rules_text, Names(SITE, str(rules or RULES)))


def between(history: History, begin: str, end: str, zone: ZoneInfo) -> tuple[int, int]:
    """Two times as people write them, in UTC nanoseconds, as far as there is a record.

    Raises ValueError, also where nothing was recorded then.
    """
    now = time.time_ns()
    first, last = (parse_time(text, zone, now) for text in (begin, end))
    if first >= last:
        raise ValueError("--from must be before --to")
    recorded = history.extent()
    if recorded is None or first // NS >= recorded[1] or last // NS <= recorded[0]:
        raise ValueError(f"nothing was recorded at that time; {covers(history, zone)}")
    return max(first, recorded[0] * NS), min(last, recorded[1] * NS + _OPEN)


def covers(history: History, zone: ZoneInfo) -> str:
    """From when to when there is a record, in words."""
    recorded = history.extent()
    if recorded is None:
        return "the history is empty"
    first, last = (f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M}" for at in recorded)
    return f"the history runs from {first} to {last}"
