"""`onsil release roof_vent`: give an actuator back to the rules."""

from __future__ import annotations

import argparse

from .asking import add_actuator, add_state, ask, done
from .verb import Verb


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_actuator(parser)
    add_state(parser)


def _run(arguments: argparse.Namespace) -> int:
    return ask(arguments, {"do": "release", "actuator": arguments.actuator}, done)


verb = Verb("release", "give an actuator back to the rules", _add_arguments, _run)
