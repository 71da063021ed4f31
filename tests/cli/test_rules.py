"""`onsil rules`: every version that was in force, and back to one of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.cli.main import main
from controller.model.time import NS, Instant
from controller.store import Store
from simulators.demo.files import EXAMPLE

FIRST = (EXAMPLE / "rules.yaml").read_text(encoding="utf-8")
SECOND = FIRST.replace("night: 16 °C", "night: 15 °C")
WRONG = FIRST.replace("heater: on", "heatre: on")


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A house whose rules have been changed twice: to SECOND, and to a text that no longer fits the site."""
    for name in ("MQTT_PASSWORD", "INFLUX_TOKEN", "ALARM_URL"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("ONSIL_CONFIG", str(tmp_path))
    monkeypatch.setenv("ONSIL_STATE", str(tmp_path / "state"))
    (tmp_path / "state").mkdir()
    (tmp_path / "site.yaml").write_bytes((EXAMPLE / "site.yaml").read_bytes())
    (tmp_path / "rules.yaml").write_text(SECOND, encoding="utf-8")
    with Store.open(tmp_path / "state") as store:
        for day, text in enumerate((FIRST, WRONG, SECOND)):
            at = 1_780_000_000 * NS + day * 86_400 * NS
            store.save_rules("rules.yaml", text, Instant(at, at))
    return tmp_path


def test_versions_are_listed_with_what_changed(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2", "3"]
    assert lines[1].endswith("+1 -1")
    assert lines[0].split()[1:3] == ["2026-05-29", "05:26:40"], "as a clock in Seoul shows it"
    assert main(["rules", "list", "--json"]) == 0
    assert [version["version"] for version in json.loads(capsys.readouterr().out)] == [1, 2, 3]


def test_a_difference_is_shown_against_the_present_file(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "diff", "1"]) == 0
    shown = capsys.readouterr().out
    assert "-  heating_temperature: {night: 16 °C" in shown
    assert "+  heating_temperature: {night: 15 °C" in shown
    assert main(["rules", "diff", "3"]) == 0
    assert capsys.readouterr().out == ""


def test_rolling_back_writes_the_earlier_text(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "rollback", "1"]) == 0
    assert (house / "rules.yaml").read_text(encoding="utf-8") == FIRST
    assert "is version 1 again" in capsys.readouterr().out
    assert [path.name for path in house.iterdir() if path.name.startswith(".rules")] == []


def test_a_version_that_no_longer_fits_changes_nothing(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "rollback", "2"]) == 1
    assert (house / "rules.yaml").read_text(encoding="utf-8") == SECOND
    said = capsys.readouterr().err
    assert "did you mean heater?" in said
    assert "nothing was changed" in said


def test_an_unknown_version_is_wrong_use(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "show", "9"]) == 2
    assert "there is no version 9 (there are 3; see onsil rules list)" in capsys.readouterr().err
