"""Proportional control, with or without an integral part: of an actuator, or as a need that others go by."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from controller.rules.compiler import Compiled

from .conditions import Blindness
from .network import NAN, Moment, Network, Node, nan_if_none, none_if_unknown

_INTEGRAL_STEP: Final = 15.0
"""Seconds between two steps of an integral part: short against any travel time."""

_ELSEWHERE: Final = 10.0
"""% between what was asked of an actuator and where it is, from which on it does not follow."""


@dataclass(frozen=True, slots=True)
class Band:
    """What proportional control goes by, compiled. The plain width comes last of `widths`."""

    by: Compiled
    start: Compiled
    widths: tuple[tuple[Compiled | None, Compiled], ...]
    reverse: bool = False
    integral: float | None = None
    low: Compiled | None = None
    high: Compiled | None = None

    def slots(self) -> set[int]:
        """Everything it reads."""
        parts = [self.by, self.start, self.low, self.high]
        for when, width in self.widths:
            parts += [when, width]
        return set[int]().union(*(part.slots for part in parts if part))

    def must_know(self) -> set[int]:
        """What it cannot go on without: bounds hold on, and conditions of widths count as the widest."""
        return set(self.by.slots).union(self.start.slots, *(width.slots for _, width in self.widths))

    def width(self, values: list[float]) -> float:
        """The first whose condition is true. Of those that may hold the widest counts, for it opens least."""
        widest = -math.inf
        for when, width in self.widths:
            truth = 1.0 if when is None else when.run(values)
            if truth != 0.0:
                possible = width.run(values)
                if possible != possible:
                    return NAN
                widest = max(widest, possible)
            if truth == 1.0:
                break
        return widest

    def share(self, values: list[float]) -> float:
        """How far into the band it is, in %; unknown where anything of it is."""
        excess, width = self.by.run(values) - self.start.run(values), self.width(values)
        if excess != excess or not width > 0:
            return NAN
        return -100 * excess / width if self.reverse else 100 * excess / width


class Proportional(Node):
    """P or PI control: `slot` is 0 % where `by` equals `start`, 100 % one band above it (with `reverse`: below).

    Unknown inputs hold the last position; after `grace` seconds of them `blind` is true. The integral part grows by the
    proportional part every `integral` seconds, but not beyond the bounds, and not while the actuator that should
    `follow` (its slot) is elsewhere: it must not wind up against a storm or its own travel time.
    """

    def __init__(self, network: Network, key: str, band: Band, grace: float, follow: int | None = None) -> None:
        self.key = key
        self.slot = network.slot()
        self.blind = network.slot(0.0)
        self.band = band
        self._network = network
        self._follow = follow
        self._blindness = Blindness(grace)
        self._sum = 0.0
        self._share = NAN
        self._at = 0.0
        self._low, self._high = 0.0, 100.0
        network.add(self, band.slots())

    def update(self, now: Moment) -> None:
        values = self._network.values
        share = self.band.share(values)
        if share == share:
            self._look_at_bounds(values)
            if self.band.integral is not None:
                self._integrate(values, now)
            self._network.set(self.slot, min(max(share + self._sum, self._low), self._high))
        self._share, self._at = share, now.t
        due = self._blindness.watch(share != share, now)
        blind = self._blindness.too_long(now)
        self._network.set(self.blind, float(blind))
        if due is not None and not blind:
            self._network.wake(self, due)
        elif share == share and self.band.integral is not None:
            self._network.wake(self, now.t + _INTEGRAL_STEP)

    def _look_at_bounds(self, values: list[float]) -> None:
        """An unknown minimum opens nothing; an unknown maximum stays what it was."""
        if self.band.high and (high := self.band.high.run(values)) == high:
            self._high = min(max(high, 0.0), 100.0)
        if self.band.low:
            low = self.band.low.run(values)
            self._low = min(max(low, 0.0), self._high) if low == low else 0.0
        self._low = min(self._low, self._high)

    def _integrate(self, values: list[float], now: Moment) -> None:
        assert self.band.integral is not None
        share, last = self._share, values[self.slot]
        if share != share or last != last:
            return
        if self._follow is not None and abs(values[self._follow] - last) > _ELSEWHERE:
            return
        if (last >= self._high and share > 0) or (last <= self._low and share < 0):
            return
        self._sum += share * (now.t - self._at) / self.band.integral
        self._sum = min(max(self._sum, -100.0), 100.0)

    def state(self) -> object:
        value = self._network.values[self.slot]
        if value != value:
            return None
        share = none_if_unknown(self._share)
        return [value, self._blindness.since, self._sum, share, self._at, self._low, self._high]

    def restore(self, state: object) -> None:
        assert isinstance(state, list)
        value, self._blindness.since, self._sum, share, self._at, self._low, self._high = state
        self._share = nan_if_none(share)
        self._network.set(self.slot, value)


class Need(Node):
    """A need in % as others see it: that of its control, and unknown when that is blind."""

    def __init__(self, network: Network, name: str, control: Proportional) -> None:
        self.key = f"need {name}"
        self.slot = network.slot()
        self._network = network
        self._control = control
        network.add(self, (control.slot, control.blind))

    def update(self, now: Moment) -> None:
        values = self._network.values
        self._network.set(self.slot, NAN if values[self._control.blind] == 1.0 else values[self._control.slot])
