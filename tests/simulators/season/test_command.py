"""The verb: what it says, and with which exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.cli import main
from controller.model.errors import ConfigError
from simulators.season import bands, ranges
from tests.config.example import RULES, SITE


@pytest.fixture
def house(tmp_path: Path) -> Path:
    folder = tmp_path / "house1"
    folder.mkdir()
    (folder / "site.yaml").write_text(SITE, encoding="utf-8")
    (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
    return folder


def test_a_backtest_answers_in_json(house: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    assert main(["backtest", str(house), "--days", "0.1", "--json", "--report", str(page)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["season"]["days"] == 0.1
    assert answer["runs"]["house1"]["metrics"]["energy"] > 0
    assert answer["runs"]["house1"]["units"]["energy"] == "kWh/m²"
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_two_of_the_same_name_are_told_apart(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backtest", str(house), "--against", str(house), "--days", "0.05"]) == 0
    shown = capsys.readouterr().out
    assert "house1 (1)" in shown
    assert "house1 (2)" in shown


def test_wrong_rules_are_refused_with_their_place(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (house / "rules.yaml").write_text(RULES.replace("heater: on", "heatr: on", 1), encoding="utf-8")
    assert main(["backtest", str(house), "--days", "1"]) == 1
    assert "rules.yaml:" in capsys.readouterr().err


def test_a_file_that_is_no_text_is_refused_with_its_place(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (house / "rules.yaml").write_bytes(b"onsil: 1\n# 16 \xb0C\n")  # of an editor that writes Latin-1
    assert main(["backtest", str(house), "--days", "1"]) == 1
    assert "rules.yaml:2:6: the file is not UTF-8 text (save it as UTF-8)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--band", "vpd=3..1 kPa"], "ends where it should begin"),
        (["--band", "vdp=0.3..1 kPa"], "there is no band 'vdp'"),
        (["--crop", "tomatto"], "did you mean tomato?"),
        (["--structure", "nowhere.toml"], "nowhere.toml: cannot be read"),
        (["--weather", "nowhere.csv"], "nowhere.csv: there is no such file"),
        (["--faults", "nowhere.yaml"], "nowhere.yaml: No such file"),
    ],
)
def test_an_option_that_cannot_be_is_wrong_use(
    house: Path, option: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backtest", str(house), "--days", "1", *option]) == 2
    assert said in capsys.readouterr().err


def test_a_mistake_in_a_file_of_an_option_is_one_of_the_file(
    house: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faults = tmp_path / "faults.yaml"
    faults.write_text("faults:\n  - {what: dropoutt, point: air.co2}\n", encoding="utf-8")
    assert main(["backtest", str(house), "--days", "1", "--faults", str(faults)]) == 1
    assert "faults.yaml:2:12: nothing can be 'dropoutt'" in capsys.readouterr().err


def test_a_directory_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    assert main(["backtest", str(tmp_path / "nowhere"), "--days", "1"]) == 2


def test_faults_come_from_a_file(house: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    faults = tmp_path / "faults.yaml"
    faults.write_text("faults:\n  - {what: dropout, point: air.co2}\n", encoding="utf-8")
    assert main(["backtest", str(house), "--days", "0.05", "--json", "--faults", str(faults)]) == 0
    assert json.loads(capsys.readouterr().out)["runs"]["house1"]["alarms"] == {"sensor air.co2": 1}


def test_bands_can_be_chosen() -> None:
    assert bands.read(["vpd=300..1200 Pa"]).vpd == pytest.approx((0.3, 1.2))
    assert bands.read([]) == bands.Bands()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("vpd", "is no range"),
        ("vdp=0.3..1.2 kPa", "did you mean vpd"),
        ("vpd=0.3..1.2 °C", "is not a unit"),
        ("vpd=1.2..0.3 kPa", "ends where it should begin"),
    ],
)
def test_mistakes_in_bands_are_told(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        bands.read([text])


def test_a_range_keeps_its_unit() -> None:
    assert ranges.read("heating_temperature.night = 16..20 °C") == ("heating_temperature.night", 16.0, 20.0, "°C")


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--report", "nowhere/page.html"], "there is no folder nowhere"),
        (["--report", "."], "is a folder"),
        (["--series", "course.txt"], "as .csv or .parquet"),
        (["--start", "9999-12-31"], "begins between"),
        (["--start", "0001-01-01"], "begins between"),
    ],
)
def test_what_would_fail_in_the_end_is_said_before_the_season(
    house: Path, option: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["backtest", str(house), *option])
    assert said in capsys.readouterr().err


def test_filled_gaps_of_the_weather_are_told(house: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hours = [f"2026-01-01T{hour:02d}:00,5,80,0,3\n" for hour in range(24) if hour != 4]
    weather = tmp_path / "weather.csv"
    head = "time,temperature [°C],humidity [%],radiation [W/m²],wind_speed [m/s]\n"
    weather.write_text(head + "".join(hours), encoding="utf-8")
    season = ["backtest", str(house), "--days", "0.05", "--weather", str(weather)]
    assert main(season) == 0
    assert "weather: temperature: 1 h missing after line 5, filled" in capsys.readouterr().out
    assert main([*season, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["season"]["notes"]) == 4


def test_a_mistake_on_the_command_line_names_no_place(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backtest", str(house), "--days", "1", "--structure", "glass"]) == 2
    assert capsys.readouterr().err.startswith("onsil: there is no structure 'glass'")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--over", "heating_temperature.night=14..20 °C", "--over", "heating_temperature.night=15..18 °C"], "twice"),
        (["--over", "heating_temperature.night=14..20 °C", "--minimise", "energy", "--maximise", "energy"], "twice"),
        (
            ["--over", "heating_temperature.night=14..20"],
            "not a plain number (write heating_temperature.night=LOW..HIGH °C",
        ),
        (["--over", "heating_temperature.night=14..20 °c"], "there is no unit '°c'"),
        (["--over", "heating_temperature.night=14..200 °C"], "is more than a temperature can be"),
        (["--over", "heating_temperature.night=14..20 °C", "--keep", "frost < 1"], "there is no metric 'frost'"),
        (["--over", "heating_temperature.night=14..20 °C", "--dask", "nonsense"], "no address of a scheduler"),
    ],
)
def test_what_cannot_be_tuned_is_told(
    house: Path, options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for package in ("optuna", "distributed"):
        pytest.importorskip(package)
    assert main(["tune", str(house), "--days", "0.05", *options]) == 2
    assert said in capsys.readouterr().err


def test_no_seasons_and_no_workers_are_wrong_use(house: Path) -> None:
    for option in ("--trials", "--workers"):
        with pytest.raises(SystemExit):
            main(["tune", str(house), "--over", "heating_temperature.night=14..20 °C", option, "0"])
