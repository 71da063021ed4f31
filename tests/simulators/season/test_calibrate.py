"""Calibration finds again what made a record."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controller.cli import main
from simulators.greenhouse import controls, data
from simulators.season import compiled
from simulators.season.calibrate import KNOBS, STEP, Record, adjusted, calibrate, simulate, structure_file
from simulators.weather.synthetic import SyntheticWeather

pytest.importorskip("scipy")
pytestmark = pytest.mark.skipif(not compiled.available(), reason="too slow without machine code")

GIVEN = {**data.structure("venlo").values, **data.crop("tomato").values}
TRUTH = {"heat loss of the cover": 1.6, "leakage": 3.0, "vents": 0.7, "heater": 0.8, "light through the cover": 0.9}
DAYS = 3


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


def test_too_little_record_is_wrong_use(state: Path) -> None:
    assert main(["calibrate", "--state", str(state), "--from", "2026-02-01 00:00", "--to", "2026-02-01 03:00"]) == 2
