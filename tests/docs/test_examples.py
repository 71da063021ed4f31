"""Every YAML example of the documentation loads, on the example house."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from controller.config import check, check_texts
from controller.config.rules_file import RulesFile
from controller.config.site_file import SiteFile
from controller.scenarios import load, play
from simulators.demo import files

from .pages import Block, blocks

RULES, SITE = set(RulesFile.model_fields), set(SiteFile.model_fields)


@pytest.fixture(autouse=True)
def _variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MQTT_PASSWORD", "INFLUX_TOKEN", "ALARM_URL"):
        monkeypatch.setenv(name, "secret")


def merged(name: str, part: dict[str, Any]) -> str:
    """A file of the example house with a part put in: entries of the same name are replaced, others come after."""
    yaml = YAML(typ="rt")
    whole = yaml.load((files.EXAMPLE / name).read_text(encoding="utf-8"))
    for key, value in part.items():
        old = whole.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            old.update(value)
        elif isinstance(value, list) and isinstance(old, list):
            names = {each.get("name") for each in value} - {None}
            whole[key] = value + [each for each in old if each.get("name") not in names]
        else:
            whole[key] = value
    out = io.StringIO()
    yaml.dump(whole, out)
    return out.getvalue()


def house(name: str) -> str:
    return (files.EXAMPLE / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_an_example_loads(block: Block, tmp_path: Path) -> None:
    part = YAML(typ="rt").load(block.text)
    if set(part) == {"scenarios"}:
        _play(block, tmp_path)
        return
    site, rules = house("site.yaml"), house("rules.yaml")
    if set(part) <= SITE:
        site = merged("site.yaml", part)
    else:
        assert set(part) <= RULES, "neither site.yaml nor rules.yaml nor scenarios.yaml"
        rules = merged("rules.yaml", part)
    assert check_texts(site, rules).errors == ()


def _play(block: Block, folder: Path) -> None:
    """Scenarios must not only load: what they say must be so."""
    file = folder / "scenarios.yaml"
    file.write_text(block.text, encoding="utf-8")
    configuration = check(files.EXAMPLE).configuration
    assert configuration is not None
    scenarios, errors = load(file, configuration.plan)
    assert errors == ()
    assert scenarios
    for scenario in scenarios:
        assert not play(configuration.plan, scenario), scenario.name


def test_a_wrong_example_would_be_seen() -> None:
    wrong = merged("rules.yaml", {"setpoints": {"heating_temperature": "16 %"}})
    assert check_texts(house("site.yaml"), wrong).errors
