"""`onsil tune`: looks for setpoints that cost less and keep what must be kept."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controller.cli.main import fail
from controller.cli.verb import DONE, NO, Verb

from .command import add_season, plan_from, prepare, progress, season, target

if TYPE_CHECKING:
    from .tune import Task, Trial, Tuning

_SHOWN = 10


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "rules", type=Path, metavar="RULES", help="rules.yaml, with site.yaml beside it, or its directory"
    )
    parser.add_argument(
        "--over",
        action="append",
        required=True,
        metavar="NAME=LOW..HIGH",
        help="a setpoint to turn, and how far: heating_temperature.night=14..20 °C; once more for another",
    )
    parser.add_argument(
        "--minimise",
        action="append",
        default=[],
        metavar="METRIC",
        help="what shall be little: energy, water, ... (energy, where no goal is given)",
    )
    parser.add_argument(
        "--maximise", action="append", default=[], metavar="METRIC", help="what shall be much: yield, ..."
    )
    parser.add_argument(
        "--keep", action="append", default=[], metavar="BOUND", help="what must hold: 'hours_too_cold < 10'"
    )
    add_season(parser)
    parser.add_argument("--trials", type=_count, default=50, metavar="N", help="how many seasons in all (50)")
    parser.add_argument("--workers", type=_count, default=os.cpu_count() or 1, metavar="N", help="at once (all cores)")
    parser.add_argument("--dask", metavar="ADDRESS", help="run on this Dask cluster: tcp://host:8786")
    parser.add_argument("--journal", type=target, metavar="FILE", help="keep the study here, and go on from here")
    parser.add_argument("--plot", type=target, metavar="FILE.svg", help="draw all trials")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def _run(arguments: argparse.Namespace) -> int:
    from controller.model.errors import ConfigError

    try:
        return _tune(arguments)
    except (ConfigError, OSError, ImportError) as error:
        return fail(error)


def _tune(arguments: argparse.Namespace) -> int:
    from .tune import Tuning

    task = _task(arguments)
    tuning = Tuning(task, arguments.journal, arguments.seed)
    prepare(quiet=arguments.json)
    with _executor(arguments) as (executor, at_once), progress("tune", arguments.trials, quiet=arguments.json) as tell:
        done = len(tuning.trials())
        tell(done)

        def told(trial: Trial) -> None:
            nonlocal done
            done += 1
            tell(done)

        try:
            tuning.run(arguments.trials, executor, at_once, told)
        except KeyboardInterrupt:
            way = "the same command goes on from there" if arguments.journal else "--journal FILE would have kept them"
            fail(f"interrupted after {done} seasons; {way}")
            raise
    best = tuning.best()
    if arguments.plot:
        from .pareto import picture

        across, up = _axes(task)
        arguments.plot.write_text(picture(tuning.trials(), best, tuning.now(), across, up), encoding="utf-8")
    _answer(tuning, best, as_json=arguments.json)
    return DONE if best else NO


def _task(arguments: argparse.Namespace) -> Task:
    from controller.config import read
    from controller.model.errors import ConfigError

    from . import knobs, ranges, tune

    rules = arguments.rules if arguments.rules.is_file() else arguments.rules / "rules.yaml"
    site_text, rules_text = read(rules.parent / "site.yaml"), read(rules)
    plan = plan_from(site_text, rules_text)
    over = tuple(ranges.read(text) for text in arguments.over)
    for each in over:
        knobs.check(rules_text, each)
        for end in (each.low, each.high):
            plan_from(site_text, knobs.turn(rules_text, {each.name: (end, each.unit)}))
    parts = [each.name for each in plan.compartments]
    goals = [(tune.metric(name, parts), False) for name in arguments.minimise]
    goals += [(tune.metric(name, parts), True) for name in arguments.maximise]
    for names in ([each.name for each in over], [name for name, _ in goals]):
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ConfigError(f"{twice} is asked for twice")
    keeps = tuple(tune.keep(text, parts) for text in arguments.keep)
    return tune.Task(site_text, rules_text, season(arguments, plan), over, tuple(goals or [("energy", False)]), keeps)


@contextmanager
def _executor(arguments: argparse.Namespace) -> Iterator[tuple[Executor, int]]:
    """Where the seasons run, and how many at once: processes here, or a cluster."""
    if arguments.dask:
        from distributed import Client

        from controller.model.errors import ConfigError

        try:
            client: Any = Client(arguments.dask)  # type: ignore[no-untyped-call, unused-ignore]
        except ValueError as error:
            raise ConfigError(
                f"--dask {arguments.dask} is no address of a scheduler", suggestion="write it like tcp://host:8786"
            ) from error
        with client:
            at_once = max(sum(client.ncores().values()), 1)
            with client.get_executor(pure=False) as executor:
                yield executor, at_once
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(arguments.workers, multiprocessing.get_context("spawn")) as executor:
        yield executor, arguments.workers


def _axes(task: Task) -> tuple[str, str]:
    """The first goal across; upwards the second, or the first thing to keep."""
    names = [name for name, _ in task.goals] + [each.name for each in task.keeps] + ["yield", "energy"]
    different = list(dict.fromkeys(names))
    return different[0], different[1]


def _answer(tuning: Tuning, best: list[Trial], *, as_json: bool) -> None:
    trials = tuning.trials()
    if as_json:
        document = {
            "trials": len(trials),
            "kept": sum(trial.kept for trial in trials),
            "best": [trial._asdict() for trial in best],
            "first": trials[0]._asdict() if trials else None,
        }
        print(json.dumps(document, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    from .metrics import about

    console = Console()
    task = tuning.task
    rows = best[:_SHOWN]
    if not best:
        console.print(f"none of {len(trials)} seasons kept all bounds; the nearest:")
        rows = [trial for trial in [tuning.nearest()] if trial is not None]
    shown = Table(box=None, pad_edge=False, header_style="bold")
    metrics = list(dict.fromkeys([*(name for name, _ in task.goals), *(each.name for each in task.keeps), "yield"]))
    shown.add_column("", style="dim")
    for each in task.over:
        shown.add_column(f"{each.name} ({each.unit})", justify="right", overflow="fold")
    for name in metrics:
        shown.add_column(f"{about(name).title} ({about(name).unit})", justify="right")
    for number, trial in enumerate(rows, 1):
        numbers = [f"{trial.setpoints[each.name]:.2f}" for each in task.over]
        shown.add_row(str(number), *numbers, *(f"{trial.metrics[name]:,.{about(name).digits}f}" for name in metrics))
    console.print(shown)
    console.print(f"[dim]{len(trials)} seasons, {sum(trial.kept for trial in trials)} within all bounds[/dim]")


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


tune = Verb("tune", "look for better setpoints over many seasons", _add_arguments, _run)
