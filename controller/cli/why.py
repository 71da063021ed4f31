"""`onsil why roof_vent`: why an actuator is where it is, now or at a past time."""

from __future__ import annotations

import argparse

from .asking import add_actuator, add_state, ask
from .printing import why_lines
from .verb import Verb


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_actuator(parser)
    parser.add_argument("--at", metavar="TIME", help='a past time in the site\'s zone: "14:30", "2026-06-21 14:30"')
    parser.add_argument("--language", choices=("en", "ko"), help="of the answer (the site's)")
    add_state(parser)


def _run(arguments: argparse.Namespace) -> int:
    question = {"do": "why", "actuator": arguments.actuator}
    if arguments.at:
        question["at"] = arguments.at
    chosen = {"language": arguments.language} if arguments.language else {}
    return ask(arguments, question, lambda answer: why_lines(answer | chosen))


verb = Verb("why", "why an actuator is where it is", _add_arguments, _run)
