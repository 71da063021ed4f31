"""Where a value is going: its change over the last quarter of an hour, from the local history."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Sequence

from controller.model.time import NS
from controller.model.units import quantity_of
from controller.store import History
from controller.store.history import Span

log = logging.getLogger("onsil.web")

OVER = 15 * 60  # s of the house's time
AGAIN_AFTER = 10.0  # real s
STEADY = {  # change per hour that a person would not call a change
    "temperature": 0.6,
    "humidity": 3.0,
    "co2": 40.0,
    "radiation": 40.0,
    "wind_speed": 1.0,
    "water_content": 1.0,
    "ec": 0.1,
}


class Trends:
    """Kept fresh by whoever asks: `of` answers at once, and looks into the history again when it is time."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._arrows: dict[str, int] = {}
        self._looked_at = -AGAIN_AFTER
        self._task: asyncio.Task[None] | None = None

    def of(self, names: Sequence[str], wall_ns: int) -> dict[str, int]:
        """-2 (falling fast) to 2 (rising fast) for each point that has a trend."""
        if time.monotonic() - self._looked_at >= AGAIN_AFTER and (self._task is None or self._task.done()):
            self._looked_at = time.monotonic()
            self._task = asyncio.create_task(self._look(tuple(names), wall_ns // NS))
        return self._arrows

    async def _look(self, names: Sequence[str], now: int) -> None:
        try:
            self._arrows = await asyncio.to_thread(self._read, names, now)
        except sqlite3.Error as error:
            log.warning("no trends: %s", error)
            self._arrows = {}

    def _read(self, names: Sequence[str], now: int) -> dict[str, int]:
        found = {}
        for name in names:
            arrow = trend(name, self._history.spans(name, 60, now - OVER, now))
            if arrow is not None:
                found[name] = arrow
        return found


def trend(name: str, spans: Sequence[Span]) -> int | None:
    """The slope of a straight line through the minutes (least squares), in five steps. None for too few minutes."""
    if len(spans) < 5:
        return None
    n = len(spans)
    mean_t, mean_v = sum(s.start for s in spans) / n, sum(s.mean for s in spans) / n
    spread = sum((s.start - mean_t) ** 2 for s in spans)
    slope = sum((s.start - mean_t) * (s.mean - mean_v) for s in spans) / spread * 3600
    quantity = quantity_of(name)
    steady = STEADY.get(quantity.name if quantity else "", max(abs(mean_v) * 0.05, 1e-9))
    size = abs(slope)
    step = 0 if size < steady else 1 if size < 4 * steady else 2
    return step if slope > 0 else -step
