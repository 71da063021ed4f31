"""Conditions with a memory: "for 5 min", rules that start and end, time since a valve last opened."""

from __future__ import annotations

from controller.rules.compiler import Compiled

from .network import NAN, Moment, Network, Node


class Held(Node):
    """True once the condition has been true for `seconds` without a break; unknown while the condition is."""

    def __init__(self, network: Network, key: str, condition: Compiled, seconds: float) -> None:
        self.key = key
        self.slot = network.slot()
        self._network = network
        self._condition, self._seconds = condition, seconds
        self._since: float | None = None
        network.add(self, condition.slots)

    def update(self, now: Moment) -> None:
        truth = self._condition.run(self._network.values)
        if truth != 1.0:
            self._since = None
            self._network.set(self.slot, truth)
            return
        if self._since is None:
            self._since = now.t
        due = self._since + self._seconds
        if now.t >= due:
            self._network.set(self.slot, 1.0)
        else:
            self._network.set(self.slot, 0.0)
            self._network.wake(self, due)

    def state(self) -> object:
        return self._since

    def restore(self, state: object) -> None:
        assert isinstance(state, float)
        self._since = state


class Blindness:
    """How long something has been unknown, and whether that is too long to go on."""

    def __init__(self, grace: float) -> None:
        self._grace = grace
        self.since: float | None = None

    def watch(self, unknown: bool, now: Moment) -> float | None:
        """Whether to give up is asked again at the returned time."""
        if not unknown:
            self.since = None
            return None
        if self.since is None:
            self.since = now.t
        return self.since + self._grace

    def too_long(self, now: Moment) -> bool:
        return self.since is not None and now.t >= self.since + self._grace


class Latch(Node):
    """A rule: `active` from when `when` turns true until `until` does (without one: until `when` is no longer true).

    What is unknown neither starts nor ends it (`known` is then false); after `grace` seconds of not knowing, `blind`
    is true.
    """

    def __init__(self, network: Network, key: str, when: Compiled, until: Compiled | None, grace: float) -> None:
        self.key = key
        self.active = network.slot(0.0)
        self.known = network.slot(1.0)
        self.blind = network.slot(0.0)
        self.when, self.until = when, until
        self.since = 0.0
        self._network = network
        self._blindness = Blindness(grace)
        network.add(self, when.slots | until.slots if until else when.slots)

    def update(self, now: Moment) -> None:
        values = self._network.values
        active = values[self.active] == 1.0
        if active:
            deciding = self._ends(values)
            if deciding == 1.0:
                active, deciding = False, self.when.run(values)
        else:
            deciding = self.when.run(values)
            if deciding == 1.0 and (end := self._ends(values)) != 1.0:
                active, self.since, deciding = True, now.t, end
        self._network.set(self.active, float(active))
        if deciding == deciding and self._blindness.since is None:
            return
        unknown = deciding != deciding
        self._network.set(self.known, float(not unknown))
        due = self._blindness.watch(unknown, now)
        blind = self._blindness.too_long(now)
        self._network.set(self.blind, float(blind))
        if due is not None and not blind:
            self._network.wake(self, due)

    def _ends(self, values: list[float]) -> float:
        return self.until.run(values) if self.until else 1.0 - self.when.run(values)

    def state(self) -> object:
        return [self._network.values[self.active], self.since, self._blindness.since]

    def restore(self, state: object) -> None:
        assert isinstance(state, list)
        active, self.since, self._blindness.since = state
        self._network.set(self.active, active)


class ElapsedSinceStart(Node):
    """Whether `seconds` have passed since the time in slot `last_start` (NaN: it has never started, so they have)."""

    def __init__(self, network: Network, key: str, last_start: int, seconds: float) -> None:
        self.key = key
        self.slot = network.slot(0.0)
        self._network = network
        self._last_start, self._seconds = last_start, seconds
        network.add(self, (last_start,))

    def update(self, now: Moment) -> None:
        last = self._network.values[self._last_start]
        due = NAN if last != last else last + self._seconds
        elapsed = due != due or now.t >= due
        self._network.set(self.slot, float(elapsed))
        if not elapsed:
            self._network.wake(self, due)
