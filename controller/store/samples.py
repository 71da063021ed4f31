"""Samples packed for the outbox: 18 bytes each, so that blocks can be joined and unpacked without looking inside."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from controller.model.points import Quality

RECORD = struct.Struct("<Hqd")
SIZE = RECORD.size
MAX_SERIES = 1 << 14  # a key has 16 bits, two of them for the quality

READING = "reading"
ACTUATOR = "actuator"


class Sample(NamedTuple):
    """`key` is the number of the series and its quality in one; `at_ns` is UTC nanoseconds; `value` may be NaN."""

    key: int
    at_ns: int
    value: float

    @property
    def series(self) -> int:
        return self.key >> 2

    @property
    def quality(self) -> Quality:
        return Quality(self.key & 3)


class Series(NamedTuple):
    """What a series is of: the readings of a point, or the position of an actuator."""

    kind: str
    name: str


def pack(samples: Iterable[Sample]) -> bytes:
    """Samples as a block's bytes."""
    return b"".join(RECORD.pack(*sample) for sample in samples)


def unpack(data: bytes | bytearray) -> Iterator[tuple[int, int, float]]:
    """The (key, at_ns, value) of a block, or of several joined."""
    return RECORD.iter_unpack(data)


def shifted(data: bytes, offset_ns: int) -> bytes:
    """The same samples at times later by `offset_ns`."""
    return b"".join(RECORD.pack(key, at_ns + offset_ns, value) for key, at_ns, value in unpack(data))


def thin(data: bytes) -> bytes:
    """Leave every second sample of each series, in their order, and every change of quality."""
    kept: list[bytes] = []
    seen: dict[int, tuple[int, bool]] = {}
    for key, at_ns, value in unpack(data):
        before, keep = seen.get(key >> 2, (-1, False))
        keep = key != before or not keep
        seen[key >> 2] = (key, keep)
        if keep:
            kept.append(RECORD.pack(key, at_ns, value))
    return b"".join(kept)
