"""What a reading must be like to be believed."""

from __future__ import annotations

import pytest

from controller.core.core import Core
from controller.core.plan import Plan, VotePlan
from controller.model.events import Measured
from controller.model.points import Quality, Reading
from controller.model.time import Instant

from .house import House
from .writing import GIMJE, sensor


def a_house(*extra: str, **treatment: float) -> House:
    plan = Plan(GIMJE, (sensor("air.temperature", **treatment), *(sensor(name) for name in extra)), ())
    return House(plan)


def quality(house: House, point: str = "air.temperature") -> Quality:
    return next(view.quality for view in house.core.points() if view.name == point)


def test_a_value_is_calibrated_first() -> None:
    house = a_house(gain=1.1, offset=-0.5).reads(air_temperature=20)
    assert house.value("air.temperature") == pytest.approx(21.5)


@pytest.mark.parametrize(("value", "expected"), [(-30, Quality.GOOD), (-30.1, Quality.BAD), (60.1, Quality.BAD)])
def test_what_lies_outside_the_range_is_bad(value: float, expected: Quality) -> None:
    assert quality(a_house(low=-30, high=60, max_rate=None).reads(air_temperature=value)) is expected


def test_a_spike_is_not_believed() -> None:
    house = a_house(max_rate=5 / 60).reads(air_temperature=20).after("20 s")
    house.reads(air_temperature=35)
    assert quality(house) is Quality.BAD
    assert house.reads(air_temperature=20).value("air.temperature") == pytest.approx(20)


def test_a_jump_that_lasts_is_believed() -> None:
    house = a_house(max_rate=5 / 60).reads(air_temperature=20).after("20 s").reads(air_temperature=35)
    assert house.after("30 s").value("air.temperature") == pytest.approx(35)


def test_a_silent_sensor_turns_stale_in_time() -> None:
    house = a_house(stale_after=60).reads(air_temperature=20).after("20 s").reads(air_temperature=None)
    assert quality(house.after("50 s")) is Quality.GOOD
    assert quality(house.after("15 s")) is Quality.STALE
    assert house.alarms() == []
    assert house.after("2 min").alarms() == ["sensor air.temperature"]
    assert house.reads(air_temperature=20).alarms() == []


def test_an_old_value_is_stale_however_it_arrives() -> None:
    """A broker keeps the last message of a device that died long ago."""
    house = a_house(stale_after=60).after("10 min")
    house.step(Reading("air.temperature", 20.0, house.now().after(-90)))
    assert quality(house) is Quality.STALE


def test_a_value_that_was_overtaken_changes_nothing() -> None:
    house = a_house().after("10 min").reads(air_temperature=20)
    house.step(Reading("air.temperature", 30.0, house.now().after(-20)))
    assert house.value("air.temperature") == 20


def test_a_value_that_stops_changing_is_no_value() -> None:
    house = a_house(stuck_after=3600)
    for _ in range(7):
        house.step(Reading("air.temperature", 20.0, house.now()))
        house.after("10 min")
    assert quality(house) is Quality.BAD or house.after("1 s")
    house.step(Reading("air.temperature", 20.0, house.now()))
    assert quality(house) is Quality.BAD
    house.step(Reading("air.temperature", 20.1, house.now()))
    assert quality(house) is Quality.GOOD


def test_what_is_wrong_is_written_down_once() -> None:
    house = a_house(low=-30, high=60).reads(air_temperature=20).reads(air_temperature=99).after("1 min")
    assert house.notes("air.temperature")[1:] == ["bad: 99 °C is outside -30 .. 60"]


def test_every_reading_becomes_an_event_good_or_bad() -> None:
    house = a_house(high=60).reads(air_temperature=20).reads(air_temperature=99)
    found = [(event.value, event.quality) for event in house.events if isinstance(event, Measured)]
    assert found[0] == (20.0, Quality.GOOD)
    assert found[-1] == (99.0, Quality.BAD)


def test_the_vote_is_the_median_of_the_good() -> None:
    members = ("air.temperature", "air.temperature_2", "air.temperature_3")
    plan = Plan(GIMJE, tuple(sensor(m) for m in members), (), (VotePlan("air.temperature", members, 2.0),))
    house = House(plan, air_temperature=20, air_temperature_2=21, air_temperature_3=21.5)
    assert house.value("air.temperature") == 21
    assert house.reads(air_temperature_2=None).after("2 min").value("air.temperature") == 20.75
    house.reads(air_temperature=None, air_temperature_3=None).after("2 min")
    assert quality(house) is Quality.STALE


@pytest.mark.parametrize("point", ["outside.temperature", "nobody.knows.this"])
def test_readings_of_points_that_nobody_declared_mean_nothing(point: str) -> None:
    core = Core(Plan(GIMJE, (sensor("air.temperature"),), ()))
    assert core.step(Instant(0, 0), [Reading(point, 20.0, Instant(0, 0))]).commands == []
