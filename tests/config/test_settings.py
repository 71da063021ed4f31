"""Settings: outputs that take a number, from site.yaml to the driver, and what is said where they do not fit."""

from __future__ import annotations

import pytest

from controller.analysis import analyse
from controller.config import Report, check_texts
from controller.web.language import speech
from controller.web.sentences import sentences

SITE = """onsil: 1
site: {name: House, latitude: 35.8, longitude: 126.9, timezone: Asia/Seoul}
buses: {rs485: {driver: modbus, port: /dev/ttyUSB0}}
devices:
  mixer:
    bus: rs485
    address: 7
    profile: ks-x-3288
    points: {mixer.ec: target_ec, valve.node: area/1, outside.radiation: solar_radiation/1}
actuators:
  nutrient_ec: {kind: setting, output: mixer.ec, range: 500 .. 4000 µS/cm, safe: 1.5 mS/cm}
  valve: {kind: valve, output: valve.node, safe: closed, max_on: 10 min, max_per_day: 1 h}
"""
RULES = """onsil: 1
irrigation: [{name: Water, valve: valve, start: 3 h since last start, give: 1 min}]
rules:
  - {name: Feed, set: nutrient_ec, to: "2.4 mS/cm - 0.4 mS/cm * ramp(outside.radiation, 200 W/m², 800 W/m²)"}
"""
FEED = RULES.splitlines()[-1]


def rules(*lines: str) -> Report:
    return check_texts(SITE, RULES.replace(FEED, "\n".join(f"  - {{{line}}}" for line in lines)))


def test_a_setting_has_its_own_unit_and_its_device_another() -> None:
    found = check_texts(SITE, RULES)
    assert not found.errors, found.errors
    assert found.configuration is not None
    (plan,) = found.configuration.plan.settings
    assert (plan.low, plan.high, plan.safe, plan.deadband) == (500, 4000, pytest.approx(1500), 35)
    (bus,) = found.configuration.buses
    (point,) = (point for point in bus.settings.devices[0].points if point.name == "mixer.ec")
    assert point.factor == pytest.approx(1000)  # the node's dS/m


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("name: X, set: nutrient_e, to: 2 mS/cm", "there is no setting 'nutrient_e' (did you mean nutrient_ec?)"),
        ("name: X, set: valve, to: 2 mS/cm", "valve is a valve: it takes no number (write drive:, or do:)"),
        (
            "name: X, set: nutrient_ec, to: 6 mS/cm",
            "nutrient_ec cannot be 6 mS/cm (site.yaml limits it to 500",
        ),
        ("name: X, set: nutrient_ec, to: 20 °C", "this is in °C, not in µS/cm"),
        (
            "name: X, when: outside.radiation > 1 W/m², do: {nutrient_ec: 70 %}",
            "nutrient_ec is a setting: it takes a number (write set: nutrient_ec and to:)",
        ),
    ],
)
def test_rules_that_do_not_fit(line: str, said: str) -> None:
    assert said in str(rules(line).errors[0])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("safe: 1.5 mS/cm", "safe: 5 mS/cm", "the safe number 5 mS/cm is outside 500 .. 4000 µS/cm"),
        ("500 .. 4000 µS/cm", "0 .. 100 %", "mS/cm is not a unit of this quantity"),
        ("500 .. 4000 µS/cm, safe: 1.5 mS/cm", "0 .. 100 %, safe: 0 %", "mixer.ec takes dS/m, but nutrient_ec is in %"),
        ("500 .. 4000 µS/cm", "5", "'5' is not a range (write it like 0.5 .. 4 mS/cm)"),
        ("kind: setting, output: mixer.ec", "kind: setting, output: valve.node", "write kind: switch or valve"),
        ("output: valve.node", "output: mixer.ec", "write kind: setting"),
    ],
)
def test_sites_that_do_not_fit(old: str, new: str, said: str) -> None:
    assert old in SITE
    errors = check_texts(SITE.replace(old, new), RULES).errors
    assert any(said in str(error) for error in errors), errors


def analysed(*lines: str) -> list[str]:
    configuration = rules(*lines).configuration
    assert configuration is not None
    return [str(finding) for finding in analyse(configuration.plan, 2026)]


def test_the_analysis_knows_settings() -> None:
    strong, weak = "name: A, set: nutrient_ec, to: 2 mS/cm", "name: B, set: nutrient_ec, to: 1 mS/cm"
    assert analysed(strong) == []
    assert analysed(f"{weak}, when: outside.radiation > 500 W/m²", strong) == []
    (hidden,) = analysed(strong, weak)
    assert "'A' always sets nutrient_ec: 'B' never does" in hidden
    (clash,) = analysed(f"{strong}, when: outside.radiation > 300 W/m²", f"{weak}, when: outside.radiation > 500 W/m²")
    assert "set nutrient_ec at the same time" in clash
    assert "outside.radiation = " in clash
    (beyond,) = analysed("name: A, set: nutrient_ec, to: 24 mS/cm - 0.4 mS/cm * (outside.radiation / 2000 W/m²)")
    assert "nutrient_ec never comes to 24 mS/cm - 0.4 mS/cm" in beyond
    assert "(nutrient_ec is only ever 0.5 mS/cm .. 4 mS/cm; did you mean 2.4 mS/cm?)" in beyond
    unmoved = analysed("name: X, when: outside.radiation > 1 W/m² and nutrient_ec > 2 mS/cm, do: {valve: closed}")
    assert any("no rule sets nutrient_ec" in finding for finding in unmoved)


SALT = "safety: [{name: Salt, set: nutrient_ec, to: 0.8 mS/cm, when: outside.radiation > 900 W/m² for 5 min}]\n"


def test_safety_sets_a_number_above_the_rules() -> None:
    found = check_texts(SITE, RULES + SALT)
    assert found.configuration is not None, found.errors
    plan = found.configuration.plan
    assert [(rule.name, rule.safety) for rule in plan.sets] == [("Feed", False), ("Salt", True)]
    assert plan.safety == ()
    assert [str(finding) for finding in analyse(plan, 2026)] == [], "over a rule it is no conflict"
    (said,) = (text for name, text, _ in sentences(plan, speech("en")) if name == "Salt")
    assert said.startswith("Above all else: While outside.radiation > 900 W/m² for 5 min: ")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("name: Salt, set: nutrient_ec, to: 0.8 mS/cm", "when"),
        ("name: Salt, set: nutrient_ec, to: 9 mS/cm, when: outside.radiation > 9 W/m²", "cannot be 9 mS/cm"),
        ("name: Salt, when: outside.radiation > 9 W/m², force: {nutrient_ec: 5 %}", "write set: nutrient_ec and to:"),
    ],
)
def test_safety_that_does_not_fit_is_refused(line: str, said: str) -> None:
    errors = check_texts(SITE, f"{RULES}safety: [{{{line}}}]\n").errors
    assert len(errors) == 1
    assert said in str(errors[0])


def test_only_safety_is_not_enough_for_a_setting() -> None:
    found = check_texts(SITE, RULES.replace(FEED, "  []") + SALT)
    assert found.configuration is not None, found.errors
    assert any("no rule sets nutrient_ec" in str(finding) for finding in analyse(found.configuration.plan, 2026))


def test_a_setting_has_a_sentence() -> None:
    configuration = rules("name: A, set: nutrient_ec, to: 2 mS/cm, when: outside.radiation > 9 W/m²").configuration
    assert configuration is not None
    for language, said in (("en", "is set to 2 mS/cm."), ("ko", "2 mS/cm(으)로 맞춥니다.")):
        assert any(text.endswith(said) for _, text, _ in sentences(configuration.plan, speech(language)))
