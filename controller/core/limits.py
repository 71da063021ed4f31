"""Bounds that are calculated, and the pace at which rules may move an actuator."""

from __future__ import annotations

from collections.abc import Sequence

from controller.rules.compiler import Compiled

from .network import Moment, Network, Node
from .plan import LimitPlan, Pace


class Limit(Node):
    """Bounds and pace for what rules ask: `low` and `high` (%) in slots, 0 and 100 while they do not hold.

    `paced` is true while the pace holds. A condition that is unknown counts as true where it closes or slows.
    """

    def __init__(
        self,
        network: Network,
        plan: LimitPlan,
        when: Compiled | None,
        low: Compiled | None,
        high: Compiled | None,
    ) -> None:
        self.key = f"limit {plan.name}"
        self.plan = plan
        self.low, self.high = network.slot(0.0), network.slot(100.0)
        self.paced = network.slot(0.0)
        self._network = network
        self._when, self._low, self._high = when, low, high
        self._last_high = 0.0
        network.add(self, set[int]().union(*(part.slots for part in (when, low, high) if part)))

    def update(self, now: Moment) -> None:
        values = self._network.values
        truth = 1.0 if self._when is None else self._when.run(values)
        low, high = 0.0, 100.0
        if self._low and truth == 1.0 and (known := self._low.run(values)) == known:
            low = min(max(known, 0.0), 100.0)
        if self._high:
            if (known := self._high.run(values)) == known:
                self._last_high = min(max(known, 0.0), 100.0)
            if truth != 0.0:
                high = self._last_high
        self._network.set(self.low, low)
        self._network.set(self.high, high)
        self._network.set(self.paced, float(truth != 0.0))

    def pace(self, rising: bool) -> Pace | None:
        """How fast it lets a target rise or fall."""
        return self.plan.rising if rising else self.plan.falling

    def state(self) -> object:
        return self._last_high

    def restore(self, state: object) -> None:
        assert isinstance(state, float)
        self._last_high = state


class Gait:
    """Lets a target come nearer in steps, as the limits that hold now say."""

    def __init__(self, limits: Sequence[Limit]) -> None:
        self._limits = limits
        self.at: float | None = None
        """Where the target is let to be (%); None: wherever it is asked for."""
        self.stepped = 0.0

    def let(self, target: float, here: float, values: list[float], t: float) -> tuple[float, float | None]:
        """The target as far as it may go now, and when it may go further."""
        at = here if self.at is None else self.at
        paces = [limit.pace(target > at) for limit in self._limits if values[limit.paced] == 1.0]
        pace = min((pace for pace in paces if pace), key=lambda pace: pace.step / pace.every, default=None)
        if pace is None or target == at:
            self.at = target
            return target, None
        if t >= self.stepped + pace.every:
            step = min(pace.step, abs(target - at))
            at += step if target > at else -step
            self.stepped = t
        self.at = at
        return at, None if at == target else self.stepped + pace.every
