"""What the verbs share that ask a running controller."""

from __future__ import annotations

import argparse
import getpass
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .main import fail
from .verb import DONE, NO

Data = dict[str, Any]


def add_actuator(parser: argparse.ArgumentParser) -> None:
    """Which actuator it is about."""
    parser.add_argument("actuator", help="its name in site.yaml, such as roof_vent")


def add_state(parser: argparse.ArgumentParser) -> None:
    """Which controller is asked, and how it answers."""
    parser.add_argument(
        "--state", type=Path, metavar="DIR", help="the controller's state directory ($ONSIL_STATE or /var/lib/onsil)"
    )
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def ask(
    arguments: argparse.Namespace, question: Data, lines: Callable[[Data], list[str]], patience: float = 5.0
) -> int:
    """Ask, and print the answer as lines or as JSON. It is waited for `patience` seconds."""
    from controller.app.application import state_directory
    from controller.app.control import NotRunning, Refused
    from controller.app.control import ask as ask_controller

    try:
        answer = ask_controller(arguments.state or state_directory(), {"by": _person(), **question}, patience)
    except (NotRunning, Refused) as error:
        return fail(error, NO)
    print(json.dumps(answer, ensure_ascii=False) if arguments.json else "\n".join(lines(answer)))
    return DONE


def done(answer: Data) -> list[str]:
    """The line of an answer that only says that it is done."""
    return [answer["done"]]


def _person() -> str:
    """Who asks: also behind sudo."""
    return os.environ.get("SUDO_USER") or getpass.getuser()
