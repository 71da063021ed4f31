"""`onsil status`: what the running controller sees and does."""

from __future__ import annotations

import argparse

from .asking import add_state, ask
from .printing import status_lines
from .verb import Verb


def _run(arguments: argparse.Namespace) -> int:
    return ask(arguments, {"do": "status"}, status_lines)


verb = Verb(
    "status", "climate, actuators with their causes, alarms and health of a running controller", add_state, _run
)
