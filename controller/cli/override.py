"""`onsil override roof_vent 30 --for 20min`: take an actuator in hand for a while."""

from __future__ import annotations

import argparse
import re

from controller.model.units import UNITS, UnitError, parse_duration, parse_measure

from .asking import add_actuator, add_state, ask, done
from .verb import Verb

_WITH_UNIT = re.compile(r"\s*[-+]?\d+(\.\d*)?\s*[^\d\s.].*")
_WORDS = {"on": 100.0, "open": 100.0, "off": 0.0, "closed": 0.0}


def _value(text: str) -> float | str:
    """A position in %, or the number of a setting with its unit as it stands."""
    if text in _WORDS:
        return _WORDS[text]
    try:
        value = parse_measure(text if "%" in text else f"{text} %", UNITS["%"])
    except UnitError:
        if _WITH_UNIT.fullmatch(text):
            return text
        value = -1.0
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a position (0 to 100 %) nor one of {', '.join(_WORDS)}")
    return value


def duration(text: str) -> float:
    """Seconds of a text like 30min. Raises ArgumentTypeError."""
    try:
        seconds = parse_duration(text)
    except UnitError as error:
        raise argparse.ArgumentTypeError(f"{error}; write it like 30min or 60s") from None
    if seconds <= 0:
        raise argparse.ArgumentTypeError("must be longer than nothing")
    return seconds


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_actuator(parser)
    parser.add_argument("value", type=_value, help="position in %%, on, off, open, closed, or a number with its unit")
    parser.add_argument(
        "--for", dest="seconds", type=duration, required=True, metavar="DURATION", help="how long: 30min, 2h"
    )
    add_state(parser)


def _run(arguments: argparse.Namespace) -> int:
    question = {
        "do": "override",
        "actuator": arguments.actuator,
        "value": arguments.value,
        "seconds": arguments.seconds,
    }
    return ask(arguments, question, done)


verb = Verb(
    "override",
    "set an actuator or a number by hand for a while; limits, interlocks and safety still hold",
    _add_arguments,
    _run,
)
