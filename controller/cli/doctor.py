"""`onsil doctor`: what keeps the greenhouse from being run as it should be, and what to do about it."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from .run import configuration_directory
from .verb import DONE, NO, Verb

if TYPE_CHECKING:
    from controller.app.doctor import Finding


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-c", "--config", type=Path, metavar="DIR", help="holds site.yaml and rules.yaml ($ONSIL_CONFIG or /etc/onsil)"
    )
    parser.add_argument("--state", type=Path, metavar="DIR", help="the state ($ONSIL_STATE or /var/lib/onsil)")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def _run(arguments: argparse.Namespace) -> int:
    from controller.app.application import state_directory
    from controller.app.doctor import Verdict, examine

    found = []
    for finding in examine(arguments.config or configuration_directory(), arguments.state or state_directory()):
        found.append(finding)
        if not arguments.json:
            print(_line(finding), flush=True)
    healthy = not any(finding.verdict is Verdict.WRONG for finding in found)
    if arguments.json:
        findings = [asdict(finding) | {"verdict": finding.verdict.value} for finding in found]
        print(json.dumps({"healthy": healthy, "findings": findings}, ensure_ascii=False))
    return DONE if healthy else NO


def _line(finding: Finding) -> str:
    line = f"{finding.verdict.value:<8}  {finding.about}: {finding.text}"
    return f"{line}\n          -> {finding.advice}" if finding.advice else line


verb = Verb("doctor", "what is wrong with this installation, and what to do", _add_arguments, _run)
