"""A stretch of the history as columns of equal steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from controller.model.time import NS
from controller.store.history import History, Span
from controller.store.samples import ACTUATOR, READING

MINUTE, QUARTER, DAY = 60, 900, 86400

Column = list[float | None]


class Stretch(NamedTuple):
    """From `start` to before `end` (s since 1970, UTC), in steps of `step` seconds."""

    start: int
    end: int
    step: int

    def times(self) -> list[int]:
        return list(range(self.start, self.end, self.step))


def columns(history: History, names: Sequence[str], over: Stretch, kind: str = READING) -> dict[str, dict[str, Column]]:
    """Mean, lowest and highest of each series in each step; None where nothing was measured. Raises sqlite3.Error."""
    resolution = max((r for r in (MINUTE, QUARTER) if over.step % r == 0 and r <= over.step), default=MINUTE)
    return {name: _column(history.spans(name, resolution, over.start, over.end, kind), over) for name in names}


def _column(spans: Sequence[Span], over: Stretch) -> dict[str, Column]:
    count = (over.end - over.start) // over.step
    sums, weights = [0.0] * count, [0] * count
    low: Column = [None] * count
    high: Column = [None] * count
    for span in spans:
        at = (span.start - over.start) // over.step
        if not 0 <= at < count:
            continue
        sums[at] += span.mean
        weights[at] += 1
        known_low, known_high = low[at], high[at]
        low[at] = span.low if known_low is None else min(known_low, span.low)
        high[at] = span.high if known_high is None else max(known_high, span.high)
    mean: Column = [round(s / w, 4) if w else None for s, w in zip(sums, weights, strict=True)]
    return {"mean": mean, "low": low, "high": high}


def held(column: Column, before: float | None) -> Column:
    """A position's column: where it did not move it stays what it was."""
    found: Column = []
    for value in column:
        before = value if value is not None else before
        found.append(before)
    return found


def positions(history: History, names: Sequence[str], over: Stretch, now: int) -> dict[str, Column]:
    """The mean position of each actuator in each step, from the last one known before. Raises sqlite3.Error."""
    found = {}
    for name, column in columns(history, names, over, ACTUATOR).items():
        before = history.actuator(name, over.start * NS).position
        mean = held(column["mean"], before)
        found[name] = [value if time <= now else None for time, value in zip(over.times(), mean, strict=True)]
    return found
