"""Who decides: limits over interlocks over safety over hands over irrigation over rules over rest."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core.actuation import Want
from controller.core.interlocks import resolve
from controller.core.plan import Atom, DrivePlan, InterlockPlan, LimitPlan, Plan, RulePlan
from controller.model.commands import Level, Verb
from controller.rules.parser import Text

from .house import House
from .writing import GIMJE, drive, expression, motor, rounds, rule, sensor, switch, valve

POINTS = ("air.temperature", "air.humidity", "outside.wind_speed")
CALM = {"air_temperature": 20, "air_humidity": 70, "outside_wind_speed": 2}


def a_house(*rules: RulePlan | DrivePlan, safety: tuple[RulePlan, ...] = (), safe: float | None = 0.0) -> House:
    plan = Plan(
        GIMJE,
        tuple(sensor(point) for point in POINTS),
        (motor("vent", 60.0, safe=safe), switch("fan"), valve("tap")),
        rules=rules,
        safety=safety,
    )
    return House(plan, **CALM).after("5 min")


VENT_BY_HEAT = drive("Band", "vent", "air.temperature", "20 °C", "10 °C")
AT_LEAST = rule("Crack", "air.humidity > 90 %", {"vent": "at least 30 %"})
AT_MOST = rule("Breeze", "outside.wind_speed > 8 m/s", {"vent": "at most 40 %"})


def test_the_first_rule_of_the_file_that_names_a_position_wins() -> None:
    first = rule("First", "air.temperature > 25 °C", {"vent": "20 %"})
    second = rule("Second", "air.temperature > 24 °C", {"vent": "70 %"})
    house = a_house(first, second).reads(air_temperature=24.5).after("2 min").expect(vent=70)
    house.reads(air_temperature=26).after("2 min").expect(vent=20).because(vent="First")
    a_house(second, first).reads(air_temperature=26).after("2 min").expect(vent=70)


def test_bounds_apply_to_whatever_rule_decides() -> None:
    house = a_house(VENT_BY_HEAT, AT_LEAST, AT_MOST)
    house.reads(air_humidity=95).after("2 min").expect(vent=30).because(vent="Crack")
    house.reads(air_temperature=28).after("3 min").expect(vent=80).because(vent="Band")
    house.reads(outside_wind_speed=10).after("2 min").expect(vent=40).because(vent="Breeze")


def test_where_bounds_clash_the_closed_side_wins_in_any_order() -> None:
    low = rule("Low", "air.humidity > 90 %", {"vent": "at least 50 %", "fan": "at least 100 %"})
    high = rule("High", "outside.wind_speed > 8 m/s", {"vent": "at most 20 %", "fan": "at most 0 %"})
    for order in ((low, high), (high, low)):
        house = a_house(*order).reads(air_humidity=95, outside_wind_speed=10).after("2 min")
        house.expect(vent=20, fan="off").because(vent="High")


def test_a_rule_that_cannot_know_whether_it_would_have_won_sends_to_safety() -> None:
    frost = rule("Frost", "air.humidity < 10 %", {"vent": "0 %"})
    house = a_house(frost, VENT_BY_HEAT).reads(air_temperature=28).after("3 min").expect(vent=80)
    house.reads(air_humidity=None).after("2 min").expect(vent=80)
    house.after("3 min").expect(vent=0).because(vent="safe position: Frost cannot know")


def test_an_earlier_rule_that_knows_is_not_disturbed_by_a_later_one_that_does_not() -> None:
    later = rule("Later", "air.humidity < 10 %", {"vent": "0 %"})
    a_house(VENT_BY_HEAT, later).reads(air_temperature=28, air_humidity=None).after("10 min").expect(vent=80)


def test_bounds_that_are_unknown_hold_where_they_close_and_not_where_they_open() -> None:
    house = a_house(VENT_BY_HEAT, AT_LEAST, AT_MOST).reads(air_humidity=95).after("2 min").expect(vent=30)
    house.reads(air_humidity=None).after("5 min").expect(vent=0)
    house.reads(air_temperature=28, outside_wind_speed=None).after("10 min").expect(vent=40)
    house.because(vent="Breeze (cannot know)")


def test_safe_can_mean_to_stay() -> None:
    house = a_house(VENT_BY_HEAT, safe=None).reads(air_temperature=25).after("2 min").expect(vent=50)
    house.reads(air_temperature=None).after("10 min").expect(vent=50).because(vent="cannot know")


def test_a_p_band_without_its_thermometer_holds_and_then_goes_to_safety() -> None:
    house = a_house(VENT_BY_HEAT).reads(air_temperature=25).after("2 min").expect(vent=50)
    house.reads(air_temperature=None).after("2 min").expect(vent=50)
    house.after("3 min").expect(vent=0)
    house.reads(air_temperature=25).after("2 min").expect(vent=50)


def test_a_rule_whose_end_is_unknown_goes_to_safety_even_if_nothing_else_happens() -> None:
    fan = rule("Fan", "air.temperature > 25 °C", {"fan": "on"}, until="air.humidity < 60 %")
    house = a_house(fan).reads(air_humidity=None).after("5 min").reads(air_temperature=26).after("1 min")
    house.expect(fan="on").after("3 min").expect(fan="off").because(fan="Fan cannot know")


def test_keep_stays_where_it_was_when_the_rule_began() -> None:
    keep = rule("Keep", "outside.wind_speed > 8 m/s", {"vent": "keep"})
    house = a_house(keep, VENT_BY_HEAT).reads(air_temperature=25).after("2 min").expect(vent=50)
    house.reads(outside_wind_speed=10, air_temperature=29).after("5 min").expect(vent=50).because(vent="Keep")


def test_a_hand_beats_rules_and_yields_to_safety() -> None:
    storm = rule("Storm", "outside.wind_speed > 15 m/s", {"vent": "at most 10 %"})
    house = a_house(VENT_BY_HEAT, AT_MOST, safety=(storm,)).override("vent", 90, "2 h").after("2 min")
    house.expect(vent=90).reads(outside_wind_speed=10).after("2 min").expect(vent=90)
    house.reads(outside_wind_speed=16).after("2 min").expect(vent=10).because(vent="safety: Storm").because(
        vent="instead of 90 % by Kim"
    )


def test_a_hand_is_free_of_rules_that_cannot_know() -> None:
    house = a_house(VENT_BY_HEAT).reads(air_temperature=None).after("10 min").expect(vent=0)
    house.override("vent", 40, "1 h").after("2 min").expect(vent=40)


def test_a_safe_position_opens_nothing_that_a_measured_storm_keeps_closed() -> None:
    storm = rule("Storm", "outside.wind_speed > 15 m/s", {"vent": "at most 5 %"})
    damp = rule("Damp", "air.humidity > 95 %", {"vent": "at most 15 %"})
    for order in ((storm, damp), (damp, storm)):
        house = a_house(VENT_BY_HEAT, safety=order, safe=30.0).reads(air_humidity=None).after("5 min")
        house.expect(vent=30).because(vent="Damp cannot know")
        house.reads(outside_wind_speed=10).reads(outside_wind_speed=16).after("2 min").expect(vent=5).because(
            vent="Storm"
        )


def test_a_frost_lock_holds_where_the_rules_cannot_know() -> None:
    lock = LimitPlan("Frost lock", "vent", high=expression("0 %"), when=expression("outside.wind_speed < 9 m/s"))
    plan = replace(a_house(VENT_BY_HEAT, safe=30.0).plan, limits=(lock,))
    house = House(plan, **CALM).after("5 min").reads(air_temperature=None).after("10 min")
    house.expect(vent=0).because(vent="Frost lock")


def test_a_new_override_replaces_the_old_one() -> None:
    house = a_house().override("vent", 40, "1 h").override("vent", 10, "5 min", by="Lee").after("2 min")
    house.expect(vent=10).because(vent="Lee").after("4 min").expect(vent=0)


def test_rules_that_chase_each_other_do_not_make_a_switch_rattle() -> None:
    house = a_house(rule("Contrary", "fan is off", {"fan": "on"}))
    before = len(house.orders("fan"))
    house.after("1 min")
    assert len(house.orders("fan")) - before <= 62


def test_two_rules_of_one_valve_take_turns() -> None:
    plan = Plan(
        GIMJE,
        (sensor("air.temperature"),),
        (valve("tap"),),
        irrigation=(
            rounds("Short", "tap", "air.temperature > 25 °C", "1 min", rest="1 h"),
            rounds("Long", "tap", "air.temperature > 25 °C", "3 min", rest="1 h"),
        ),
    )
    house = House(plan, air_temperature=26).after("10 min")
    assert sum(house.times_on("tap")) == pytest.approx(240, abs=2)
    assert house.notes("Short")[-1] == "gave 1 min"
    assert house.notes("Long")[-1] == "gave 3 min"


def test_a_skipped_round_is_noted_once_for_each_time_it_would_have_taken() -> None:
    plan = Plan(
        GIMJE,
        (sensor("air.temperature"),),
        (valve("tap"),),
        irrigation=(rounds("Wet", "tap", "air.temperature > 25 °C", "2 min", skip_when="air.temperature > 24 °C"),),
    )
    house = House(plan, air_temperature=26).after("10 min")
    assert 4 <= len(house.notes("Wet")) <= 6
    assert house.times_on("tap") == []


# interlocks


NAMES = ("a", "b", "c")
percent = st.sampled_from([0.0, 20.0, 40.0, 60.0, 80.0, 100.0])


@st.composite
def interlocks(draw: st.DrawFn) -> InterlockPlan:
    first, second = draw(st.permutations(NAMES))[:2]
    atoms = tuple(
        Atom(name, 50.01, 100.0) if draw(st.booleans()) else Atom(name, 0.0, 49.99) for name in (first, second)
    )
    return InterlockPlan(Text(f"{first} and {second}"), atoms, draw(st.sampled_from((first, second))))


@given(interlocks(), st.tuples(percent, percent, percent), st.tuples(percent, percent, percent))
def test_an_interlock_never_lets_both_in_and_sends_one_out(
    lock: InterlockPlan, goals: tuple[float, ...], here: tuple[float, ...]
) -> None:
    wants = {name: Want(goal, Level.RULE, "r") for name, goal in zip(NAMES, goals, strict=True)}
    allowed = resolve([lock], wants, dict(zip(NAMES, here, strict=True)))
    inside = [atom.holds(allowed[atom.actuator].goal) for atom in lock.atoms]
    assert not all(inside)
    for name in NAMES:
        if name not in {atom.actuator for atom in lock.atoms}:
            assert allowed[name] == wants[name]


@given(interlocks(), percent, percent, st.tuples(percent, percent, percent))
def test_an_interlock_loosens_no_bound_of_safety_that_lies_outside_it(
    lock: InterlockPlan, bound: float, goal: float, here: tuple[float, ...]
) -> None:
    wants = {name: Want(min(goal, bound), Level.RULE, "r", high=bound) for name in NAMES}
    allowed = resolve([lock], wants, dict(zip(NAMES, here, strict=True)))
    for atom in lock.atoms:
        forced_up = atom.low == 0.0
        if not forced_up:
            assert allowed[atom.actuator].goal <= bound


def test_interlocked_motors_move_one_after_the_other() -> None:
    lock = InterlockPlan(
        Text("screen > 50 % and vent > 20 %"), (Atom("screen", 50.01, 100), Atom("vent", 20.01, 100)), "vent"
    )
    plan = Plan(GIMJE, (), (motor("vent", 60.0), motor("screen", 60.0)), interlocks=(lock,))
    house = House(plan).after("5 min").override("screen", 100, "5 h").after("2 min").expect(screen=100)
    house.override("vent", 100, "5 h").after("10 s")
    assert house.view("vent").position <= 21
    house.after("5 min").expect(vent=100)
    assert house.view("screen").position <= 50.6


def test_the_hard_limit_of_the_yielding_actuator_holds_first() -> None:
    lock = InterlockPlan(Text("fan on and vent > 20 %"), (Atom("fan", 50.0, 100), Atom("vent", 20.01, 100)), "vent")
    plan = Plan(GIMJE, (), (motor("vent", 60.0), switch("fan", min_on=300.0)), interlocks=(lock,))
    house = House(plan).after("5 min").override("fan", "on", "5 h").after("1 min").expect(fan="on")
    house.override("vent", 100, "5 h").after("3 min").expect(fan="on", vent=20)
    house.after("5 min").expect(fan="off", vent=100)
    assert house.times_on("fan")[0] >= 300


def test_removing_an_interlock_changes_nothing_else() -> None:
    plan = Plan(GIMJE, (), (motor("vent", 60.0), switch("fan")))
    house = House(plan).after("5 min").override("fan", "on", "5 h").override("vent", 100, "5 h").after("3 min")
    house.expect(fan="on", vent=100).restart(plan=replace(plan)).after("1 s").expect(fan="on", vent=100)


def test_a_hand_orders_no_longer_lease_than_it_lasts() -> None:
    house = a_house().override("fan", "on", "2 min").after("1 s").expect(fan="on")
    command = house.commands[-1]
    assert (command.output, command.verb) == ("fan.relay", Verb.ON)
    assert command.seconds is not None
    assert command.seconds <= 120


def test_a_device_that_listens_only_now_and_then_is_alarmed_so_much_later() -> None:
    plan = Plan(GIMJE, (), (switch("valve", delay=1200.0),))
    house = House(plan).after("1 min")
    house.device("valve").silent = True
    house.override("valve", 100, "2 h").after("21 min")
    assert house.alarms() == []
    house.after("1 min")
    assert house.alarms() == ["actuator valve"]
