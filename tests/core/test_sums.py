"""Sums over time: degree days, light, heat banks for temperature integration; and definitions."""

from __future__ import annotations

import pytest

from controller.core.plan import DefinePlan, Expression, Plan, RulePlan, SetpointPlan, SumPlan
from controller.model.errors import ConfigError, Place
from controller.rules.parser import Text, parse_condition

from .house import House
from .writing import GIMJE, expression, rule, sensor, setpoint, switch

POINTS = ("air.temperature", "outside.ppfd", "outside.radiation", "power.number")


def a_house(
    *sums: SumPlan,
    setpoints: tuple[SetpointPlan, ...] = (),
    rules: tuple[RulePlan, ...] = (),
    defines: tuple[DefinePlan, ...] = (),
    **readings: float,
) -> House:
    plan = Plan(
        GIMJE,
        tuple(sensor(point, max_rate=None) for point in POINTS),
        (switch("lamp"),),
        setpoints=(*(setpoint(f"see_{total.name}", total.name) for total in sums), *setpoints),
        rules=rules,
        sums=sums,
        defines=defines,
    )
    return House(plan, **readings)


DEGREE_DAYS = SumPlan("degree_days", expression("max(air.temperature - 10 °C, 0 K)"), reset="never")


def test_degree_days_are_counted_and_never_forgotten() -> None:
    house = a_house(DEGREE_DAYS, air_temperature=22).after("24 h").reads(air_temperature=5).after("24 h")
    assert house.value("see_degree_days") == pytest.approx(12 * 24, rel=0.001)  # shown in °C·h
    assert house.restart(down="1 h").after("1 min").value("see_degree_days") == pytest.approx(12 * 24, rel=0.001)


def test_a_sum_of_the_day_begins_at_midnight() -> None:
    total = SumPlan("warmth", expression("max(air.temperature - 10 °C, 0 K)"))
    house = a_house(total, air_temperature=22).at("12:00")
    assert house.value("see_warmth") == pytest.approx(144, rel=0.001)
    house.at("00:30")
    assert house.value("see_warmth") == pytest.approx(6, rel=0.01)


def test_a_sum_is_unknown_while_its_rate_is() -> None:
    house = a_house(DEGREE_DAYS, air_temperature=22).after("10 h").reads(air_temperature=None).after("2 h")
    assert house.value("see_degree_days") != house.value("see_degree_days")
    house.reads(air_temperature=22).after("1 min")
    assert house.value("see_degree_days") == pytest.approx(120, abs=1)


BANK = SumPlan(
    "bank",
    expression("air.temperature - 20 °C"),
    reset="never",
    low=expression("-48 °C·h"),
    high=expression("48 °C·h"),
    forget=3 * 86400.0,
)


def test_temperature_integration_pays_back_a_warm_day() -> None:
    """A bank of degree hours, and a setpoint that gives it back within bounds: nothing else is needed."""
    goal = setpoint(
        "goal",
        "20 °C",
        corrections=(expression("-bank / 24 h"),),
        correction_low=expression("-2 K"),
        correction_high=expression("2 K"),
    )
    house = a_house(BANK, setpoints=(goal,), air_temperature=24).after("6 h")
    assert house.value("see_bank") == pytest.approx(24, abs=1)
    assert house.value("goal") == pytest.approx(19, abs=0.05)
    house.after("24 h")
    assert house.value("see_bank") == 48
    assert house.value("goal") == 18
    house.reads(air_temperature=18).after("12 h")
    assert house.value("see_bank") < 24
    house.reads(air_temperature=None).after("1 h")
    assert house.value("goal") == 20  # nobody knows: nothing is paid back


def test_what_is_old_fades() -> None:
    house = a_house(BANK, air_temperature=24).after("8 h").reads(air_temperature=20).after("72 h")
    assert house.value("see_bank") == pytest.approx(31 * 0.368, rel=0.05)


# lamps


LAMPS = rule(
    "Light up to the day's sum while power is cheap",
    "dli < 14 mol/m² and outside.radiation < 150 W/m² for 5 min and time is 02:00 .. 20:00 and power.number < 120",
    {"lamp": "on"},
    until="dli > 14 mol/m² or outside.radiation > 250 W/m² for 5 min or time is 20:00 .. 02:00 or power.number > 130",
)
DARK = {"outside_ppfd": 100, "outside_radiation": 50, "power_number": 100}


def test_lamps_burn_until_the_light_sum_is_reached() -> None:
    house = a_house(rules=(LAMPS,), **DARK).at("01:30").expect(lamp="off")
    house.at("02:10").expect(lamp="on").reads(outside_ppfd=500).at("08:00").expect(lamp="on")
    house.at("10:00").expect(lamp="off")  # 0.7 mol in the night, then 1.8 mol/h


def test_lamps_wait_for_cheap_power_and_for_dusk() -> None:
    house = a_house(rules=(LAMPS,), **DARK).at("03:00").expect(lamp="on")
    house.reads(power_number=140).after("1 min").expect(lamp="off")
    house.reads(power_number=125).after("10 min").expect(lamp="off")
    house.reads(power_number=110).after("1 min").expect(lamp="on")
    house.reads(outside_radiation=300).after("6 min").expect(lamp="off")
    house.reads(outside_radiation=100).after("6 min").expect(lamp="on")
    house.at("20:01").expect(lamp="off")


# definitions


def define(name: str, text: str, *parameters: str) -> DefinePlan:
    written = Text(text, Place("rules.yaml", 3, 10))
    return DefinePlan(name, Expression(written, parse_condition(written)), parameters)


def test_a_definition_stands_for_its_expression() -> None:
    hot, warm = define("hot", "air.temperature > limit"), define("limit", "28 °C")
    house = a_house(rules=(rule("Cool", "hot for 2 min", {"lamp": "on"}),), defines=(hot, warm), air_temperature=29)
    house.after("1 min").expect(lamp="off").after("2 min").expect(lamp="on")
    assert house.view("lamp").cause.values == (("air.temperature", "29 °C"),)


def test_a_function_stands_for_its_expression_with_values_put_in() -> None:
    by_sun = define("by_sun", "most * ramp(outside.radiation, start, start + 600 W/m²)", "most", "start")
    goal = setpoint("goal", "20 °C", corrections=(expression("by_sun(2 K, 200 W/m²) - by_sun(1 K, 500 W/m²)"),))
    house = a_house(setpoints=(goal,), defines=(by_sun,), outside_radiation=500)
    assert house.value("goal") == pytest.approx(21)
    assert house.reads(outside_radiation=800).value("goal") == pytest.approx(21.5)


def test_a_definition_can_be_a_difference_or_a_temperature() -> None:
    step = define("step", "4 °C")
    house = a_house(
        setpoints=(setpoint("high", "air.temperature + step"), setpoint("low", "max(step, 1 °C)")),
        defines=(step,),
        air_temperature=20,
    )
    assert (house.value("high"), house.value("low")) == (24, 4)


def test_parameters_hide_points_of_the_same_name_and_nothing_else() -> None:
    inner = define("half", "x / 2", "x")
    outer = define("both", "half(x + 2 K) + half(4 K)", "x")
    house = a_house(setpoints=(setpoint("goal", "both(6 K)"),), defines=(inner, outer)).after("1 s")
    assert house.value("goal") == 6


@pytest.mark.parametrize(
    ("defines", "text", "message", "line"),
    [
        ((define("a", "b + 1 K"), define("b", "a + 1 K")), "a > 3 K", "defined by itself: a -> b -> a", 3),
        ((define("f", "x + 1 K", "x"),), "f(1 K, 2 K) > 3 K", "f takes 1 values, not 2", 0),
        ((define("f", "x + 1 K", "x"),), "f > 3 K", "f takes 1 values, not 0", 0),
        ((define("f", "x + 1 %", "x"),), "f(1 K) > 3 K", "cannot go together", 3),
        ((define("hot", "air.temprature > 3 °C"),), "hot", "did you mean air.temperature", 3),
        ((define("hot", "air.temperature > 3 °C"),), "hto", "did you mean hot", 0),
        ((define("by_sun", "x * 2", "x"),), "by_sum(1 K) > 1 K", "did you mean by_sun", 0),
        ((define("hot", "air.temperature > 3 °C"),), "hot > 3 °C", "a number is expected here", 0),
    ],
)
def test_mistakes_in_definitions_are_shown_where_they_are(
    defines: tuple[DefinePlan, ...], text: str, message: str, line: int
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        a_house(rules=(rule("Rule", text, {"lamp": "on"}),), defines=defines)
    assert caught.value.place.line == line


@pytest.mark.parametrize(
    ("total", "message"),
    [
        (SumPlan("s", expression("air.temperature > 3 °C")), "a number is expected"),
        (SumPlan("s", expression("s / 1 h")), "sum s depends on itself"),
        (SumPlan("s", expression("air.temperature - 3 °C"), high=expression("5 %")), "write it in °C·h"),
    ],
)
def test_mistakes_in_sums(total: SumPlan, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        a_house(total)


def test_restarts_again_and_again_lose_nothing_of_a_sum() -> None:
    """Sums are looked at once a minute: a process that lives shorter than that must not forget what came meanwhile."""
    light = setpoint("see_light", "radiation_sum")
    house = a_house(DEGREE_DAYS, setpoints=(light,), air_temperature=22, outside_radiation=500).at("06:00")
    before = house.value("see_degree_days"), house.value("see_light")
    for _ in range(100):
        house.after("36 s").restart()
    gained = house.value("see_degree_days") - before[0], house.value("see_light") - before[1]
    assert gained == (pytest.approx(12, rel=0.001), pytest.approx(180, rel=0.001))
