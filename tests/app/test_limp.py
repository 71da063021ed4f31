"""Wrong files at the start: what was last in force, or protection alone, or a clear end."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.app.limp import configuration_to_start_with, protective_rules
from controller.config import load_texts
from controller.model.errors import ConfigError
from controller.model.time import Instant
from controller.rules.parser import Text, parse_demand
from controller.scenarios import Scenario, play
from controller.scenarios.scenario import Expectation, Given, Step
from controller.store import Store
from simulators.demo.files import EXAMPLE

BAYS = Path(__file__).parents[2] / "deploy" / "examples" / "bays"
SITE = (EXAMPLE / "site.yaml").read_text(encoding="utf-8")
RULES = (EXAMPLE / "rules.yaml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MQTT_PASSWORD", "INFLUX_TOKEN", "ALARM_URL"):
        monkeypatch.setenv(name, "x")


def house(tmp_path: Path, site: str = SITE, rules: str | None = RULES) -> tuple[Path, Path]:
    state = tmp_path / "state"
    state.mkdir()
    (tmp_path / "site.yaml").write_text(site, encoding="utf-8")
    if rules is not None:
        (tmp_path / "rules.yaml").write_text(rules, encoding="utf-8")
    return tmp_path, state


def test_right_files_are_used_without_a_word(tmp_path: Path) -> None:
    configuration, complaint, limping = configuration_to_start_with(*house(tmp_path))
    assert complaint == ""
    assert not limping
    assert configuration.texts.rules == RULES


@pytest.mark.parametrize("rules", [RULES.replace("16 °C", "16 %"), "rules: [", None])
def test_wrong_or_missing_rules_give_way_to_those_last_in_force(tmp_path: Path, rules: str | None) -> None:
    directory, state = house(tmp_path, rules=rules)
    with Store.open(state) as store:
        store.save_rules("site.yaml", SITE, Instant(1, 1))
        store.save_rules("rules.yaml", RULES, Instant(1, 1))
    configuration, complaint, limping = configuration_to_start_with(directory, state)
    assert configuration.texts.rules == RULES
    assert complaint.startswith("the files that were last in force are used, because of ")
    assert "rules.yaml" in complaint
    assert not limping


def test_without_any_rules_there_is_protection(tmp_path: Path) -> None:
    configuration, complaint, limping = configuration_to_start_with(*house(tmp_path, rules="rules: ["))
    assert complaint.startswith("only safe positions, frost and storm protection are on")
    assert limping
    plan = configuration.plan

    def at_the_end(given: dict[str, Given], **then: str) -> list[str]:
        expected = tuple(Expectation(name, parse_demand(Text(text)), text) for name, text in then.items())
        scenario = Scenario("limping", 1_780_000_000 * 10**9, (Step(given, 900.0, expected),))
        return [failure.message for failure in play(plan, scenario)]

    assert at_the_end({"air.temperature": Given(4.0)}, heater="on", fogger="off") == []
    assert at_the_end({"air.temperature": Given(35.0)}, heater="off", roof_vent="0 %", irrigation_a="off") == []
    assert at_the_end({"outside.wind_speed": Given(20.0)}, roof_vent="at most 5 %") == []


def test_protection_knows_vents_and_heaters_by_name(tmp_path: Path) -> None:
    text = protective_rules(load_texts(SITE, "onsil: 1\n").plan)
    assert "force: {roof_vent: at most 5 %}" in text
    assert "do: {heater: on}" in text


def test_each_compartment_is_protected_by_its_own_thermometer(tmp_path: Path) -> None:
    site = (BAYS / "site.yaml").read_text(encoding="utf-8")
    plan = load_texts(site, protective_rules(load_texts(site, "onsil: 1\n").plan)).plan
    found = {rule.name: (rule.when.text.text, [name for name, _ in rule.do]) for rule in plan.rules}
    assert found["Frost protection of east"] == ("east.air.temperature < 5 °C", ["east.heater"])
    assert found["Frost protection of west"] == ("west.air.temperature < 5 °C", ["west.heater"])
    both = "east.air.temperature < 5 °C or west.air.temperature < 5 °C"
    assert found["Frost protection"] == (both, ["boiler"])


def test_without_a_site_there_is_nothing_to_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no bus"):
        configuration_to_start_with(*house(tmp_path, site=SITE.replace("bus: broker", "bus: borker")))
