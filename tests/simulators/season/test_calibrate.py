"""Calibration finds again what made a record."""

from __future__ import annotations

import contextlib
import json
import math
import shutil
import sqlite3
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controller.cli import main
from controller.store import History
from controller.store.schema import FILE
from simulators.greenhouse import controls, data
from simulators.season import compiled
from simulators.season.calibrate import KNOBS, STEP, Record, adjusted, calibrate, simulate, structure_file
from simulators.season.calibrate import _mark as mark
from simulators.season.calibrate import record as recorded
from simulators.season.wiring import only
from simulators.weather.synthetic import SyntheticWeather

from .rules import BEGIN, plan

pytest.importorskip("scipy")
pytestmark = pytest.mark.skipif(not compiled.available(), reason="too slow without machine code")

GIVEN = data.house("venlo", "tomato")
TRUTH = {"heat loss of the cover": 1.6, "leakage": 3.0, "vents": 0.7, "heater": 0.8, "light through the cover": 0.9}
DAYS = 3
HOURS = 13  # of the recorded state


@pytest.fixture(scope="module")
def record() -> Record:
    """What a greenhouse with other numbers than the file's would have recorded."""
    rows = round(DAYS * 86400 / STEP)
    weather = SyntheticWeather(datetime(2026, 3, 1, tzinfo=UTC), 35.8, 126.9, 1)
    weather.reach(DAYS * 86400.0 + STEP)
    of_day = [row * STEP / 3600 % 24 for row in range(rows)]
    acting = {
        controls.HEATER: [1.0 if hour % 2 < 0.7 else 0.0 for hour in of_day],
        controls.ROOF_VENT: [0.3 if 2 < hour < 6 else 0.0 for hour in of_day],
    }
    empty = Record(weather, acting, {"air.temperature": [0.0] * rows, "air.humidity": [0.0] * rows})
    return Record(weather, acting, simulate(adjusted(GIVEN, TRUTH, KNOBS), empty, machine=True))


def test_the_numbers_behind_a_record_are_found(record: Record) -> None:
    found = calibrate(GIVEN, record)
    for fit in found.fits:
        assert fit.factor == pytest.approx(TRUTH[fit.name], rel=0.1), fit.name
        assert fit.spread < 0.1
    before, after = found.residuals["air.temperature"]
    assert before > 0.5
    assert after < 0.05


def test_a_fitted_structure_can_be_used_and_says_so(record: Record, tmp_path: Path) -> None:
    found = calibrate(GIVEN, record, {"leakage": KNOBS["leakage"]})
    path = tmp_path / "mine.toml"
    path.write_text(structure_file("venlo", found), encoding="utf-8")
    mine = data.structure(str(path))
    factor = found.fits[0].factor
    assert mine.values["vents_leakage"] == pytest.approx(GIVEN["vents_leakage"] * factor, rel=1e-4)
    assert mine.sources["vents_leakage"].startswith("fitted; before: ")
    assert mine.values.keys() == data.structure("venlo").values.keys()
    assert tomllib.loads(path.read_text(encoding="utf-8"))["title"] == "Venlo glasshouse"


def test_the_verb_fits_what_a_controller_has_recorded(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    times = ["--from", "2026-02-01 00:00", "--to", "2026-02-01 13:00"]
    assert main(["calibrate", "--state", str(state), *times, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    residual = answer["residuals"]["air.temperature"]
    assert residual["after"] <= residual["before"]
    assert residual["after"] < 0.6
    assert answer["factors"]["heater"] == pytest.approx(1.0, abs=0.35)


def test_what_a_record_does_not_tell_is_said(record: Record) -> None:
    shut = Record(record.weather, {**record.controls, controls.ROOF_VENT: [0.0] * record.rows}, record.points)
    seen = simulate(adjusted(GIVEN, TRUTH, KNOBS), shut, machine=True)
    knobs = {name: KNOBS[name] for name in ("vents", "heater")}
    found = {fit.name: fit for fit in calibrate(GIVEN, Record(shut.weather, shut.controls, seen), knobs).fits}
    assert found["vents"].spread > 1.0  # they were never open
    assert found["heater"].spread < 0.1


def forget(state: Path, copy: Path, name: str, hours: tuple[float, float] = (0.0, HOURS)) -> Path:
    """A state in which a series is missing."""
    shutil.copytree(state, copy)
    begin = BEGIN // 10**9
    with contextlib.closing(sqlite3.connect(copy / FILE)) as database, database:
        database.execute(
            "DELETE FROM history WHERE start >= ? AND start < ? AND series IN (SELECT id FROM series WHERE name = ?)",
            (begin + hours[0] * 3600, begin + hours[1] * 3600, name),
        )
    return copy


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("outside.radiation", "outside.radiation was not recorded"),
        ("heater", "where heater was is not recorded"),
        ("air.temperature", "for 0 h of these 13 h only"),
    ],
)
def test_what_a_fit_cannot_do_without_is_told(
    state: Path, tmp_path: Path, name: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = forget(state, tmp_path / "copy", name)
    times = ["--from", "2026-02-01 00:00", "--to", "2026-02-01 13:00"]
    assert main(["calibrate", "--state", str(copy), *times]) == 2
    assert said in capsys.readouterr().err


def test_without_humidity_it_reports_none(state: Path, tmp_path: Path) -> None:
    history = History(forget(state, tmp_path / "copy", "air.humidity"))
    found = calibrate(
        GIVEN,
        recorded(plan(), only(plan(), None), history, BEGIN, BEGIN + HOURS * 3600 * 10**9),
        {"heater": KNOBS["heater"]},
    )
    history.close()
    assert list(found.residuals) == ["air.temperature"]


def test_a_long_hole_in_the_weather_and_what_follows_it_is_not_compared(state: Path, tmp_path: Path) -> None:
    """Held weather would make the fit believe in a house that there is not."""
    begin, end = BEGIN, BEGIN + HOURS * 3600 * 10**9
    copy = forget(state, tmp_path / "copy", "outside.temperature", (0.0, 0.5))
    short = History(copy)
    whole = recorded(plan(), only(plan(), None), short, begin, end).points["air.temperature"]
    short.close()
    assert sum(value == value for value in whole) == HOURS * 12
    blind = [False] * 200
    mark(blind, [1.0] * 20 + [math.nan] * 13 + [1.0] * 167)
    assert blind == [False] * 20 + [True] * (13 + 72) + [False] * 95


def test_too_little_record_is_wrong_use(state: Path) -> None:
    assert main(["calibrate", "--state", str(state), "--from", "2026-02-01 00:00", "--to", "2026-02-01 03:00"]) == 2


def test_a_time_beyond_the_record_is_told_what_there_is(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--state", str(state), "--from", "2 h ago", "--to", "1 h ago"]) == 2
    assert "the history runs from 2026-02-01 00:00 to 2026-02-01 1" in capsys.readouterr().err
    assert main(["calibrate", "--state", str(state), "--from", "2026-02-02", "--to", "2026-02-01"]) == 2
    assert "--from must be before --to" in capsys.readouterr().err


def test_a_state_without_a_history_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ("calibrate", "replay"):
        assert main([verb, "--state", str(tmp_path), "--from", "2026-02-01", "--to", "2026-02-02"]) == 2
        assert "holds no onsil.db" in capsys.readouterr().err
