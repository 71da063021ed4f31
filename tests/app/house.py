"""A house of one heater and one thermometer, for tests of what surrounds the core."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from controller.core.core import Core, Step
from controller.core.plan import ActuatorPlan, AlarmPlan, Expression, Plan, RulePlan, SensorPlan, SitePlan
from controller.model.commands import Command, Request
from controller.model.events import Event
from controller.model.points import Reading
from controller.model.ports import FieldInput
from controller.model.time import Clock, Instant
from controller.model.units import QUANTITIES
from controller.rules.parser import Text, parse_condition, parse_demand


def expression(text: str) -> Expression:
    return Expression(Text(text), parse_condition(Text(text)))


def plan(below: str = "18 °C") -> Plan:
    return Plan(
        site=SitePlan("<House & Co>", 35.8, 126.9, "Asia/Seoul"),
        sensors=(SensorPlan("air.temperature", QUANTITIES["temperature"], -30, 60, None, 60.0),),
        actuators=(ActuatorPlan("heater", "switch", "heater.relay", safe=0.0),),
        rules=(
            RulePlan(
                "Heat",
                expression(f"air.temperature < {below}"),
                expression("air.temperature > 19 °C"),
                (("heater", parse_demand(Text("on"))),),
            ),
        ),
        alarms=(AlarmPlan("Frost", expression("air.temperature < 5 °C"), "critical"),),
    )


class Faulty:
    """A core whose steps fail for a number of times."""

    def __init__(self, core: Core, times: float) -> None:
        self._core, self.times = core, times

    def step(self, now: Instant, inputs: Sequence[FieldInput | Request]) -> Step:
        if self.times:
            self.times -= 1
            raise ZeroDivisionError
        return self._core.step(now, inputs)

    def snapshot(self) -> bytes:
        return self._core.snapshot()


def temperature(value: float, clock: Clock) -> Reading:
    return Reading("air.temperature", value, clock.now())


class Relay:
    """An output that keeps what it was told."""

    def __init__(self) -> None:
        self.commands: list[Command] = []

    def output(self, name: str) -> Callable[[Command], None] | None:
        return self.commands.append if name == "heater.relay" else None

    def verbs(self) -> list[str]:
        """What it was told since the start, without the first order to be off that every switch gets."""
        return [str(command.verb) for command in self.commands if not command.renews][1:]


class Memory:
    """A journal that keeps everything in lists."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.states: list[bytes] = []

    def append(self, events: Sequence[Event]) -> None:
        self.events.extend(events)

    def save_state(self, snapshot: bytes) -> None:
        self.states.append(snapshot)
