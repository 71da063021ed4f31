"""What a scenario says, checked against a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from controller.model.errors import NOWHERE, Place
from controller.model.points import Quality
from controller.rules.parser import Demand


@dataclass(frozen=True, slots=True)
class Given:
    """What a point shows: a value in the unit of its quantity, or (NaN) only a quality."""

    value: float
    quality: Quality = Quality.GOOD


@dataclass(frozen=True, slots=True)
class Expectation:
    """Where an actuator must be, and which rule must be the cause ("": any)."""

    actuator: str
    demand: Demand
    text: str
    because: str = ""
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Step:
    """From its beginning the points show what is `given`; after `seconds` the expectations must hold.

    `alarms` are the alarms of the rules that must stand then, no more and no fewer; None: any.
    """

    given: Mapping[str, Given]
    seconds: float
    then: tuple[Expectation, ...]
    alarms: tuple[str, ...] | None = None
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Scenario:
    """`at` is UTC nanoseconds; the steps follow each other without a break."""

    name: str
    at: int
    steps: tuple[Step, ...]
    place: Place = NOWHERE
