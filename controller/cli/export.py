"""`onsil export`: the local history as a table for other programs, and what its columns mean."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from .main import fail
from .run import configuration_directory
from .verb import DONE, NO, WRONG_USE, Verb

_FORMATS = ("csv", "parquet", "xlsx")
_LONGEST_STEP = 24 * 3600  # s


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from", dest="start", required=True, metavar="TIME", help='such as "2026-06-21 14:30" or "2 d ago"'
    )
    parser.add_argument("--to", dest="end", default="0 s ago", metavar="TIME", help="until now, where it is not given")
    parser.add_argument("--format", choices=_FORMATS, help="by the name of the file, or csv")
    parser.add_argument("--step", default="1 min", metavar="TIME", help="one row for so long a time (1 min)")
    parser.add_argument("--points", metavar="NAME,...", help="these points only; none with an empty text")
    parser.add_argument("--actuators", metavar="NAME,...", help="these actuators only; none with an empty text")
    parser.add_argument("--out", type=Path, metavar="FILE", help="written here, and what it means to FILE.columns.csv")
    parser.add_argument(
        "-c", "--config", type=Path, metavar="DIR", help="holds site.yaml and rules.yaml ($ONSIL_CONFIG or /etc/onsil)"
    )
    parser.add_argument("--state", type=Path, metavar="DIR", help="the state ($ONSIL_STATE or /var/lib/onsil)")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def _run(arguments: argparse.Namespace) -> int:
    import sqlite3
    import time
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from controller.app.application import state_directory
    from controller.app.past import parse_time
    from controller.config import load
    from controller.model.errors import ConfigError
    from controller.model.time import NS
    from controller.model.units import UnitError
    from controller.store import History
    from controller.store.export import Order, meanings, units, write, write_dictionary

    state = arguments.state or state_directory()
    form = arguments.format or (arguments.out.suffix[1:] if arguments.out else "csv")
    try:
        plan = load(arguments.config or configuration_directory()).plan
        zone, now_ns = ZoneInfo(plan.site.timezone), time.time_ns()
        order = Order(
            parse_time(arguments.start, zone, now_ns) // NS,
            parse_time(arguments.end, zone, now_ns) // NS,
            _chosen(arguments.points, [*units(plan)], "point"),
            _chosen(arguments.actuators, [actuator.name for actuator in plan.actuators], "actuator"),
            _step(arguments.step),
        )
        if order.end <= order.start:
            return fail("the time must begin before it ends")
        begins = f"{datetime.fromtimestamp(order.start, zone):%Y%m%d-%H%M}"
        path = arguments.out or Path(f"{_safe(plan.site.name)}-{begins}.{form}")
        history = History(state)
        history.names()  # a state directory without a history is found before a file is made
        write(history, plan, order, form, path)
        described = path.with_name(f"{path.name}.columns.csv")
        write_dictionary(meanings(plan, order.points, order.actuators, order.step), described)
    except (ConfigError, sqlite3.Error) as error:
        text = f"the history in {state} cannot be read: {error}" if isinstance(error, sqlite3.Error) else error
        return fail(text, NO)
    except (UnitError, ValueError, OSError, OverflowError) as error:
        return fail(error, WRONG_USE)
    if arguments.json:
        print(json.dumps({"file": str(path), "columns": str(described)}))
    else:
        print(f"{path}: {path.stat().st_size / 1e3:.0f} kB; what its columns mean is in {described}")
    return DONE


def _chosen(text: str | None, known: list[str], what: str) -> list[str]:
    """The names that are wanted. Raises ValueError with a suggestion."""
    from controller.model.errors import one_of

    if text is None:
        return known
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise ValueError(f"there is no {what} {name!r} ({one_of(name, known)})")
    return names


def _step(text: str) -> int:
    """Seconds. Raises ValueError."""
    from controller.model.units import parse_duration

    seconds = parse_duration(text)
    if seconds % 60 or not 60 <= seconds <= _LONGEST_STEP:
        raise ValueError("a step is whole minutes, up to a day: 1 min, 15 min, 1 h")
    return int(seconds)


def _safe(name: str) -> str:
    return re.sub(r"\W+", "_", name)


verb = Verb("export", "give out the local history as a table", _add_arguments, _run)
