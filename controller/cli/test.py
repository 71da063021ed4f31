"""`onsil test`: run the scenarios that stand beside the rules."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from .check import print_errors
from .main import fail
from .run import configuration_directory
from .verb import DONE, NO, WRONG_USE, Verb

if TYPE_CHECKING:
    from controller.scenarios import Failure


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "directory",
        nargs="?",
        type=Path,
        help="holds site.yaml, rules.yaml and scenarios.yaml ($ONSIL_CONFIG or /etc/onsil)",
    )
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def _run(arguments: argparse.Namespace) -> int:
    from controller.config import check
    from controller.scenarios import FILE, load, play

    directory = arguments.directory or configuration_directory()
    try:
        report = check(directory)
        if report.configuration is None:
            return print_errors(report.errors)
        plan = report.configuration.plan
        scenarios, errors = load(directory / FILE, plan)
    except OSError as error:
        return fail(f"cannot read {error.filename or directory}: {error.strerror or error}", WRONG_USE)
    if errors:
        return print_errors(errors)
    results = {scenario.name: play(plan, scenario) for scenario in scenarios}
    failed = [name for name, failures in results.items() if failures]
    if arguments.json:
        print(json.dumps(_document(results), ensure_ascii=False))
    else:
        for name, failures in results.items():
            print("\n".join(map(str, failures)) if failures else f"ok  {name}")
        print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return NO if failed else DONE


def _document(results: dict[str, list[Failure]]) -> dict[str, object]:
    return {
        "passed": all(not failures for failures in results.values()),
        "scenarios": [
            {"name": name, "failures": [{"line": f.place.line, "message": f.message} for f in failures]}
            for name, failures in results.items()
        ],
    }


verb = Verb("test", "run the scenarios that stand beside the rules", _add_arguments, _run)
