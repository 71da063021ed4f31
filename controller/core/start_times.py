"""Times of day at which a round of irrigation is due, each once a day."""

from __future__ import annotations

from controller.model.time import NS
from controller.rules.tree import DayTime

from .calendar import SHORTEST_DAY, Clockwork
from .network import Moment, Node

LATE = 3600.0
"""Seconds for which a time stays due: as long as another valve may keep the pump, or a restart may last."""


class StartTimes(Node):
    """`due` is true from each time on until `serve` is called, or `LATE` has passed.

    What was served counts by the core's day, which no jump of the clock can repeat, and for `SHORTEST_DAY`: a clock
    that is set to the next day a little before a time that has just been served does not make it due again.
    """

    def __init__(self, clockwork: Clockwork, key: str, times: tuple[DayTime, ...], day: int) -> None:
        self.key = key
        self._clockwork = clockwork
        self._times = times
        self._day = day
        self.due = clockwork.network.slot(0.0)
        self._served: dict[int, tuple[float, float]] = {}  # when (s) and on which day, by the time's place in the list
        clockwork.network.add(self, (day,))
        clockwork.nodes.append(self)

    def update(self, now: Moment) -> None:
        network, calendar = self._clockwork.network, self._clockwork.calendar
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
            if start <= now.wall_ns < start + round(LATE * NS) and not self._has_been(index, now)
        ]

    def _has_been(self, index: int, now: Moment) -> bool:
        served, day = self._served.get(index, (-SHORTEST_DAY, -1.0))
        return now.t < served + SHORTEST_DAY or day == self._clockwork.network.values[self._day]

    def serve(self, now: Moment) -> str:
        """The times that are due have had their round. Returns them."""
        waiting = self._waiting(now)
        self._served |= dict.fromkeys(waiting, (now.t, self._clockwork.network.values[self._day]))
        self._clockwork.network.set(self.due, 0.0)
        return ", ".join(str(self._times[index]) for index in waiting)

    def state(self) -> object:
        return [[index, *served] for index, served in self._served.items()]

    def restore(self, state: object) -> None:
        assert isinstance(state, list)
        self._served = {index: (t, day) for index, t, day in state}
