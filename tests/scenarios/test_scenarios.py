"""Scenarios: what passes, what fails with which sentence, and what is wrong with the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.config import check_texts
from controller.core.plan import Plan
from controller.scenarios import load, play
from simulators.demo.files import EXAMPLE


@pytest.fixture(scope="module")
def plan() -> Plan:
    texts = [(EXAMPLE / name).read_text(encoding="utf-8") for name in ("site.yaml", "rules.yaml")]
    report = check_texts(*texts, lookup=lambda name: "x")
    assert report.configuration is not None
    return report.configuration.plan


def written(tmp_path: Path, scenario: str) -> Path:
    path = tmp_path / "scenarios.yaml"
    path.write_text(f"scenarios:\n  - {{{scenario}}}\n", encoding="utf-8")
    return path


def outcome(tmp_path: Path, plan: Plan, scenario: str) -> list[str]:
    scenarios, errors = load(written(tmp_path, scenario), plan)
    assert not errors, errors
    return [failure.message for each in scenarios for failure in play(plan, each)]


def test_the_example_house_passes_its_own_scenarios(plan: Plan) -> None:
    scenarios, errors = load(EXAMPLE / "scenarios.yaml", plan)
    assert not errors
    assert len(scenarios) == 7
    assert [str(failure) for scenario in scenarios for failure in play(plan, scenario)] == []


def test_a_wrong_position_reads_like_a_sentence(tmp_path: Path, plan: Plan) -> None:
    hot = "name: Hot, at: 2026-06-21 13:00, given: {air.temperature: 27 °C, outside.radiation: 400 W/m²}"
    assert outcome(tmp_path, plan, f"{hot}, then: {{roof_vent: at most 10 %}}") == [
        "Hot: at 13:10 roof_vent should be at most 10 %, but is at 50 %, by rule: Ventilate in proportion "
        "(air.temperature = 27 °C, from = 24 °C, band = 6 °C)"
    ]


def test_a_right_position_for_the_wrong_reason_fails(tmp_path: Path, plan: Plan) -> None:
    dull = "name: Dull, at: 2026-06-21 13:00, given: {air.temperature: 21 °C}"
    assert outcome(tmp_path, plan, f"{dull}, then: {{roof_vent: 0 %}}") == []
    (failure,) = outcome(tmp_path, plan, f"{dull}, then: {{roof_vent: 0 % because Storm}}")
    assert "should be 0 % because of 'Storm', but is at 0 %, by rule: Ventilate in proportion" in failure


def test_a_motor_under_way_is_said_to_be(tmp_path: Path, plan: Plan) -> None:
    hot = "name: Hot, at: 2026-06-21 13:00, given: {air.temperature: 34 °C}, for: 1 min"
    (failure,) = outcome(tmp_path, plan, f"{hot}, then: {{roof_vent: 100 %}}")
    assert "opening" in failure


@pytest.mark.parametrize(
    ("alarms", "failures"),
    [
        ("[Frost]", []),
        ("[]", ["Cold: at 03:10 the alarm 'Frost' was raised without being expected"]),
        ("[Frost, Too hot]", ["Cold: at 03:10 the alarm 'Too hot' should have been raised"]),
    ],
)
def test_alarms_are_compared_both_ways(tmp_path: Path, plan: Plan, alarms: str, failures: list[str]) -> None:
    cold = "name: Cold, at: 2026-01-15 03:00, given: {air.temperature: 4 °C}"
    assert outcome(tmp_path, plan, f"{cold}, alarms: {alarms}") == failures


def test_the_same_scenario_gives_the_same_sentence(tmp_path: Path, plan: Plan) -> None:
    text = "name: Dry, at: 2026-06-21 13:00, given: {air.humidity: 30 %}, then: {fogger: off}"
    assert outcome(tmp_path, plan, text) == outcome(tmp_path, plan, text)


@pytest.mark.parametrize(
    ("scenario", "message"),
    [
        ("name: A, at: noon, then: {fan: on}", ":2:19: 'noon' is no time (write it like 2026-06-21 13:00)"),
        ("name: A, at: 2026-06-21 13:00, then: {fann: on}", "there is no actuator 'fann' (did you mean fan?)"),
        ("name: A, at: 2026-06-21 13:00, then: {fan: 40 °C}", "40 °C is not a position"),
        (
            "name: A, at: 2026-06-21 13:00, then: {fan: on because Strom}",
            "there is no rule 'Strom' (did you mean Storm?)",
        ),
        ("name: A, at: 2026-06-21 13:00, given: {air.temperature: 30 %}, then: {fan: on}", "% is not a unit"),
        ("name: A, at: 2026-06-21 13:00, given: {outside.rain: dripping}, then: {fan: on}", "cannot be 'dripping'"),
        ("name: A, at: 2026-06-21 13:00, given: {air.co2: 400 ppm}", "'A' expects nothing"),
        ("name: A, then: {fan: on}", "'at' is missing"),
        ("name: A, at: 2026-06-21 13:00, wen: 3, then: {fan: on}", "there is no 'wen' here"),
        ("name: A, at: 2026-06-21 13:00, alarms: [Frosty]", "there is no alarm 'Frosty' (did you mean Frost?)"),
    ],
)
def test_what_is_wrong_with_the_file_is_said_with_its_place(
    tmp_path: Path, plan: Plan, scenario: str, message: str
) -> None:
    _, errors = load(written(tmp_path, scenario), plan)
    assert len(errors) == 1, errors
    assert message in str(errors[0])
    assert errors[0].place.line == 2


NUMBERS = """onsil: 1
site: {name: House, latitude: 35.8, longitude: 126.9, timezone: Asia/Seoul}
buses: {broker: {driver: mqtt, url: mqtt://localhost:1883}}
devices:
  box: {bus: broker, profile: json, topic: box, points: {outside.radiation: solar_radiation}}
  dimmer: {bus: broker, profile: json, topic: d, command_topic: d/set, payload_set: "{value}", points: {dim.out: state}}
actuators: {dimmer: {kind: setting, output: dim.out, range: 0 .. 100 %, safe: 0 %}}
"""


def test_a_file_that_is_no_text_is_said_to_be_none(tmp_path: Path, plan: Plan) -> None:
    path = tmp_path / "scenarios.yaml"
    path.write_bytes(b"onsil: 1\n# 16 \xb0C\n")
    found, (error,) = load(path, plan)
    assert found == []
    assert str(error) == f"{path}:2:6: the file is not UTF-8 text (save it as UTF-8)"


def test_a_number_is_expected_with_its_unit(tmp_path: Path) -> None:
    rules = "onsil: 1\nrules: [{name: Dim, set: dimmer, to: '100 % * ramp(outside.radiation, 250 W/m², 50 W/m²)'}]\n"
    report = check_texts(NUMBERS, rules)
    assert report.configuration is not None, report.errors
    plan = report.configuration.plan
    dusk = "name: Dusk, at: 2026-06-21 19:00, given: {outside.radiation: 150 W/m²}"
    assert outcome(tmp_path, plan, f"{dusk}, then: {{dimmer: 50 % because Dim}}") == []
    assert outcome(tmp_path, plan, f"{dusk}, then: {{dimmer: at least 40 %}}") == []
    (failure,) = outcome(tmp_path, plan, f"{dusk}, then: {{dimmer: 70 %}}")
    assert failure.startswith("Dusk: at 19:10 dimmer should be 70 %, but is 50 %, by rule: Dim (")
    _, errors = load(written(tmp_path, f"{dusk}, then: {{dimmer: 7 °C}}"), plan)
    assert "°C" in str(errors[0])
