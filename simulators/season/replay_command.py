"""`onsil replay`: what was recorded, through other rules."""

from __future__ import annotations

import argparse
import json
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from controller.cli.main import fail
from controller.cli.verb import DONE, NO, WRONG_USE, Verb

from .command import progress

if TYPE_CHECKING:
    from .replay import Difference


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rules", type=Path, metavar="FILE", help="the other rules (those in force at the end)")
    parser.add_argument("--from", dest="begin", required=True, metavar="T", help="14:30, 2026-06-01 23:00, 90 min ago")
    parser.add_argument("--to", dest="end", required=True, metavar="T")
    parser.add_argument("--state", type=Path, metavar="DIR", help="the state ($ONSIL_STATE or /var/lib/onsil)")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def _run(arguments: argparse.Namespace) -> int:
    from controller.app.application import state_directory
    from controller.model.errors import ConfigError

    from . import replay
    from .recorded import between, opened, plan_at

    try:
        history = opened(arguments.state or state_directory())
    except (OSError, ValueError) as error:
        return fail(error, WRONG_USE)
    try:
        zone = ZoneInfo(plan_at(history).site.timezone)
        begin, end = between(history, arguments.begin, arguments.end, zone)
        plan = plan_at(history, end, arguments.rules)
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
            since = ""
            if choice.since is not None and choice.since < each.begin:
                since = f", since {datetime.fromtimestamp(choice.since / 1e9, zone):%Y-%m-%d %H:%M:%S}"
            console.print(f"    {word} {choice.target:.0f} %: {why}{since}", markup=False)
    console.print({0: "no difference", 1: "1 difference"}.get(len(found), f"{len(found)} differences"), style="bold")
    console.print(note, style="dim")


replay = Verb("replay", "run what was recorded through other rules (open loop)", _add_arguments, _run)
