"""`onsil release roof_vent`: give an actuator back to the rules."""

from __future__ import annotations

import argparse

from .asking import add_state, ask, done
from .verb import Verb


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("actuator", help="its name in site.yaml, such as roof_vent")
    add_state(parser)


def _run(arguments: argparse.Namespace) -> int:
    return ask(arguments, {"do": "release", "actuator": arguments.actuator}, done)


verb = Verb("release", "give an actuator back to the rules", _add_arguments, _run)
