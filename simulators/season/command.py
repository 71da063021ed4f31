"""`onsil backtest`: a season through the real controller, alone or against other rules."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controller.cli.main import fail
from controller.cli.verb import DONE, Verb

if TYPE_CHECKING:
    from controller.core.plan import Plan
    from simulators.weather.gaps import Gap

    from .backtest import Run
    from .season import Season

START = "2026-01-01"
DAYS = 365.0
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_ROW = 300.0  # s between two rows of a series
_MOST_GAPS = 5  # that are named one by one


def add_season(parser: argparse.ArgumentParser) -> None:
    """The options that say what season it is."""
    parser.add_argument(
        "--weather",
        default="synthetic",
        metavar="FILE|clear-sky|synthetic",
        help="a record (.csv), a typical year (.epw), or made up, without clouds or with them (synthetic)",
    )
    parser.add_argument("--start", type=_date, default=_date(START), metavar="DATE", help=f"first day ({START})")
    parser.add_argument("--days", type=_days, default=DAYS, metavar="N", help=f"how many days ({DAYS:.0f})")
    parser.add_argument("--seed", type=int, default=1, help="of synthetic weather and of the sensors' scatter (1)")
    for option, usual, what in (("--structure", "venlo", "the greenhouse"), ("--crop", "tomato", "the crop")):
        parser.add_argument(
            option,
            action="append",
            default=[],
            metavar="[COMPARTMENT=]NAME",
            help=f"{what}, or a .toml file ({usual}); once more for a compartment that has another",
        )
    parser.add_argument(
        "--cadence", type=_duration, default=60.0, metavar="DURATION", help="between two readings of a sensor (1 min)"
    )
    parser.add_argument(
        "--band",
        action="append",
        default=[],
        metavar="NAME=LOW..HIGH",
        help="what the crop bears, instead of the usual for tomato: vpd=0.3..1.2 kPa; also temperature, co2",
    )
    parser.add_argument("--faults", type=Path, metavar="FILE", help="what goes wrong when, as YAML")


def season(arguments: argparse.Namespace, plan: Plan) -> Season:
    """The season as the options say. Raises ConfigError and OSError."""
    from simulators.faults import Schedule
    from simulators.faults.file import load

    from . import bands
    from .season import Season, midnight

    start = midnight(arguments.start, plan.site)
    structure, structures = _by_compartment(arguments.structure, "venlo", plan)
    crop, crops = _by_compartment(arguments.crop, "tomato", plan)
    faults = load(arguments.faults, plan, start) if arguments.faults else Schedule()
    return Season(
        start,
        arguments.days,
        arguments.weather,
        arguments.seed,
        structure,
        crop,
        arguments.cadence,
        bands.read(arguments.band),
        faults,
        structures,
        crops,
    )


def _by_compartment(texts: list[str], usual: str, plan: Plan) -> tuple[str, tuple[tuple[str, str], ...]]:
    """What is given for all, and what for a compartment by its name. Raises ConfigError."""
    from controller.model.errors import ConfigError

    from .wiring import known

    own: dict[str, str] = {}
    names = [each.name for each in plan.compartments]
    for text in texts:
        compartment, equals, name = text.partition("=")
        if not equals:
            usual = text
        elif compartment in names:
            own[compartment] = name
        else:
            raise ConfigError(f"there is no compartment {compartment!r}", suggestion=known(compartment, names))
    return usual, tuple(sorted(own.items()))


def plan_of(directory: Path) -> Plan:
    """The plan of a directory; secrets that are not set do not matter to a simulation. Raises ConfigError, OSError."""
    from controller.config import RULES, SITE, Names, read

    names = Names(str(directory / SITE), str(directory / RULES))
    site, rules = (read(directory / file) for file in (SITE, RULES))
    return plan_from(site, rules, names)


def plan_from(site: str, rules: str, names: Any = None) -> Plan:
    """The plan of two texts. Raises ConfigError with the first mistake."""
    from controller.config import Names, check_texts, variables

    def lookup(name: str) -> str | None:
        return variables.lookup(name) or "http://nowhere.invalid"

    report = check_texts(site, rules, names or Names(), lookup)
    if report.configuration is None:
        raise report.errors[0]
    return report.configuration.plan


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", type=Path, metavar="DIR", help="holds site.yaml and rules.yaml")
    parser.add_argument("--against", type=Path, metavar="DIR", help="run these rules as well, on the same weather")
    add_season(parser)
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    parser.add_argument("--series", type=_course, metavar="FILE", help="write the course as .csv or .parquet")
    parser.add_argument("--report", type=target, metavar="FILE.html", help="write a page with plots")
    parser.add_argument("--language", choices=("en", "ko"), help="of the page (the site's)")


def _run(arguments: argparse.Namespace) -> int:
    from . import compiling

    compiling.use()
    from controller.model.errors import ConfigError

    try:
        return _backtest(arguments)
    except (ConfigError, OSError, ImportError) as error:
        return fail(error)


def _backtest(arguments: argparse.Namespace) -> int:
    from . import backtest

    directories = [arguments.directory, *([arguments.against] if arguments.against else [])]
    plans = dict(zip(_names(directories), map(plan_of, directories), strict=True))
    first = next(iter(plans.values()))
    wanted = season(arguments, first)
    weather = wanted.record(first.site)
    record = _record(arguments)
    prepare(quiet=arguments.json)
    runs: dict[str, Run] = {}
    for name, plan in plans.items():
        with progress(name, wanted.days, quiet=arguments.json) as tell:
            runs[name] = backtest.run(plan, wanted, weather.table, record=record, progress=tell)
    recorders = {name: run.recorder for name, run in runs.items() if run.recorder is not None}
    if arguments.series:
        from . import series

        series.write(arguments.series, wanted.start, recorders)
    if arguments.report:
        from . import report

        shown = {name: (run.result, recorders[name]) for name, run in runs.items()}
        language = arguments.language or first.site.language
        page = report.page(first, wanted, shown, language, _changes(*directories))
        arguments.report.write_text(page, encoding="utf-8")
    _answer(runs, wanted, weather.gaps, as_json=arguments.json)
    return DONE


def _record(arguments: argparse.Namespace) -> float | None:
    """Seconds between two rows of the course, where somebody wants it: a year of short ones fills memory."""
    if arguments.series:
        return _ROW
    if arguments.report:
        from . import plots

        return plots.interval(arguments.days)
    return None


def _changes(one: Path, other: Path | None = None) -> list[str]:
    """The lines in which the files of two directories differ, with - and + before them."""
    import difflib

    from controller.config import RULES, SITE, read

    if other is None:
        return []
    lines: list[str] = []
    for name in (RULES, SITE):
        before, after = (read(each / name).splitlines() for each in (one, other))
        lines += [line for line in difflib.ndiff(before, after) if line[:2] in ("- ", "+ ")]
    return lines


def _answer(runs: dict[str, Run], wanted: Season, gaps: list[Gap], *, as_json: bool) -> None:
    missing = [f"weather: {gap}" for gap in gaps[:_MOST_GAPS]]
    if len(gaps) > _MOST_GAPS:
        missing.append(f"weather: {len(gaps) - _MOST_GAPS} more gaps, filled")
    if as_json:
        document = {
            name: run.result.document() | {"seconds": round(run.seconds, 3), "steps": run.steps}
            for name, run in runs.items()
        }
        about: dict[str, object] = {
            "start": wanted.start.isoformat(),
            "days": wanted.days,
            "weather": wanted.weather,
            "seed": wanted.seed,
        }
        about["notes"] = missing
        print(json.dumps({"season": about, "runs": document}, ensure_ascii=False))
        return
    from rich.console import Console

    from .table import tables

    console = Console()
    for number, table in enumerate(tables({name: run.result for name, run in runs.items()})):
        console.print(*([""] if number else []), table, sep="\n")
    for note in dict.fromkeys([*missing, *(note for run in runs.values() for note in run.result.notes)]):
        console.print(f"[dim]{note}[/dim]")
    took = sum(run.seconds for run in runs.values())
    console.print(f"[dim]{len(runs) * wanted.days / took:,.1f} days a second[/dim]")


def prepare(*, quiet: bool) -> None:
    """Compile what has not been compiled before, and say so: nothing else is seen for so long."""
    from . import compiled

    if not compiled.available() or compiled.prepared():
        return
    if not quiet:
        print("compiling the greenhouse for this computer, once: half a minute", file=sys.stderr)
    compiled.prepare()


@contextmanager
def progress(name: str, days: float, *, quiet: bool) -> Iterator[Callable[[float], None]]:
    """A bar on standard error, where somebody sees it."""
    if quiet or not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(name), BarColumn(), TextColumn("{task.completed:.0f} of {task.total:.0f} days"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=days)
        yield lambda done: bar.update(task, completed=done)


def _names(directories: list[Path]) -> list[str]:
    """What tells the directories apart."""
    whole = [directory.resolve() for directory in directories]
    for parts in (1, 2):
        names = ["/".join(directory.parts[-parts:]) for directory in whole]
        if len(set(names)) == len(names):
            return names
    return [f"{name} ({number})" for number, name in enumerate((directory.name for directory in whole), 1)]


def target(text: str) -> Path:
    """An option's file that is to be written: whether it can be is better known before an hour of work than after."""
    path = Path(text)
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is a folder")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {path.parent}")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise argparse.ArgumentTypeError(f"{text} cannot be written")
    return path


def _course(text: str) -> Path:
    path = target(text)
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise argparse.ArgumentTypeError(f"{text}: a course is written as .csv or .parquet")
    if path.suffix.lower() == ".parquet" and find_spec("pyarrow") is None:
        raise argparse.ArgumentTypeError("for Parquet the package pyarrow must be installed")
    return path


def _date(text: str) -> datetime:
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date; write it like {START}") from None
    if not _FIRST_YEAR <= date.year <= _LAST_YEAR:
        raise argparse.ArgumentTypeError(f"a season begins between {_FIRST_YEAR} and {_LAST_YEAR}")
    return date


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = 0.0
    if not 0 < days <= 3660:
        raise argparse.ArgumentTypeError("the number of days is above 0 and at most 3660")
    return days


def _duration(text: str) -> float:
    from controller.model.units import UnitError, parse_duration

    try:
        seconds = parse_duration(text)
    except UnitError as error:
        raise argparse.ArgumentTypeError(f"{error}; write it like 60s or 5min") from None
    if not 1 <= seconds <= 3600:
        raise argparse.ArgumentTypeError("a cadence is 1 s to 1 h")
    return seconds


backtest = Verb("backtest", "run a season through the rules, and see what it comes to", _add_arguments, _run)
