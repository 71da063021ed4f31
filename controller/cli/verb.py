"""What a verb of the command line is made of."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

DONE, NO, WRONG_USE = 0, 1, 2
"""Exit codes: done; the answer is no; wrong use, or something cannot be read."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb. `run` takes the parsed arguments and returns the exit code.

    Modules of verbs import what is heavy inside `run`, so that each verb pays only for itself.
    """

    name: str
    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
