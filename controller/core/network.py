"""A network of small nodes over one flat list of numbers.

Every value that matters (a point, a setpoint, whether a rule is active) has a slot in `values`; unknown is NaN. A node
reads some slots and writes others. Only nodes whose inputs changed, or whose timer is due, are run, each at most once a
sweep and in the order in which they were added, so that a node always sees finished inputs.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from controller.model.events import Event, Noted
from controller.model.time import Instant

NAN = float("nan")


class Moment(NamedTuple):
    """Now, as the core counts it: `t` in seconds, steady, and continued over restarts; `wall_ns` UTC, may jump."""

    t: float
    wall_ns: int


class Node(Protocol):
    """`key` identifies a node over restarts and rule changes; `state` is what must survive them (JSON), or None."""

    key: str

    def update(self, now: Moment) -> None: ...

    def state(self) -> object: ...

    def restore(self, state: object) -> None: ...


class Stateless:
    """A node with nothing to remember."""

    def state(self) -> object:
        return None

    def restore(self, state: object) -> None:
        """Nothing was kept."""


class Network:
    def __init__(self) -> None:
        self.values: list[float] = []
        self.events: list[Event] = []
        self.instant = Instant(0, 0)
        self.now = Moment(0.0, 0)
        self._nodes: list[Node] = []
        self._index: dict[int, int] = {}
        self._readers: list[list[int]] = []
        self._queue: list[int] = []
        self._queued: set[int] = set()
        self._timers: list[tuple[float, int]] = []
        self._due: dict[int, float] = {}

    def slot(self, value: float = NAN) -> int:
        """A new slot."""
        self.values.append(value)
        self._readers.append([])
        return len(self.values) - 1

    def add(self, node: Node, inputs: Iterable[int]) -> None:
        """A new node that runs when one of `inputs` changes, and once at the start."""
        index = len(self._nodes)
        self._nodes.append(node)
        self._index[id(node)] = index
        for slot in inputs:
            self._readers[slot].append(index)
        self._enqueue(index)

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
        queued = self._queued
        for index in self._readers[slot]:
            if index not in queued:
                queued.add(index)
                heapq.heappush(self._queue, index)

    def touch(self, node: Node) -> None:
        """Run a node in the next sweep whatever its inputs do."""
        self._enqueue(self._index[id(node)])

    def wake(self, node: Node, t: float) -> None:
        """Run a node at `t` at the latest; the earlier of two requests holds until it has been run."""
        index = self._index[id(node)]
        due = self._due.get(index)
        if due is not None and due <= t:
            return
        self._due[index] = t
        heapq.heappush(self._timers, (t, index))

    def next_wake(self) -> float | None:
        """When the earliest timer is due."""
        while self._timers:
            t, index = self._timers[0]
            if self._due.get(index) == t:
                return t
            heapq.heappop(self._timers)
        return None

    def sweep(self, now: Moment) -> None:
        """Run what is due and what follows from it."""
        while (due := self.next_wake()) is not None and due <= now.t:
            _, index = heapq.heappop(self._timers)
            del self._due[index]
            self._enqueue(index)
        queue, queued, nodes, pop = self._queue, self._queued, self._nodes, heapq.heappop
        while queue:
            index = pop(queue)
            queued.discard(index)
            nodes[index].update(now)

    def idle(self) -> bool:
        return not self._queue

    def _enqueue(self, index: int) -> None:
        if index not in self._queued:
            self._queued.add(index)
            heapq.heappush(self._queue, index)


def none_if_unknown(value: float) -> float | None:
    """For snapshots: JSON has no NaN."""
    return None if value != value else value


def nan_if_none(value: float | None) -> float:
    """The way back."""
    return NAN if value is None else value
