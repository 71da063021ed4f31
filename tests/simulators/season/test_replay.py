"""Replay: what was recorded, through the same rules and through others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.cli import main
from controller.config import RULES as RULES_FILE
from controller.config import SITE as SITE_FILE
from controller.core.core import Core, Step
from controller.model.commands import Report, Request
from controller.model.points import Reading
from controller.model.time import Instant
from controller.store import History, Store
from simulators.season.engine import Engine
from simulators.season.replay import replay
from tests.config.example import RULES, SITE

from .rules import START, plan, season

NS = 10**9
BEGIN = round(START.timestamp()) * NS
HOURS = 5


class Recording(Core):
    """A core that stores what it says, as the controller does."""

    store: Store

    def step(self, now: Instant, inputs: list[Reading | Report | Request]) -> Step:  # type: ignore[override]
        step = super().step(now, inputs)
        self.store.append(step.events)
        return step


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("state")
    with Store.open(folder) as store:
        now = Instant(BEGIN, BEGIN)
        store.save_rules(RULES_FILE, RULES, now)
        store.save_rules(SITE_FILE, SITE, now)
        wanted = season(HOURS / 24)
        engine = Engine(plan(), wanted, wanted.table(plan().site), machine=False)
        engine.core = Recording(plan())
        engine.core.store = store
        engine.run()
        assert store.flush()
    return folder


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
