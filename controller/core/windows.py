"""What a value did lately: averages, extremes, rates and past values over a sliding time, in constant memory.

The time is cut into `_BUCKETS` parts; a result is exact but for the part that is just sliding out.
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.rules.compiler import Compiled

from .network import NAN, Moment, Network, Node, nan_if_none, none_if_unknown

_BUCKETS = 60

_KNOWN = 0.5
"""Part of the time for which a value must have been known, else the result is unknown."""


@dataclass(slots=True)
class Bucket:
    """One part of the time: the value's integral, for how long (s) it was known, its extremes and its last value."""

    integral: float = 0.0
    known: float = 0.0
    low: float = NAN
    high: float = NAN
    last: float = NAN

    def take(self, value: float, seconds: float) -> None:
        """The value held for `seconds`."""
        if value != value:
            return
        self.integral += value * seconds
        self.known += seconds
        self.low = value if self.low != self.low else min(self.low, value)
        self.high = value if self.high != self.high else max(self.high, value)
        self.last = value


class SlidingWindow(Node):
    """One of average, minimum, maximum, rate (per second) and ago over the last `seconds`, in `slot`.

    With `circular` the value is a direction in degrees: 350° and 10° are 20° apart, and north lies between them.
    """

    def __init__(
        self, network: Network, key: str, function: str, value: Compiled, seconds: float, circular: bool = False
    ) -> None:
        self.key = key
        self.slot = network.slot()
        self._network = network
        self._function, self._value, self._seconds = function, value, seconds
        self._width = seconds / _BUCKETS
        self._buckets: list[Bucket] = [Bucket()]
        self._began = NAN
        self._looked = NAN
        self._held = NAN
        self._circular, self._last = circular, NAN
        network.add(self, value.slots)

    def update(self, now: Moment) -> None:
        if self._looked != self._looked:
            self._began = self._looked = now.t
        self._advance(now.t)
        self._held = self._value.run(self._network.values)
        if self._circular:
            self._held = self._unwound(self._held)
        self._buckets[-1].take(self._held, 0.0)
        result = self._result()
        self._network.set(self.slot, result % 360.0 if self._circular and self._function != "rate" else result)
        self._network.wake(self, self._began + self._width)

    def _advance(self, t: float) -> None:
        """Fill the buckets up to `t` with the value that held."""
        if t - self._looked > 2 * self._seconds:
            self._buckets, self._began, self._looked = [Bucket()], t, t
            return
        while t >= (end := self._began + self._width):
            self._buckets[-1].take(self._held, end - self._looked)
            self._looked = self._began = end
            self._buckets.append(Bucket())
            del self._buckets[: -(_BUCKETS + 1)]
        self._buckets[-1].take(self._held, t - self._looked)
        self._looked = t

    def _unwound(self, direction: float) -> float:
        """A direction counted on from the last one by the shorter way round."""
        if direction != direction:
            return direction
        if self._last == self._last:
            direction = self._last + (direction - self._last + 180.0) % 360.0 - 180.0
        self._last = direction
        return direction

    def _result(self) -> float:
        known = sum(bucket.known for bucket in self._buckets)
        if known < _KNOWN * self._seconds:
            return NAN
        seen = [bucket for bucket in self._buckets if bucket.last == bucket.last]
        match self._function:
            case "average":
                return sum(bucket.integral for bucket in seen) / known
            case "minimum":
                return min(bucket.low for bucket in seen)
            case "maximum":
                return max(bucket.high for bucket in seen)
            case _:
                return self._past()

    def _past(self) -> float:
        """From the oldest bucket, once the buckets reach back far enough."""
        if len(self._buckets) <= _BUCKETS:
            return NAN
        then = self._buckets[0].last
        return then if self._function == "ago" else (self._held - then) / self._seconds

    def state(self) -> object:
        if self._looked != self._looked:
            return None
        buckets = [[b.integral, b.known, *map(none_if_unknown, (b.low, b.high, b.last))] for b in self._buckets]
        return [self._began, self._looked, none_if_unknown(self._held), none_if_unknown(self._last), buckets]

    def restore(self, state: object) -> None:
        assert isinstance(state, list)
        self._began, self._looked, held, last, buckets = state
        self._held, self._last = nan_if_none(held), nan_if_none(last)
        self._buckets = [Bucket(i, k, *map(nan_if_none, rest)) for i, k, *rest in buckets]
