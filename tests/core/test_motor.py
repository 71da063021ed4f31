"""Motors: an estimated position that is honest about what it does not know."""

from __future__ import annotations

import pytest

from controller.core.plan import Plan
from controller.model.commands import Followed, Verb

from .house import House
from .writing import GIMJE, motor


def a_vent(travel: float = 100.0, **limits: float) -> House:
    """A vent that only a hand moves, after it has found its end stop."""
    plan = Plan(GIMJE, (), (motor("vent", travel, **limits),))
    return House(plan).after("5 min")


def real_opening(house: House) -> float:
    """Where the motor really is (%), by the times it ran; it stops by itself at its end switches."""
    opening = 100.0  # nobody had closed it
    plan = house.plan.actuators[0]
    for verb, start, end in house.device("vent").spans:
        way = 100 * (end - start) / (plan.travel_open if verb is Verb.OPEN else plan.travel_close)
        opening = min(max(opening + (way if verb is Verb.OPEN else -way), 0.0), 100.0)
    return opening


def put(house: House, opening: float, time: str = "5 min") -> House:
    return house.override("vent", opening, "20 h").after(time)


def test_at_the_first_start_it_is_closed_to_learn_where_it_is() -> None:
    plan = Plan(GIMJE, (), (motor("vent", 100.0),))
    house = House(plan)
    assert house.view("vent").position == 100.0
    house.after("2 min").expect(vent=0)
    assert house.device("vent").spans == [(Verb.CLOSE, 0.0, pytest.approx(110.0))]


def test_the_estimate_follows_the_motor() -> None:
    house = a_vent()
    for opening in (30, 70, 50, 90, 10):
        put(house, opening).expect(vent=opening)
        assert real_opening(house) == pytest.approx(opening, abs=0.1)


def test_opening_and_closing_can_take_different_times() -> None:
    house = a_vent(travel_open=200.0, travel_close=50.0)
    for opening in (40, 80, 20):
        put(house, opening).expect(vent=opening)
        assert real_opening(house) == pytest.approx(opening, abs=0.5)


def test_the_estimate_is_shown_on_the_way() -> None:
    house = put(a_vent(), 100, "25 s")
    assert house.view("vent").position == pytest.approx(25, abs=3)
    assert house.view("vent").moving == "opening"


def test_each_run_says_where_it_ends() -> None:
    house = put(put(put(a_vent(), 30), 100), 60)
    assert [c.value for c in house.commands] == pytest.approx([0.0, 30.0, 100.0, 60.0])


def test_it_rests_before_it_turns_round() -> None:
    house = put(a_vent(dead_time=5.0), 80, "30 s")
    put(house, 0)
    (_, _, stopped), (verb, began, _) = house.device("vent").spans[-2:]
    assert verb is Verb.CLOSE
    assert began - stopped >= 5.0
    assert house.orders("vent")[-3:] == ["open", "stop", "close"]


def test_a_nearer_goal_in_the_same_direction_needs_no_stop() -> None:
    house = put(a_vent(), 80, "20 s")
    put(house, 40).expect(vent=40)
    assert "stop" not in house.orders("vent")


def test_a_run_to_an_end_stop_goes_on_a_little_longer() -> None:
    house = put(put(a_vent(), 50), 100)
    assert house.device("vent").spans[-1][2] - house.device("vent").spans[-1][1] == pytest.approx(55.0, abs=1.1)


def test_many_runs_make_the_next_end_stop_run_longer() -> None:
    house = a_vent()
    for turn in range(20):
        put(house, 40 + 20 * (turn % 2))
    put(house, 0)
    _, began, ended = house.device("vent").spans[-1]
    assert ended - began == pytest.approx(60 + 20, abs=2)


def test_steps_smaller_than_the_deadband_are_not_worth_a_run() -> None:
    house = put(a_vent(), 50)
    orders = house.orders("vent")
    put(house, 52)
    assert house.orders("vent") == orders


def test_closing_is_always_worth_it() -> None:
    assert put(put(a_vent(), 4), 0).view("vent").position == 0.0


def test_a_run_that_was_refused_leaves_the_position_unknown_until_it_is_closed() -> None:
    house = put(a_vent(), 50)
    house.device("vent").silent = True
    put(house, 80, "1 s").report("vent", Followed.REFUSED)
    assert house.view("vent").position == 100.0
    house.device("vent").silent = False
    house.after("5 min").expect(vent=80)
    assert house.orders("vent")[-2:] == ["close", "open"]


def test_a_motor_that_never_answers_counts_as_open_and_is_alarmed() -> None:
    house = put(a_vent(), 50)
    house.device("vent").silent = True
    put(house, 0, "3 min")
    assert house.view("vent").position == 100.0
    assert house.alarms() == ["actuator vent"]
    house.device("vent").silent = False
    house.after("5 min").expect(vent=0)
    assert house.alarms() == []
    assert real_opening(house) == 0.0


def test_a_hand_at_the_device_makes_the_position_unknown() -> None:
    house = put(a_vent(), 50)
    orders = house.orders("vent")
    house.report("vent", Followed.HELD, note="switched to manual").after("5 min")
    assert house.orders("vent") == orders
    assert house.view("vent").trouble == "switched to manual"
    house.report("vent", Followed.RESTING).after("5 min").expect(vent=50)
    assert house.orders("vent")[-2:] == ["close", "open"]


def test_a_motor_that_runs_unasked_is_closed_to_learn_where_it_is() -> None:
    house = put(a_vent(), 50)
    house.report("vent", Followed.RUNNING, Verb.OPEN).after("5 min").expect(vent=50)
    assert house.orders("vent")[-2:] == ["close", "open"]


def test_a_late_report_of_the_last_run_is_no_surprise() -> None:
    house = put(a_vent(), 50, "51 s")
    house.report("vent", Followed.RUNNING, Verb.OPEN).after("5 min").expect(vent=50)
    assert house.orders("vent")[-1] == "open"


def test_a_device_that_stops_halfway_is_sent_on() -> None:
    house = put(a_vent(), 80, "30 s")
    house.device("vent").stop(house.t)
    house.report("vent", Followed.RESTING).after("5 min").expect(vent=80)
    assert real_opening(house) == pytest.approx(80, abs=2)


def test_a_device_that_comes_back_is_sent_on_and_trusted_less() -> None:
    house = put(a_vent(), 80, "30 s")
    house.device("vent").stop(house.t)  # it lost its power
    house.report("vent", Followed.LOST).after("20 s").report("vent", Followed.BACK).after("5 min")
    put(house, 0)
    assert real_opening(house) == 0.0


def test_a_position_survives_a_restart() -> None:
    house = put(a_vent(), 60).restart(down="10 min").after("1 s").expect(vent=60)
    assert house.after("5 min").orders("vent")[-1] == "open"
    assert len(house.orders("vent")) == 2


def test_a_run_goes_on_over_a_restart() -> None:
    house = put(a_vent(), 80, "20 s").restart(down="10 s").after("5 min").expect(vent=80)
    assert real_opening(house) == pytest.approx(80, abs=1)


def test_a_run_that_ended_while_nobody_looked_is_made_up_for() -> None:
    """A device without a timer may have run on to the end; the next closing is long enough for that."""
    house = put(a_vent(), 50, "20 s").restart(down="2 min").after("1 s")
    house.expect(vent=50)
    put(house, 0)
    _, began, ended = house.device("vent").spans[-1]
    assert ended - began >= 100


def test_a_motor_that_has_once_refused_is_not_believed_when_it_says_nothing_any_more() -> None:
    house = put(a_vent(), 60).report("vent", Followed.REFUSED)
    house.device("vent").silent = True
    put(house, 0)
    assert house.view("vent").trouble == "does not follow"
    assert house.view("vent").position == 100.0  # nobody knows: it counts as open
