"""`onsil replay`: what was recorded, through other rules."""

from __future__ import annotations

import argparse
import json
import sqlite3
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from controller.cli.main import fail
from controller.cli.verb import DONE, NO, WRONG_USE, Verb

from .command import plan_from, progress

if TYPE_CHECKING:
    from controller.core.plan import Plan
    from controller.store import History

    from .replay import Difference


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rules", type=Path, metavar="FILE", help="the other rules (those in force at the end)")
    parser.add_argument("--from", dest="begin", required=True, metavar="T", help="14:30, 2026-06-01 23:00, 90 min ago")
    parser.add_argument("--to", dest="end", required=True, metavar="T")
    parser.add_argument("--state", type=Path, metavar="DIR", help="the state ($ONSIL_STATE or /var/lib/onsil)")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def _run(arguments: argparse.Namespace) -> int:
    from controller.app.application import state_directory
    from controller.app.past import parse_time
    from controller.model.errors import ConfigError
    from controller.store import History

    from . import replay

    history = History(arguments.state or state_directory())
    try:
        plan = _plan(arguments, history)
        zone = ZoneInfo(plan.site.timezone)
        begin, end = (parse_time(text, zone, time.time_ns()) for text in (arguments.begin, arguments.end))
        if begin >= end:
            raise ValueError("--from must be before --to")
        with progress("replay", 1.0, quiet=arguments.json) as tell:
            found = replay.replay(plan, history, begin, end, tell)
    except ConfigError as error:
        return fail(error, NO)
    except (OSError, sqlite3.Error, ValueError) as error:
        return fail(error, WRONG_USE)
    finally:
        history.close()
    if arguments.json:
        print(json.dumps({"note": replay.OPEN_LOOP, "differences": [each.document() for each in found]}))
    else:
        _print(found, zone, replay.OPEN_LOOP)
    return DONE


def _plan(arguments: argparse.Namespace, history: History) -> Plan:
    """The site as it is, under the other rules."""
    from controller.config import RULES, SITE, Names

    site, rules = (history.rules(name, time.time_ns()) for name in (SITE, RULES))
    if arguments.rules:
        rules = arguments.rules.read_text(encoding="utf-8-sig")
    if site is None or rules is None:
        raise ValueError("the history knows no site.yaml and rules.yaml: has the controller run with this state?")
    return plan_from(site, rules, Names(SITE, str(arguments.rules or RULES)))


def _print(found: list[Difference], zone: ZoneInfo, note: str) -> None:
    from rich.console import Console

    from controller.model.units import show_duration

    console = Console(highlight=False)
    for each in found:
        at = datetime.fromtimestamp(each.begin / 1e9, zone)
        lasting = show_duration((each.end - each.begin) / 1e9)
        console.print(f"[bold]{at:%Y-%m-%d %H:%M:%S}[/bold]  {each.actuator} for {lasting}")
        for word, choice in (("would be", each.would), ("was", each.did)):
            why = choice.cause.sentence() if choice.cause else "nobody knows why"
            console.print(f"    {word} {choice.target:.0f} %: {why}", markup=False)
    console.print(f"{len(found)} differences" if found else "no difference", style="bold")
    console.print(note, style="dim")


replay = Verb("replay", "run what was recorded through other rules (open loop)", _add_arguments, _run)
