"""Setpoints over time: what the rules ask for at each moment, worked out by the core itself. Pure.

A second core of the same plan is stepped through the time with the readings of then, or with given ones; nothing it
commands goes anywhere. So ramps, corrections and bounds come out as they do in the house.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from controller.core.core import Core
from controller.core.plan import Plan
from controller.model.points import Reading
from controller.model.time import NS, Instant

WARM_UP = 12 * 3600  # s before the first time, for ramps to arrive where they would be
MOST_STEPS = 400

Column = list[float | None]


def setpoints_over(plan: Plan, times: Sequence[int], values: Mapping[str, Column]) -> dict[str, Column]:
    """Each setpoint at each of `times` (s since 1970, ascending). `values` has what each point read at those times."""
    if not plan.setpoints or not times:
        return {}
    core = Core(_only_setpoints(plan))
    picked = range(0, len(times), max(1, -(-len(times) // MOST_STEPS)))
    names = [sensor.point for sensor in plan.sensors if sensor.point in values]
    step = times[picked[1]] - times[0] if len(picked) > 1 else 600
    found: dict[str, Column] = {setpoint.name: [None] * len(times) for setpoint in plan.setpoints}
    first = {name: next((v for v in values[name] if v is not None), None) for name in names}
    for at in range(times[0] - WARM_UP, times[0], max(step, 600)):
        _step(core, at, first)
    for number, index in enumerate(picked):
        _step(core, times[index], {name: values[name][index] for name in names})
        until = picked[number + 1] if number + 1 < len(picked) else len(times)
        for view in core.setpoints():
            value = None if view.value != view.value else round(view.value, 3)
            found[view.name][index:until] = [value] * (until - index)
    return found


def _step(core: Core, at: int, values: Mapping[str, float | None]) -> None:
    now = Instant(at * NS, at * NS)
    core.step(now, [Reading(name, value, now) for name, value in values.items() if value is not None])


def _only_setpoints(plan: Plan) -> Plan:
    """The plan without what moves, and with sensors that believe the history, which has been treated already."""
    sensors = tuple(
        replace(s, low=-1e30, high=1e30, max_rate=None, stuck_after=None, stale_after=1e9, gain=1.0, offset=0.0)
        for s in plan.sensors
    )
    return replace(plan, sensors=sensors)
