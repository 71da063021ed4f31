"""What expressions mean: arithmetic, units, and truth with unknown in it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.model.units import UNITS
from controller.rules.printer import print_tree
from controller.rules.tree import And, Compare, Is, Name, Not, Number, Or, Tree

from .scope import GREENHOUSE, NAN, Names

run = GREENHOUSE.run


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("air.temperature + 4 °C", 24.0),
        ("air.temperature - outside.temperature", 15.0),
        ("2 * (air.temperature - 5 °C)", 30.0),
        ("-air.temperature", -20.0),
        ("air.temperature - -4 °C", 24.0),
        ("10 °C - 4 °C - 3 °C", 3.0),
        ("24 K / 4 / 2", 3.0),
        ("2 °C * clamp(outside.radiation / 800 W/m², 0, 1)", 1.0),
        ("2 °C * clamp(outside.radiation / 0.8 kW/m², 0, 1)", 1.0),
        ("2 °C * clamp(outside.radiation / 100 W/m², 0, 1)", 2.0),
        ("min(air.temperature, 18 °C, 25 °C)", 18.0),
        ("max(air.temperature, 18 °C)", 20.0),
        ("abs(outside.temperature - air.temperature)", 15.0),
        ("outside.radiation / 0 W/m²", NAN),
    ],
)
def test_arithmetic(text: str, expected: float) -> None:
    value = run(text, air_temperature=20, outside_temperature=5, outside_radiation=400)
    assert value == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("outside.wind_speed > 35 km/h", 1.0),
        ("outside.wind_speed > 37 km/h", 0.0),
        ("air.vpd < 1100 Pa", 1.0),
        ("36 km/h < outside.wind_speed + 1 m/s", 1.0),
        ("radiation_sum > 1 MJ/m²", 1.0),
        ("outside.radiation * 1 h > 100 J/cm²", 1.0),
    ],
)
def test_units_of_one_dimension_are_converted(text: str, expected: float) -> None:
    assert run(text, outside_wind_speed=10, air_vpd=1, radiation_sum=120, outside_radiation=400) == expected


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("air.temperature - bonus", "°C"),
        ("2 °C * clamp(outside.radiation / 800 W/m², 0, 1)", "°C"),
        ("outside.radiation / 800 W/m²", ""),
        ("outside.radiation * 1 h", "J/cm²"),
        ("air.humidity", "%"),
    ],
)
def test_results_are_shown_in_the_unit_of_the_field(text: str, unit: str) -> None:
    found = GREENHOUSE.compile(text).unit
    assert found is not None
    assert found.dimension == UNITS[unit].dimension


@pytest.mark.parametrize(
    ("text", "absolute"),
    [
        ("air.temperature", True),
        ("air.temperature + bonus", True),
        ("air.temperature - outside.temperature", False),
        ("bonus + 1 K", False),
        ("5 °C", None),
        ("air.temperature - 5 °C", None),
        ("2 * 5 °C", False),
    ],
)
def test_temperatures_and_their_differences_are_told_apart(text: str, absolute: bool | None) -> None:
    assert GREENHOUSE.compile(text).absolute is absolute


def test_a_temperature_less_a_literal_can_be_compared_with_either() -> None:
    assert run("air.temperature - 20 °C > 3 K", air_temperature=24) == 1.0
    assert run("air.temperature - 4 °C > outside.temperature", air_temperature=24, outside_temperature=19) == 1.0


@pytest.mark.parametrize(
    ("text", "rain", "expected"),
    [
        ("outside.rain is wet", 1, 1.0),
        ("outside.rain is not wet", 1, 0.0),
        ("outside.rain is wet", NAN, NAN),
        ("outside.rain is bad", NAN, 1.0),
        ("outside.rain is stale", NAN, 0.0),
        ("outside.rain is good", 1, 1.0),
        ("outside.rain dry", 0, 1.0),
    ],
)
def test_states_and_qualities(text: str, rain: float, expected: float) -> None:
    assert run(text, outside_rain=rain) == pytest.approx(expected, nan_ok=True)


def test_what_has_no_sensor_of_its_own_is_good_or_bad_too() -> None:
    names = Names({"x": "°C"})

    class Calculated(Names):
        def symbol(self, name: str):  # type: ignore[no-untyped-def]
            from dataclasses import replace

            known = names.symbol(name)
            return None if known is None else replace(known, quality_slot=None)

    scope = Calculated({"x": "°C"})
    compiled = scope.compile("x is bad")
    assert (compiled.run([NAN]), compiled.run([3.0])) == (1.0, 0.0)
    compiled = scope.compile("x is good")
    assert (compiled.run([NAN]), compiled.run([3.0])) == (0.0, 1.0)


def test_precedence_reads_like_a_sentence() -> None:
    text = "air.humidity > 90 % for 10 min and period is day or not heater is on and air.vpd > 1 kPa"
    scope = Names(GREENHOUSE.units, GREENHOUSE.states)
    scope.compile(text)
    held = {"held 600 s": 1.0}
    assert scope.run(text, period=1, heater=100, air_vpd=0, **held) == 1.0
    assert scope.run(text, period=0, heater=0, air_vpd=2, **held) == 1.0
    assert scope.run(text, period=0, heater=100, air_vpd=2, **held) == 0.0


# three-valued truth, against a reference that knows nothing of floats


def truth(tree: Tree, values: dict[str, float | None]) -> bool | None:
    """Kleene's logic by its tables."""
    match tree:
        case Compare(op, Name(name), Number(bound)):
            value = values[name]
            if value is None:
                return None
            return {"<": value < bound, "<=": value <= bound, ">": value > bound, ">=": value >= bound}[op]
        case Is(name, state):
            value = values[name]
            return None if value is None else (value >= 50) == (state == "on")
        case Not(operand):
            inner = truth(operand, values)
            return None if inner is None else not inner
        case And(left, right):
            parts = truth(left, values), truth(right, values)
            return False if False in parts else None if None in parts else True
        case Or(left, right):
            parts = truth(left, values), truth(right, values)
            return True if True in parts else None if None in parts else False
        case _:
            raise AssertionError(tree)


leaves = st.one_of(
    st.builds(
        Compare,
        st.sampled_from(["<", "<=", ">", ">="]),
        st.sampled_from([Name("air.temperature"), Name("outside.temperature")]),
        st.builds(Number, st.integers(0, 4).map(float), st.just(UNITS["°C"])),
    ),
    st.builds(Is, st.just("heater"), st.sampled_from(["on", "off"])),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(st.builds(Not, inner), st.builds(And, inner, inner), st.builds(Or, inner, inner)),
    max_leaves=12,
)
degrees = st.one_of(st.none(), st.integers(0, 4).map(float))


@given(conditions, degrees, degrees, st.sampled_from([None, 0.0, 100.0]))
def test_compiled_truth_is_kleenes(tree: Tree, air: float | None, outside: float | None, heater: float | None) -> None:
    expected = truth(tree, {"air.temperature": air, "outside.temperature": outside, "heater": heater})
    known = {"air_temperature": air, "outside_temperature": outside, "heater": heater}
    found = run(print_tree(tree), **{name: NAN if value is None else value for name, value in known.items()})
    assert (None if math.isnan(found) else found == 1.0) is expected
