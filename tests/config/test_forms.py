"""Mistakes in the further forms of rules.yaml: one line each, with its place and the way out."""

from __future__ import annotations

from textwrap import dedent

import pytest

from controller.config import schema
from tests.rules.cookbook import check, examples

MISTAKES = {
    "a correction in another unit": (
        """
        setpoints:
          warmth: {value: 20 °C, add: [5 %]}
        """,
        "rules.yaml:4:32: this is in %, not in °C (write it in °C)",
    ),
    "a temperature for a correction": (
        """
        setpoints:
          warmth: {value: 20 °C, add: [air.temperature]}
        """,
        "rules.yaml:4:32: a correction is a difference, not a temperature (write it in K)",
    ),
    "a misspelt key of a setpoint": (
        """
        setpoints:
          warmth: {value: 20 °C, ad: [1 K]}
        """,
        "rules.yaml:4:26: there is no 'ad' here (did you mean add?)",
    ),
    "bounds without dots": (
        """
        setpoints:
          warmth: {value: 20 °C, within: 30 °C}
        """,
        "rules.yaml:4:39: '30 °C' ends too early",
    ),
    "a shape that there is not": (
        """
        periods: {day: sunrise .. sunset}
        setpoints:
          warmth: {day: 20 °C, over: 1 h, shape: sinus}
        """,
        "rules.yaml:5:42: there is no shape 'sinus' (did you mean sine?)",
    ),
    "a ramp with a pace and a time": (
        """
        periods: {day: sunrise .. sunset}
        setpoints:
          warmth: {day: 20 °C, over: 1 h, ramp: 2 °C/h}
        """,
        "rules.yaml:5:24: a ramp has a pace or a time, not both (remove ramp or over)",
    ),
    "a ramp with one direction": (
        """
        periods: {day: sunrise .. sunset}
        setpoints:
          warmth: {day: 20 °C, ramp: {up: 2 °C/h}}
        """,
        "rules.yaml:5:24: this ramp needs up and down (write {up: 2 °C/h, down: 4 °C/h})",
    ),
    "a name that is taken": (
        """
        sums:
          bed_1: {of: air.vpd}
        """,
        "rules.yaml:4:3: bed_1 is the name of an actuator already (choose another name)",
    ),
    "one name for two things": (
        """
        setpoints: {warmth: 20 °C}
        controls:
          warmth: {by: air.temperature, from: 20 °C, band: 4 K}
        """,
        "rules.yaml:5:3: warmth is the name of a setpoint already (choose another name)",
    ),
    "a definition with a word of the language": (
        """
        define:
          ramp(x): x * 2
        """,
        "rules.yaml:4:3: 'ramp' is a word of the language (choose another name)",
    ),
    "a limit of nothing": (
        """
        limits:
          - {name: Idle, of: roof_vent}
        """,
        "rules.yaml:4:12: this limit limits nothing (write at_most: 50 %)",
    ),
    "a pace without a time": (
        """
        limits:
          - {name: Slow, of: roof_vent, rising: 5 %}
        """,
        "rules.yaml:4:44: '5 %' ends too early",
    ),
    "a limit of an unknown actuator": (
        """
        limits:
          - {name: Slow, of: rof_vent, rising: 5 % every 1 min}
        """,
        "rules.yaml:4:22: there is no actuator 'rof_vent' (did you mean roof_vent?)",
    ),
    "stages of a motor": (
        """
        stages:
          - {name: Vents, by: 50 %, switches: [roof_vent], on_at: [20 %]}
        """,
        "rules.yaml:4:40: roof_vent is a position, not a switch (",
    ),
    "marks that do not fit": (
        """
        stages:
          - {name: Fans, by: 50 %, switches: [fan_1, fan_2], on_at: [20 %]}
        """,
        "rules.yaml:4:12: on_at does not fit 2 switches (write the marks in rising order, one for each switch)",
    ),
    "a need that is a temperature": (
        """
        stages:
          - {name: Fans, by: air.temperature, switches: [fan_1], on_at: [20 %]}
        """,
        "rules.yaml:4:22: this is in °C, not in % (write it in %)",
    ),
    "rounds that nothing starts": (
        """
        irrigation:
          - {name: Beds, valve: bed_1, give: 2 min}
        """,
        "rules.yaml:4:12: nothing starts these rounds (write start: or at:)",
    ),
    "a meter that there is not": (
        """
        irrigation:
          - {name: Beds, valve: bed_1, at: [08:00], give: 20 L by water.volumes within 5 min}
        """,
        "rules.yaml:4:59: there is no point 'water.volumes' (did you mean water.volume?)",
    ),
    "a valve that stands twice": (
        """
        irrigation:
          - {name: Beds, valve: [bed_1, bed_1], at: [08:00], give: 2 min}
        """,
        "rules.yaml:4:12: a valve stands here twice (name each once)",
    ),
    "a start time that there is not": (
        """
        irrigation:
          - {name: Beds, valve: bed_1, at: [25:00], give: 2 min}
        """,
        "rules.yaml:4:37: there is no time 25:00 (write it like 08:00)",
    ),
    "two pumps for one valve": (
        """
        pumps:
          - {pump: main_pump, valves: [bed_1]}
          - {pump: pipe_pump, valves: [bed_1]}
        """,
        "rules.yaml:5:32: bed_1 has a pump already (name it once)",
    ),
    "a control that goes by itself": (
        """
        controls:
          need: {by: need, from: 20 %, band: 4 %}
        """,
        "rules.yaml:4:3: control need depends on itself: need -> need (break the circle)",
    ),
    "a band in another unit": (
        """
        controls:
          need: {by: air.temperature, from: 20 °C, band: 4 % below}
        """,
        "rules.yaml:4:50: this is in %, not in °C (write it in °C)",
    ),
    "a sum of a condition": (
        """
        sums:
          warm: {of: air.temperature > 20 °C}
        """,
        "rules.yaml:4:14: a number is expected here, not a condition",
    ),
    "a drive whose bounds are temperatures": (
        """
        rules:
          - {name: Vent, drive: roof_vent, by: air.temperature, from: 20 °C, band: 4 K, within: 0 °C .. 5 °C}
        """,
        "rules.yaml:4:89: this is in °C, not in % (write it in %)",
    ),
}


@pytest.mark.parametrize("name", sorted(MISTAKES))
def test_a_mistake_gives_one_line_with_place_and_way_out(name: str) -> None:
    block, says = MISTAKES[name]
    errors = check(dedent(block)).errors
    assert len(errors) == 1, [str(error) for error in errors]
    assert str(errors[0]).startswith(says)


@pytest.mark.parametrize("section", ["define", "sums", "controls", "limits", "stages", "pumps"])
def test_the_schema_knows_every_section(section: str) -> None:
    assert section in schema("rules")["properties"]


@pytest.mark.parametrize(
    ("give", "seconds", "litres"), [("2 min", 120, None), ("20 L", 60, None), ("500 mL", 1.5, None)]
)
def test_litres_become_seconds_by_the_flow_of_the_valve(give: str, seconds: float, litres: float | None) -> None:
    report = check(f"irrigation:\n  - {{name: Beds, valve: bed_1, at: [08:00], give: {give}}}\n")
    assert report.configuration is not None
    rounds = report.configuration.plan.irrigation[0]
    assert (rounds.give, rounds.volume) == (pytest.approx(seconds), None)


def test_a_metered_amount_has_litres_a_meter_and_a_longest_time() -> None:
    report = check(examples()["irrigation"])
    assert report.configuration is not None
    rounds = report.configuration.plan.irrigation[0]
    assert (rounds.give, rounds.volume, rounds.meter) == (360.0, 60.0, "water.volume")
    assert [str(time) for time in rounds.times] == ["sunrise + 1 h", "12:00"]
