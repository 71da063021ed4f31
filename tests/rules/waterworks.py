"""The pipes between the pump and the beds: what flows, what the meter counts, and what can be wrong with them."""

from __future__ import annotations

from collections.abc import Set


class Waterworks:
    """`flows` are those of the valves (L/s). `leak` (L/min) flows whatever is shut; of `blocked` valves nothing comes.

    `flow` is that of the last step (L/min), `litres` what the meter has counted, `through` what each valve let through.
    """

    def __init__(self, flows: dict[str, float]) -> None:
        self.flows = flows
        self.leak = 0.0
        self.blocked: set[str] = set()
        self.flow = 0.0
        self.litres = 0.0
        self.through = dict.fromkeys(flows, 0.0)

    def run(self, seconds: float, valves: Set[str]) -> None:
        """Time passes with these valves open."""
        self.flow = self.leak
        for name in valves - self.blocked:
            self.flow += 60 * self.flows[name]
            self.through[name] += self.flows[name] * seconds
        self.litres += self.flow * seconds / 60
