"""Every example of the language's README loads, and does what its sentence says."""

from __future__ import annotations

import pytest

from controller.analysis import analyse
from controller.core.plan import Plan
from tests.core.house import House

from .cookbook import check, examples

MILD = {
    "air_temperature": 20,
    "air_humidity": 70,
    "air_co2": 600,
    "north_temperature": 20,
    "north_humidity": 70,
    "south_temperature": 20,
    "south_humidity": 70,
    "outside_temperature": 12,
    "outside_wind_speed": 2,
    "outside_wind_direction": 270,
    "outside_radiation": 0,
    "outside_ppfd": 0,
    "pipe_temperature": 40,
    "slab_a_water_content": 60,
    "slab_a_drain": 0,
    "water_flow": 0,
    "power_number": 100,
}


def plan(name: str) -> Plan:
    report = check(examples()[name])
    assert report.errors == ()
    assert report.configuration is not None
    return report.configuration.plan


def a_house(name: str, **readings: float) -> House:
    return House(plan(name), poll=30.0, **(MILD | readings)).after("5 min")


@pytest.mark.parametrize("name", sorted(examples()))
def test_every_example_loads_and_runs_through_a_day(name: str) -> None:
    house = a_house(name).at("12:00").reads(outside_radiation=600, outside_ppfd=1200, air_temperature=24).at("23:30")
    assert sum(not command.renews for command in house.commands) < 300
    house.restart(down="1 min").after("1 min")


@pytest.mark.parametrize("name", sorted(examples()))
def test_no_example_upsets_the_analysis(name: str) -> None:
    unmoved = {
        finding.message.rpartition(" ")[2] for finding in analyse(plan(name), 2026) if "moves" in finding.message
    }
    house = a_house(name, outside_radiation=300, air_temperature=32, water_volume=0).at("12:10")
    moved = {view.name for view in house.core.actuators() if len(house.device(view.name).spans) > 1}
    assert not moved & unmoved


def test_each_house_has_its_own_rule() -> None:
    house = a_house("for each", south_humidity=95).after("12 min").expect(south_fan="on", north_fan="off")
    house.because(south_fan="Move the air of south")


def test_warmth_follows_period_light_and_damp() -> None:
    house = a_house("periods and setpoints").at("12:00")
    assert house.value("warmth") == 20
    house.reads(outside_radiation=500).after("1 min")
    assert house.value("warmth") == pytest.approx(21)
    house.reads(outside_radiation=800, air_humidity=90).after("1 min")
    assert house.value("warmth") == pytest.approx(21.25)


def test_a_warm_day_is_paid_back_at_night() -> None:
    house = a_house("sums", air_temperature=26).after("6 h")
    assert house.value("banked_warmth") == pytest.approx(16.5, abs=0.1)


def test_co2_stops_when_the_vents_open() -> None:
    house = a_house("rules", outside_radiation=300).expect(co2_valve="on")
    house.override("roof_vent", 30, "1 h").after("2 min").expect(co2_valve="off")
    house.release("roof_vent").after("5 min").expect(co2_valve="on")
    house.reads(air_co2=850).after("1 min").expect(co2_valve="off")


def test_the_windward_side_is_held_back_and_damp_opens_the_other() -> None:
    house = a_house("drive", air_temperature=24).after("3 min").expect_target(roof_vent=50)
    house.reads(outside_wind_direction=90, air_temperature=30, outside_wind_speed=10).after("5 min")
    house.expect_target(roof_vent=30)
    house.reads(air_humidity=88).after("3 min")
    assert house.view("side_vent").target > 20


def test_the_pipe_is_as_warm_as_the_need_asks_and_never_below_its_minimum() -> None:
    house = a_house("controls", air_temperature=19)
    assert house.value("pipe_temperature") == pytest.approx(35)
    house.reads(air_temperature=16).after("30 min")
    assert house.value("pipe_temperature") > 55
    assert house.view("mixing_valve").target > 80
    house.expect(pipe_pump="on").reads(air_temperature=19, pipe_temperature=60).after("12 min")
    house.expect(mixing_valve=0, pipe_pump="on").after("9 min").expect(pipe_pump="off")


def test_pad_and_fans_come_in_stages_and_circulation_takes_turns() -> None:
    house = a_house("stages", air_temperature=29).expect(fan_1="on").after("3 min")
    house.expect(fan_1="on", fan_2="on", pad_pump="off")
    house.reads(air_temperature=31).after("3 min").expect(pad_pump="on")
    on = [house.view(name).on for name in ("circulation_1", "circulation_2")]
    house.after("6 h")
    assert [house.view(name).on for name in ("circulation_1", "circulation_2")] == on[::-1]


def test_a_screen_keeps_a_gap_and_opens_slowly_in_the_cold() -> None:
    house = a_house("limits", outside_temperature=2).override("thermal_screen", 100, "5 min").after("6 min")
    assert house.view("thermal_screen").target == pytest.approx(95, abs=5)
    house.after("6 min")
    assert 80 <= house.view("thermal_screen").target <= 95


def test_beds_are_watered_in_sequence_by_litres() -> None:
    house = a_house("irrigation", water_volume=0)
    house.at("06:16")
    for litres in range(0, 140, 5):
        house.reads(water_volume=litres).after("15 s")
    assert house.notes("Beds in sequence")[-1] == "gave 60 L + 60 L"
    assert "start time = sunrise + 1 h" in house.notes("Beds in sequence")[0]
    assert house.times_on("main_pump")[0] == pytest.approx(
        sum(house.times_on("bed_1") + house.times_on("bed_2")), abs=2
    )


def test_lamps_burn_in_cheap_dark_hours() -> None:
    house = a_house("lamps").at("01:50").expect(lamp="off").at("02:10").expect(lamp="on")
    house.reads(power_number=140).after("1 min").expect(lamp="off")


def test_gusts_close_and_reopening_is_delayed_and_stepwise() -> None:
    house = a_house("safety").override("roof_vent", 100, "20 min").after("3 min").expect(roof_vent=100)
    house.reads(outside_wind_speed=19).after("3 min").reads(outside_wind_speed=5).after("3 min").expect(roof_vent=5)
    house.after("9 min").expect(roof_vent=5)
