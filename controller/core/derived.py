"""Values that follow from points: moist air, light sums, drain fraction."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from controller.rules.compiler import Compiled

from .network import NAN, Moment, Network, Node, nan_if_none, none_if_unknown
from .plan import SumPlan
from .psychrometrics import absolute_humidity, dew_point, humidity_deficit, vapour_pressure_deficit
from .setpoints import Bounds, within

MOIST_AIR: dict[str, Callable[[float, float], float]] = {
    "vpd": vapour_pressure_deficit,
    "dew_point": dew_point,
    "humidity_deficit": humidity_deficit,
    "absolute_humidity": absolute_humidity,
}
"""Derived from `<group>.temperature` and `<group>.humidity` under the name `<group>.<key>`."""

_FIRST_LITRE = 1.0

_LOOK: Final = 60.0
"""Seconds between two looks at a sum that grows."""


def next_look(t: float) -> float:
    """On a grid of the core's time: a restart must not shift the moment at which a sum is seen to be large enough."""
    return (t // _LOOK + 1.0) * _LOOK


class MoistAir(Node):
    """One psychrometric value of one group of points."""

    def __init__(self, network: Network, name: str, temperature: int, humidity: int) -> None:
        self.key = f"derived {name}"
        self.slot = network.slot()
        self._formula = MOIST_AIR[name.rpartition(".")[2]]
        self._network = network
        self._temperature, self._humidity = temperature, humidity
        network.add(self, (temperature, humidity))

    def update(self, now: Moment) -> None:
        values = self._network.values
        temperature, humidity = values[self._temperature], values[self._humidity]
        known = temperature == temperature and humidity == humidity
        self._network.set(self.slot, self._formula(temperature, humidity) if known else NAN)


class Integral(Node):
    """The sum of `source` over time since slot `reset` last changed, times `factor`.

    A gap in the source adds nothing: the sum is then a lower bound, and shows as unknown until the source is back.
    """

    def __init__(self, network: Network, key: str, source: int, reset: int, factor: float) -> None:
        self.key = key
        self.slot = network.slot(0.0)
        self._network = network
        self._source, self._reset, self._factor = source, reset, factor
        self._sum = 0.0
        self._last: float | None = None
        self._rate = NAN
        self._epoch = NAN
        network.add(self, (source, reset))

    def update(self, now: Moment) -> None:
        values = self._network.values
        self._sum = self._grown(now.t)
        epoch = values[self._reset]
        if epoch != self._epoch and (epoch == epoch or self._epoch == self._epoch):  # never started is no new start
            self._epoch, self._sum = epoch, 0.0
        self._last, self._rate = now.t, values[self._source]
        self._network.set(self.slot, self._sum if self._rate == self._rate else NAN)
        if self._rate == self._rate and self._rate > 0:
            self._network.wake(self, next_look(now.t))

    def _grown(self, t: float) -> float:
        """What it is by now: since the last look the rate has been the same."""
        if self._last is None or self._rate != self._rate:
            return self._sum
        return self._sum + max(self._rate, 0.0) * (t - self._last) * self._factor

    def state(self) -> object:
        return [self._grown(self._network.now.t), none_if_unknown(self._epoch)]

    def restore(self, state: object) -> None:
        assert isinstance(state, list)
        self._sum, epoch = state
        self._epoch = nan_if_none(epoch)


class Sum(Node):
    """A named sum over time of a rate, as `plan` says, since slot `reset` last changed.

    While the rate is unknown so is the sum; it then goes on from where it was.
    """

    def __init__(
        self, network: Network, key: str, plan: SumPlan, rate: Compiled, bounds: Bounds, reset: int, factor: float
    ) -> None:
        self.key = key
        self.slot = network.slot()
        self._network = network
        self._plan, self._of, self._bounds = plan, rate, bounds
        self._reset, self._factor = reset, factor
        self._sum = 0.0
        self._last: float | None = None
        self._rate = NAN
        self._epoch = NAN
        slots = rate.slots.union(*(bound.slots for bound in bounds if bound))
        network.add(self, slots | {reset})

    def update(self, now: Moment) -> None:
        values, epoch = self._network.values, self._network.values[self._reset]
        self._sum = self._grown(now.t)
        if epoch != self._epoch and (epoch == epoch or self._epoch == self._epoch):
            self._epoch, self._sum = epoch, 0.0
        self._last, self._rate = now.t, self._of.run(values)
        known = self._rate == self._rate
        self._network.set(self.slot, self._sum if known else NAN)
        if known and (self._rate != 0 or self._plan.forget is not None):
            self._network.wake(self, next_look(now.t))

    def _grown(self, t: float) -> float:
        """What it is by now: since the last look the rate has been the same."""
        if self._last is None or self._rate != self._rate:
            return self._sum
        elapsed, total = t - self._last, self._sum
        if self._plan.forget is not None:
            total *= math.exp(-elapsed / self._plan.forget)
        return within(total + self._rate * elapsed * self._factor, self._bounds, self._network.values)

    def state(self) -> object:
        return [self._grown(self._network.now.t), none_if_unknown(self._epoch)]

    def restore(self, state: object) -> None:
        assert isinstance(state, list)
        self._sum, epoch = state
        self._epoch = nan_if_none(epoch)


class CounterToday(Node):
    """How much a counting point has counted since the day began. The device's counter may restart at zero."""

    def __init__(self, network: Network, key: str, counter: int, day: int) -> None:
        self.key = key
        self.slot = network.slot()
        self._network = network
        self._counter, self._day = counter, day
        self._last: float | None = None
        self._today = 0.0
        self._date = NAN
        network.add(self, (counter, day))

    def update(self, now: Moment) -> None:
        values = self._network.values
        count = values[self._counter]
        if count == count:
            if self._last is not None:
                self._today += count - self._last if count >= self._last else count
            self._last = count
        if values[self._day] != self._date:
            self._date, self._today = values[self._day], 0.0
        self._network.set(self.slot, self._today if count == count else NAN)

    def state(self) -> object:
        return [self._last, self._today, self._date] if self._date == self._date else None

    def restore(self, state: object) -> None:
        assert isinstance(state, list)
        self._last, self._today, self._date = state


class DrainFraction(Node):
    """Today's drain in % of today's irrigation (both L), `name`; unknown before the first litre was given.

    What drains before the day's first litre still belongs to yesterday, and is not held against today.
    """

    def __init__(self, network: Network, name: str, drained: list[int], given: list[int]) -> None:
        self.key = f"derived {name}"
        self.slot = network.slot()
        self._network = network
        self._drained, self._given = drained, given
        self._before = 0.0
        network.add(self, [*drained, *given])

    def update(self, now: Moment) -> None:
        values = self._network.values
        given = sum(values[slot] for slot in self._given)
        drained = sum(values[slot] for slot in self._drained)
        if given < _FIRST_LITRE:
            if drained == drained:
                self._before = drained
            self._network.set(self.slot, NAN)
            return
        if drained < self._before:  # a new day has begun
            self._before = 0.0
        self._network.set(self.slot, 100 * (drained - self._before) / given)

    def state(self) -> object:
        return self._before

    def restore(self, state: object) -> None:
        assert isinstance(state, float)
        self._before = state
