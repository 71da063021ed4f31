"""The example house by day and night: heating, vents, dew, shade, fog, storm and blindness, as its comments promise."""

from __future__ import annotations

import pytest

from controller.model.commands import Followed, Verb

from .house import House
from .house1 import house1

NORMAL = {
    "air_temperature": 20,
    "air_temperature_2": 20,
    "air_humidity": 70,
    "outside_temperature": 15,
    "outside_wind_speed": 2,
    "outside_rain": 0,
    "outside_radiation": 0,
    "slab_a_water_content": 60,
    "slab_a_drain": 0,
}


def a_house(**readings: float) -> House:
    return House(house1(), **(NORMAL | readings))


def temperature(value: float) -> dict[str, float]:
    return {"air_temperature": value, "air_temperature_2": value}


# heating


def test_the_heater_keeps_the_setpoint_of_the_period_between_two_limits() -> None:
    house = a_house().at("02:00").expect(heater="off")
    house.reads(**temperature(15.4)).after("1 min").expect(heater="on")
    house.reads(**temperature(16.4)).after("5 min").expect(heater="on")
    house.reads(**temperature(16.6)).after("1 min").expect(heater="off")
    house.because(heater="nothing asks for it")


def test_the_setpoint_ramps_between_periods() -> None:
    house = a_house().at("04:16")
    assert house.value("heating_temperature") == 16
    house.after("31 min")  # the morning began at 04:16:48, one hour before sunrise
    assert house.value("heating_temperature") == pytest.approx(17, abs=0.05)
    assert house.value("ventilation_temperature") == pytest.approx(21, abs=0.05)
    assert house.at("12:00").value("heating_temperature") == 19


def test_the_heater_stays_on_and_off_for_its_shortest_times() -> None:
    house = a_house().at("02:00").reads(**temperature(15)).after("1 min").expect(heater="on")
    house.reads(**temperature(17)).after("1 min").expect(heater="on")
    assert house.view("heater").limited == "kept on for its shortest time on"
    house.after("2 min").expect(heater="off")
    house.reads(**temperature(15)).after("4 min").expect(heater="off")
    house.after("2 min").expect(heater="on")
    assert all(seconds >= 180 for seconds in house.times_on("heater"))


# vents


@pytest.mark.parametrize(("air", "opening"), [(22.9, 0), (23, 0), (24.5, 25), (26, 50), (29, 100), (35, 100)])
def test_vents_open_in_proportion_to_the_excess(air: float, opening: float) -> None:
    a_house().at("10:00").reads(**temperature(air)).after("10 min").expect_target(roof_vent=opening).expect(
        roof_vent=opening
    )


def test_strong_sun_raises_the_start_of_the_band() -> None:
    house = a_house(**temperature(26)).at("10:00").reads(outside_radiation=400).after("10 min")
    house.expect_target(roof_vent=100 * 2 / 6).expect(roof_vent=33)  # 23 °C + half of the bonus of 2 °C


def test_the_band_is_wider_when_it_is_cold_outside() -> None:
    house = a_house(**temperature(26)).at("10:00").reads(outside_temperature=4.9).after("10 min")
    house.expect_target(roof_vent=25).because(roof_vent="band = 12 °C")


def test_vents_open_least_when_nobody_knows_how_cold_it_is_outside() -> None:
    house = a_house(**temperature(26)).at("10:00").after("10 min").expect_target(roof_vent=50)
    house.reads(outside_temperature=None).after("10 min").expect_target(roof_vent=25)


def test_small_changes_do_not_move_the_motor() -> None:
    house = a_house(**temperature(26)).at("10:00").after("10 min")
    before = house.orders("roof_vent")
    house.reads(**temperature(26.1)).after("5 min").reads(**temperature(25.9)).after("5 min")
    assert house.orders("roof_vent") == before


def test_dew_at_dawn_opens_a_crack_and_runs_the_fan() -> None:
    house = a_house(air_humidity=95).at("05:00").expect(roof_vent=10, fan="on").because(roof_vent="Dry the air at dawn")
    house.reads(air_humidity=80).after("2 min").expect(roof_vent=0, fan="off")


def test_damp_air_later_in_the_day_is_left_alone() -> None:
    a_house().at("09:00").reads(air_humidity=95).after("1 h").expect(roof_vent=0, fan="off")


def test_ten_minutes_of_damp_air_are_needed_without_a_break() -> None:
    house = a_house().at("05:00").reads(air_humidity=95).after("9 min").expect(fan="off")
    house.reads(air_humidity=80).after("10 s").reads(air_humidity=95).after("9 min").expect(fan="off")
    house.after("2 min").expect(fan="on")


# screen and fog


def test_the_screen_shades_after_five_minutes_of_strong_sun_and_opens_after_fifteen_of_weak() -> None:
    house = a_house().at("11:00").reads(outside_radiation=750).after("4 min").expect(shade_screen=0)
    house.after("6 min").expect(shade_screen=70)
    house.reads(outside_radiation=600).after("30 min").expect(shade_screen=70)
    house.reads(outside_radiation=500).after("14 min").expect(shade_screen=70)
    house.after("6 min").expect(shade_screen=0)


def test_the_screen_closes_on_cold_nights_only() -> None:
    house = a_house(outside_temperature=5).at("22:00").expect(shade_screen=100)
    house.reads(outside_temperature=9).after("5 min").expect(shade_screen=0)
    house.reads(outside_temperature=5).after("5 min").expect(shade_screen=100)
    house.at("05:00").expect(shade_screen=0)  # the morning has begun


def test_fog_comes_in_pulses_and_not_through_open_vents() -> None:
    house = a_house(air_humidity=20).at("09:00")
    pulses = len(house.times_on("fogger"))
    house.after("30 min")
    assert set(house.times_on("fogger")) == {30.0}
    assert len(house.times_on("fogger")) == pulses + 6
    house.reads(**temperature(29)).after("10 min").expect(roof_vent=100)
    pulses = len(house.times_on("fogger"))
    house.after("30 min")
    assert len(house.times_on("fogger")) == pulses


# safety


def test_a_storm_closes_the_vents_against_heat_and_hands() -> None:
    house = a_house(**temperature(30)).at("12:00").after("10 min").expect(roof_vent=100)
    house.reads(outside_wind_speed=16).after("4 min").expect(roof_vent=5).because(roof_vent="safety: Storm")
    house.override("roof_vent", 80, "30 min").after("5 min").expect(roof_vent=5)
    house.reads(outside_wind_speed=10).after("14 min").expect(roof_vent=5)
    house.after("5 min").expect(roof_vent=80).because(roof_vent="hand: Kim")
    house.after("20 min").expect(roof_vent=100)


def test_rain_and_storm_together_obey_the_stricter_bound() -> None:
    house = a_house(**temperature(30)).at("12:00").reads(outside_rain=1).after("5 min").expect(roof_vent=15)
    house.reads(outside_wind_speed=16).after("5 min").expect(roof_vent=5)
    house.reads(outside_wind_speed=2, outside_rain=0).after("12 min").expect(roof_vent=5)
    house.after("10 min").expect(roof_vent=100)


def test_without_a_thermometer_the_house_goes_to_its_blind_positions() -> None:
    house = a_house(**temperature(15)).at("02:00").expect(heater="on")
    house.reads(air_temperature=None, air_temperature_2=None).after("2 min").expect(heater="on")
    house.after("5 min").expect(heater="off", roof_vent=10, fogger="off").because(heater="Blind")
    house.reads(**temperature(15)).after("6 min").expect(heater="on", roof_vent=0)


def test_one_of_two_thermometers_is_enough() -> None:
    house = a_house(**temperature(26)).at("10:00").after("10 min")
    house.reads(air_temperature=None).after("10 min").expect_target(roof_vent=50)
    assert "sensor air.temperature" in house.alarms()


def test_thermometers_that_drift_apart_raise_an_alarm() -> None:
    house = a_house().at("10:00")
    assert house.reads(air_temperature_2=22.1).after("1 min").alarms()[-1] == "disagree air.temperature"
    assert "disagree air.temperature" not in house.reads(air_temperature_2=21.9).after("1 min").alarms()


def test_an_unknown_wind_brings_the_vents_to_safety_after_the_time_of_grace() -> None:
    house = a_house(**temperature(30)).at("12:00").after("10 min").expect(roof_vent=100)
    house.reads(outside_wind_speed=None).after("2 min").expect(roof_vent=100)  # stale after 1 min, 2 min of grace
    house.after("5 min").expect(roof_vent=0).because(roof_vent="Storm cannot know")
    house.override("roof_vent", 50, "1 h").after("5 min").expect(roof_vent=0)
    house.reads(outside_wind_speed=2).after("5 min").expect(roof_vent=50)


def test_dead_radiation_keeps_the_screen_where_it_is() -> None:
    house = a_house(outside_radiation=750).at("11:00").after("20 min").expect(shade_screen=70)
    house.reads(outside_radiation=None).after("1 h").expect(shade_screen=70).because(shade_screen="cannot know")


def test_a_dead_hygrometer_does_not_shut_the_vents_of_a_hot_house() -> None:
    house = a_house(**temperature(26)).at("06:00").after("10 min")
    opening = house.view("roof_vent").target
    assert opening > 50
    house.reads(air_humidity=None).after("15 min").expect_target(roof_vent=house.view("roof_vent").target)
    assert house.view("roof_vent").target > 50
    house.expect(fan="off", fogger="off").because(fan="cannot know")


def test_unknown_never_starts_a_pulse_nor_prolongs_one() -> None:
    house = a_house(air_humidity=20).at("09:00")
    while house.device("fogger").verb is None:
        house.after("5 s")
    house.says_bad(air_humidity="no answer").reads(air_humidity=None)
    pulses = len(house.times_on("fogger"))
    house.after("10 min").expect(fogger="off")
    assert len(house.times_on("fogger")) == pulses + 1
    assert house.times_on("fogger")[-1] <= 30.0


# interlock


def test_the_heater_is_off_while_the_vent_is_open_by_more_than_a_third() -> None:
    house = a_house(**temperature(15)).at("02:00").expect(heater="on")
    house.override("roof_vent", 80, "1 h").after("2 min").expect(heater="off").because(heater="never heater on")
    house.after("10 min").expect(roof_vent=80)
    house.release("roof_vent").after("10 min").expect(roof_vent=0, heater="on")


def test_the_vent_waits_below_the_limit_while_the_heater_owes_its_shortest_time_on() -> None:
    house = a_house(**temperature(17)).at("02:00").expect(heater="off")
    house.reads(**temperature(15)).after("10 s").expect(heater="on")
    house.override("roof_vent", 80, "1 h").after("100 s").expect(heater="on")
    assert house.view("roof_vent").position <= 30.5
    house.after("5 min").expect(heater="off", roof_vent=80)


# hand


def test_every_override_ends() -> None:
    house = a_house().at("10:00").override("fan", "on", "30 min").after("29 min").expect(fan="on")
    house.after("2 min").expect(fan="off")
    house.override("fan", "on", "30 days").after("24 h").after("1 min").expect(fan="off")
    assert "override by Kim has ended" in house.notes("fan")


def test_an_override_goes_on_over_a_restart_but_not_for_longer() -> None:
    house = a_house().at("10:00").override("fan", "on", "30 min").after("10 min").restart(down="1 min")
    house.after("1 min").expect(fan="on").restart(down="20 min").after("1 min").expect(fan="off")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_an_override_that_is_no_number_is_refused(value: float) -> None:
    house = a_house().at("10:00").override("fan", value, "30 min").after("1 min").expect(fan="off")
    assert house.notes("fan") == ["override by Kim refused: it is no number"]


def test_a_request_for_an_unknown_actuator_is_noted_and_harms_nothing() -> None:
    house = a_house().at("10:00").override("fam", 100, "30 min").after("1 min")
    assert house.notes("fam")[0].endswith("there is no such actuator")


# alarms


def test_frost_is_raised_after_two_minutes_and_cleared() -> None:
    house = a_house(**temperature(6)).at("03:00").reads(**temperature(4.9)).after("100 s")
    assert "Frost" not in house.alarms()
    assert "Frost" in house.after("1 min").alarms()
    assert "Frost" in house.restart(down="10 s").after("1 min").alarms()
    assert "Frost" not in house.reads(**temperature(6)).after("1 min").alarms()
    assert house.alarm_states("Frost") == ["raised", "cleared"]


# devices that do not do as they are told


def test_a_lost_relay_is_told_again_when_it_comes_back() -> None:
    house = a_house(**temperature(15)).at("02:00").expect(heater="on")
    house.device("heater").silent = True
    house.report("heater", Followed.LOST, note="no answer").after("1 min")
    assert "actuator heater" in house.alarms()
    house.device("heater").silent = False
    house.device("heater").stop(house.t)
    house.report("heater", Followed.BACK).after("10 s").expect(heater="on")
    assert house.device("heater").verb is Verb.ON
    assert "actuator heater" not in house.alarms()


def test_a_device_that_never_answers_raises_an_alarm() -> None:
    house = a_house().at("02:00")
    house.device("heater").silent = True
    house.reads(**temperature(15)).after("1 min")
    assert "actuator heater" not in house.alarms()
    assert "actuator heater" in house.after("1 min").alarms()
    assert house.orders("heater").count("on") >= 3
