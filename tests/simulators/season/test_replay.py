"""Replay: what was recorded, through the same rules and through others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.cli import main
from controller.store import History
from simulators.season.replay import replay
from tests.config.example import RULES

from .rules import BEGIN, plan

NS = 10**9
HOURS = 5


def test_the_same_rules_would_have_done_the_same(state: Path) -> None:
    history = History(state)
    assert replay(plan(), history, BEGIN + 3600 * NS, BEGIN + HOURS * 3600 * NS) == []
    history.close()


def test_a_warmer_night_would_have_heated_longer(state: Path) -> None:
    history = History(state)
    warmer = plan(RULES.replace("night: 16 °C", "night: 19 °C"))
    found = replay(warmer, history, BEGIN + 3600 * NS, BEGIN + HOURS * 3600 * NS)
    history.close()
    heaters = [each for each in found if each.actuator == "heater"]
    assert heaters
    assert all(each.would.target == 100.0 and each.did.target == 0.0 for each in heaters)
    assert heaters[0].would.cause is not None
    assert heaters[0].would.cause.rule == "Heat up to the setpoint"
    assert dict(heaters[0].would.cause.values)["heating_temperature"] == "19 °C"


def test_the_verb_says_that_it_is_open_loop(state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES.replace("night: 16 °C", "night: 19 °C"), encoding="utf-8")
    times = ["--from", "2026-02-01 01:00", "--to", "2026-02-01 03:00"]
    assert main(["replay", "--state", str(state), "--rules", str(rules), *times]) == 0
    said = capsys.readouterr().out
    assert "open loop" in said
    assert "heater for" in said
    assert main(["replay", "--state", str(state), "--rules", str(rules), *times, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["differences"][0]["would"] == 100.0


def test_a_time_without_records_is_wrong_use(state: Path) -> None:
    times = ["--from", "2025-02-01 01:00", "--to", "2025-02-01 03:00"]
    assert main(["replay", "--state", str(state), *times]) == 2
