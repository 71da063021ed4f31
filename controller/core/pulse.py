"""Pulses: what rules ask that comes and goes by itself."""

from __future__ import annotations

from .conditions import Latch
from .network import Moment, Network, Node


class Pulse(Node):
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
