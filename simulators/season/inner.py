"""What machine code does in one call. Only ever runs compiled: slices of arrays share their memory, those of lists do
not. The functions it calls are the same that plain Python calls one by one."""

from __future__ import annotations

from typing import Any

from simulators.greenhouse.step import OUTPUT, advance

from . import house as h
from .instruments import FIELDS, sense
from .tally import count


def live(begin: float, end: float, longest: float, interval: float, weather: Any, house: Any, desk: Any) -> None:
    """Let time pass, and count. `desk` is laid out as the module `house` says."""
    advance(begin, end, longest, weather, interval, house)
    count(end - begin, house[OUTPUT], desk[h.BANDS : h.TALLY], desk[h.TALLY : h.NORMAL])


def show(
    begin: float,
    end: float,
    dt: float,
    turn: int,
    sensors: int,
    longest: float,
    interval: float,
    weather: Any,
    house: Any,
    desk: Any,
) -> None:
    """The same up to `end`, then let the instruments sense."""
    if end > begin:
        live(begin, end, longest, interval, weather, house, desk)
    panel = h.SHOWN + sensors
    sense(
        end,
        dt,
        turn,
        house[OUTPUT],
        desk[panel : panel + sensors * FIELDS],
        desk[h.NORMAL : h.EVEN],
        desk[h.EVEN : h.SHOWN],
        desk[h.SHOWN : panel],
    )
