"""The greenhouse by the names of site.yaml."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from simulators.greenhouse import Twin

MORNING = datetime(2026, 7, 20, 6, 0, tzinfo=ZoneInfo("Asia/Seoul"))
GIMJE = (35.8, 126.88)


def twin(**options: object) -> Twin:
    return Twin(MORNING, *GIMJE, 1, **options)  # type: ignore[arg-type]


def test_every_point_of_the_example_house_can_be_read() -> None:
    points = (
        "air.temperature air.temperature_2 air.humidity air.humidity_2 air.co2 outside.temperature outside.humidity "
        "outside.wind_speed outside.wind_direction outside.rain outside.radiation slab_a.water_content slab_a.ec "
        "slab_a.drain"
    )
    house = twin()
    for point in points.split():
        assert isinstance(house.read(point), float)
    assert house.read("air.temperature") == house.read("air.temperature_2")
    assert house.snapshot()["slab_a.ec"] == house.read("slab_a.ec")


def test_unknown_names_are_refused() -> None:
    house = twin()
    with pytest.raises(KeyError):
        house.read("air.tempersture")
    with pytest.raises(KeyError):
        house.set("roof_went", 1.0)


def test_a_summer_day_heats_a_closed_house_beyond_its_setpoint_and_vents_cool_it() -> None:
    closed, opened = twin(), twin()
    opened.set("roof_vent", 100.0)
    for house in (closed, opened):
        house.advance(6 * 3600)
    assert closed.read("air.temperature") > 35
    assert opened.read("air.temperature") < closed.read("air.temperature") - 8
    assert opened.read("air.temperature") > opened.read("outside.temperature")


def test_positions_count_in_per_cent_and_switches_in_one_and_zero() -> None:
    half, full, beyond = twin(), twin(), twin()
    half.set("roof_vent", 50.0)
    full.set("roof_vent", 100.0)
    beyond.set("roof_vent", 250.0)
    for house in (half, full, beyond):
        house.advance(4 * 3600)
    assert full.read("air.temperature") < half.read("air.temperature")
    assert full.read("air.temperature") == beyond.read("air.temperature")


def test_irrigation_reaches_the_slab_and_its_drain() -> None:
    house = twin()
    before = house.read("slab_a.water_content")
    house.set("irrigation_a", 1)
    house.advance(900)
    assert house.read("slab_a.water_content") > before + 10
    assert house.read("slab_a.drain") > 10


def test_a_storm_comes_when_asked_for_and_goes_again() -> None:
    house = twin(storm=True)
    assert house.read("outside.wind_speed") < 15
    house.advance(75 * 60)
    assert house.read("outside.wind_speed") > 15
    assert house.read("outside.rain") == 1
    house.advance(60 * 60)
    assert house.read("outside.wind_speed") < 11


def test_the_same_seed_is_the_same_day_and_another_is_not() -> None:
    first, again, other = twin(), twin(), Twin(MORNING, *GIMJE, 2)
    for house in (first, again, other):
        house.advance(5000)
    assert first.snapshot() == again.snapshot()
    assert first.snapshot() != other.snapshot()
