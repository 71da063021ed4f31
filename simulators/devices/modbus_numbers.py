"""Numbers as devices put them into registers. No I/O."""

from __future__ import annotations

import struct
from collections.abc import Sequence

_RANGES = {"u16": (0, 0xFFFF), "i16": (-0x8000, 0x7FFF), "u32": (0, 0xFFFFFFFF), "i32": (-0x80000000, 0x7FFFFFFF)}
_FORMATS = {"u16": ">H", "i16": ">h", "u32": ">I", "i32": ">i", "f32": ">f"}
_PLACES = {"ABCD": (0, 1, 2, 3), "CDAB": (2, 3, 0, 1), "BADC": (1, 0, 3, 2), "DCBA": (3, 2, 1, 0)}


def registers(number: float, kind: str, order: str = "ABCD") -> tuple[int, ...]:
    """The registers that hold `number`: whole numbers are rounded, and end at the ends of their range.

    `order` says which byte of a 32-bit number (A most significant) lies where; BADC and DCBA swap the bytes of
    16-bit numbers too.
    """
    if kind == "bool":
        return (int(number != 0),)
    if kind in _RANGES:
        low, high = _RANGES[kind]
        data = struct.pack(_FORMATS[kind], min(max(round(number), low), high))
    else:
        data = struct.pack(_FORMATS[kind], number)
    places = [place for place in _PLACES[order] if place < len(data)]
    ordered = bytes(data[place] for place in places)
    return struct.unpack(f">{len(ordered) // 2}H", ordered)


def low_word_first(value: int) -> tuple[int, int]:
    """A 32-bit number as KS X 3267 has it (clause 4.3.3)."""
    return value & 0xFFFF, value >> 16


def from_low_word_first(words: Sequence[int]) -> int:
    """Back from two words."""
    return words[1] << 16 | words[0]
