"""What of a site the simulated greenhouses have: where its points are measured, and what its actuators act on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from controller.core.plan import ActuatorPlan, Plan, SensorPlan
from controller.model.errors import ConfigError, one_of
from simulators.greenhouse import outputs
from simulators.greenhouse.twin import place_of_actuator, place_of_point

USUAL = {
    # what a point shows of which the greenhouse has nothing, in the unit of its quantity
    "temperature": 20.0,
    "humidity": 70.0,
    "ph": 6.0,
    "ec": 2.0,
    "pressure": 200.0,
    "level": 80.0,
}

_CONSTANT = "nothing in the model is measured by {name}: it shows a constant"
_IN_THE_FIRST = "{name} belongs to no compartment: it is measured in {place}"
_IDLE = "{name} acts on nothing in the model"

NOTES = (_CONSTANT, _IN_THE_FIRST, _IDLE)
"""The forms of what the simulation leaves out."""


@dataclass(frozen=True, slots=True)
class SensorWire:
    """A point and its place in the model's output. Where that is None the point shows `constant`."""

    plan: SensorPlan
    place: int | None
    constant: float


@dataclass(frozen=True, slots=True)
class ActuatorWire:
    """An actuator and its place in the model's control (None: it acts on nothing there).

    `share` is its part of what all actuators of this kind do together, which adds up to 1.
    """

    plan: ActuatorPlan
    place: int | None
    share: float


@dataclass(frozen=True, slots=True)
class Wiring:
    """One greenhouse: a compartment of the site, or with the name "" a site that has none.

    `sensors` are those that measure in it, `actuators` those that act in it. `area` is in m², or 1 for all of them
    where site.yaml does not say.
    """

    compartment: str
    area: float
    sensors: tuple[SensorWire, ...]
    actuators: tuple[ActuatorWire, ...]

    def named(self, point: str) -> str:
        """What a point of the greenhouse is called in the site: air.temperature is east.air.temperature in east."""
        return f"{self.compartment}.{point}" if self.compartment else point

    def notes(self) -> list[str]:
        """What the simulation leaves out, as sentences."""
        points = [wire.plan.point for wire in self.sensors if wire.place is None]
        idle = [wire.plan.name for wire in self.actuators if wire.place is None]
        notes = [_CONSTANT.format(name=point) for point in points]
        notes += [
            _IN_THE_FIRST.format(name=wire.plan.point, place=self.compartment)
            for wire in self.sensors
            if self.compartment and wire.place is not None and not _at_home(wire, self.compartment)
        ]
        return notes + [_IDLE.format(name=name) for name in idle]


def wire(plan: Plan) -> tuple[Wiring, ...]:
    """How a site is wired to one greenhouse, or to one for each of its compartments.

    What the compartments share is measured in the first of them, and acts in all of them alike. Several actuators of a
    kind (three valves, two vents) do a share each of what the one in the model does.
    """
    areas = {each.name: each.area or 1.0 for each in plan.compartments} or {"": 1.0}
    return tuple(_wired(plan, name, area, first=number == 0) for number, (name, area) in enumerate(areas.items()))


def only(plan: Plan, compartment: str | None) -> Wiring:
    """That of one compartment; of a site without compartments its only one. Raises ConfigError."""
    wirings = wire(plan)
    if compartment is None and len(wirings) == 1:
        return wirings[0]
    names = [each.compartment for each in wirings if each.compartment]
    for each in wirings:
        if each.compartment and each.compartment == compartment:
            return each
    if compartment is None:
        raise ConfigError(f"which compartment: {' or '.join(names)}?", suggestion=f"add --compartment {names[0]}")
    raise ConfigError(f"there is no compartment {compartment!r}", suggestion=known(compartment, names))


def known(compartment: str, names: Collection[str]) -> str:
    """What to write instead of the name of a compartment that is none."""
    return one_of(compartment, names, "the site has none: leave it away")


def _wired(plan: Plan, compartment: str, area: float, *, first: bool) -> Wiring:
    inside = [(sensor, plan.placed(sensor.point)) for sensor in plan.sensors]
    sensors = tuple(
        _sensor(sensor, name) for sensor, (where, name) in inside if where == compartment or (first and not where)
    )
    acting = [(actuator, plan.placed(actuator.name)) for actuator in plan.actuators]
    found = [(actuator, _actuator_place(name)) for actuator, (where, name) in acting if where in (compartment, "")]
    count = Counter(place for _, place in found)
    actuators = tuple(ActuatorWire(actuator, place, 1.0 / count[place]) for actuator, place in found)
    return Wiring(compartment, area, sensors, actuators)


def _at_home(wire: SensorWire, compartment: str) -> bool:
    """Whether a point is of this compartment, or of the weather, which all have in common."""
    return wire.plan.point.startswith((f"{compartment}.", "outside."))


def _sensor(plan: SensorPlan, name: str) -> SensorWire:
    usual = USUAL.get(plan.quantity.name, 0.0)
    place = place_of(name)
    return SensorWire(plan, _alike(plan) if place is None else place, min(max(usual, plan.low), plan.high))


def place_of(name: str) -> int | None:
    """Where the model's output has a point of this name, without its compartment; None where it has not."""
    while name:
        try:
            return place_of_point(name)
        except KeyError:
            name = name.partition(".")[2]  # bench.air.temperature is air.temperature
    return None


def _alike(plan: SensorPlan) -> int | None:
    """The first of the model's points whose last word says the same: bench.temperature is air.temperature."""
    for place, (name, _) in enumerate(outputs.POINTS):
        if name.rpartition(".")[2] == plan.quantity.name:
            return place
    return None


def _actuator_place(name: str) -> int | None:
    words = re.split(r"[._]", name)
    # north.roof_vent_2 is a roof_vent: the longest run of words that means something
    for length in range(len(words), 0, -1):
        for first in range(len(words) - length + 1):
            try:
                return place_of_actuator("_".join(words[first : first + length]))[0]
            except KeyError:
                continue
    return None
