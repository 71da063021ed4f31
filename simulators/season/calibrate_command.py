"""`onsil calibrate`: fits the twin to what a greenhouse has recorded."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from controller.cli.verb import Verb

from .command import target

if TYPE_CHECKING:
    from .calibrate import Calibration

_TOLD = 0.5  # a factor that is less certain is not told at all

_UNITS = {"air.temperature": "°C", "air.humidity": "%"}


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from", dest="begin", required=True, metavar="T", help="begin here: 2026-06-01 00:00; some days are best"
    )
    parser.add_argument("--to", dest="end", required=True, metavar="T", help="end here, written in the same way")
    parser.add_argument("--compartment", metavar="NAME", help="which, where the site has several")
    parser.add_argument(
        "--structure", default="venlo", metavar="NAME", help="the greenhouse to begin with, or a .toml file (venlo)"
    )
    parser.add_argument("--crop", default="tomato", metavar="NAME", help="the crop, or a .toml file (tomato)")
    parser.add_argument("--write", type=target, metavar="FILE.toml", help="write the fitted structure, for --structure")
    parser.add_argument("--state", type=Path, metavar="DIR", help="the state ($ONSIL_STATE or /var/lib/onsil)")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def _run(arguments: argparse.Namespace) -> int:
    from simulators.greenhouse import data

    from . import calibrate
    from .recorded import Stretch, answer, plan_at
    from .wiring import only

    def work(asked: Stretch) -> Callable[[], None]:
        if asked.end - asked.begin < calibrate.SHORTEST * 1e9:
            raise ValueError(f"it takes {calibrate.SHORTEST / 3600:.0f} hours at least")
        given = data.house(arguments.structure, arguments.crop)
        plan = plan_at(asked.history, asked.end)
        wiring = only(plan, arguments.compartment)
        record = calibrate.record(plan, wiring, asked.history, asked.begin, asked.end)
        with _telling(quiet=arguments.json) as told:
            found = calibrate.calibrate(given, record, told=told)
        if arguments.write:
            arguments.write.write_text(calibrate.structure_file(arguments.structure, found), encoding="utf-8")
        return lambda: _answer(found, as_json=arguments.json)

    return answer(arguments, work)


@contextmanager
def _telling(*, quiet: bool) -> Iterator[Callable[[float], None]]:
    """How far off it still is, on standard error, where somebody sees it."""
    if quiet or not sys.stderr.isatty():
        yield lambda error: None
        return
    from rich.console import Console

    with Console(stderr=True).status("fitting") as status:
        yield lambda error: status.update(f"fitting: off by {error:.2f}")


def _answer(found: Calibration, *, as_json: bool) -> None:
    if as_json:
        residuals = {point: {"before": before, "after": after} for point, (before, after) in found.residuals.items()}
        factors = {fit.name: fit.factor for fit in found.fits}
        spreads = {fit.name: fit.spread if math.isfinite(fit.spread) else None for fit in found.fits}
        print(json.dumps({"factors": factors, "spreads": spreads, "residuals": residuals, "rows": found.rows}))
        return
    for fit in found.fits:
        note = f"± {100 * fit.spread:.0f} %" if fit.spread < _TOLD else "the record does not tell"
        print(f"{fit.name:24} × {fit.factor:.2f}  {note}")
    for point, (before, after) in found.residuals.items():
        print(f"{point:24} off by {before:.2f} {_UNITS[point]} before, {after:.2f} {_UNITS[point]} now (RMS)")
    for point in _UNITS.keys() - found.residuals.keys():
        print(f"{point} was not recorded: what lets out heat and what lets out vapour are hard to tell apart")


calibrate = Verb("calibrate", "fit the simulated greenhouse to the recorded one", _add_arguments, _run)
