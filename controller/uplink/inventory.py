"""What a house has to show to others, as far as it follows from the plan. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from controller.core.build import Builder
from controller.core.plan import Plan, placed
from controller.model.units import Quantity


class OfferedActuator(NamedTuple):
    """`kind` is position, switch or valve."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """Everything that has a name. Setpoints and named values come with the symbol of their unit, compartments with what
    people call them in the site's language."""

    site: str
    language: str
    points: tuple[tuple[str, Quantity], ...]
    setpoints: tuple[tuple[str, str], ...]
    actuators: tuple[OfferedActuator, ...]
    alarms: tuple[str, ...]
    periods: tuple[str, ...]
    compartments: tuple[tuple[str, str], ...] = ()

    def placed(self, name: str) -> tuple[str, str]:
        """The compartment that a name belongs to ("": it is shared), and the name without it."""
        return placed(name, dict(self.compartments))

    def kind(self, actuator: str) -> str | None:
        """The kind of an actuator, None where there is none of this name."""
        return next((each.kind for each in self.actuators if each.name == actuator), None)


def inventory(plan: Plan) -> Inventory:
    """Raises ConfigError where the plan's expressions do not fit together."""
    points = {sensor.point: sensor.quantity for sensor in plan.sensors}
    for vote in plan.votes:
        points.setdefault(vote.point, points[vote.members[0]])
    scope = Builder(plan).scope
    setpoints = []
    for setpoint in plan.setpoints:
        symbol = scope.symbol(setpoint.name)
        setpoints.append((setpoint.name, symbol.unit.symbol if symbol is not None and symbol.unit is not None else ""))
    setpoints += [(setting.name, setting.unit.symbol) for setting in plan.settings]
    return Inventory(
        plan.site.name,
        plan.site.language,
        tuple(points.items()),
        tuple(setpoints),
        tuple(OfferedActuator(actuator.name, actuator.kind) for actuator in plan.actuators),
        tuple(alarm.name for alarm in plan.alarms),
        tuple(period.name for period in plan.periods),
        tuple((each.name, each.ko if plan.site.language == "ko" else each.en) for each in plan.compartments),
    )
