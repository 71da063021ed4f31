"""What rules ask of actuators while they are active: pulses and proportional control."""

from __future__ import annotations

from controller.rules.compiler import Compiled

from .conditions import Blindness, Latch
from .network import NAN, Moment, Network


class Pulse:
    """On for `on_s` out of every `every_s` while a rule is active; one that comes and goes starts no extra pulse.

    While the rule does not know whether it should go on, a pulse runs to its end and no new one begins.
    """

    def __init__(self, network: Network, key: str, latch: Latch, on_s: float, every_s: float) -> None:
        self.key = key
        self.slot = network.slot(0.0)
        self.ends = 0.0
        self._network = network
        self._latch, self._on, self._every = latch, on_s, every_s
        self._began: float | None = None
        network.add(self, (latch.active, latch.known))

    def update(self, now: Moment) -> None:
        values = self._network.values
        active, known = values[self._latch.active] == 1.0, values[self._latch.known] == 1.0
        if active and known and (self._began is None or now.t >= self._began + self._every):
            self._began = now.t
        if not active or self._began is None:
            self._network.set(self.slot, 0.0)
            return
        self.ends = self._began + self._on
        on = now.t < self.ends
        self._network.set(self.slot, float(on))
        if on or known:
            self._network.wake(self, self.ends if on else self._began + self._every)

    def state(self) -> object:
        return self._began

    def restore(self, state: object) -> None:
        assert isinstance(state, float)
        self._began = state


class Proportional:
    """The P-band: `slot` is 0 % where `by` equals `start`, 100 % one band above it.

    Unknown inputs hold the last position; after `grace` seconds of them `blind` is true. Of bands that may hold the
    widest counts, for it opens least.
    """

    def __init__(
        self,
        network: Network,
        key: str,
        by: Compiled,
        start: Compiled,
        bands: list[tuple[Compiled | None, Compiled]],
        grace: float,
    ) -> None:
        self.key = key
        self.slot = network.slot()
        self.blind = network.slot(0.0)
        self.by, self.start = by, start
        self._network = network
        self._bands = bands
        self._blindness = Blindness(grace)
        slots = by.slots | start.slots
        for when, band in bands:
            slots |= band.slots | (when.slots if when else frozenset())
        network.add(self, slots)

    def band(self) -> float:
        """The width that holds now: the first whose condition is true, else the plain one, which comes last."""
        values, possible = self._network.values, []
        for when, band in self._bands:
            truth = 1.0 if when is None else when.run(values)
            if truth != 0.0:
                possible.append(band.run(values))
            if truth == 1.0:
                break
        return NAN if any(band != band for band in possible) else max(possible)

    def update(self, now: Moment) -> None:
        values = self._network.values
        excess, band = self.by.run(values) - self.start.run(values), self.band()
        position = 100 * min(max(excess / band, 0.0), 1.0) if excess == excess and band > 0 else NAN
        if position == position:
            self._network.set(self.slot, position)
        due = self._blindness.watch(position != position, now)
        blind = self._blindness.too_long(now)
        self._network.set(self.blind, float(blind))
        if due is not None and not blind:
            self._network.wake(self, due)

    def state(self) -> object:
        value = self._network.values[self.slot]
        return None if value != value else [value, self._blindness.since]

    def restore(self, state: object) -> None:
        assert isinstance(state, list)
        value, self._blindness.since = state
        self._network.set(self.slot, value)
