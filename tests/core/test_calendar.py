"""Local days, the sun, and parts of the day, whatever the clock does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core.calendar import Calendar
from controller.core.plan import Plan
from controller.model.time import NS
from controller.rules.parser import Text, parse_window

from .house import House
from .writing import GIMJE, period, sensor, setpoint, switch

SEOUL = Calendar(GIMJE)
BERLIN = replace(GIMJE, latitude=52.5, longitude=13.4, timezone="Europe/Berlin")


def wall(text: str, zone: str = "Asia/Seoul") -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * NS


def window(text: str):  # type: ignore[no-untyped-def]
    return parse_window(Text(text))


@pytest.mark.parametrize(
    ("date", "sunrise", "sunset"),
    [("2026-06-21", "05:17", "19:52"), ("2026-12-21", "07:39", "17:23"), ("2026-03-20", "06:36", "18:44")],
)
def test_the_sun_of_gimje(date: str, sunrise: str, sunset: str) -> None:
    midnight = wall(f"{date}T00:00")
    start, end = next(span for span in SEOUL.spans(window("sunrise .. sunset"), midnight) if span[0] > midnight)
    assert abs(start - wall(f"{date}T{sunrise}")) <= 120 * NS
    assert abs(end - wall(f"{date}T{sunset}")) <= 120 * NS


@pytest.mark.parametrize(
    ("text", "time", "inside"),
    [
        ("08:00 .. 17:30", "08:00", True),
        ("08:00 .. 17:30", "17:30", False),
        ("22:00 .. 06:00", "23:00", True),
        ("22:00 .. 06:00", "05:59", True),
        ("22:00 .. 06:00", "06:00", False),
        ("00:00 .. 24:00", "12:00", True),
        ("sunset .. sunrise - 1 h", "04:00", True),
        ("sunset .. sunrise - 1 h", "04:30", False),
    ],
)
def test_parts_of_the_day(text: str, time: str, inside: bool) -> None:
    assert SEOUL.inside(window(text), wall(f"2026-06-21T{time}")) is inside


@given(st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1)), st.sampled_from([GIMJE, BERLIN]))
def test_nothing_changes_before_the_next_edge(moment: datetime, site) -> None:  # type: ignore[no-untyped-def]
    calendar, now = Calendar(site), round(moment.replace(tzinfo=UTC).timestamp()) * NS
    for text in ("sunrise + 1 h .. sunset - 1 h", "22:00 .. 06:00", "02:30 .. 03:30"):
        part = window(text)
        edge = calendar.next_edge(part, now)
        assert edge > now
        assert edge - now <= 26 * 3600 * NS
        for moment_before in (now + (edge - now) // 2, edge - NS):
            assert calendar.inside(part, max(moment_before, now)) == calendar.inside(part, now)


@pytest.mark.parametrize(("date", "light"), [("2026-12-21", False), ("2026-06-21", True)])
def test_where_the_sun_neither_rises_nor_sets_it_is_dark_or_light_all_day(date: str, light: bool) -> None:
    tromso = Calendar(replace(GIMJE, latitude=69.6, longitude=18.9, timezone="Europe/Oslo"))
    for hour in range(24):
        now = wall(f"{date}T{hour:02d}:30", "Europe/Oslo")
        assert tromso.inside(window("sunrise .. sunset"), now) is light


def test_a_part_for_which_the_day_is_too_short_does_not_turn_into_the_night() -> None:
    """In Berlin the winter day has 7 h 40 min: nothing is left of it 4 h after sunrise and 4 h before sunset."""
    berlin = Calendar(BERLIN)
    for hour in range(24):
        now = wall(f"2026-12-21T{hour:02d}:00", "Europe/Berlin")
        assert not berlin.inside(window("sunrise + 4 h .. sunset - 4 h"), now)


@pytest.mark.parametrize(("date", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-21", 24)])
def test_local_days_are_as_long_as_they_are(date: str, hours: int) -> None:
    calendar, start = Calendar(BERLIN), wall(f"{date}T00:00", "Europe/Berlin")
    assert calendar.midnight_after(start) - start == hours * 3600 * NS


# the core's day


def days(house: House) -> float:
    return house.core._network.values[house.core._builder.day.slot]


def a_house() -> House:
    return House(Plan(GIMJE, (sensor("air.temperature"),), (switch("fan"),), setpoints=(setpoint("x", "1 °C"),)))


def test_a_day_begins_at_local_midnight() -> None:
    house = a_house().at("23:59")
    before = days(house)
    assert days(house.after("2 min")) == before + 1
    assert days(house.after("23 h")) == before + 1


@pytest.mark.parametrize("jumps", [["1 d", "-1 d"], ["-1 d", "1 d"], ["13 h"], ["2 d", "-2 d", "1 d", "-1 d"]])
def test_a_clock_that_jumps_begins_no_second_day_within_half_a_one(jumps: list[str]) -> None:
    house = a_house().at("00:30").after("24 h").at("10:00")
    before = days(house)
    for jump in jumps:
        house.set_clock(jump).after("10 min")
    assert days(house) <= before + 1


def test_days_go_on_after_a_clock_that_was_wrong_for_long() -> None:
    house = a_house().at("10:00").set_clock("366 d").after("24 h").set_clock("-366 d")
    before = days(house)
    assert days(house.after("72 h")) >= before + 2


def test_a_clock_that_stays_in_1970_still_has_days() -> None:
    house = a_house()
    house.midnight = 0.0
    before = days(house.after("1 h"))
    assert days(house.after("72 h")) == before + 3
    assert "clock" in house.alarms()


def test_periods_follow_the_clock_that_is_set() -> None:
    plan = Plan(GIMJE, (), (), periods=(period("night", "20:00 .. 06:00"), period("day", "06:00 .. 20:00")))
    house = House(plan).after("1 min").at("07:00")
    assert house.core.period == "day"
    assert house.set_clock("-2 h").after("1 s").core.period == "night"
    assert house.after("62 min").core.period == "day"


def test_a_leap_second_is_no_jump() -> None:
    house = a_house().at("10:00")
    house.clock_error -= 1
    house.after("1 min")
    assert house.notes("clock") == []
