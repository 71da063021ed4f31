"""Replay: what was recorded, through the same rules and through others."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from itertools import pairwise
from pathlib import Path

import pytest

from controller.cli import main
from controller.store import History
from controller.store.schema import FILE
from simulators.season.replay import _recorded, replay
from tests.config.example import RULES

from .conftest import HOURS as RECORDED
from .rules import BEGIN, plan

NS = 10**9
HOURS = 5


def test_the_same_rules_would_have_done_the_same(state: Path) -> None:
    history = History(state)
    assert replay(plan(), history, BEGIN + 3600 * NS, BEGIN + HOURS * 3600 * NS) == []
    history.close()


def test_what_follows_the_last_reading_is_not_compared(state: Path) -> None:
    """The rules would go blind there, and the controller had most likely been switched off."""
    history = History(state)
    assert replay(plan(), history, BEGIN + 3600 * NS, BEGIN + 2 * RECORDED * 3600 * NS) == []
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
    # the values of a cause are those of its decision, which may be older than the difference
    assert all(each.would.since is not None and each.would.since <= each.begin for each in heaters)
    assert all(each.did.since is not None and each.did.since <= each.begin for each in heaters)


def test_where_single_readings_are_gone_minutes_take_their_place(state: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(state, copy)
    kept = BEGIN + 2 * 3600 * NS
    with contextlib.closing(sqlite3.connect(copy / FILE)) as database, database:
        database.execute("DELETE FROM outbox WHERE first_ns < ?", (kept,))
    history = History(copy)
    (sensor,) = [sensor for sensor in plan().sensors if sensor.point == "outside.temperature"]
    times = [at for at, _, _, _ in _recorded(sensor, history, BEGIN, BEGIN + 4 * 3600 * NS)]
    history.close()
    assert times[0] <= BEGIN + 120 * NS
    assert times[-1] >= BEGIN + 4 * 3600 * NS - 120 * NS
    assert times == sorted(times)
    assert max(later - before for before, later in pairwise(times)) <= 180 * NS


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


def test_a_time_longer_than_the_record_is_cut_to_it(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "--state", str(state), "--from", "1900-01-01", "--to", "2200-01-01", "--json"]) == 0
    for each in json.loads(capsys.readouterr().out)["differences"]:
        assert BEGIN <= each["from_ns"] <= each["to_ns"] <= BEGIN + 14 * 3600 * NS


def test_rules_that_are_not_there_are_named(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    times = ["--from", "2026-02-01 01:00", "--to", "2026-02-01 03:00"]
    assert main(["replay", "--state", str(state), "--rules", "nowhere.yaml", *times]) == 2
    assert capsys.readouterr().err == "onsil: nowhere.yaml: No such file or directory\n"
