"""Weather from EPW files."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from controller.model.errors import ConfigError
from simulators.weather import air, sun, table
from simulators.weather.epw import read_epw

SEOUL = "LOCATION,Seoul,-,KOR,IWEC Data,471080,37.57,126.97,9.0,86.0"


def hour_line(hour: int, **cells: object) -> list[str]:
    """One hour of a made-up year: sunshine by the calendar, a mild course of temperature, a north wind."""
    moment = datetime(2001, 1, 1) + timedelta(hours=hour)
    unix = (moment - timedelta(hours=9)).replace(tzinfo=UTC).timestamp() + 1800
    radiation = sun.clear_sky(sun.sine_of_elevation(unix, 37.57, 126.97))
    temperature = 12 - 14 * math.cos(2 * math.pi * (hour / 8760)) + 4 * math.sin(2 * math.pi * (hour % 24 - 8) / 24)
    row = ["0"] * 35
    row[0:6] = [str(1990 + moment.month % 7), str(moment.month), str(moment.day), str(moment.hour + 1), "60", "?"]
    row[6], row[7], row[8] = f"{temperature:.1f}", f"{temperature - 5:.1f}", "70"
    row[12], row[13], row[20], row[21], row[33] = "300", f"{radiation:.0f}", "355", "3.1", "0"
    for column, value in cells.items():
        row[int(column[1:])] = str(value)
    return row


def write(tmp_path: Path, changes: dict[int, dict[str, object]] | None = None, hours: int = 8760) -> Path:
    lines = [SEOUL, *(["COMMENT"] * 6), "DATA PERIODS,1,1,Data,Sunday,1/1,12/31"]
    lines += [",".join(hour_line(hour, **(changes or {}).get(hour, {}))) for hour in range(hours)]
    file = tmp_path / "seoul.epw"
    file.write_text("\n".join(lines) + "\n", encoding="latin-1")
    return file


def test_the_place_and_its_year_are_read(tmp_path: Path) -> None:
    year = read_epw(write(tmp_path))
    assert (year.city, year.latitude, year.longitude, year.elevation) == ("Seoul", 37.57, 126.97, 86.0)
    start = datetime(2026, 6, 21, 0, 0, tzinfo=year.zone)
    made = year.table(start, 3)
    assert made.reach(3 * 86400)
    assert made.start == start
    noon = made.at(12.5 * 3600)
    assert noon[table.RADIATION] > 900
    assert made.at(0)[table.RADIATION] == 0
    assert noon[table.WIND_DIRECTION] == 355
    assert noon[table.SKY] == pytest.approx(air.radiating_temperature(300))
    assert 10 < noon[table.TEMPERATURE] < 35


def test_radiation_stands_in_the_middle_of_its_hour(tmp_path: Path) -> None:
    year = read_epw(write(tmp_path))
    made = year.table(datetime(2026, 3, 21, tzinfo=year.zone), 1)
    brightest = max(range(48), key=lambda half: made.at(1800.0 * half)[table.RADIATION])
    assert brightest / 2 == pytest.approx(12.6, abs=0.5)  # solar noon in Seoul


def test_the_year_begins_again_where_it_ends(tmp_path: Path) -> None:
    year = read_epw(write(tmp_path))
    made = year.table(datetime(2026, 12, 30, tzinfo=year.zone), 20)
    again = year.table(datetime(2027, 1, 10, tzinfo=year.zone), 1)
    assert made.at(11 * 86400 + 5 * 3600) == pytest.approx(again.at(5 * 3600))


def test_a_leap_day_is_like_the_day_before(tmp_path: Path) -> None:
    year = read_epw(write(tmp_path))
    made = year.table(datetime(2028, 2, 28, tzinfo=year.zone), 3)
    assert made.at(12 * 3600)[: table.SOIL] == pytest.approx(made.at(36 * 3600)[: table.SOIL])


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"c6": "85.0"}, "temperature of 85 °C is not of this earth"),
        ({"c13": "5000"}, "radiation of 5000"),
        ({"c21": "-3"}, "wind_speed of -3"),
        ({"c3": "7"}, "the hours are not in order here"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line(tmp_path: Path, cells: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as raised:
        read_epw(write(tmp_path, {100: cells}))
    assert raised.value.place.line == 109


def test_a_time_zone_that_is_none_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path)
    file.write_text(file.read_text(encoding="latin-1").replace(",9.0,86.0", ",99.0,86.0"), encoding="latin-1")
    with pytest.raises(ConfigError, match="no time zone of 99 h"):
        read_epw(file)


def test_missing_hours_are_filled_and_reported(tmp_path: Path) -> None:
    year = read_epw(write(tmp_path, {100: {"c6": "99.9"}, 101: {"c6": "99.9"}}))
    assert [str(gap) for gap in year.gaps] == ["temperature: 2 h missing after line 108, filled"]


def test_too_many_missing_hours_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"seoul.epw:108:1: temperature: 9 h are missing after this line"):
        read_epw(write(tmp_path, {hour: {"c6": "99.9"} for hour in range(100, 109)}))


def test_without_infrared_the_sky_follows_from_clouds_and_vapour(tmp_path: Path) -> None:
    year = read_epw(write(tmp_path, {hour: {"c12": "9999"} for hour in range(8760)}))
    drops = [sky - t for sky, t in zip(year.hours["sky_temperature"], year.hours["temperature"], strict=True)]
    assert all(-40 < drop < 1e-9 for drop in drops)


@pytest.mark.parametrize(
    ("text", "message"),
    [("time,temperature\n", r":1:1: does not begin with LOCATION"), (SEOUL + "\n", r"holds 0 hours, not the 8760")],
)
def test_other_files_are_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "wrong.epw"
    file.write_text(text, encoding="latin-1")
    with pytest.raises(ConfigError, match=message):
        read_epw(file)


def test_a_cell_that_is_no_number_is_shown(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"seoul.epw:9:7: a number is missing here"):
        read_epw(write(tmp_path, {0: {"c6": "warm"}}))
