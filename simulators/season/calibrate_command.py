"""`onsil calibrate`: fits the twin to what a greenhouse has recorded."""

from __future__ import annotations

import argparse
import json
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from controller.cli.main import fail
from controller.cli.verb import DONE, NO, WRONG_USE, Verb

from .command import plan_from

if TYPE_CHECKING:
    from .calibrate import Calibration

_UNITS = {"air.temperature": "°C", "air.humidity": "%"}


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="begin", required=True, metavar="T", help="2026-06-01 00:00; some days are best")
    parser.add_argument("--to", dest="end", required=True, metavar="T")
    parser.add_argument("--compartment", metavar="NAME", help="which, where the site has several")
    parser.add_argument("--structure", default="venlo", metavar="NAME", help="what to begin with (venlo)")
    parser.add_argument("--crop", default="tomato", metavar="NAME", help="(tomato)")
    parser.add_argument("--write", type=Path, metavar="FILE.toml", help="write the fitted structure, for --structure")
    parser.add_argument("--state", type=Path, metavar="DIR", help="the state ($ONSIL_STATE or /var/lib/onsil)")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def _run(arguments: argparse.Namespace) -> int:
    from controller.app.application import state_directory
    from controller.app.past import parse_time
    from controller.config import RULES, SITE
    from controller.model.errors import ConfigError
    from controller.store import History
    from simulators.greenhouse import data

    from . import calibrate
    from .wiring import only

    history = History(arguments.state or state_directory())
    try:
        site, rules = (history.rules(name, time.time_ns()) for name in (SITE, RULES))
        if site is None or rules is None:
            raise ValueError("the history knows no site.yaml: has the controller run with this state?")
        plan = plan_from(site, rules)
        zone = ZoneInfo(plan.site.timezone)
        begin, end = (parse_time(text, zone, time.time_ns()) for text in (arguments.begin, arguments.end))
        if end - begin < calibrate.SHORTEST * 1e9:
            raise ValueError(f"it takes {calibrate.SHORTEST / 3600:.0f} hours at least")
        given = {**data.structure(arguments.structure).values, **data.crop(arguments.crop).values}
        wiring = only(plan, arguments.compartment)
        found = calibrate.calibrate(given, calibrate.record(plan, wiring, history, begin, end))
        if arguments.write:
            arguments.write.write_text(calibrate.structure_file(arguments.structure, found), encoding="utf-8")
    except ConfigError as error:
        return fail(error, NO)
    except ImportError as error:
        return fail(f"the package {error.name} is not installed", WRONG_USE)
    except (OSError, sqlite3.Error, ValueError) as error:
        return fail(error, WRONG_USE)
    finally:
        history.close()
    _answer(found, as_json=arguments.json)
    return DONE


def _answer(found: Calibration, *, as_json: bool) -> None:
    if as_json:
        residuals = {point: {"before": before, "after": after} for point, (before, after) in found.residuals.items()}
        print(json.dumps({"factors": dict(found.fits), "residuals": residuals, "rows": found.rows}))
        return
    for fit in found.fits:
        print(f"{fit.name:24} × {fit.factor:.2f}")
    for point, (before, after) in found.residuals.items():
        print(f"{point:24} off by {before:.2f} {_UNITS[point]} before, {after:.2f} {_UNITS[point]} now (RMS)")


calibrate = Verb("calibrate", "fit the simulated greenhouse to the recorded one", _add_arguments, _run)
