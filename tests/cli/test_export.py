"""`onsil export`: what is in the history comes out as a table, in each format, with what its columns mean."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pyarrow.parquet
import pytest

from controller.cli.main import main
from controller.model.events import Event
from controller.store import Store
from simulators.demo.files import EXAMPLE
from tests.store.events import START, moved, reading, wait

SEOUL = ZoneInfo("Asia/Seoul")
MINUTES = 20


def local(second: int) -> str:
    """The site's time as a person types it."""
    return datetime.fromtimestamp(START + second, SEOUL).strftime("%Y-%m-%d %H:%M")


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty minutes: the temperature is the number of the minute, none in the fifth; the vent moves in the third."""
    state = tmp_path_factory.mktemp("state")
    events: list[Event] = [moved(0, 10.0)]
    for second in range(0, MINUTES * 60 + 1, 20):
        if second // 60 != 5:
            events.append(reading(second, float(second // 60)))
        if second == 180:
            events.append(moved(second, 60.0))
    with Store.open(state) as store:
        store.append(events)
        wait(lambda: len(store.history.spans("air.temperature", 60, START, START + MINUTES * 60)) == MINUTES - 1)
    return state


@pytest.fixture
def house(history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("MQTT_PASSWORD", "INFLUX_TOKEN", "ALARM_URL"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("ONSIL_CONFIG", str(EXAMPLE))
    monkeypatch.setenv("ONSIL_STATE", str(history))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def export(*more: str, end: int = MINUTES * 60) -> int:
    chosen = ["--points", "air.temperature", "--actuators", "roof_vent"]
    return main(["export", "--from", local(0), "--to", local(end), *chosen, *more])


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_minutes_as_csv(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export("--out", "table.csv") == 0
    table = rows(house / "table.csv")
    assert list(table[0]) == ["time", "air.temperature [°C]", "roof_vent [%]"]
    assert [row["air.temperature [°C]"] for row in table[:7]] == ["0.0", "1.0", "2.0", "3.0", "4.0", "", "6.0"]
    assert [row["roof_vent [%]"] for row in table[1:5]] == ["10.0", "10.0", "60.0", "60.0"]
    assert datetime.fromisoformat(table[0]["time"]) == datetime.fromtimestamp(START, SEOUL)
    assert table[0]["time"].endswith("+09:00")
    assert len(table) == MINUTES
    assert "table.csv.columns.csv" in capsys.readouterr().out


def test_every_column_is_explained(house: Path) -> None:
    assert main(["export", "--from", local(0), "--to", local(60), "--out", "all.csv"]) == 0
    explained = rows(house / "all.csv.columns.csv")
    assert [row["column"] for row in explained] == list(rows(house / "all.csv")[0])
    by_name = {row["name"]: row for row in explained}
    assert by_name["air.temperature"]["unit"] == "°C"
    assert "0 dry, 1 wet" in by_name["outside.rain"]["meaning"]
    assert by_name["heater"]["kind"] == "actuator"
    assert "share of 1 min" in by_name["heater"]["meaning"]


def test_longer_steps_are_means(house: Path) -> None:
    assert export("--step", "10 min", "--out", "table.csv", end=600) == 0
    table = rows(house / "table.csv")
    starts = [datetime.fromisoformat(row["time"]) for row in table]
    assert [start.minute % 10 for start in starts] == [0, 0]  # steps begin where they do on the clock
    first = (600 - START % 600) // 60  # minutes of ours in the first of them
    minutes = [[m for m in range(first) if m != 5], [m for m in range(first, first + 10) if m != 5]]
    values = [float(row["air.temperature [°C]"]) for row in table]
    assert values == pytest.approx([sum(part) / len(part) for part in minutes], abs=1e-4)


def test_the_same_numbers_in_every_format(house: Path) -> None:
    for form in ("csv", "xlsx", "parquet"):
        assert export("--out", f"table.{form}") == 0
    written = [row["air.temperature [°C]"] for row in rows(house / "table.csv")]
    numbers = [float(value) if value else None for value in written]
    table = pyarrow.parquet.read_table(house / "table.parquet")
    assert table.column("air.temperature [°C]").to_pylist() == numbers
    assert table.schema.field("time").type.tz == "Asia/Seoul"
    sheet = openpyxl.load_workbook(house / "table.xlsx").active
    assert sheet is not None
    assert [cell.value for cell in sheet["B"]][1:] == numbers


def test_a_name_for_the_file_and_an_answer_in_json(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export("--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["file"] == f"Gimje_house_1-{datetime.fromtimestamp(START, SEOUL):%Y%m%d-%H%M}.csv"
    assert len(rows(house / answer["file"])) == MINUTES
    assert (house / answer["columns"]).exists()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (["--from", "yesterdayish"], "is no time"),
        (["--step", "90 s"], "whole minutes"),
        (["--step", "2 d"], "whole minutes"),
        (["--points", "air.temprature"], "did you mean air.temperature?"),
        (["--actuators", "roof_vnt"], "did you mean roof_vent?"),
        (["--to", "2020-01-01 00:00"], "must begin before it ends"),
        (["--out", "table.ods"], "csv, xlsx, parquet"),
    ],
)
def test_wrong_use(house: Path, capsys: pytest.CaptureFixture[str], wrong: list[str], says: str) -> None:
    assert export(*wrong) == 2
    assert says in capsys.readouterr().err


def test_no_history_is_said_and_leaves_no_file(house: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export("--state", str(tmp_path / "nowhere"), "--out", "table.csv") == 1
    assert "the history in" in capsys.readouterr().err
    assert not (tmp_path / "table.csv").exists()
