"""A house of two vents' worth of everything that neighbours see: points of several kinds, all kinds of actuators."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from controller.app.clock import SystemClock
from controller.app.engine import Engine
from controller.core.core import Core
from controller.core.plan import (
    ActuatorPlan,
    AlarmPlan,
    Expression,
    PeriodPlan,
    Plan,
    RulePlan,
    SensorPlan,
    SetpointPlan,
    SitePlan,
)
from controller.model.commands import Command, Override, Release, Request
from controller.model.points import Quality, Reading
from controller.model.units import QUANTITIES
from controller.rules.parser import Text, parse_condition, parse_demand, parse_window
from controller.uplink.inventory import Inventory, inventory
from tests.app.house import Memory
from tests.app.wait import until

POINTS = {
    "air.temperature": "temperature",
    "air.co2": "co2",
    "air.vpd_2": "vpd",
    "outside.rain": "rain",
    "outside.wind_direction": "wind_direction",
    "tank.ph": "ph",
    "slab.drain": "drain",
    "온실.humidity": "humidity",
}


def expression(text: str) -> Expression:
    return Expression(Text(text), parse_condition(Text(text)))


def plan(site: str = "Gimje house 1", points: dict[str, str] = POINTS) -> Plan:
    return Plan(
        site=SitePlan(site, 35.8, 126.9, "Asia/Seoul"),
        sensors=tuple(SensorPlan(name, QUANTITIES[kind], -1e6, 1e6, None, 3600.0) for name, kind in points.items()),
        actuators=(
            ActuatorPlan("roof_vent", "position", "roof_vent.node", 0.0, travel_open=20.0, travel_close=20.0),
            ActuatorPlan("heater", "switch", "heater.relay", 0.0),
            ActuatorPlan("irrigation_a", "valve", "irrigation_a.relay", 0.0),
        ),
        periods=(
            PeriodPlan("night", parse_window(Text("18:00 .. 06:00"))),
            PeriodPlan("day", parse_window(Text("06:00 .. 18:00"))),
        ),
        setpoints=(SetpointPlan("heating_temperature", Text("18 °C"), expression("18 °C")),),
        rules=(
            RulePlan(
                "Heat",
                expression("air.temperature < heating_temperature"),
                expression("air.temperature > 19 °C"),
                (("heater", parse_demand(Text("on"))),),
            ),
        ),
        alarms=(AlarmPlan("Frost", expression("air.temperature < 5 °C"), "critical"),),
    )


class House:
    """An engine of its own with the plan. `requests` are those that came in besides readings."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.clock = SystemClock()
        self.commands: list[Command] = []
        self.requests: list[Override | Release] = []
        self.engine = Engine(Core(plan), self.clock, lambda _: self.commands.append, Memory())
        self.engine.adopt(self.engine.core)

    def inventory(self) -> Inventory:
        return inventory(self.plan)

    def emit(self, requests: list[Request] | tuple[Request, ...]) -> None:
        self.requests += [request for request in requests if isinstance(request, Override | Release)]
        self.engine.emit(requests)

    def reads(self, point: str, value: float, quality: Quality = Quality.GOOD) -> None:
        self.engine.emit((Reading(point, value, self.clock.now(), quality),))

    def core(self) -> Core:
        return self.engine.core

    def position(self, actuator: str) -> float:
        return next(view.position for view in self.core().actuators() if view.name == actuator)


@contextlib.asynccontextmanager
async def at_work(run: Callable[[], object], house: House, changed: Callable[[], None]) -> AsyncIterator[None]:
    """The uplink's `run` beside the house, told of every step."""
    silence = house.engine.listen(lambda _: changed())
    task = asyncio.ensure_future(run())  # type: ignore[arg-type]
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        silence()


__all__ = ["House", "at_work", "expression", "plan", "replace", "until"]
