"""Which reads fetch a device's registers: neighbours share one request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .messages import BIT_READS

# A request of its own costs about 13 bytes of frames, two silences of 3.5 characters and the device's reaction time:
# as much as 12 registers nobody asked for.
BRIDGE = 12
MOST_WORDS = 125
MOST_BITS = 2000


class Span(NamedTuple):
    """`size` registers or bits from `address`, read with `function`."""

    function: int
    address: int
    size: int

    @property
    def end(self) -> int:
        return self.address + self.size

    def covers(self, other: Span) -> bool:
        return self.function == other.function and self.address <= other.address and other.end <= self.end


def merge(spans: Iterable[Span], gaps: Sequence[tuple[int, int]] = (), bridge: int = BRIDGE) -> tuple[Span, ...]:
    """The fewest sensible reads that cover `spans`.

    Holes of up to `bridge` registers are read along; never one that touches a declared gap (first and last address,
    both unreadable).
    """
    merged: list[Span] = []
    for span in sorted(set(spans)):
        if merged and _joins(merged[-1], span, gaps, bridge):
            last = merged[-1]
            merged[-1] = last._replace(size=max(last.end, span.end) - last.address)
        else:
            merged.append(span)
    return tuple(merged)


def _joins(last: Span, span: Span, gaps: Sequence[tuple[int, int]], bridge: int) -> bool:
    if last.function != span.function or span.address - last.end > bridge:
        return False
    most = MOST_BITS if span.function in BIT_READS else MOST_WORDS
    if max(last.end, span.end) - last.address > most:
        return False
    return not any(first < span.address and end >= last.end for first, end in gaps)
