"""Numbers out of reach: said where they stand, with what was meant, once, and never of what can be reached."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.analysis import Finding

from .test_seeded_mistakes import RULES, SITE, findings, rule

SETPOINT = "heating_temperature: {night: 16 °C"


def beyond(remove: str, add: str) -> list[Finding]:
    assert remove in RULES
    return [found for found in findings(SITE, RULES.replace(remove, add, 1)) if found.kind == "out of reach"]


def test_it_stands_at_the_number_and_says_what_was_meant() -> None:
    (found,) = beyond(SETPOINT, SETPOINT.replace("16", "160"))
    line = RULES.splitlines()[found.place.line - 1]
    assert line[found.place.column - 1 :].startswith("16 °C")
    assert found.suggestion == "air.temperature is only ever -30 °C .. 60 °C; did you mean 16 °C?"


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("air.co2 < 90000 ppm", "9000 ppm"),
        ("air.temperature > -250 °C", "-25 °C"),
        ("maximum(outside.wind_speed, 2 min) < 150 m/s", "15 m/s"),
        ("average(air.temperature, 10 min) - 4 K < 250 °C", "25 °C"),
        ("850 % > air.humidity", "85 %"),
        ("roof_vent < 700 %", "70 %"),
        ("heating_temperature + 300 K > air.temperature", "30 K"),
    ],
)
def test_a_point_that_has_slipped(wrong: str, meant: str) -> None:
    (found,) = beyond(*rule(f'name: X, when: "{wrong} and air.vpd > 1 kPa", until: air.vpd < 0.5 kPa, do: {{fan: on}}'))
    assert found.suggestion.endswith(f"did you mean {meant}?")


def test_a_tenth_of_what_is_a_little_beyond_is_no_better_guess() -> None:
    (found,) = beyond("skip_when: slab_a.water_content > 75 %", "skip_when: slab_a.water_content > 105 %")
    assert found.suggestion == "slab_a.water_content is only ever 0 % .. 100 %"


def test_bounds_do_not_hide_it() -> None:
    given_bounds = "{value: {night: 160 °C, morning: 18 °C, day: 19 °C}, within: 12 °C .. 26 °C}"
    (found,) = beyond("{night: 16 °C, morning: 18 °C, day: 19 °C, ramp: 2 °C/h}", given_bounds)
    assert "16 °C" in found.suggestion


def test_what_is_said_of_the_whole_condition_is_not_said_again() -> None:
    found = findings(SITE, RULES.replace("air.temperature > 38 °C for 5 min", "air.temperature > 380 °C for 5 min", 1))
    assert [each.kind for each in found] == ["never fires"]
    assert found[0].suggestion.endswith("did you mean 38 °C?")


def test_two_setpoints_may_be_compared_whatever_they_are() -> None:
    two = "name: X, when: ventilation_temperature > 90 °C and air.vpd > 1 kPa, until: air.vpd < 0.5 kPa, do: {fan: on}"
    assert beyond(*rule(two)) == []


@settings(max_examples=20, deadline=None)
@given(st.integers(-29, 55))  # up to 60 °C, less the 4 K by which ventilation stands above
def test_what_can_be_reached_is_never_found(degrees: int) -> None:
    text = f"{degrees} °C" if degrees >= 0 else f"-{-degrees} °C"
    assert beyond(SETPOINT, SETPOINT.replace("16 °C", text)) == []
