"""Weather from CSV files, and what is said of mistakes in them."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from controller.model.errors import ConfigError
from simulators.weather import air, table
from simulators.weather.csv_file import Record, read_csv

SEOUL = ZoneInfo("Asia/Seoul")
HEADER = "time,temperature [°C],humidity [%],radiation [W/m²],wind_speed [m/s]"


def read(tmp_path: Path, text: str) -> Record:
    file = tmp_path / "weather.csv"
    file.write_text(text, encoding="utf-8")
    return read_csv(file, SEOUL, 35.8, 126.9)


def rows(*times: str, cells: str = "10,80,0,2") -> str:
    return "".join(f"2026-03-01T{time},{cells}\n" for time in times)


def test_columns_are_found_by_name_and_converted_by_unit(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "wind_speed [km/h],outside.temperature (K),time,note,vapour_pressure [kPa],radiation [kW/m²],co2 [ppm]\n"
        "36,283.15,2026-03-01T12:00,fine,0.9,0.5,430\n"
        "18,284.15,2026-03-01T12:10,fine,0.9,0.6,430\n"
        "18,285.15,2026-03-01T12:20,fine,0.9,0.7,430\n",
    ).table
    assert found.start.isoformat() == "2026-03-01T12:00:00+09:00"
    assert found.interval == 600
    assert found.rows == 3
    row = found.at(300.0)
    assert row[table.TEMPERATURE] == pytest.approx(10.5)
    assert row[table.WIND_SPEED] == pytest.approx(7.5)
    assert row[table.VAPOUR_PRESSURE] == pytest.approx(900)
    assert row[table.RADIATION] == pytest.approx(550)
    assert row[table.CO2] == 430
    assert row[table.SKY] < row[table.TEMPERATURE] - 2


def test_humidity_becomes_vapour_pressure(tmp_path: Path) -> None:
    found = read(tmp_path, f"{HEADER}\n{rows('00:00', '00:10', '00:20')}").table
    assert found.at(0)[table.VAPOUR_PRESSURE] == pytest.approx(0.8 * air.saturation(10))


def test_a_measured_sky_is_taken_as_it_is(tmp_path: Path) -> None:
    found = read(tmp_path, f"{HEADER},sky_temperature [°C]\n{rows('00:00', '00:10', '00:20', cells='10,80,0,2,-12')}")
    assert found.table.at(0)[table.SKY] == -12


def test_clouds_warm_the_sky(tmp_path: Path) -> None:
    def sky(radiation: int) -> float:
        cells = f"10,80,{radiation},2"
        return read(tmp_path, f"{HEADER}\n{rows('12:00', '12:10', '12:20', cells=cells)}").table.at(0)[table.SKY]

    assert sky(80) > sky(700) + 5


def test_short_gaps_are_filled_and_reported(tmp_path: Path) -> None:
    text = f"{HEADER}\n{rows('00:00', '00:10')}2026-03-01T00:20,,80,0,2\n{rows('00:30', '01:00', cells='16,80,0,2')}"
    found = read(tmp_path, text)
    assert found.table.rows == 7
    assert [found.table.at(600.0 * row)[table.TEMPERATURE] for row in range(7)] == [10, 10, 13, 16, 16, 16, 16]
    assert {str(gap) for gap in found.gaps if gap.column == "temperature"} == {
        "temperature: 10 min missing after line 3, filled",
        "temperature: 20 min missing after line 5, filled",
    }
    assert [gap.line for gap in found.gaps if gap.column == "wind_speed"] == [5]


def test_wind_turns_the_short_way_through_north(tmp_path: Path) -> None:
    text = f"{HEADER},wind_direction [°]\n" + "".join(
        rows(time, cells=f"10,80,0,2,{direction}") for time, direction in (("00:00", 350), ("00:10", 10), ("00:20", 20))
    )
    found = read(tmp_path, text).table
    assert found.at(300.0)[table.WIND_DIRECTION] % 360 == pytest.approx(0.0)


FIRST = f"{HEADER}\n{rows('00:00', '00:10', '00:20')}"


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        (FIRST + rows("06:00"), 4, 1, r"temperature: 5 h 30 min are missing after this line \(at most 3 h are"),
        (FIRST.replace("temperature [°C]", "temperature [%]"), 1, 2, r"temperature: % is not a unit of this quantity"),
        (FIRST.replace("temperature [°C]", "temperature"), 1, 2, r"has no unit \(write temperature \[°C\]\)"),
        (FIRST.replace("temperature [°C]", "temprature [°C]"), 1, 2, r"no column 'temprature' \(did you mean temper"),
        (FIRST.replace("wind_speed [m/s]", "gusts [m/s]"), 1, 1, r"no column wind_speed \(add wind_speed \[m/s\]\)"),
        (FIRST.replace("humidity [%]", "fog [%]"), 1, 1, r"no column humidity"),
        (FIRST.replace("time,", "when,"), 1, 1, r"no column time"),
        (FIRST + rows("00:30", cells="10,eighty,0,2"), 5, 3, r"'eighty' is not a number"),
        (FIRST + rows("00:30", cells="10,80,0,200"), 5, 5, r"wind_speed of 200 m/s is not of this earth"),
        (FIRST + rows("00:15"), 5, 1, r"time does not go on here"),
        (FIRST + rows("noon"), 5, 1, r"'2026-03-01Tnoon' is not a time"),
        (FIRST + rows("00:34"), 5, 1, r"not a whole number of intervals"),
        (FIRST + rows("00:30", cells=",80,0,2"), 5, 1, r"temperature is missing here, where the record begins or ends"),
        (HEADER, 0, 0, r"fewer than three rows"),
        ("", 0, 0, r"is empty"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_column(
    tmp_path: Path, text: str, line: int, column: int, message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        read(tmp_path, text)
    assert caught.value.place.file == str(tmp_path / "weather.csv")
    assert (caught.value.place.line, caught.value.place.column) == (line, column)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_csv(tmp_path / "nothing.csv", SEOUL, 35.8, 126.9)


def test_a_spreadsheet_in_another_encoding_or_with_semicolons_is_told_the_way_out(tmp_path: Path) -> None:
    file = tmp_path / "weather.csv"
    file.write_bytes("시간,temperature [°C]\n".encode("cp949"))
    with pytest.raises(ConfigError, match="save it as CSV UTF-8"):
        read_csv(file, SEOUL, 35.8, 126.9)
    with pytest.raises(ConfigError, match="separated by commas"):
        read(tmp_path, "time;temperature [°C]\n2026-01-01T00:00;5\n")
    with pytest.raises(ConfigError, match=r"no unit '°F' \(use °C\)"):
        read(tmp_path, "time,temperature [°F]\n2026-01-01T00:00,5\n")
