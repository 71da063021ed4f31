"""The example house's water: by light or time, inside its window, skipped, stopped, bounded, and never twice."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from controller.model.commands import Followed

from .house import House
from .house1 import house1
from .test_house1_climate import NORMAL

MORNING = "07:30"
"""Just after the window opened: on 21 June the sun rises at 05:16:48, and rounds may start two hours later."""


def a_house(**readings: float) -> House:
    return House(house1(), **(NORMAL | readings))


def rounds_given(house: House) -> list[float]:
    return house.times_on("irrigation_a")


def pauses(house: House) -> list[float]:
    """Seconds from each start to the next."""
    starts = [start for _, start, _ in house.device("irrigation_a").spans]
    return [later - earlier for earlier, later in pairwise(starts)]


def test_the_first_round_starts_with_the_window() -> None:
    house = a_house().at("07:10").expect(irrigation_a="closed")
    assert rounds_given(house) == []
    house.at("07:18")
    assert rounds_given(house.after("2 min")) == [120.0]
    house.because(irrigation_a="nothing asks for it")


def test_light_brings_rounds_forward() -> None:
    house = a_house().at(MORNING).reads(outside_radiation=500)
    before = len(rounds_given(house))
    house.after("125 min")  # 500 W/m² make 120 J/cm² in 40 min
    assert len(rounds_given(house)) - before == 3


def test_a_dead_radiation_sensor_leaves_a_round_every_three_hours() -> None:
    house = a_house().at(MORNING).reads(outside_radiation=None).at("17:00")
    assert rounds_given(house) == [120.0] * 4  # 07:17, 10:17, 13:17, 16:17


def test_rounds_end_with_the_window() -> None:
    house = a_house(outside_radiation=800).at("17:51").after("20 s")
    before = len(rounds_given(house.after("2 min")))
    house.at("23:59")
    assert len(rounds_given(house)) == before
    last = max(end for _, _, end in house.device("irrigation_a").spans)
    assert last <= 17 * 3600 + 51 * 60 + 40  # the sun sets at 19:51:39


def test_a_round_that_would_not_fit_into_the_window_is_not_begun() -> None:
    house = a_house().at("14:00")
    house.at("17:50").reads(outside_radiation=1500)  # the sum is reached a minute before the window closes
    house.at("17:52")
    starts = [start for _, start, _ in house.device("irrigation_a").spans]
    assert all(start <= 17 * 3600 + 49 * 60 + 40 for start in starts)


def test_a_wet_slab_skips_a_round_and_that_counts_as_a_start() -> None:
    house = a_house(slab_a_water_content=76).at("12:00")
    assert rounds_given(house) == []
    assert house.notes("Slab A by light") == ["round skipped"] * 2  # 07:17 and 10:17
    house.reads(slab_a_water_content=60).at("13:10")
    assert rounds_given(house) == []
    assert rounds_given(house.at("13:30")) == [120.0]


def test_much_drain_ends_the_rounds_of_the_day() -> None:
    house = a_house().at(MORNING)
    assert rounds_given(house) == [120.0]  # 48 L
    house.reads(slab_a_drain=18).at("19:00")
    assert rounds_given(house) == [120.0]
    assert "no more rounds today" in house.notes("Slab A by light")
    house.at("07:30")
    assert rounds_given(house) == [120.0] * 2


def test_what_drains_at_night_is_not_held_against_the_next_day() -> None:
    house = a_house().at("03:00").reads(slab_a_drain=40).at("12:00")
    assert rounds_given(house) == [120.0] * 2


def test_a_dry_slab_is_rescued_at_night_with_an_hour_between() -> None:
    house = a_house().at("21:00")
    before = len(rounds_given(house))
    house.reads(slab_a_water_content=40).after("9 min")
    assert len(rounds_given(house)) == before
    house.after("4 min")
    assert rounds_given(house)[before:] == [60.0]
    house.after("1 h")
    assert rounds_given(house)[before:] == [60.0, 60.0]


def test_by_day_nobody_rescues_the_slab() -> None:
    house = a_house(slab_a_water_content=40).at("12:00")
    night = [start for _, start, _ in house.device("irrigation_a").spans if 5.5 * 3600 < start < 7 * 3600]
    assert night == []


def test_no_hand_gives_more_than_a_quarter_of_an_hour_at_once_or_ninety_minutes_a_day() -> None:
    house = a_house().at("00:10")
    for _ in range(20):
        house.override("irrigation_a", "open", "1 h").after("20 min").expect(irrigation_a="closed")
        house.release("irrigation_a").after("1 min")
    assert max(rounds_given(house)) <= 900
    today = sum(rounds_given(house))
    assert today <= 5400.001
    house.at("00:05")
    house.override("irrigation_a", "open", "10 min").after("11 min")
    assert sum(rounds_given(house)) > today


# devices


def test_a_round_counts_only_water_that_the_valve_confirms() -> None:
    house = a_house().at("07:10")
    house.device("irrigation_a").silent = True
    house.at("07:20")
    house.report("irrigation_a", Followed.LOST, note="the broker is gone").after("1 min")
    house.device("irrigation_a").silent = False
    house.report("irrigation_a", Followed.BACK).after("10 min")
    assert sum(rounds_given(house)) == pytest.approx(120, abs=2)


def test_a_round_that_the_valve_never_gives_raises_an_alarm() -> None:
    house = a_house().at("07:10")
    house.device("irrigation_a").silent = True
    house.at("07:31")
    assert "irrigation Slab A by light" in house.alarms()
    assert house.notes("Slab A by light")[-1] == "gave only 0 s of 2 min"
    house.device("irrigation_a").silent = False
    assert "irrigation Slab A by light" not in house.at("12:00").alarms()


# restarts and clocks


def test_a_restart_in_a_round_gives_what_is_still_owed() -> None:
    house = a_house().at("07:17").after("20 s")
    assert house.device("irrigation_a").verb is not None
    house.restart(down="30 s").after("5 min")
    assert sum(rounds_given(house)) == pytest.approx(120, abs=2)


def test_a_round_cut_by_a_long_restart_is_not_given_twice() -> None:
    house = a_house().at("07:17").after("20 s").restart(down="20 min").after("10 min")
    assert sum(rounds_given(house)) == pytest.approx(120, abs=2)


def test_sums_go_on_over_a_restart() -> None:
    house = a_house().at(MORNING).reads(outside_radiation=500).after("35 min")
    before = len(rounds_given(house))
    house.restart(down="5 s").after("4 min")
    assert len(rounds_given(house)) == before
    house.at("08:30")
    assert len(rounds_given(house)) > before


def test_the_light_sum_of_a_house_that_never_watered_is_kept_too() -> None:
    house = a_house(outside_radiation=500, slab_a_water_content=60)
    house.at("00:30").restart(down="5 s").after("5 min")
    chosen = [node for node in house.core._network.nodes() if node.key.startswith("radiation_sum since start")]
    assert house.core._network.values[chosen[0].slot] == pytest.approx(500 * 35 * 60 / 1e4, rel=0.02)  # type: ignore[attr-defined]


@pytest.mark.parametrize("jump", ["-2 h", "3 h", "-1 d", "1 d", "-0.5 h"])
def test_a_clock_that_jumps_makes_no_round_of_its_own(jump: str) -> None:
    house = a_house().at("10:30")
    assert len(rounds_given(house)) == 2
    house.set_clock(jump).after("2 h")
    assert len(rounds_given(house)) == 2
    house.after("70 min")
    assert all(pause >= 3 * 3600 for pause in pauses(house))


def test_a_clock_that_jumps_grants_no_second_day_of_water() -> None:
    house = a_house().at("08:00")
    for _ in range(12):
        house.override("irrigation_a", "open", "1 h").after("16 min").release("irrigation_a").after("1 min")
    for jump in ("1 d", "-1 d", "2 d", "-2 d"):
        house.set_clock(jump).override("irrigation_a", "open", "1 h").after("16 min")
        house.release("irrigation_a").after("1 min")
    twelve_hours = [span for span in house.device("irrigation_a").spans if span[1] < 20 * 3600]
    assert sum(end - start for _, start, end in twelve_hours) <= 2 * 5400.001


def test_a_machine_that_starts_in_1970_takes_up_the_day_where_it_was() -> None:
    house = a_house().at("12:00")
    before, wall = rounds_given(house), house.midnight
    house.midnight = -house.t  # its clock says 1 January 1970, 09:00
    house.restart(down="30 s").after("10 min")
    assert "clock" in house.alarms()
    assert house.core.period == "day"
    assert rounds_given(house) == before
    house.midnight = wall
    house.after("10 min")
    assert "clock" not in house.alarms()
    assert rounds_given(house) == before


@pytest.mark.parametrize("date", ["2026-03-29", "2026-10-25"])
def test_the_change_of_summer_time_gives_no_round_too_many_or_too_few(date: str) -> None:
    plan = house1()
    berlin = replace(plan, site=replace(plan.site, latitude=51.0, longitude=6.0, timezone="Europe/Berlin"))
    house = House(berlin, date, **NORMAL).after("24 h")
    assert 2 <= len(rounds_given(house)) <= 4
    assert all(pause == pytest.approx(3 * 3600, abs=15) for pause in pauses(house))
