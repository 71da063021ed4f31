"""What happens to a reading before anybody believes it: calibration, plausibility, age, and the vote of several."""

from __future__ import annotations

import math
from typing import Final

from controller.model.events import Measured
from controller.model.points import Quality, Reading
from controller.model.time import NS

from .network import NAN, Moment, Network, Node, nan_if_none, none_if_unknown
from .plan import SensorPlan, VotePlan

_RATE_SLACK: Final = 10.0
"""Seconds added to the time between two readings when their difference is judged: polls jitter, values have steps."""

_INFINITE: Final = float("inf")

_GOOD: Final = Quality.GOOD
"""A member of an enumeration takes several look-ups, and every reading asks for this one."""

_IS_GOOD: Final = float(Quality.GOOD)

_AGREEING: Final = 3
"""So many readings in a row that agree with each other, though not with the past, are the new truth."""


class Ages(Node):
    """Notices which channels have not been heard for too long: one timer for all, as every reading puts its own off."""

    key = "ages"

    def __init__(self, network: Network) -> None:
        self._network = network
        self._channels: list[Channel] = []
        network.add(self, ())

    def add(self, channel: Channel) -> None:
        """Look after one more."""
        self._channels.append(channel)

    def update(self, now: Moment) -> None:
        soonest = math.inf
        for channel in self._channels:
            stale_at = channel.stale_at()
            if now.t >= stale_at:
                channel.fade()
            elif stale_at < soonest:
                soonest = stale_at
        self._network.wake(self, soonest)


class Channel(Node):
    """One sensor: `value` and `quality` slots hold what can be trusted of it.

    `telling`: every reading is said again as an event, as it was taken.
    """

    def __init__(self, network: Network, ages: Ages, plan: SensorPlan, telling: bool) -> None:
        self.key = f"sensor {plan.point}"
        self.plan = plan
        self.value = network.slot()
        self.quality = network.slot(float(Quality.STALE))
        self.note = "no reading yet"
        self._network, self._ages, self._telling = network, ages, telling
        self._shown = Quality.STALE
        self._heard = NAN
        self._raw = NAN
        self._changed = 0.0
        self._good = NAN
        self._good_at = 0.0
        self._jump = NAN
        self._jumps = 0
        network.add(self, ())
        ages.add(self)

    def receive(self, reading: Reading, now: Moment) -> None:
        """Take a reading; what is made of it shows in the slots and as an event."""
        plan, network, at = self.plan, self._network, reading.at
        value = reading.value * plan.gain + plan.offset
        measured_at = now.t
        if at is not network.instant:
            late = network.instant.mono_ns - at.mono_ns
            if late > 0:
                measured_at -= late / NS
        if measured_at < self._heard:
            return  # overtaken on its way by a newer one
        quality, note = self._judge(reading, value, measured_at)
        if quality is _GOOD and now.t - measured_at > plan.stale_after:
            quality, note = Quality.STALE, "measured too long ago"
        if quality is _GOOD:
            self._good, self._good_at, self._jumps = value, measured_at, 0
            self._heard = measured_at
            network.wake(self._ages, measured_at + plan.stale_after)
            self._show(value, quality, note)
        else:
            self._show(NAN, quality, note)
        if self._telling:  # as a tuple is made: the constructor of a named one is a function in Python
            network.events.append(tuple.__new__(Measured, (plan.point, value, quality, at)))

    def _judge(self, reading: Reading, value: float, t: float) -> tuple[Quality, str]:
        plan, raw = self.plan, reading.value
        if reading.quality is not _GOOD or not -_INFINITE < raw < _INFINITE:
            return max(reading.quality, Quality.STALE), reading.note or "the device has no value"
        if raw != self._raw:
            self._raw, self._changed = raw, t
        elif plan.stuck_after is not None and t - self._changed >= plan.stuck_after:
            return Quality.BAD, "the value has not changed for too long"
        if not plan.low <= value <= plan.high:
            return Quality.BAD, f"{value:g} {plan.quantity.unit} is outside {plan.low:g} .. {plan.high:g}"
        if plan.max_rate is not None and self._good == self._good:
            passed = t - self._good_at
            allowed = plan.max_rate * ((passed if passed > 0.0 else 0.0) + _RATE_SLACK)
            if abs(value - self._good) > allowed and not self._settled(value, plan.max_rate * _RATE_SLACK):
                return Quality.BAD, f"{value:g} {plan.quantity.unit} is too sudden a change"
        return _GOOD, ""

    def _settled(self, value: float, tolerance: float) -> bool:
        """Whether a sudden change has lasted: a probe was moved or calibrated, it is no spike."""
        self._jumps = self._jumps + 1 if abs(value - self._jump) <= tolerance else 1
        self._jump = value
        return self._jumps >= _AGREEING

    def update(self, now: Moment) -> None:
        """Nothing to read: readings come, and `Ages` sees when they don't."""

    def stale_at(self) -> float:
        """When its last good reading is too old (NaN: there has been none)."""
        return self._heard + self.plan.stale_after

    def fade(self) -> None:
        """Its last good reading is too old."""
        if self._shown is _GOOD:
            self._show(NAN, Quality.STALE, "no reading for too long")

    def _show(self, value: float, quality: Quality, note: str) -> None:
        network = self._network
        self.note = note
        network.set(self.value, value)
        if quality is not self._shown:
            text = f"{quality.name.lower()}: {note}" if note else quality.name.lower()
            network.note(self.plan.point, text)
            self._shown = quality
            network.set(self.quality, float(quality))

    def age(self, t: float) -> float | None:
        """Seconds since the last good reading was measured."""
        return None if self._heard != self._heard else max(t - self._heard, 0.0)

    def state(self) -> object:
        if self._heard != self._heard:
            return None
        return [
            self._heard,
            float(self._shown),
            none_if_unknown(self._raw),
            self._changed,
            none_if_unknown(self._good),
            self._good_at,
            none_if_unknown(self._jump),
            self._jumps,
            self.note,
        ]

    def restore(self, state: object) -> None:
        assert isinstance(state, list)
        self._heard, quality, raw, self._changed, good, self._good_at, jump, self._jumps, self.note = state
        self._raw, self._good, self._jump = nan_if_none(raw), nan_if_none(good), nan_if_none(jump)
        self._shown = Quality(int(quality))
        self._network.set(self.value, self._good if self._shown is _GOOD else NAN)
        self._network.set(self.quality, float(self._shown))


def _median(values: list[float]) -> float:
    """NaN of none. (The `statistics` module costs ten times as much for two thermometers.)"""
    if not values:
        return NAN
    values.sort()
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


class Vote(Node):
    """The median of those members that are good; GOOD as long as one is, else STALE if one is merely stale."""

    def __init__(self, network: Network, plan: VotePlan, members: list[Channel]) -> None:
        self.key = f"vote {plan.point}"
        self.plan = plan
        self.members = members
        self.value = network.slot()
        self.quality = network.slot(float(Quality.STALE))
        self.disagree = network.slot(0.0)
        self._network = network
        network.add(self, [slot for member in members for slot in (member.value, member.quality)])

    def update(self, now: Moment) -> None:
        values = self._network.values
        good = [values[m.value] for m in self.members if values[m.quality] == _IS_GOOD]
        self._network.set(self.value, _median(good))
        best = _IS_GOOD if good else min(values[m.quality] for m in self.members)
        self._network.set(self.quality, best)
        if self.plan.disagree is not None:
            self._network.set(self.disagree, float(len(good) > 1 and max(good) - min(good) > self.plan.disagree))

    def age(self, t: float) -> float | None:
        ages = [age for member in self.members if (age := member.age(t)) is not None]
        return min(ages, default=None)
