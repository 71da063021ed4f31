"""Points and what is read from them."""

from __future__ import annotations

import math
from enum import IntEnum
from typing import NamedTuple

from .time import Instant


class Quality(IntEnum):
    """How far a value can be trusted. Larger is worse."""

    GOOD = 0
    STALE = 1
    BAD = 2


class Reading(NamedTuple):
    """One value of one point, as a driver delivers it.

    `value` is in the unit of the point's quantity (see `units.QUANTITIES`); switches, contacts and the rain
    detector are 0.0 or 1.0. It is NaN when the device answered but had no value (`quality` is then BAD).
    A lost device is said with quality STALE or BAD and NaN. `at` is when the value was measured, not when it was
    received.
    """

    point: str
    value: float
    at: Instant
    quality: Quality = Quality.GOOD
    note: str = ""

    @classmethod
    def missing(cls, point: str, at: Instant, quality: Quality, note: str) -> Reading:
        """A reading that says: there is no value, and why."""
        return cls(point, math.nan, at, quality, note)
