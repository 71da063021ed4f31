"""What of a site the simulated compartment has: where its points are measured, and what its actuators act on."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from controller.core.plan import ActuatorPlan, Plan, SensorPlan
from simulators.greenhouse import outputs
from simulators.greenhouse.twin import place_of_actuator, place_of_point

USUAL = {
    # what a point shows of which the compartment has nothing, in the unit of its quantity
    "temperature": 20.0,
    "humidity": 70.0,
    "ph": 6.0,
    "ec": 2.0,
    "pressure": 200.0,
    "level": 80.0,
}


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
    sensors: tuple[SensorWire, ...]
    actuators: tuple[ActuatorWire, ...]
    compartments: tuple[str, ...] = ()

    def notes(self) -> list[str]:
        """What the simulation leaves out, as sentences."""
        points = [wire.plan.point for wire in self.sensors if wire.place is None]
        idle = [wire.plan.name for wire in self.actuators if wire.place is None]
        notes = [f"nothing in the model is measured by {point}: it shows a constant" for point in points]
        if self.compartments:
            notes.insert(0, f"the model is one compartment: {' and '.join(self.compartments)} share its air")
        return notes + [f"{name} acts on nothing in the model" for name in idle]


def wire(plan: Plan) -> Wiring:
    """How a site is wired to one compartment.

    Several actuators of a kind (three valves, two vents) do a share each of what the one in the model does.
    """
    sensors = tuple(_sensor(sensor) for sensor in plan.sensors)
    places = [_actuator_place(actuator) for actuator in plan.actuators]
    count = Counter(places)
    actuators = tuple(
        ActuatorWire(actuator, place, 1.0 / count[place])
        for actuator, place in zip(plan.actuators, places, strict=True)
    )
    return Wiring(sensors, actuators, tuple(each.name for each in plan.compartments))


def _sensor(plan: SensorPlan) -> SensorWire:
    usual = USUAL.get(plan.quantity.name, 0.0)
    constant = min(max(usual, plan.low), plan.high)
    name = plan.point
    while name:
        try:
            return SensorWire(plan, place_of_point(name), constant)
        except KeyError:
            name = name.partition(".")[2]  # east.air.temperature is air.temperature
    return SensorWire(plan, _alike(plan), constant)


def _alike(plan: SensorPlan) -> int | None:
    """The first of the model's points whose last word says the same: bench.temperature is air.temperature."""
    for place, (name, _) in enumerate(outputs.POINTS):
        if name.rpartition(".")[2] == plan.quantity.name:
            return place
    return None


def _actuator_place(plan: ActuatorPlan) -> int | None:
    words = re.split(r"[._]", plan.name)
    # east.roof_vent_2 is a roof_vent: the longest run of words that means something
    for length in range(len(words), 0, -1):
        for first in range(len(words) - length + 1):
            name = "_".join(words[first : first + length])
            try:
                return place_of_actuator(name)[0]
            except KeyError:
                continue
    return None
