"""`onsil replay`: what was recorded, through other rules."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from controller.cli.verb import Verb

from .command import progress

if TYPE_CHECKING:
    from .replay import Difference


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rules", type=Path, metavar="FILE", help="the other rules (those in force at the end)")
    parser.add_argument(
        "--from", dest="begin", required=True, metavar="T", help="begin here: 14:30, 2026-06-01 23:00, 90 min ago"
    )
    parser.add_argument("--to", dest="end", required=True, metavar="T", help="end here, written in the same way")
    parser.add_argument("--state", type=Path, metavar="DIR", help="the state ($ONSIL_STATE or /var/lib/onsil)")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def _run(arguments: argparse.Namespace) -> int:
    from . import replay
    from .recorded import Stretch, answer, plan_at

    def work(asked: Stretch) -> Callable[[], None]:
        plan = plan_at(asked.history, asked.end, arguments.rules)
        with progress("replay", 1.0, quiet=arguments.json) as tell:
            found = replay.replay(plan, asked.history, asked.begin, asked.end, tell)
        return lambda: _answer(found, asked.zone, replay.OPEN_LOOP, as_json=arguments.json)

    return answer(arguments, work)


def _answer(found: list[Difference], zone: ZoneInfo, note: str, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"note": note, "differences": [each.document() for each in found]}))
    else:
        _print(found, zone, note)


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
