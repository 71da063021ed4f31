"""Setpoints: periods, ramps, corrections whose sum is capped, bounds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.core.core import Core
from controller.core.plan import Plan, SetpointPlan
from controller.model.errors import ConfigError

from .house import House
from .writing import GIMJE, expression, period, sensor, setpoint

POINTS = ("air.temperature", "air.humidity", "outside.radiation", "outside.temperature")
PERIODS = (period("night", "20:00 .. 06:00"), period("day", "06:00 .. 20:00"))


def a_house(*setpoints: SetpointPlan, **readings: float) -> House:
    plan = Plan(
        GIMJE, tuple(sensor(point, max_rate=None) for point in POINTS), (), periods=PERIODS, setpoints=setpoints
    )
    return House(plan, **readings)


def corrected(value: str, *corrections: str, **bounds: str) -> SetpointPlan:
    return setpoint(
        "goal",
        value,
        corrections=tuple(expression(text) for text in corrections),
        **{name: expression(text) for name, text in bounds.items()},
    )


BY_LIGHT = "2 K * ramp(outside.radiation, 200 W/m², 800 W/m²)"
BY_DAMP = "-1 K * ramp(air.humidity, 85 %, 95 %)"


@pytest.mark.parametrize(
    ("radiation", "humidity", "goal"), [(0, 50, 20.0), (500, 50, 21.0), (900, 50, 22.0), (900, 90, 21.5), (0, 99, 19.0)]
)
def test_corrections_are_added(radiation: float, humidity: float, goal: float) -> None:
    house = a_house(corrected("20 °C", BY_LIGHT, BY_DAMP), outside_radiation=radiation, air_humidity=humidity)
    assert house.value("goal") == pytest.approx(goal)


def test_the_sum_of_corrections_is_capped_and_so_is_the_result() -> None:
    bounds = {"correction_low": "-0.5 K", "correction_high": "3 K", "low": "19.8 °C", "high": "22 °C"}
    plan = corrected("20 °C", BY_LIGHT, BY_LIGHT, BY_DAMP, **bounds)
    house = a_house(plan, outside_radiation=900, air_humidity=50)
    assert house.value("goal") == 22.0  # 20 + min(2 + 2, 3), at most 22
    assert house.reads(outside_radiation=0, air_humidity=99).value("goal") == 19.8  # 20 - 0.5, at least 19.8


def test_an_unknown_correction_counts_as_none() -> None:
    house = a_house(corrected("20 °C", BY_LIGHT, BY_DAMP), outside_radiation=900, air_humidity=99)
    assert house.value("goal") == pytest.approx(21)
    assert house.reads(outside_radiation=None).after("2 min").value("goal") == pytest.approx(19)


def test_an_unknown_base_is_unknown() -> None:
    house = a_house(corrected("outside.temperature + 3 °C", BY_LIGHT), outside_radiation=900)
    assert house.value("goal") != house.value("goal")


def test_bounds_may_move() -> None:
    house = a_house(corrected("20 °C", low="outside.temperature + 6 °C"), outside_temperature=18)
    assert house.value("goal") == 24
    assert house.reads(outside_temperature=None).after("2 min").value("goal") == 20


def test_a_temperature_is_no_correction() -> None:
    with pytest.raises(ConfigError, match="a correction is a difference"):
        a_house(corrected("20 °C", "air.temperature"))


def test_corrections_need_the_unit_of_the_setpoint() -> None:
    with pytest.raises(ConfigError, match="write it in °C"):
        a_house(corrected("20 °C", "5 %"))


def test_setpoints_that_need_each_other_are_refused() -> None:
    with pytest.raises(ConfigError, match="one -> other -> one"):
        a_house(setpoint("one", "other + 1 °C"), setpoint("other", "one + 1 °C"))


def test_a_ramp_can_fall_faster_than_it_rises() -> None:
    goal = setpoint("goal", {"night": "16 °C", "day": "20 °C"}, ramp=2 / 3600, ramp_down=8 / 3600)
    house = a_house(goal).at("05:00").at("07:00")
    assert house.value("goal") == pytest.approx(18, abs=0.05)
    house.at("20:00").after("15 min")
    assert house.value("goal") == pytest.approx(18, abs=0.2)
    assert house.at("20:31").value("goal") == 16


@pytest.mark.parametrize(("shape", "quarter"), [("linear", 17.0), ("sine", 16.586)])
def test_a_ramp_can_take_a_given_time_in_a_line_or_a_curve(shape: str, quarter: float) -> None:
    goal = setpoint("goal", {"night": "16 °C", "day": "20 °C"}, over=3600.0, shape=shape)
    house = a_house(goal).at("05:00").at("06:15")
    assert house.value("goal") == pytest.approx(quarter, abs=0.03)
    assert house.at("06:30").value("goal") == pytest.approx(18, abs=0.05)
    assert house.at("07:01").value("goal") == 20


def test_a_ramp_goes_on_over_a_restart() -> None:
    goal = setpoint("goal", {"night": "16 °C", "day": "20 °C"}, over=3600.0)
    house = a_house(goal).at("05:00").at("06:15").restart(down="15 min")
    assert house.value("goal") == pytest.approx(18, abs=0.05)


def test_setpoints_of_differences_stay_differences() -> None:
    shift = setpoint("shift", {"night": "1 K", "day": "2 K"})
    goal = setpoint("goal", "outside.temperature + shift")
    assert a_house(shift, goal, outside_temperature=10).at("12:00").value("goal") == 12


def test_without_corrections_nothing_is_added_to_the_network() -> None:
    plain = Plan(GIMJE, (), (), setpoints=(setpoint("goal", "20 °C"),))
    more = replace(plain, setpoints=(corrected("20 °C", high="30 °C"),))
    assert len(Core(more)._network.nodes()) == len(Core(plain)._network.nodes()) + 1
