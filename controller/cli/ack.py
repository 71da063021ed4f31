"""`onsil ack Frost`: note that a person has seen an alarm."""

from __future__ import annotations

import argparse

from .asking import add_state, ask, done
from .verb import Verb


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("alarm", help="its name, as onsil status shows it")
    add_state(parser)


def _run(arguments: argparse.Namespace) -> int:
    return ask(arguments, {"do": "acknowledge", "alarm": arguments.alarm}, done)


verb = Verb("ack", "note that you have seen an alarm", _add_arguments, _run)
