"""The example sites are right, and nothing in them is hardly meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.cli import main

EXAMPLES = Path(__file__).parents[2] / "deploy" / "examples"
HOUSES = sorted(path.parent.name for path in EXAMPLES.glob("*/site.yaml"))


def test_there_is_one_for_each_way_to_build() -> None:
    assert HOUSES == ["bays", "house1", "nursery", "paprika", "roses", "strawberry", "tunnel"]


@pytest.mark.parametrize("house", HOUSES)
def test_an_example_is_right(house: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("MQTT_PASSWORD", "INFLUX_TOKEN"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("ALARM_URL", "json://localhost/alarms")
    assert main(["check", str(EXAMPLES / house), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"right": True, "errors": [], "warnings": []}
