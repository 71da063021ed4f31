"""Compartments: what is measured in one decides nothing in another, unless a rule says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.config import load_texts
from controller.core.plan import CompartmentPlan, Plan, RulePlan, SensorPlan
from controller.model.commands import Followed
from controller.model.errors import ConfigError

from .house import House
from .writing import GIMJE, rounds, rule, sensor, setpoint, switch, valve

BAYS = Path(__file__).parents[2] / "deploy" / "examples" / "bays"
EAST, WEST = CompartmentPlan("east", "동쪽 동", "East bay"), CompartmentPlan("west", "서쪽 동", "West bay")
CLIMATE = {"air_temperature": (-5.0, 45.0), "air_humidity": (5.0, 100.0)}
START = {
    "outside_temperature": 12.0,
    "outside_wind_speed": 3.0,
    "outside_rain": 0.0,
    "outside_radiation": 500.0,
    **{f"{bay}_{name}": (low + high) / 2 for bay in ("east", "west") for name, (low, high) in CLIMATE.items()},
}


def bays() -> Plan:
    """The example with two bays, of which each can be watered by its own drain and the boiler is shared."""
    return load_texts(*((BAYS / name).read_text(encoding="utf-8") for name in ("site.yaml", "rules.yaml"))).plan


def at_nine() -> House:
    """The example in the morning, run for five minutes."""
    house = House(bays(), poll=30)
    house.clock_error = 9 * 3600
    return house.reads(**START).after("5 min")


def orders(house: House, bay: str) -> list[tuple[object, ...]]:
    """Everything that the devices of one bay were told, when and why."""
    outputs = {house.output(plan.name) for plan in house.plan.actuators if plan.name.startswith(f"{bay}.")}
    return [
        (round(time, 3), command.output, command.verb, command.seconds, command.renews, command.cause.sentence())
        for time, command in zip(house.times, house.commands, strict=True)
        if command.output in outputs
    ]


@st.composite
def happenings(draw: st.DrawFn) -> tuple[str, str, float | None, float | None]:
    """A reading, a hand, or a device that comes and goes in a bay: what, of whom, and two ways it may turn out."""
    kind = draw(st.sampled_from(["read", "read", "hand", "device"]))
    if kind == "read":
        name = draw(st.sampled_from(sorted(CLIMATE)))
        values = st.one_of(st.none(), st.floats(*CLIMATE[name]))
    else:
        name = draw(st.sampled_from(["roof_vent", "heater", "irrigation", "shade_screen"]))
        values = st.sampled_from([0.0, 100.0])
    return kind, name, draw(values), draw(values)


def happens(house: House, bay: str, kind: str, name: str, value: float | None) -> None:
    if kind == "read":
        house.reads(**{f"{bay}_{name}": value})
    elif kind == "hand":
        house.override(f"{bay}.{name}", value or 0.0, "20 min")
    else:
        house.device(f"{bay}.{name}").silent = not value
        house.report(f"{bay}.{name}", Followed.BACK if value else Followed.LOST)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.sampled_from(["east", "west"]), happenings(), st.sampled_from(["50 s", "4 min", "25 min"])),
        max_size=8,
    )
)
def test_the_east_is_run_alike_whatever_the_west_is_like(told: list[tuple]) -> None:  # type: ignore[type-arg]
    one, other = at_nine(), at_nine()
    for bay, (kind, name, value, otherwise), time in told:
        happens(one, bay, kind, name, value)
        happens(other, bay, kind, name, value if bay == "east" else otherwise)
        one.after(time)
        other.after(time)
    assert orders(one, "east") == orders(other, "east")


def test_a_rule_may_say_so() -> None:
    plan = bays()
    told = rule("Air the east with the west", "west.air.temperature > 30 °C", {"east.fan": "on"})
    house = House(replace(plan, rules=(*plan.rules, told)), **START).at("09:00")
    house.reads(west_air_temperature=35).after("5 min").expect(**{"east.fan": "on"})


SENSORS = tuple(
    sensor(point, max_rate=None)
    for point in ("east.ppfd", "west.ppfd", "east.slab.drain", "west.slab.drain", "east.air.temperature",
                  "east.air.humidity", "west.air.temperature", "west.air.humidity")
)  # fmt: skip


def seen(*names: str, sensors: tuple[SensorPlan, ...] = SENSORS, rules: tuple[RulePlan, ...] = ()) -> House:
    """A house of two compartments, and one setpoint `see_N` for each of the names."""
    plan = Plan(
        GIMJE,
        sensors,
        (valve("east.drip", flow=0.5), valve("west.drip", flow=0.5), switch("lamp")),
        setpoints=tuple(setpoint(f"see_{number}", name) for number, name in enumerate(names)),
        rules=rules,
        irrigation=(rounds("East", "east.drip", "2 h since last start", "10 min"),),
        compartments=(EAST, WEST),
    )
    return House(plan)


def test_moist_air_is_that_of_its_compartment() -> None:
    house = seen("east.air.vpd", "west.air.vpd")
    house.reads(east_air_temperature=25, east_air_humidity=60, west_air_temperature=25, west_air_humidity=90)
    house.after("1 min")
    assert house.value("see_0") == pytest.approx(1.27, abs=0.01)
    assert house.value("see_1") == pytest.approx(0.32, abs=0.01)


def test_light_is_summed_up_by_compartment() -> None:
    house = seen("east.dli", "west.dli").reads(east_ppfd=500, west_ppfd=100).after("2 h")
    assert house.value("see_0") == pytest.approx(3.6, rel=0.01)
    assert house.value("see_1") == pytest.approx(0.72, rel=0.01)


def test_drain_is_held_against_the_water_of_the_same_compartment() -> None:
    house = seen("east.drain_fraction", "west.drain_fraction").reads(east_slab_drain=0, west_slab_drain=0)
    house.override("east.drip", "open", "10 min").after("20 min")
    house.reads(east_slab_drain=60, west_slab_drain=90).after("1 min")
    assert house.value("see_0") == pytest.approx(20, rel=0.01)  # 60 of 300 L
    assert house.value("see_1") != house.value("see_1")  # the west was not watered


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("dli", "did you mean east.dli?"),  # one of two: nobody knows which
        ("drain_fraction", "did you mean west.drain_fraction?"),
        ("drip", "did you mean west.drip?"),
        ("north.dli", "known: "),
        ("east.air.vdp", "did you mean east.air.vpd?"),
        ("west.radiation_sum", "did you mean"),
    ],
)
def test_what_no_compartment_has_is_a_mistake(name: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        seen(name)
    assert hint in caught.value.suggestion
