"""Weather from a seed."""

from __future__ import annotations

from datetime import UTC, datetime
from statistics import correlation, fmean

import pytest

from simulators.weather import air, sun
from simulators.weather.synthetic import SyntheticWeather
from simulators.weather.table import (
    COLUMNS,
    INTERVAL,
    RADIATION,
    RAIN,
    SKY,
    TEMPERATURE,
    VAPOUR_PRESSURE,
    WIDTH,
    WIND_SPEED,
)

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
DAY = 86400.0


def weather(latitude: float = 35.8, seed: int = 1, days: int = 30, start: datetime = NEW_YEAR) -> SyntheticWeather:
    made = SyntheticWeather(start, latitude, 126.9, seed)
    made.reach(days * DAY)
    return made


def column(made: SyntheticWeather, place: int) -> list[float]:
    return list(made.values[place::WIDTH])


def test_the_same_seed_makes_the_same_weather_however_it_is_asked_for() -> None:
    at_once, in_parts = weather(), SyntheticWeather(NEW_YEAR, 35.8, 126.9, 1)
    for hour in range(0, 30 * 24, 5):
        in_parts.reach(hour * 3600.0)
    shorter = min(len(at_once.values), len(in_parts.values))
    assert at_once.values[:shorter] == in_parts.values[:shorter]
    assert weather(seed=2).values[:100] != at_once.values[:100]


def test_nights_are_dark_and_no_day_is_brighter_than_a_clear_sky() -> None:
    made = weather()
    for row, radiation in enumerate(column(made, RADIATION)):
        sine = sun.sine_of_elevation(NEW_YEAR.timestamp() + row * INTERVAL, 35.8, 126.9)
        assert 0 <= radiation <= sun.clear_sky(sine) + 2


@pytest.mark.parametrize("latitude", [0.0, 35.8, 52.0, -35.0, 68.0])
def test_anywhere_on_earth_the_air_is_never_more_than_saturated(latitude: float) -> None:
    made = weather(latitude)
    for temperature, pressure in zip(column(made, TEMPERATURE), column(made, VAPOUR_PRESSURE), strict=True):
        assert 0 < pressure <= air.saturation(temperature)


def test_seasons_turn_round_on_the_southern_half() -> None:
    for latitude, warmer in ((40.0, 7), (-40.0, 1)):
        colder = 8 - warmer
        months = [
            fmean(column(weather(latitude, days=20, start=datetime(2026, month, 5, tzinfo=UTC)), TEMPERATURE))
            for month in (warmer, colder)
        ]
        assert months[0] > months[1] + 10


def test_clouds_sky_rain_and_wind_hang_together() -> None:
    made = weather(days=200)
    dry = [rain == 0 for rain in column(made, RAIN)]
    assert 0.02 < 1 - fmean(dry) < 0.25
    drop = [sky - temperature for sky, temperature in zip(column(made, SKY), column(made, TEMPERATURE), strict=True)]
    while_dry = fmean(d for d, is_dry in zip(drop, dry, strict=True) if is_dry)
    in_rain = fmean(d for d, is_dry in zip(drop, dry, strict=True) if not is_dry)
    assert while_dry < in_rain - 2  # a clear sky is colder
    wind = column(made, WIND_SPEED)
    assert 1.5 < fmean(wind) < 4
    assert correlation(wind[:-1], wind[1:]) > 0.8
    assert correlation(wind[:-288], wind[288:]) < 0.5


def test_a_storm_comes_an_hour_after_the_start_only_if_wanted() -> None:
    calm = SyntheticWeather(NEW_YEAR, 35.8, 126.9, 1)
    storm = SyntheticWeather(NEW_YEAR, 35.8, 126.9, 1, storm=True)
    assert max(row[WIND_SPEED] for row in (calm.at(60.0 * m) for m in range(0, 180, 5))) < 12
    assert storm.at(75 * 60)[WIND_SPEED] > 15
    assert storm.at(75 * 60)[RAIN] > 0
    assert storm.at(40 * 60)[WIND_SPEED] == pytest.approx(calm.at(40 * 60)[WIND_SPEED])
    assert storm.at(150 * 60)[WIND_SPEED] == pytest.approx(calm.at(150 * 60)[WIND_SPEED])


def test_a_part_of_a_table_is_the_table_from_there_on() -> None:
    made = weather(days=3)
    part = made.since(datetime(2026, 1, 2, 6, tzinfo=UTC))
    assert part.start == datetime(2026, 1, 2, 6, tzinfo=UTC)
    assert part.at(450.0) == made.at(30 * 3600 + 450.0)
    assert len(part.at(0.0)) == len(COLUMNS)
    with pytest.raises(ValueError, match="the weather runs from 2026-01-01 00:00"):
        made.since(datetime(2025, 12, 31, tzinfo=UTC))


def test_a_clear_sky_has_no_clouds_and_no_rain_and_the_wind_of_any_day() -> None:
    made = SyntheticWeather(NEW_YEAR, 35.8, 126.9, 1, clear=True)
    made.reach(10 * DAY)
    for row, radiation in enumerate(column(made, RADIATION)):
        sine = sun.sine_of_elevation(NEW_YEAR.timestamp() + row * INTERVAL, 35.8, 126.9)
        assert radiation == pytest.approx(sun.clear_sky(sine), abs=2.0)
    assert not any(column(made, RAIN))
    assert fmean(column(made, WIND_SPEED)) > 1
