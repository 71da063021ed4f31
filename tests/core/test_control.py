"""Proportional and PI control of actuators, needs that others go by, stages, limits and paces."""

from __future__ import annotations

import pytest

from controller.core.plan import ControlPlan, DrivePlan, LimitPlan, Pace, Plan, RulePlan, StagePlan
from controller.model.errors import ConfigError
from controller.rules.parser import Text

from .house import House
from .writing import GIMJE, drive, expression, motor, rule, sensor, switch

POINTS = ("air.temperature", "air.humidity", "outside.temperature", "outside.wind_speed", "outside.wind_direction")
CALM = {"air_temperature": 20, "air_humidity": 70, "outside_temperature": 10, "outside_wind_speed": 2}
SWITCHES = ("heater_1", "heater_2", "heater_3")


def a_house(
    *rules: RulePlan | DrivePlan,
    controls: tuple[ControlPlan, ...] = (),
    limits: tuple[LimitPlan, ...] = (),
    stages: tuple[StagePlan, ...] = (),
    safety: tuple[RulePlan, ...] = (),
) -> House:
    plan = Plan(
        GIMJE,
        tuple(sensor(point, max_rate=None) for point in POINTS),
        (motor("vent", 60.0, deadband=1.0), *(switch(name) for name in SWITCHES)),
        rules=rules,
        controls=controls,
        limits=limits,
        stages=stages,
        safety=safety,
    )
    return House(plan, **CALM).after("5 min")


def control(name: str = "need", band: str = "4 K", **more: object) -> ControlPlan:
    parts = expression("air.temperature"), expression("20 °C"), expression(band)
    return ControlPlan(name, Text(name), *parts, **more)  # type: ignore[arg-type]


def limit(
    name: str, when: str | None = None, low: str | None = None, high: str | None = None, **pace: Pace
) -> LimitPlan:
    conditions = [expression(text) if text else None for text in (when, low, high)]
    return LimitPlan(name, "vent", *conditions, **pace)


# drives


@pytest.mark.parametrize(("air", "opening"), [(21, 0), (20, 0), (19, 25), (17, 75), (10, 100)])
def test_a_reversed_band_lies_below_its_start(air: float, opening: float) -> None:
    house = a_house(drive("Heat", "vent", "air.temperature", "20 °C", "4 K", reverse=True))
    house.reads(air_temperature=air).after("2 min").expect_target(vent=opening)
    assert ("band", "4 °C below") in house.view("vent").cause.values


def test_a_drive_stays_within_its_bounds() -> None:
    bounds = {"low": expression("10 %"), "high": expression("100 % - 60 % * ramp(outside.wind_speed, 5 m/s, 10 m/s)")}
    house = a_house(drive("Band", "vent", "air.temperature", "20 °C", "4 K", **bounds)).expect_target(vent=10)
    house.reads(air_temperature=30).after("2 min").expect_target(vent=100)
    house.reads(outside_wind_speed=7.5).after("2 min").expect_target(vent=70)
    house.reads(outside_wind_speed=None).after("10 min").expect_target(vent=70)  # unknown: as it was


def test_the_integral_part_removes_what_the_band_leaves() -> None:
    house = a_house(drive("PI", "vent", "air.temperature", "20 °C", "10 K", integral=600.0))
    house.reads(air_temperature=21).after("2 min")
    first = house.view("vent").target
    house.after("10 min")
    assert house.view("vent").target == pytest.approx(first + 10, abs=1.5)  # as much again each 600 s


def test_the_integral_part_does_not_wind_up_at_its_bounds() -> None:
    house = a_house(drive("PI", "vent", "air.temperature", "20 °C", "5 K", integral=300.0))
    house.reads(air_temperature=30).after("5 h").expect_target(vent=100)
    house.reads(air_temperature=19.5).after("10 min")
    assert house.view("vent").target < 90
    house.after("1 h").expect_target(vent=0)


def test_the_integral_part_does_not_wind_up_against_a_storm() -> None:
    storm = rule("Storm", "outside.wind_speed > 15 m/s", {"vent": "at most 5 %"})
    house = a_house(drive("PI", "vent", "air.temperature", "20 °C", "10 K", integral=600.0), safety=(storm,))
    house.reads(air_temperature=22).after("3 min")
    before = house.view("vent").target
    house.reads(outside_wind_speed=20).after("3 h").reads(outside_wind_speed=2).after("30 s")
    assert house.view("vent").target == pytest.approx(before, abs=8)


def test_an_integral_part_survives_a_restart() -> None:
    house = a_house(drive("PI", "vent", "air.temperature", "20 °C", "10 K", integral=600.0))
    house.reads(air_temperature=22).after("10 min")
    before = house.view("vent").target
    house.restart(down="10 s").after("1 s")
    assert house.view("vent").target == pytest.approx(before, abs=1)


# needs and cascades


def test_a_need_is_a_name_for_other_rules() -> None:
    fan = rule("Fan", "need > 50 %", {"heater_1": "on"}, until="need < 30 %")
    house = a_house(fan, controls=(control(),)).reads(air_temperature=21).after("1 min").expect(heater_1="off")
    house.reads(air_temperature=22.5).after("1 min").expect(heater_1="on")
    house.reads(air_temperature=21.5).after("1 min").expect(heater_1="on")
    house.reads(air_temperature=21).after("1 min").expect(heater_1="off")


def test_a_need_that_cannot_know_is_unknown_after_its_grace() -> None:
    fan = rule("Fan", "need > 50 %", {"heater_1": "on"})
    house = a_house(fan, controls=(control(),)).reads(air_temperature=24).after("1 min").expect(heater_1="on")
    house.reads(air_temperature=None).after("2 min").expect(heater_1="on")
    house.after("5 min").expect(heater_1="off")


def test_a_need_must_not_depend_on_itself() -> None:
    own = ControlPlan("need", Text("need"), expression("need"), expression("20 %"), expression("4 %"))
    with pytest.raises(ConfigError, match="control need depends on itself: need -> need"):
        a_house(controls=(own,))


# limits


def test_a_limit_is_a_bound_that_moves() -> None:
    gap = limit("Gap", high="100 % - 4 % * ramp(air.humidity, 88 %, 94 %)")
    house = a_house(rule("Close", "outside.temperature < 12 °C", {"vent": "100 %"}), limits=(gap,))
    house.after("2 min").expect_target(vent=100)
    house.reads(air_humidity=91).after("2 min").expect_target(vent=98).because(vent="Gap")
    house.reads(air_humidity=99).after("2 min").expect_target(vent=96)


def test_a_limit_holds_while_its_condition_does_or_is_unknown() -> None:
    band = drive("Band", "vent", "air.temperature", "20 °C", "4 K")
    house = a_house(band, limits=(limit("Frost", when="outside.temperature < 0 °C", high="20 %"),))
    house.reads(air_temperature=30).after("2 min").expect(vent=100)
    house.reads(outside_temperature=-1).after("2 min").expect(vent=20)
    house.reads(outside_temperature=1).after("2 min").expect(vent=100)
    house.reads(outside_temperature=None).after("2 min").expect(vent=20)


def test_an_unknown_minimum_opens_nothing() -> None:
    house = a_house(limits=(limit("Fresh", low="20 % * ramp(air.humidity, 80 %, 90 %)"),))
    house.reads(air_humidity=90).after("2 min").expect(vent=20)
    house.reads(air_humidity=None).after("5 min").expect(vent=0)


def test_a_hand_and_safety_are_free_of_limits() -> None:
    house = a_house(limits=(limit("Low", high="20 %", rising=Pace(5, 60)),)).override("vent", 70, "10 min")
    house.after("2 min").expect(vent=70)


def test_a_screen_opens_step_by_step() -> None:
    """0 % is an open screen: it falls from 100 % by 10 % every 3 min."""
    close = rule("Close", "outside.temperature < 12 °C", {"vent": "100 %"})
    house = a_house(close, limits=(limit("Slowly", falling=Pace(10, 180)),)).after("2 min").expect(vent=100)
    house.reads(outside_temperature=15).after("1 min").expect(vent=90).because(vent="on the way to 0 %")
    house.after("2 min").expect(vent=90).after("1 min").expect(vent=80)
    house.after("30 min").expect(vent=0)
    house.reads(outside_temperature=5).after("2 min").expect(vent=100)  # closing is as fast as ever


def test_a_pace_goes_on_over_a_restart() -> None:
    close = rule("Close", "outside.temperature < 12 °C", {"vent": "100 %"})
    house = a_house(close, limits=(limit("Slowly", falling=Pace(10, 180)),)).after("2 min")
    house.reads(outside_temperature=15).after("4 min").expect(vent=80).restart(down="1 s")
    house.after("1 min").expect(vent=80)
    house.after("2 min").expect(vent=70)


def test_after_a_storm_vents_reopen_in_steps_from_where_it_left_them() -> None:
    storm = rule("Storm", "outside.wind_speed > 15 m/s", {"vent": "at most 5 %"}, until="outside.wind_speed < 10 m/s")
    band = drive("Band", "vent", "air.temperature", "20 °C", "4 K")
    house = a_house(band, limits=(limit("Steps", rising=Pace(20, 120)),), safety=(storm,))
    house.reads(air_temperature=30).after("12 min").expect(vent=100)
    house.reads(outside_wind_speed=20).after("2 min").expect(vent=5)  # closing for safety is immediate
    house.reads(outside_wind_speed=2).after("1 min").expect(vent=25).after("2 min").expect(vent=45)


def test_a_vent_that_cannot_know_goes_to_safety_without_steps() -> None:
    band = drive("Band", "vent", "air.temperature", "20 °C", "4 K")
    house = a_house(band, limits=(limit("Steps", falling=Pace(5, 300)),)).reads(air_temperature=30).after("2 min")
    house.reads(air_temperature=None).after("5 min").expect(vent=0)


# lee and windward, by nothing but corrections and limits


def windward(name: str, side: str) -> tuple[DrivePlan, str]:
    facing = f"ramp(angle(outside.wind_direction, {side}), 100°, 80°)"
    held_back = {"high": expression(f"100 % - 70 % * {facing} * ramp(outside.wind_speed, 3 m/s, 8 m/s)")}
    return drive(name, "vent", "air.temperature", f"20 °C + 2 K * {facing}", "4 K", **held_back), facing


@pytest.mark.parametrize(
    ("direction", "speed", "opening"),
    [(270, 2, 75), (90, 2, 25), (90, 8, 25), (350, 2, 75), (91, 8, 25), (90, 5.5, 25)],
)
def test_the_windward_vent_opens_later_and_less(direction: float, speed: float, opening: float) -> None:
    band, _ = windward("East side", "90°")
    house = a_house(band).reads(air_temperature=23, outside_wind_speed=speed, outside_wind_direction=direction)
    house.after("2 min").expect_target(vent=opening)


def test_in_strong_wind_the_windward_vent_is_held_back() -> None:
    band, _ = windward("East side", "90°")
    house = a_house(band).reads(air_temperature=30, outside_wind_speed=8, outside_wind_direction=90)
    house.after("2 min").expect_target(vent=30)
    house.reads(outside_wind_direction=270).after("2 min").expect_target(vent=100)


# stages


def stages(**more: object) -> StagePlan:
    return StagePlan("Heaters", expression("need"), SWITCHES, (20.0, 50.0, 80.0), hysteresis=15.0, **more)  # type: ignore[arg-type]


def running(house: House) -> str:
    return "".join(name[-1] for name in SWITCHES if house.view(name).on)


def test_stages_follow_the_need_with_hysteresis() -> None:
    house = a_house(controls=(control(band="10 K"),), stages=(stages(),))
    found = []
    for air in (21, 22.5, 25.5, 28.5, 27, 26, 24, 21.5, 20.4):
        house.reads(air_temperature=air).after("1 min")
        found.append(running(house))
    assert found == ["", "1", "12", "123", "123", "12", "12", "1", ""]


def test_stages_come_one_after_the_other() -> None:
    house = a_house(controls=(control(band="10 K"),), stages=(stages(delay=180.0),))
    house.reads(air_temperature=30).after("1 min")
    found = [running(house)] + [running(house.after("3 min")) for _ in range(3)]
    assert found == ["1", "12", "123", "123"]
    house.reads(air_temperature=15).after("1 min")
    assert [running(house)] + [running(house.after("3 min")) for _ in range(2)] == ["12", "1", ""]


def test_rotation_gives_every_one_its_turn() -> None:
    house = a_house(controls=(control(band="10 K"),), stages=(stages(rotate=True),))
    found = []
    for air in (22.5, 20, 22.5, 20, 22.5, 20, 22.5):
        house.reads(air_temperature=air).after("1 min")
        found.append(running(house))
    assert found == ["1", "", "2", "", "3", "", "1"]


def test_rotation_by_time_exchanges_them_under_a_constant_need() -> None:
    house = a_house(controls=(control(band="10 K"),), stages=(stages(rotate_every=3600.0),))
    house.reads(air_temperature=25.5).after("1 min")
    found = [running(house)] + [running(house.after("1 h")) for _ in range(3)]
    assert found == ["12", "23", "13", "12"]


def test_stages_that_cannot_know_switch_off() -> None:
    house = a_house(controls=(control(band="10 K"),), stages=(stages(),)).reads(air_temperature=30).after("1 min")
    assert running(house) == "123"
    house.reads(air_temperature=None).after("10 min")
    assert running(house) == ""
    house.because(heater_1="cannot know")


def test_stages_go_on_over_a_restart() -> None:
    house = a_house(controls=(control(band="10 K"),), stages=(stages(rotate=True),))
    house.reads(air_temperature=22.5).after("1 min").reads(air_temperature=20).after("1 min")
    house.reads(air_temperature=22.5).after("1 min").restart(down="5 s").after("1 s")
    assert running(house) == "2"


def test_a_pump_runs_on_by_its_rule() -> None:
    pump = rule("Pump", "vent > 2 %", {"heater_1": "on"}, until="vent < 2 % for 10 min")
    house = a_house(drive("Mix", "vent", "air.temperature", "20 °C", "4 K", reverse=True), pump)
    house.reads(air_temperature=18).after("2 min").expect(heater_1="on")
    house.reads(air_temperature=21).after("9 min").expect(vent=0, heater_1="on")
    house.after("3 min").expect(heater_1="off")


def test_a_need_is_measured_in_per_cent() -> None:
    with pytest.raises(ConfigError, match="write it in %"):
        a_house(stages=(StagePlan("Wrong", expression("air.temperature"), SWITCHES, (20.0,)),))


def test_a_drive_says_what_it_goes_by_now() -> None:
    house = a_house(drive("Band", "vent", "air.temperature", "20 °C", "40 K")).reads(air_temperature=24).after("1 min")
    house.reads(air_temperature=24.1).after("10 s")  # too little to move the motor
    assert house.view("vent").cause.values[0] == ("air.temperature", "24.1 °C")
