"""Named values: setpoints by period with ramps, and calculations."""

from __future__ import annotations

import math
from collections.abc import Sequence

from controller.rules.compiler import Compiled

from .network import NAN, Moment, Network, Node, nan_if_none, none_if_unknown
from .plan import SetpointPlan

Bounds = tuple[Compiled | None, Compiled | None]
"""The lowest and the highest value, where there is one."""

_RAMP_STEP = 60.0
"""Seconds between two steps of a ramp: at 2 °C/h a step is 0.03 °C, below any sensor's resolution."""


class Calculation(Node):
    """A named expression."""

    def __init__(self, network: Network, name: str, expression: Compiled) -> None:
        self.key = f"setpoint {name}"
        self.slot = network.slot()
        self._network = network
        self._expression = expression
        network.add(self, expression.slots)

    def update(self, now: Moment) -> None:
        self._network.set(self.slot, self._expression.run(self._network.values))


class Corrected(Node):
    """A setpoint with its corrections and bounds. What is not known of them does not count."""

    def __init__(
        self,
        network: Network,
        name: str,
        base: int,
        corrections: Sequence[Compiled],
        correction_bounds: Bounds,
        bounds: Bounds,
    ) -> None:
        self.key = f"setpoint {name} corrected"
        self.slot = network.slot()
        self._network = network
        self._base, self._corrections = base, corrections
        self._correction_bounds, self._bounds = correction_bounds, bounds
        parts = (*corrections, *correction_bounds, *bounds)
        network.add(self, {base}.union(*(part.slots for part in parts if part)))

    def update(self, now: Moment) -> None:
        values, total = self._network.values, 0.0
        for correction in self._corrections:
            value = correction.run(values)
            if value == value:
                total += value
        total = within(total, self._correction_bounds, values)
        self._network.set(self.slot, within(values[self._base] + total, self._bounds, values))


def within(value: float, bounds: Bounds, values: list[float]) -> float:
    """A value kept inside its bounds, as far as these are known; the lower one counts more."""
    low, high = bounds
    if high and value > (bound := high.run(values)):
        value = bound
    if low and value < (bound := low.run(values)):
        value = bound
    return value


class PeriodSetpoint(Node):
    """A value for each period, approached as `pace` says. Where no period holds, the last value stays.

    While the period's value is unknown so is the setpoint; afterwards the ramp goes on from the last known value.
    """

    def __init__(
        self, network: Network, name: str, period: int, targets: dict[int, Compiled], plan: SetpointPlan
    ) -> None:
        self.key = f"setpoint {name}"
        self.slot = network.slot()
        self._network = network
        self._period, self._targets, self._plan = period, targets, plan
        self._value = NAN
        self._at = 0.0
        self._ramping = False
        self._entered = -1.0
        self._from, self._began = NAN, 0.0
        network.add(self, {period}.union(*(target.slots for target in targets.values())))

    def update(self, now: Moment) -> None:
        period = self._network.values[self._period]
        target = self._targets.get(int(period))
        wanted = self._value if target is None else target.run(self._network.values)
        elapsed, self._at = now.t - self._at, now.t
        if wanted != wanted:
            self._network.set(self.slot, NAN)
            return
        if target is not None and period != self._entered:
            self._entered, self._from, self._began = period, self._value, now.t
        if self._value != self._value:
            self._value = wanted
        elif self._plan.over is not None:
            self._value = self._on_the_way(wanted, now.t - self._began)
        elif self._plan.ramp is not None:
            self._value = self._nearer(wanted, elapsed)
        else:
            self._value = wanted
        self._ramping = self._value != wanted
        if self._ramping:
            self._network.wake(self, now.t + _RAMP_STEP)
        self._network.set(self.slot, self._value)

    def _nearer(self, wanted: float, elapsed: float) -> float:
        # a ramp begins where the target moves away, not where the value was last looked at
        if not self._ramping:
            return self._value
        up = self._plan.ramp or 0.0
        down = up if self._plan.ramp_down is None else self._plan.ramp_down
        return min(max(wanted, self._value - down * elapsed), self._value + up * elapsed)

    def _on_the_way(self, wanted: float, elapsed: float) -> float:
        assert self._plan.over is not None
        part = elapsed / self._plan.over if self._plan.over > 0 else 1.0
        if part >= 1.0 or self._from != self._from:
            return wanted
        if self._plan.shape == "sine":
            part = (1 - math.cos(math.pi * part)) / 2
        return self._from + (wanted - self._from) * part

    def state(self) -> object:
        if self._value != self._value:
            return None
        return [self._value, self._at, self._ramping, self._entered, none_if_unknown(self._from), self._began]

    def restore(self, state: object) -> None:
        assert isinstance(state, list)
        self._value, self._at, self._ramping, self._entered, start, self._began = state
        self._from = nan_if_none(start)
