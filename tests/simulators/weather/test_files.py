"""Weather from either kind of file."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from controller.model.errors import ConfigError
from simulators.weather import table
from simulators.weather.files import read_weather

from .test_epw import write

SEOUL = ZoneInfo("Asia/Seoul")
SPRING = datetime(2026, 3, 1, tzinfo=SEOUL)
PLACE = (37.57, 126.97)


def record(tmp_path: Path) -> Path:
    file = tmp_path / "march.csv"
    lines = ["time,temperature [°C],humidity [%],radiation [W/m²],wind_speed [m/s]"]
    lines += [f"{SPRING + timedelta(hours=hour):%Y-%m-%dT%H:%M},{hour / 10},80,0,2" for hour in range(100)]
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_a_record_serves_its_own_time(tmp_path: Path) -> None:
    found = read_weather(record(tmp_path), SPRING + timedelta(hours=30), 2, *PLACE)
    assert found.table.start == SPRING + timedelta(hours=30)
    assert found.table.at(0)[table.TEMPERATURE] == pytest.approx(3.0)


def test_a_record_does_not_serve_another_time(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"march.csv: the weather runs from 2026-03-01 00:00 to 2026-03-05 03:00"):
        read_weather(record(tmp_path), SPRING - timedelta(days=1), 2, *PLACE)
    with pytest.raises(ConfigError, match=r"march.csv: the weather ends 4.1 days after 2026-03-01"):
        read_weather(record(tmp_path), SPRING, 9, *PLACE)


def test_a_typical_year_serves_any_time(tmp_path: Path) -> None:
    start = datetime(2031, 12, 24, 6, tzinfo=SEOUL)
    found = read_weather(write(tmp_path), start, 30, *PLACE)
    assert found.table.start == start
    assert found.table.reach(30 * 86400)
