"""Short ways to write plans in tests: every value is text, as in the two files."""

from __future__ import annotations

from typing import Any, Literal

from controller.core.plan import (
    ActuatorPlan,
    AlarmPlan,
    DrivePlan,
    Expression,
    IrrigationPlan,
    PeriodPlan,
    RulePlan,
    SensorPlan,
    SetpointPlan,
    SitePlan,
)
from controller.model.units import parse_duration, quantity_of
from controller.rules.parser import Text, parse_condition, parse_demand, parse_window

GIMJE = SitePlan("Gimje house 1", 35.80, 126.88, "Asia/Seoul", "ko")


def expression(text: str) -> Expression:
    return Expression(Text(text), parse_condition(Text(text)))


def maybe(text: str | None) -> Expression | None:
    return None if text is None else expression(text)


def seconds(text: str) -> float:
    return parse_duration(text)


def sensor(point: str, **treatment: Any) -> SensorPlan:
    quantity = quantity_of(point)
    assert quantity is not None
    settings = {
        "low": quantity.low,
        "high": quantity.high,
        "max_rate": quantity.max_rate,
        "stale_after": quantity.stale_after,
    }
    return SensorPlan(point, quantity, **(settings | treatment))


def rule(name: str, when: str, do: dict[str, str], until: str | None = None) -> RulePlan:
    demands = tuple((actuator, parse_demand(Text(demand))) for actuator, demand in do.items())
    return RulePlan(name, expression(when), maybe(until), demands)


def drive(
    name: str, actuator: str, by: str, start: str, band: str, band_when: dict[str, str] | None = None, **more: Any
) -> DrivePlan:
    bands = tuple((expression(when), expression(width)) for when, width in (band_when or {}).items())
    return DrivePlan(name, actuator, expression(by), expression(start), expression(band), bands, **more)


def rounds(
    name: str,
    valve: str,
    start: str,
    give: str,
    window: str | None = None,
    skip_when: str | None = None,
    stop_day_when: str | None = None,
    rest: str = "0 s",
    **more: Any,
) -> IrrigationPlan:
    return IrrigationPlan(
        name,
        valve,
        expression(start),
        parse_window(Text(window)) if window else None,
        seconds(give),
        maybe(skip_when),
        maybe(stop_day_when),
        seconds(rest),
        **more,
    )


def period(name: str, window: str) -> PeriodPlan:
    return PeriodPlan(name, parse_window(Text(window)))


def setpoint(name: str, value: str | dict[str, str], ramp: float | None = None, **more: Any) -> SetpointPlan:
    if isinstance(value, str):
        return SetpointPlan(name, Text(value), expression(value), **more)
    by_period = tuple((period_name, expression(text)) for period_name, text in value.items())
    return SetpointPlan(name, Text(name), None, by_period, ramp, **more)


def alarm(
    name: str, when: str, priority: Literal["critical", "high", "medium", "low"] = "high", **more: Any
) -> AlarmPlan:
    return AlarmPlan(name, expression(when), priority, **more)


def switch(name: str, **limits: Any) -> ActuatorPlan:
    return ActuatorPlan(name, "switch", f"{name}.relay", **({"safe": 0.0} | limits))


def valve(name: str, **limits: Any) -> ActuatorPlan:
    return ActuatorPlan(name, "valve", f"{name}.relay", **({"safe": 0.0} | limits))


def motor(name: str, travel: float = 180.0, **limits: Any) -> ActuatorPlan:
    times = {"travel_open": travel, "travel_close": travel, "safe": 0.0, "deadband": 3.0}
    return ActuatorPlan(name, "position", f"{name}.node", **(times | limits))
