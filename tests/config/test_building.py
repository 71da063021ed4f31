"""A mistake that the core finds hides no other one, in whatever section it is, and nothing is said of what names it."""

from __future__ import annotations

import pytest

from tests.rules.cookbook import check

OTHER = "alarms:\n  - {name: Damp, when: air.humidity > 3 K, priority: low}\n"
SECTIONS = {
    "define": "define: {warm: air.temperature > 3 %}\nrules:\n  - {name: Cool, when: warm, do: {fan_1: on}}\n",
    "setpoints": "setpoints:\n  warmth: air.temperature + 3 %\n",
    "sums": "sums:\n  heat: {of: air.temperature + 3 %}\n",
    "bounds of sums": "sums:\n  heat: {of: air.temperature - 20 °C, within: -60 % .. 60 °C·h}\n",
    "controls": "controls:\n  need: {by: air.temperature, from: 16 %, band: 4 K}\n",
    "bands of controls": (
        "controls:\n  need: {by: air.temperature, from: 16 °C, band: 4 K, band_when: {air.humidity > 3 K: 2 K}}\n"
    ),
    "rules": "rules:\n  - {name: Cool, when: air.temperature > 3 %, do: {fan_1: on}}\n",
    "drives": "rules:\n  - {name: Open, drive: roof_vent, by: air.temperature, from: 3 %, band: 3 K}\n",
    "sets": "rules:\n  - {name: Feed, set: nutrient_ec, to: 3 %}\n",
    "limits": "limits:\n  - {name: Gap, of: roof_vent, at_most: 5 K}\n",
    "conditions of limits": "limits:\n  - {name: Gap, of: roof_vent, at_most: 5 %, when: air.temperature > 3 %}\n",
    "stages": "stages:\n  - {name: Fans, by: air.temperature + 3 %, switches: [fan_1], on_at: [20 %]}\n",
    "irrigation": "irrigation:\n  - {name: Water, valve: bed_1, start: air.temperature > 3 %, give: 1 min}\n",
    "safety": "safety:\n  - {name: Storm, when: air.temperature > 3 %, force: {fan_1: on}}\n",
}


@pytest.mark.parametrize("section", SECTIONS)
def test_two_mistakes_are_both_found(section: str) -> None:
    found = [error.message for error in check(SECTIONS[section] + OTHER).errors]
    assert len(found) == 2, found
    assert found[1] == "air.humidity (in %) and 3 K cannot go together"


def test_what_names_the_mistake_is_not_called_wrong_as_well() -> None:
    rules = """\
setpoints:
  warmth: air.temperature + 3 %
  cooling: warmth + 2 K
define:
  times(x): x * warmth
sums:
  heat: {of: air.temperature - cooling}
controls:
  need: {by: air.temperature, from: cooling, band: 4 K}
limits:
  - {name: Gap, of: roof_vent, at_most: need}
stages:
  - {name: Fans, by: need, switches: [fan_1], on_at: [20 %]}
rules:
  - {name: Hot, when: times(2) > 3 °C, do: {fan_2: on}}
  - {name: Warm, when: heat > 3 °C·h, do: {fan_2: on}}
"""
    first, second = check(rules + OTHER).errors
    assert str(first).startswith("rules.yaml:3:29: air.temperature (in °C) and 3 % cannot go together")
    assert second.place.line == rules.count("\n") + 3


PERIODS = "periods: {night: sunset .. sunrise, day: sunrise .. sunset}\nsetpoints:\n  warmth: "


@pytest.mark.parametrize(
    ("values", "column", "says"),
    [
        ("{night: 16 %, day: 20 °C, ramp: 1 °C/h}", 19, "this is in %, not in °C (write it in °C)"),
        ("{night: 16 °C, day: 20 %, ramp: 1 °C/h}", 31, "this is in %, not in °C (write it in °C)"),
        (
            "{night: 16 °C, day: 20 °C, ramp: 1 %/h}",
            44,
            "'1 %/h' is no change of °C over time (write it like 5 °C/min)",
        ),
        ("{night: 16 °C, day: 20 %, over: 1 h}", 31, "this is in %, not in °C (write it in °C)"),
    ],
)
def test_of_the_values_of_a_setpoint_the_odd_one_is_wrong(values: str, column: int, says: str) -> None:
    (error,) = check(f"{PERIODS}{values}\n").errors
    assert str(error).startswith(f"rules.yaml:4:{column}: {says}")
