"""What every JSON payload shares: decoding, paths into it, and numbers that can be trusted."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

import orjson

Path = tuple[str, ...]

BIGGEST = 1e12  # no quantity of a greenhouse is larger: such a number is a fault of the device
_MISSING = object()
_WORDS = {"on": 1.0, "off": 0.0, "true": 1.0, "false": 0.0}


class Telemetry(NamedTuple):
    """What one payload says.

    `values` are in the device's own units, NaN where the device says it has none. `wrong` counts wanted values that are
    no numbers. `wall_ns` is when the device measured (UTC), if it says so; `key` is the same in copies of one message.
    """

    values: list[tuple[str, float]]
    wrong: int = 0
    wall_ns: int | None = None
    key: str = ""


def path(name: str) -> Path:
    """A dotted name as steps into a document."""
    return tuple(name.split("."))


def decode(payload: bytes) -> dict[str, object] | None:
    """A JSON object, or None where the payload is none."""
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) else None


def number(value: object) -> float | None:
    """A finite number; NaN for null; None for what is no number. Words for on and off count as 1 and 0."""
    if value is None:
        return math.nan
    if isinstance(value, (int, float)):
        result = float(value)
    elif isinstance(value, str):
        word = _WORDS.get(value.lower())
        if word is not None:
            return word
        try:
            # decoders of some LoRaWAN makers send toFixed() strings
            result = float(value) if "_" not in value else math.nan
        except ValueError:
            return None
    else:
        return None
    return result if abs(result) <= BIGGEST else None


def find(document: object, steps: Path) -> object:
    """The value at this path, or `_MISSING`. Digits are indices where the document has a list."""
    here = document
    for step in steps:
        if isinstance(here, dict):
            here = here.get(step, _MISSING)
        elif isinstance(here, list) and step.isascii() and step.isdigit() and len(step) < 6 and int(step) < len(here):
            here = here[int(step)]
        else:
            return _MISSING
    return here


def pick(document: object, wanted: Mapping[str, Path]) -> tuple[list[tuple[str, float]], int]:
    """The wanted values that are there, and how many of them are no numbers."""
    values: list[tuple[str, float]] = []
    wrong = 0
    for name, steps in wanted.items():
        found = find(document, steps)
        if found is _MISSING:
            continue
        value = number(found)
        if value is None:
            wrong += 1
        else:
            values.append((name, value))
    return values, wrong


def wall_ns(value: object) -> int | None:
    """An ISO 8601 time with its zone as UTC nanoseconds, or None."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return None if moment.tzinfo is None else int(moment.timestamp() * 1e6) * 1000
    except (ValueError, OverflowError):
        return None


def first_time(document: Mapping[str, object], keys: Iterable[str]) -> int | None:
    """The first of these keys that holds a usable time, as UTC nanoseconds."""
    for key in keys:
        found = wall_ns(document.get(key))
        if found is not None:
            return found
    return None
