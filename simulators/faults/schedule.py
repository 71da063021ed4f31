"""When what goes wrong, in simulated time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What can be wrong with a sensor, then with an actuator, then with the house."""

    FROZEN = "frozen"
    OFFSET = "offset"
    SPIKES = "spikes"
    DROPOUT = "dropout"
    DRIFT = "drift"
    SLIP = "slip"
    WELDED = "welded"
    LEAKING = "leaking"
    BLOCKED = "blocked"
    DOOR = "door"


_SAID = {
    Kind.SPIKES: "spiking",
    Kind.DROPOUT: "dropping out",
    Kind.DRIFT: "drifting",
    Kind.OFFSET: "off",
    Kind.SLIP: "slipping",
    Kind.DOOR: "open",
}

OF_SENSORS = (Kind.FROZEN, Kind.OFFSET, Kind.SPIKES, Kind.DROPOUT, Kind.DRIFT)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one point or actuator; the target of a door is itself: door for all, east.door in a compartment.

    `begin` and `end` are UTC nanoseconds (end None: for good). `size` is in the unit of the point's quantity: the
    offset, the height of a spike, the drift per second; of an actuator the share (0..1) that slips or leaks. `chance`
    (0..1) is that of a spike, or of a lost reading, at each reading.
    """

    kind: Kind
    target: str
    begin: int
    end: int | None = None
    size: float = 0.0
    chance: float = 1.0

    def stands(self, at: int) -> bool:
        """Whether it is there at a time."""
        return self.begin <= at and (self.end is None or at < self.end)


class Edge(NamedTuple):
    """A fault comes, or goes."""

    at: int
    fault: Fault
    comes: bool


class Schedule:
    """All faults of a run, in order of time."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self.faults = tuple(faults)
        self.edges: list[Edge] = []
        for fault in self.faults:
            self.edges.append(Edge(fault.begin, fault, True))
            if fault.end is not None:
                self.edges.append(Edge(fault.end, fault, False))
        self.edges.sort(key=lambda edge: edge.at)

    def sentences(self, at: int) -> list[str]:
        """What is wrong at a time, for people to see."""
        return [f"{fault.target} is {_SAID.get(fault.kind, fault.kind)}" for fault in self.standing(at)]

    def standing(self, at: int) -> list[Fault]:
        """The faults that there are at a time."""
        return [fault for fault in self.faults if fault.stands(at)]
