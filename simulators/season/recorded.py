"""What a controller has recorded, for the commands that read it: a stretch of time, the history, the files of then."""

from __future__ import annotations

import argparse
import sqlite3
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from controller.app.application import state_directory
from controller.app.past import parse_time
from controller.cli.main import fail
from controller.cli.verb import DONE
from controller.config import RULES, SITE, Names, read
from controller.core.plan import Plan
from controller.model.errors import ConfigError
from controller.model.time import NS
from controller.store import History
from controller.store.schema import FILE

from .command import plan_from

_EVER = 2**63 - 1
_OPEN = 120 * NS
"""The minute that is still open when the record ends, and a little more."""


class Stretch(NamedTuple):
    """A part of a history, in UTC nanoseconds, and the site's time zone."""

    history: History
    zone: ZoneInfo
    begin: int
    end: int


def answer(arguments: argparse.Namespace, work: Callable[[Stretch], Callable[[], None]]) -> int:
    """Have `work` read what the arguments ask for, close the history and have told what came of it. The exit code."""
    try:
        history = opened(arguments.state or state_directory())
    except (OSError, ValueError) as error:
        return fail(error)
    try:
        zone = ZoneInfo(plan_at(history).site.timezone)
        tell = work(Stretch(history, zone, *between(history, arguments.begin, arguments.end, zone)))
    except (ConfigError, ImportError, OSError, sqlite3.Error, ValueError) as error:
        return fail(error)
    finally:
        history.close()
    tell()
    return DONE


def opened(state: Path) -> History:
    """The history of a state directory. Raises ValueError where there is none, OSError where it cannot be read."""
    if not (state / FILE).exists():
        raise ValueError(f"{state} holds no {FILE}: has the controller run with this state?")
    return History(state)


def plan_at(history: History, at: int = _EVER, rules: Path | None = None) -> Plan:
    """The files in force at a time (UTC nanoseconds), or other rules. Raises ValueError, ConfigError and OSError."""
    site_text, rules_text = (history.rules(name, at) for name in (SITE, RULES))
    if rules is not None:
        rules_text = read(rules)
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
