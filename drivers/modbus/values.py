"""Numbers in registers: types, word orders, and back."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Literal

Type = Literal["bool", "u16", "i16", "u32", "i32", "f32"]
Order = Literal["ABCD", "CDAB", "BADC", "DCBA"]
"""How the four bytes A (most significant) to D of a 32-bit number lie in two registers. BADC swaps 16 bits too."""

_FORMATS: dict[str, str] = {"bool": ">H", "u16": ">H", "i16": ">h", "u32": ">I", "i32": ">i", "f32": ">f"}
_WORDS: dict[str, int] = {"u32": 2, "i32": 2, "f32": 2}


def width(kind: Type) -> int:
    """How many registers a number of this type takes."""
    return _WORDS.get(kind, 1)


def decode(words: Sequence[int], kind: Type, order: Order = "ABCD") -> float:
    """The number in these registers; NaN and infinity come through as they are."""
    raw = _ordered(struct.pack(f">{len(words)}H", *words), order)
    number = struct.unpack(_FORMATS[kind], raw)[0]
    return float(number != 0) if kind == "bool" else float(number)


def encode(number: float, kind: Type, order: Order = "ABCD") -> tuple[int, ...]:
    """The registers that hold this number."""
    raw = _ordered(struct.pack(_FORMATS[kind], number if kind == "f32" else int(number)), order)
    return struct.unpack(f">{len(raw) // 2}H", raw)


def _ordered(raw: bytes, order: Order) -> bytes:
    """From wire order to big-endian, or back: each of the orders is its own inverse."""
    if order in ("BADC", "DCBA"):
        raw = b"".join(raw[i : i + 2][::-1] for i in range(0, len(raw), 2))
    if order in ("CDAB", "DCBA"):
        raw = raw[2:] + raw[:2]
    return raw
