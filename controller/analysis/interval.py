"""Intervals of numbers and sets of truth values: what an expression can be, over all values of a box at once.

Every operation is an enclosure: the result holds each value that the operation can give for operands from the
intervals. (Moore, Interval Analysis, 1966; outward rounding is left out: a rule's bounds are not that fine.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

INFINITY = float("inf")

FALSE, TRUE, UNKNOWN = 1, 2, 4
"""Truth values as bits: a set of possible ones is their sum."""


class Interval(NamedTuple):
    """From `low` to `high`; `known` says what of the value's being known is possible (bits TRUE and FALSE)."""

    low: float
    high: float
    known: int = TRUE

    def map(self, function: Callable[[float], float]) -> Interval:
        """Under a function that only grows."""
        return Interval(function(self.low), function(self.high), self.known)


def exactly(value: float) -> Interval:
    return Interval(value, value)


def both_known(a: Interval, b: Interval) -> int:
    """Whether a result of two operands can be known, unknown, or either."""
    if a.known == b.known == TRUE:
        return TRUE
    if FALSE in (a.known, b.known):
        return FALSE
    return TRUE | FALSE


def add(a: Interval, b: Interval) -> Interval:
    return Interval(a.low + b.low, a.high + b.high, both_known(a, b))


def subtract(a: Interval, b: Interval) -> Interval:
    return Interval(a.low - b.high, a.high - b.low, both_known(a, b))


def negate(a: Interval) -> Interval:
    return Interval(-a.high, -a.low, a.known)


def multiply(a: Interval, b: Interval) -> Interval:
    corners = [_product(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    return Interval(min(corners), max(corners), both_known(a, b))


def divide(a: Interval, b: Interval) -> Interval:
    """Division by zero is unknown, as in the core."""
    if b.low == b.high == 0:
        return Interval(-INFINITY, INFINITY, FALSE)
    if b.low <= 0 <= b.high:
        return Interval(-INFINITY, INFINITY, both_known(a, b) | FALSE)
    return multiply(a, Interval(1 / b.high, 1 / b.low, b.known))


def absolute(a: Interval) -> Interval:
    if a.low >= 0:
        return a
    if a.high <= 0:
        return negate(a)
    return Interval(0.0, max(-a.low, a.high), a.known)


def least(a: Interval, b: Interval) -> Interval:
    return Interval(min(a.low, b.low), min(a.high, b.high), both_known(a, b))


def greatest(a: Interval, b: Interval) -> Interval:
    return Interval(max(a.low, b.low), max(a.high, b.high), both_known(a, b))


def below(a: Interval, b: Interval, or_equal: bool) -> int:
    """The truth of a < b, or a <= b."""
    known = both_known(a, b)
    truth = UNKNOWN if known & FALSE else 0
    if known & TRUE:
        if a.low < b.high or (or_equal and a.low == b.high):
            truth |= TRUE
        if a.high > b.low or (not or_equal and a.high == b.low):
            truth |= FALSE
    return truth


_NOT = {bits: sum(other for one, other in ((1, 2), (2, 1), (4, 4)) if bits & one) for bits in range(8)}


def not_(a: int) -> int:
    return _NOT[a]


def and_(a: int, b: int) -> int:
    """Kleene's conjunction of two sets of truth values."""
    result = FALSE if (a | b) & FALSE else 0
    if a & TRUE and b & TRUE:
        result |= TRUE
    if (a & UNKNOWN and b & (TRUE | UNKNOWN)) or (b & UNKNOWN and a & (TRUE | UNKNOWN)):
        result |= UNKNOWN
    return result


def or_(a: int, b: int) -> int:
    return _NOT[and_(_NOT[a], _NOT[b])]


def _product(a: float, b: float) -> float:
    return 0.0 if a == 0 or b == 0 else a * b
