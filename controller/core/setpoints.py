"""Named values: setpoints by period with ramps, and calculations."""

from __future__ import annotations

from controller.rules.compiler import Compiled

from .network import NAN, Moment, Network, Stateless

_RAMP_STEP = 60.0
"""Seconds between two steps of a ramp: at 2 °C/h a step is 0.03 °C, below any sensor's resolution."""


class Calculation(Stateless):
    """A named expression."""

    def __init__(self, network: Network, name: str, expression: Compiled) -> None:
        self.key = f"setpoint {name}"
        self.slot = network.slot()
        self._network = network
        self._expression = expression
        network.add(self, expression.slots)

    def update(self, now: Moment) -> None:
        self._network.set(self.slot, self._expression.run(self._network.values))


class PeriodSetpoint:
    """A value for each period, approached at `ramp` per second. Where no period holds, the last value stays.

    While the period's value is unknown so is the setpoint; afterwards the ramp goes on from the last known value.
    """

    def __init__(
        self, network: Network, name: str, period: int, targets: dict[int, Compiled], ramp: float | None
    ) -> None:
        self.key = f"setpoint {name}"
        self.slot = network.slot()
        self._network = network
        self._period, self._targets, self._ramp = period, targets, ramp
        self._value = NAN
        self._at = 0.0
        self._ramping = False
        network.add(self, {period}.union(*(target.slots for target in targets.values())))

    def update(self, now: Moment) -> None:
        target = self._targets.get(int(self._network.values[self._period]))
        wanted = self._value if target is None else target.run(self._network.values)
        elapsed, self._at = now.t - self._at, now.t
        if wanted != wanted:
            self._network.set(self.slot, NAN)
            return
        if self._ramp is None or self._value != self._value:
            self._value = wanted
        else:
            # a ramp begins where the target moves away, not where the value was last looked at
            step = self._ramp * elapsed if self._ramping else 0.0
            self._value = min(max(wanted, self._value - step), self._value + step)
        self._ramping = self._value != wanted
        if self._ramping:
            self._network.wake(self, now.t + _RAMP_STEP)
        self._network.set(self.slot, self._value)

    def state(self) -> object:
        return None if self._value != self._value else [self._value, self._at, self._ramping]

    def restore(self, state: object) -> None:
        assert isinstance(state, list)
        self._value, self._at, self._ramping = state
