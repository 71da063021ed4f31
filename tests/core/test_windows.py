"""What a value did lately: averages, extremes, rates, past values, in constant memory."""

from __future__ import annotations

from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core.plan import Plan

from .house import House
from .writing import GIMJE, rule, sensor, setpoint, switch

POINTS = ("air.temperature", "outside.wind_direction", "outside.wind_speed")


def a_house(text: str, **readings: float) -> House:
    sensors = tuple(sensor(point, max_rate=None) for point in POINTS)
    return House(Plan(GIMJE, sensors, (), setpoints=(setpoint("seen", text),)), **readings)


def seen(house: House) -> float:
    return house.value("seen")


def test_an_average_weighs_values_by_their_time() -> None:
    house = a_house("average(air.temperature, 10 min)", air_temperature=20).after("8 min")
    house.reads(air_temperature=30).after("2 min")
    assert seen(house) == pytest.approx(22, abs=0.2)
    assert seen(house.after("10 min")) == pytest.approx(30, abs=0.2)


def test_extremes_forget_what_has_slid_out() -> None:
    house = a_house("maximum(air.temperature, 10 min)", air_temperature=20).after("6 min")
    house.reads(air_temperature=35).after("10 s").reads(air_temperature=20).after("9 min")
    assert seen(house) == 35
    assert seen(house.after("2 min")) == 20
    house = a_house("minimum(air.temperature, 10 min)", air_temperature=20).after("6 min")
    assert seen(house.reads(air_temperature=5).after("10 s").reads(air_temperature=20).after("9 min")) == 5


def test_a_rate_is_a_change_per_time() -> None:
    house = a_house("rate(air.temperature, 10 min) * 1 h", air_temperature=20).after("11 min")
    assert seen(house) == 0
    house.reads(air_temperature=21).after("5 min")
    assert seen(house) == pytest.approx(6)
    assert seen(house.after("10 min")) == 0


def test_the_past_is_what_it_was() -> None:
    house = (
        a_house("air.temperature 1 h ago", air_temperature=20).after("1 h").reads(air_temperature=25).after("50 min")
    )
    assert seen(house) == 20
    assert seen(house.after("15 min")) == 25


def test_too_little_known_is_unknown() -> None:
    house = a_house("average(air.temperature, 10 min)", air_temperature=20).after("4 min")
    assert seen(house) != seen(house)
    house.after("2 min").reads(air_temperature=None).after("4 min")
    assert seen(house) == 20
    house.after("10 min")
    assert seen(house) != seen(house)


def test_windows_go_on_over_a_restart_and_begin_anew_after_a_long_one() -> None:
    house = a_house("average(air.temperature, 10 min)", air_temperature=20).after("9 min").restart(down="5 s")
    assert seen(house.after("1 min")) == 20
    house.restart(down="1 h").after("1 min")
    assert seen(house) != seen(house)


def test_directions_are_averaged_round_the_compass() -> None:
    house = a_house("average(outside.wind_direction, 10 min)", outside_wind_direction=350).after("5 min")
    house.reads(outside_wind_direction=20).after("5 min")
    assert seen(house) == pytest.approx(5, abs=1)


def test_a_gust_in_the_last_minutes_counts() -> None:
    gusty = rule("Gusts", "maximum(outside.wind_speed, 2 min) > 18 m/s", {"siren": "on"})
    plan = Plan(GIMJE, (sensor("outside.wind_speed"),), (switch("siren"),), rules=(gusty,))
    house = House(plan, outside_wind_speed=5).after("5 min").expect(siren="off")
    house.reads(outside_wind_speed=20).reads(outside_wind_speed=5).after("1 min").expect(siren="on")
    house.after("2 min").expect(siren="off")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=20, max_size=40))
def test_against_every_value_kept(values: list[int]) -> None:
    """One value a minute; the reference keeps them all. What is just sliding out may count or not."""
    average, low, high = (a_house(f"{name}(air.temperature, 10 min)") for name in ("average", "minimum", "maximum"))
    for value in values:
        for house in (average, low, high):
            house.reads(air_temperature=value).after("1 min")
    lately, longer = values[-10:], values[-11:]
    spread = (max(longer) - min(longer)) / 60 * 2 + 0.1
    assert seen(average) == pytest.approx(fmean(lately), abs=spread)
    assert min(longer) <= seen(low) <= min(lately)
    assert max(lately) <= seen(high) <= max(longer)
