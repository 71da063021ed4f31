"""A network of small nodes over one flat list of numbers.

Every value that matters (a point, a setpoint, whether a rule is active) has a slot in `values`; unknown is NaN. A node
reads some slots and writes others. Only nodes whose inputs changed, or whose timer is due, are run, each at most once a
sweep and in the order in which they were added, so that a node always sees finished inputs.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import Final

from controller.model.events import Event, Noted
from controller.model.time import Instant

NAN: Final = float("nan")
_NEVER: Final = float("inf")


class Moment:
    """Now, as the core counts it: `t` in seconds, steady, and continued over restarts; `wall_ns` UTC, may jump.

    Never changed. It is made for every step and read by every node: nothing is as fast as a plain class.
    """

    __slots__ = ("t", "wall_ns")

    def __init__(self, t: float, wall_ns: int) -> None:
        self.t = t
        self.wall_ns = wall_ns


class Node:
    """`key` identifies a node over restarts and rule changes; `state` is what must survive them (JSON), or None."""

    key: str

    place: int = -1
    wake_at: float = _NEVER
    """The network's own: where the node stands, and when it wants to be run."""

    def update(self, now: Moment) -> None:
        """Read slots and write others."""
        raise NotImplementedError

    def state(self) -> object:
        return None

    def restore(self, state: object) -> None:
        """Take over what `state` gave. Whoever gave nothing has nothing to take."""


class Network:
    def __init__(self) -> None:
        self.values: list[float] = []
        self.events: list[Event] = []
        self.instant = Instant(0, 0)
        self.now = Moment(0.0, 0)
        self._nodes: list[Node] = []
        self._readers: list[list[int]] = []
        self._waiting = bytearray()
        """1 for the node at this place that is to be run. The first one is found here sooner than a queue gives it."""
        self._timers: list[tuple[float, int]] = []

    def slot(self, value: float = NAN) -> int:
        """A new slot."""
        self.values.append(value)
        self._readers.append([])
        return len(self.values) - 1

    def add(self, node: Node, inputs: Iterable[int]) -> None:
        """A new node that runs when one of `inputs` changes, and once at the start."""
        node.place = len(self._nodes)
        self._nodes.append(node)
        self._waiting.append(1)
        for slot in inputs:
            self._readers[slot].append(node.place)

    def note(self, subject: str, text: str) -> None:
        """A line for the journal."""
        self.events.append(Noted(subject, text, self.instant))

    def nodes(self) -> list[Node]:
        return self._nodes

    def set(self, slot: int, value: float) -> None:
        """Write a slot; whoever reads it is run if the value changed."""
        old = self.values[slot]
        if old == value or (old != old and value != value):
            return
        self.values[slot] = value
        waiting = self._waiting
        for place in self._readers[slot]:
            waiting[place] = 1

    def touch(self, node: Node) -> None:
        """Run a node in the next sweep whatever its inputs do."""
        self._waiting[node.place] = 1

    def wake(self, node: Node, t: float) -> None:
        """Run a node at `t` at the latest; the earlier of two requests holds until it has been run."""
        if t < node.wake_at:
            node.wake_at = t
            heapq.heappush(self._timers, (t, node.place))

    def next_wake(self) -> float | None:
        """When the earliest timer is due."""
        timers = self._timers
        while timers:
            t, place = timers[0]
            if t == self._nodes[place].wake_at:
                return t
            heapq.heappop(timers)
        return None

    def sweep(self, now: Moment) -> None:
        """Run what is due and what follows from it."""
        waiting, nodes = self._waiting, self._nodes
        while (due := self.next_wake()) is not None and due <= now.t:
            _, place = heapq.heappop(self._timers)
            nodes[place].wake_at = _NEVER
            waiting[place] = 1
        while (place := waiting.find(1)) >= 0:
            waiting[place] = 0
            nodes[place].update(now)

    def idle(self) -> bool:
        return 1 not in self._waiting


def none_if_unknown(value: float) -> float | None:
    """For snapshots: JSON has no NaN."""
    return None if value != value else value


def nan_if_none(value: float | None) -> float:
    """The way back."""
    return NAN if value is None else value
