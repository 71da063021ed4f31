"""Numbers written to devices: bounded, not restless, safe when nobody knows, confirmed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core.plan import Plan, SetPlan, SettingPlan
from controller.model.commands import Followed, Level, Report, Verb
from controller.model.events import Decided
from controller.model.units import unit

from .house import House
from .writing import GIMJE, expression, maybe, sensor

EC = SettingPlan("nutrient_ec", "mixer.ec", unit("mS/cm"), 0.5, 4.0, 1.5, 0.1)
BY_LIGHT = "2.4 mS/cm - 0.4 mS/cm * ramp(outside.radiation, 200 W/m², 800 W/m²)"


def sets(name: str, value: str, when: str | None = None) -> SetPlan:
    return SetPlan(name, "nutrient_ec", expression(value), maybe(when))


def fed(*rules: SetPlan, **readings: float) -> House:
    points = tuple(sensor(point, max_rate=None) for point in ("outside.radiation", "air.temperature"))
    house = House(Plan(GIMJE, points, (), settings=(EC,), sets=rules), **readings)
    return house.read_now()


def written(house: House) -> list[float]:
    return [round(command.value, 6) for command in house.commands if command.value is not None]


def stands(house: House) -> float:
    number = house.device("nutrient_ec").number
    assert number is not None
    return number


def test_a_rule_sets_a_number_and_says_why() -> None:
    house = fed(sets("By light", BY_LIGHT), outside_radiation=500)
    (command,) = (c for c in house.commands if c.value is not None)
    assert (command.output, command.verb) == ("mixer.ec", Verb.SET)
    assert abs(stands(house) - 2.2) < 0.01
    assert house.core.settings()[0].text == "2.2 mS/cm"
    assert command.cause.rule == "By light"
    assert dict(command.cause.values)["outside.radiation"] == "500 W/m²"
    assert house.value("nutrient_ec") == stands(house)


def test_small_changes_are_not_written_but_the_limits_are_reached() -> None:
    house = fed(sets("Ramp", "air.temperature * 0.1 mS/cm / 1 K"), air_temperature=20)
    house.reads(air_temperature=20.5).reads(air_temperature=19.5)
    assert written(house) == [2.0]
    house.reads(air_temperature=21.0)
    assert len(written(house)) == 2
    house.reads(air_temperature=39.7).reads(air_temperature=45)
    assert written(house)[-1] == 4.0


def test_the_first_rule_that_holds_decides_and_without_any_it_is_safe() -> None:
    house = fed(
        sets("Weak at heat", "1.2 mS/cm", "air.temperature > 30 °C"),
        sets("By day", "2 mS/cm", "outside.radiation > 100 W/m²"),
        air_temperature=35,
        outside_radiation=500,
    )
    assert stands(house) == 1.2
    assert stands(house.reads(air_temperature=25)) == 2.0
    assert stands(house.reads(outside_radiation=0)) == EC.safe
    assert house.core.settings()[0].cause.rule == "nothing asks for it"


def test_unknown_keeps_the_last_number_and_then_goes_to_the_safe_one() -> None:
    house = fed(sets("By light", BY_LIGHT), outside_radiation=200)
    assert stands(house) == 2.4
    house.reads(outside_radiation=None).after("2 min")
    assert stands(house) == 2.4
    house.after("5 min")
    assert stands(house) == EC.safe
    assert "cannot know" in house.core.settings()[0].cause.rule
    assert stands(house.reads(outside_radiation=200)) == 2.4


def test_an_unknown_condition_lets_no_weaker_rule_step_in() -> None:
    house = fed(
        sets("Weak at heat", "1.2 mS/cm", "air.temperature > 30 °C"),
        sets("Else", "3 mS/cm"),
        air_temperature=35,
        outside_radiation=0,
    )
    house.reads(air_temperature=None).after("2 min")
    assert stands(house) == 1.2
    assert stands(house.after("5 min")) == EC.safe


def test_a_device_that_does_not_follow_is_told_again_and_raises_an_alarm() -> None:
    house = fed(sets("By light", BY_LIGHT), outside_radiation=200)
    house.device("nutrient_ec").silent = True
    house.reads(outside_radiation=800).after("2 min")
    assert written(house).count(2.0) >= 3
    assert "actuator nutrient_ec" in house.alarms()
    house.device("nutrient_ec").silent = False
    house.after("1 min")
    assert stands(house) == 2.0
    assert "actuator nutrient_ec" not in house.alarms()


def test_a_number_that_somebody_changed_or_that_was_lost_is_written_again() -> None:
    house = fed(sets("By light", BY_LIGHT), outside_radiation=200)
    house.step(Report("mixer.ec", Followed.RESTING, house.now(), value=3.5))
    assert written(house) == [2.4, 2.4]
    house.report("nutrient_ec", Followed.LOST).reads(outside_radiation=800).after("1 min")
    assert written(house) == [2.4, 2.4]
    house.report("nutrient_ec", Followed.BACK)
    assert written(house)[-1] == 2.0


def test_it_survives_a_restart_and_is_safe_when_the_controller_stops() -> None:
    house = fed(sets("By light", BY_LIGHT), outside_radiation=200)
    house.restart("10 s")
    assert written(house) == [2.4, 2.4]
    step = house.core.shut_down(house.now())
    assert [command.value for command in step.commands] == [EC.safe]


# hands


def test_a_hand_stands_over_rules_is_bounded_and_ends() -> None:
    house = fed(sets("By light", BY_LIGHT), outside_radiation=200)
    house.override("nutrient_ec", 1.83, "20 min")
    (view,) = house.core.settings()
    assert stands(house) == 1.83
    assert (view.cause.level, view.cause.rule) == (Level.HAND, "Kim")
    assert view.hand is not None
    assert (view.hand.value, view.hand.seconds) == (1.83, 1200)
    assert house.notes("nutrient_ec")[-2:] == ["override to 1.83 mS/cm by Kim for 20 min", "set to 1.83 mS/cm by Kim"]
    assert stands(house.reads(outside_radiation=800).after("19 min")) == 1.83
    assert stands(house.after("2 min")) == 2.0
    assert "override by Kim has ended" in house.notes("nutrient_ec")
    assert stands(house.override("nutrient_ec", 99.0, "1 h")) == EC.high
    assert stands(house.release("nutrient_ec")) == 2.0
    assert house.core.settings()[0].hand is None


def test_a_hand_reaches_what_it_asks_for_exactly() -> None:
    house = fed(sets("By light", BY_LIGHT), outside_radiation=200)
    assert stands(house.override("nutrient_ec", 2.41, "20 min")) == 2.41


def test_a_hand_goes_on_over_a_restart_and_ends_in_time() -> None:
    house = fed(sets("By light", BY_LIGHT), outside_radiation=200).override("nutrient_ec", 1.0, "20 min")
    house.restart("10 min").after("5 min")
    assert stands(house) == 1.0
    assert stands(house.after("6 min")) == 2.4


def test_a_hand_is_bounded_anew_by_limits_that_were_changed() -> None:
    house = fed(sets("By light", BY_LIGHT), outside_radiation=200).override("nutrient_ec", 3.8, "2 h")
    stricter = replace(house.plan, settings=(replace(EC, high=3.0),))
    assert stands(house.restart("1 s", plan=stricter).after("1 min")) == 3.0


# safety

SALT = replace(sets("Too salty", "0.8 mS/cm", "air.temperature > 40 °C"), safety=True)


def test_safety_stands_over_hands_and_rules() -> None:
    house = fed(sets("By light", BY_LIGHT), SALT, outside_radiation=200, air_temperature=20)
    assert stands(house.override("nutrient_ec", 3.0, "2 h")) == 3.0
    assert stands(house.reads(air_temperature=41)) == 0.8
    assert house.core.settings()[0].cause.level is Level.SAFETY
    assert stands(house.override("nutrient_ec", 3.5, "2 h")) == 0.8
    assert stands(house.reads(air_temperature=39)) == 3.5
    assert stands(house.release("nutrient_ec")) == 2.4


def test_safety_that_cannot_know_goes_to_the_safe_number_whatever_a_hand_says() -> None:
    house = fed(sets("By light", BY_LIGHT), SALT, outside_radiation=200, air_temperature=20)
    house.override("nutrient_ec", 3.0, "2 h").reads(air_temperature=None).after("1 min")
    assert stands(house) == 3.0
    assert stands(house.after("5 min")) == EC.safe
    assert house.core.settings()[0].cause.rule == "safe position: Too salty cannot know"


def test_rules_that_do_not_know_are_timed_under_a_hand() -> None:
    house = fed(sets("By light", BY_LIGHT), outside_radiation=200).override("nutrient_ec", 3.0, "30 min")
    assert stands(house.reads(outside_radiation=None).after("29 min")) == 3.0
    assert stands(house.after("2 min")) == EC.safe  # at once: it has not known for long


# restarts and what is told of it


def test_what_it_cannot_know_is_timed_through_a_restart() -> None:
    house = fed(sets("By light", BY_LIGHT), outside_radiation=200).reads(outside_radiation=None).after("2 min")
    house.restart("1 s")
    assert stands(house) == 2.4
    assert stands(house.after("4 min")) == EC.safe


def test_it_says_why_as_often_as_another_rule_decides() -> None:
    house = fed(sets("Hot", "2.4 mS/cm", "air.temperature > 30 °C"), sets("By light", BY_LIGHT),
                outside_radiation=0, air_temperature=20)  # fmt: skip
    house.reads(air_temperature=31)
    assert written(house) == [2.4], "the number is the same"
    assert house.core.settings()[0].cause.rule == "Hot"
    decided = [(event.target, event.cause.rule) for event in house.events if isinstance(event, Decided)]
    assert decided == [(2.4, "By light"), (2.4, "Hot")]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_hand_that_is_no_number_is_refused(value: float) -> None:
    house = fed(sets("By light", BY_LIGHT), outside_radiation=200).override("nutrient_ec", value, "1 h")
    assert stands(house) == 2.4
    assert house.notes("nutrient_ec")[-1] == "override by Kim refused: it is no number"


names = st.sampled_from(("outside_radiation", "air_temperature"))


@given(st.lists(st.tuples(names, st.floats(-40, 1500)), max_size=12))
def test_nothing_lifts_the_hard_limits(readings: list[tuple[str, float]]) -> None:
    house = fed(sets("Wild", "outside.radiation * 1 mS/cm / 10 W/m² - air.temperature * 1 mS/cm / 1 K"))
    for point, value in readings:
        house.reads(**{point: value}).after("1 min")
    assert all(EC.low <= value <= EC.high for value in written(house))
