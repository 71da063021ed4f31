"""What payloads share: decoding, paths into JSON, numbers that can be trusted, and words for being there."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime

import orjson

from .shape import Read, Told

Path = tuple[str, ...]

BIGGEST = 1e12  # no quantity of a greenhouse is larger: such a number is a fault of the device
_MISSING = object()
_WORDS = {"on": 1.0, "off": 0.0, "true": 1.0, "false": 0.0}
_THERE = {b"online": True, b"offline": False, b"true": True, b"false": False}
_YEAR_2000, _YEAR_2100 = 946_684_800, 4_102_444_800


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


def pick(document: Mapping[str, object], wanted: Mapping[str, Path]) -> tuple[list[tuple[str, float]], int]:
    """The wanted values that are there, and how many of them are no numbers."""
    values: list[tuple[str, float]] = []
    wrong = 0
    for name, steps in wanted.items():
        found = document.get(steps[0], _MISSING) if len(steps) == 1 else find(document, steps)
        if type(found) is float and -BIGGEST <= found <= BIGGEST:
            values.append((name, found))  # nearly all of them
            continue
        if found is _MISSING:
            continue
        value = number(found)
        if value is None:
            wrong += 1
        else:
            values.append((name, value))
    return values, wrong


def wall_ns(value: object) -> int | None:
    """An ISO 8601 time with its zone, or a Unix time in seconds or milliseconds, as UTC nanoseconds; else None."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        for unit in (1, 1000):
            if _YEAR_2000 * unit <= value < _YEAR_2100 * unit:
                return int(value * (1_000_000 // unit)) * 1000
        return None
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
        if key in document:
            found = wall_ns(document[key])
            if found is not None:
                return found
    return None


def there(payload: bytes) -> bool | None:
    """What an availability or last will topic says, in any of the usual ways; None for anything else."""
    known = _THERE.get(payload.strip().lower())
    if known is not None:
        return known
    document = decode(payload)
    state = None if document is None else document.get("state")
    return _THERE.get(state.lower().encode("utf-8", "replace")) if isinstance(state, str) else None


def availability(who: str) -> Read:
    """Reads whether `who` is there: the device itself, or something it hangs on."""
    said = {True: Told(present=(who, True)), False: Told(present=(who, False))}

    def read(payload: bytes) -> Told | None:
        known = there(payload)
        return None if known is None else said[known]

    return read
