"""Setpoints over time: what the rules in force at each moment asked for, worked out by the core itself. Pure.

A second core is stepped through the time with the readings of then, or with given ones; nothing it commands goes
anywhere. So ramps, corrections and bounds come out as they did in the house. Where the rules changed it takes over the
state of the core before, as the house does.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from controller.core.core import Core
from controller.core.plan import Plan
from controller.model.points import Reading
from controller.model.time import NS, Instant

WARM_UP = 12 * 3600  # s before the first time, for ramps to arrive where they would be
MOST_STEPS = 400
ALWAYS = 0  # s since 1970

Column = list[float | None]


class Era(NamedTuple):
    """The time from `since` (s since 1970) to the next era, and what was in force; None where nobody knows that."""

    since: int
    plan: Plan | None


def setpoints_over(eras: Sequence[Era], times: Sequence[int], values: Mapping[str, Column]) -> dict[str, Column]:
    """Each setpoint at each of `times` (s since 1970, ascending). `values` has what each point read at those times.

    `eras` are ascending. Before the first one, and in one without a plan, no setpoint is known.
    """
    names = {setpoint.name for era in eras if era.plan for setpoint in era.plan.setpoints}
    if not names or not times:
        return {}
    found: dict[str, Column] = {name: [None] * len(times) for name in names}
    picked = range(0, len(times), max(1, -(-len(times) // MOST_STEPS)))
    step = times[picked[1]] - times[0] if len(picked) > 1 else 600
    starts, past = [era.since for era in eras], _Past(values)
    for number, index in enumerate(picked):
        until = picked[number + 1] if number + 1 < len(picked) else len(times)
        known = bisect_right(starts, times[index])
        if number == 0 and known:
            past.warm_up(eras[known - 1].plan, times[0], max(step, 600))
            past.begun = known
        for era in eras[past.begun : known]:
            past.change(era, max(index - 1, 0))
        past.begun = known
        for name, value in past.at(times[index], index).items():
            found[name][index:until] = [value] * (until - index)
    return found


class _Past:
    """The core of the rules that were in force, and the number of eras that have begun."""

    def __init__(self, values: Mapping[str, Column]) -> None:
        self._values = values
        self._core: Core | None = None
        self._taken: bytes | None = None
        self.begun = 0

    def warm_up(self, plan: Plan | None, first: int, every: int) -> None:
        """Let the rules have run for a while before the first time, in the weather of then."""
        if plan is None:
            return
        self._core = Core(_only_setpoints(plan))
        weather = {name: next((v for v in column if v is not None), None) for name, column in self._values.items()}
        for at in range(first - WARM_UP, first, every):
            self._step(at, weather)

    def change(self, era: Era, index: int) -> None:
        """From here on other rules are in force."""
        if self._core is not None:
            self._taken = self._core.snapshot()
        if era.plan is None:
            self._core = None
            return
        plan = _only_setpoints(era.plan)
        self._core = Core(plan) if self._taken is None else Core.restore(plan, self._taken)
        self._step(era.since, {name: column[index] for name, column in self._values.items()})

    def at(self, time: int, index: int) -> dict[str, float | None]:
        """The setpoints at a time."""
        if self._core is None:
            return {}
        self._step(time, {name: column[index] for name, column in self._values.items()})
        own = {setpoint.name for setpoint in self._core.plan.setpoints}
        return {
            view.name: None if view.value != view.value else round(view.value, 3)
            for view in self._core.setpoints()
            if view.name in own
        }

    def _step(self, at: int, values: Mapping[str, float | None]) -> None:
        assert self._core is not None
        now, points = Instant(at * NS, at * NS), {sensor.point for sensor in self._core.plan.sensors}
        readings = [Reading(name, v, now) for name, v in values.items() if v is not None and name in points]
        self._core.step(now, readings)


def _only_setpoints(plan: Plan) -> Plan:
    """The plan without what moves, and with sensors that believe the history, which has been treated already."""
    sensors = tuple(
        replace(s, low=-1e30, high=1e30, max_rate=None, stuck_after=None, stale_after=1e9, gain=1.0, offset=0.0)
        for s in plan.sensors
    )
    return replace(plan, sensors=sensors)
