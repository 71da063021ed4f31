"""The words of a register area: which items there are, how many registers each takes, and what is in them.

The vocabulary is that of KS X 3286 and KS B 7958-4 Annex A.3, by way of ebio-snu/ksspec_archive (SPEC.md section 6;
MIT). Numbers of two registers have their low word first.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence

from controller.model.errors import ConfigError, one_of

from ..values import Type, decode, encode, width

ITEMS: dict[str, Type] = {
    "value": "f32",
    "EC": "f32",
    "pH": "f32",
    "vfloat": "f32",
    "status": "u16",
    "opid": "u16",
    "operation": "u16",
    "control": "u16",
    "ratio": "i16",
    "position": "u16",
    "area": "u16",
    "alert": "u16",
    "start-area": "u16",
    "stop-area": "u16",
    "open-time": "u16",
    "close-time": "u16",
    "event": "u16",
    "zone-id": "u16",
    "blank": "u16",
    "vint": "u16",
    "sig-digit": "i16",
    "tz-offset": "i16",
    "short": "i16",
    "remain-time": "u32",
    "hold-time": "u32",
    "time": "u32",
    "on-sec": "u32",
    "remain-sec": "u32",
    "epoch": "u32",
    "area-bitmap": "u32",
    "pos-x": "i32",
    "pos-y": "i32",
    "pos-z": "i32",
}

# spellings of KS X 3286 and of files in the field
_ALIASES = {
    "opentime": "open-time",
    "closetime": "close-time",
    "end-area": "stop-area",
    "irrgation-area": "area",
    "irrigation-area": "area",
    "alert-information": "alert",
    "state-hold-time": "hold-time",
}
_WIDTHS: tuple[Type, ...] = ("u16", "u32")

TIMES = ("hold-time", "time", "on-sec")  # how long a command is to last (s)
REMAINING = ("remain-time", "remain-sec")


def item(text: str) -> tuple[str, Type]:
    """An item as a description writes it: its name and type. Raises ConfigError.

    Where the sources disagree on a width, the description says it: "hold-time:u16", "open-time:u32".
    """
    name, colon, said = text.partition(":")
    name = _ALIASES.get(name, name)
    if name not in ITEMS:
        raise ConfigError(f"there is no item {text!r}", suggestion=one_of(name, ITEMS))
    if not colon:
        return name, ITEMS[name]
    kind = next((kind for kind in _WIDTHS if kind == said), None)
    if kind is None:
        raise ConfigError(f"{text!r} has no width", suggestion="write u16 or u32")
    return name, kind


def size(items: Iterable[str]) -> int:
    """How many registers these items take."""
    return sum(width(item(text)[1]) for text in items)


def read(items: Sequence[str], words: Sequence[int]) -> dict[str, float]:
    """What the registers of an area hold, by item."""
    found: dict[str, float] = {}
    at = 0
    for text in items:
        name, kind = item(text)
        found[name] = decode(words[at : at + width(kind)], kind, "CDAB")
        at += width(kind)
    return found


def write(items: Sequence[str], values: Mapping[str, float]) -> tuple[int, ...]:
    """The registers for a command: from the first item to the last that has a value, nothing beyond.

    Arguments that a command does not take must not be written, so the area is not filled up with zeros. ValueError for
    a value that does not fit its item.
    """
    words: list[int] = []
    filled = 0
    for text in items:
        name, kind = item(text)
        try:
            words += encode(values.get(name, 0), kind, "CDAB")
        except struct.error as error:
            raise ValueError(f"{name} cannot be {values.get(name)}") from error
        if name in values:
            filled = len(words)
    return tuple(words[:filled])


def time_item(items: Sequence[str]) -> str | None:
    """Which of the items says how long a command lasts."""
    names = [item(text)[0] for text in items]
    return next((name for name in TIMES if name in names), None)
