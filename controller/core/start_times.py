"""Times of day at which a round of irrigation is due, each once a day."""

from __future__ import annotations

from controller.model.time import NS
from controller.rules.tree import DayTime

from .calendar import Clockwork
from .network import Moment

LATE = 3600.0
"""Seconds for which a time stays due: as long as another valve may keep the pump, or a restart may last."""


class StartTimes:
    """`due` is true from each time on until `serve` is called, or `LATE` has passed.

    What was served counts by the core's day, which no jump of the clock can repeat.
    """

    def __init__(self, clockwork: Clockwork, key: str, times: tuple[DayTime, ...], day: int) -> None:
        self.key = key
        self._clockwork = clockwork
        self._times = times
        self._day = day
        self.due = clockwork.network.slot(0.0)
        self._served: list[int] = []
        self._served_on = -1.0
        clockwork.network.add(self, (day,))
        clockwork.nodes.append(self)

    def update(self, now: Moment) -> None:
        network, calendar = self._clockwork.network, self._clockwork.calendar
        if network.values[self._day] != self._served_on:
            self._served, self._served_on = [], network.values[self._day]
        edges = [calendar.midnight_after(now.wall_ns)]
        for time in self._times:
            start = calendar.today(time, now.wall_ns)
            edges += [start, start + round(LATE * NS)]
        network.set(self.due, float(bool(self._waiting(now))))
        self._clockwork.wake_at_wall(self, now, min(edge for edge in edges if edge > now.wall_ns))

    def _waiting(self, now: Moment) -> list[int]:
        starts = [self._clockwork.calendar.today(time, now.wall_ns) for time in self._times]
        return [
            index
            for index, start in enumerate(starts)
            if index not in self._served and start <= now.wall_ns < start + round(LATE * NS)
        ]

    def serve(self, now: Moment) -> str:
        """The times that are due have had their round. Returns them."""
        waiting = self._waiting(now)
        self._served += waiting
        self._clockwork.network.set(self.due, 0.0)
        return ", ".join(str(self._times[index]) for index in waiting)

    def state(self) -> object:
        return [self._served, self._served_on]

    def restore(self, state: object) -> None:
        assert isinstance(state, list)
        self._served, self._served_on = state
