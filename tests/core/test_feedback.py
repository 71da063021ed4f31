"""Motors with a sensor of their position: believed as long as it can be, and never more than is safe."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.model.commands import Followed, Verb
from controller.model.events import Decided, Moved

from .house import House
from .measured import POINT, MeasuredVent, truly
from .test_laws import unhurried

Act = Callable[[MeasuredVent], object]


def runs(vent: MeasuredVent) -> list[tuple[Verb, float]]:
    """Which way it ran and for how long, so far as it is over."""
    return [(verb, pytest.approx(end - start, abs=1.1)) for verb, start, end in vent.device("vent").spans]


def at(opening: float, **limits: float) -> MeasuredVent:
    """One that stands there because it was told to."""
    return MeasuredVent(opening, **limits).override("vent", opening, "20 h").after("2 min")


# while there are readings


def test_at_the_first_start_it_is_where_it_is_measured_and_is_not_closed_to_learn_that() -> None:
    vent = at(40)
    assert vent.position == 40
    assert vent.view("vent").basis == "measured"
    assert vent.device("vent").spans == []


def test_before_the_first_reading_it_counts_as_open_and_is_waited_for() -> None:
    vent = MeasuredVent(40).senses(lambda opening: None).override("vent", 40, "20 h").after("20 s")
    assert vent.position == 100
    assert vent.orders("vent") == []
    vent.senses(truly).after("2 min")
    assert vent.position == 40
    assert vent.orders("vent") == []


def test_where_there_never_is_one_it_is_closed_to_learn_where_it_is() -> None:
    vent = MeasuredVent(40).senses(lambda opening: None).put(60)
    assert vent.view("vent").basis == "estimated"
    assert runs(vent) == [(Verb.CLOSE, 110), (Verb.OPEN, 60)]
    assert vent.opening == pytest.approx(60, abs=1)


def test_runs_are_as_long_as_the_way_that_is_measured() -> None:
    vent = at(40).put(70)
    assert runs(vent) == [(Verb.OPEN, 30)]
    assert vent.put(55).position == pytest.approx(55, abs=1)


def test_on_the_way_it_goes_on_from_the_last_reading() -> None:
    vent = MeasuredVent(0, poll=20).put(80, "33 s")
    assert vent.position == pytest.approx(33, abs=2.5)
    assert vent.view("vent").moving == "opening"


def test_a_motor_that_takes_longer_than_is_said_gets_there_with_a_second_run() -> None:
    vent = at(0, travel=100)
    vent.speed = 0.8
    vent.put(60)
    assert vent.opening == pytest.approx(60, abs=3)
    assert len(vent.device("vent").spans) == 2


def test_one_that_is_faster_is_stopped() -> None:
    vent = at(0, travel=100)
    vent.speed = 1.5
    vent.put(60)
    assert vent.opening == pytest.approx(60, abs=8)  # between two readings it goes 7.5 %


def test_a_vent_that_somebody_cranks_is_seen_and_put_back() -> None:
    vent = at(60).move(20).after("6 s")
    assert vent.view("vent").moving == "opening"
    assert vent.after("2 min").opening == pytest.approx(60, abs=1)
    assert vent.alarms() == []


def test_less_than_the_deadband_is_not_worth_a_run() -> None:
    vent = at(60).move(58).after("5 min")
    assert vent.position == 58
    assert vent.orders("vent") == []


def test_a_vent_that_is_cranked_while_it_should_be_closed_is_closed() -> None:
    vent = MeasuredVent(0).after("2 min").move(10).after("1 min")
    assert vent.opening == 0
    assert runs(vent) == [(Verb.CLOSE, 15)]


def test_a_run_to_an_end_stop_goes_on_a_little_longer_and_what_is_shown_there_is_the_end_stop() -> None:
    vent = at(40).senses(lambda opening: 2.0 + 0.96 * opening).put(0, "1 h")
    assert vent.opening == 0
    assert vent.position == 0
    assert len(vent.device("vent").spans) == 1


def test_the_scatter_of_a_sensor_is_no_news() -> None:
    vent = at(50)
    turn = iter(range(10_000))
    vent.senses(lambda opening: opening + 0.4 * (next(turn) % 2)).after("1 min")
    known = len([event for event in vent.events if isinstance(event, Moved)])
    vent.after("10 min")
    assert len([event for event in vent.events if isinstance(event, Moved)]) == known


def test_what_is_decided_is_decided_on_what_is_measured() -> None:
    vent = at(60).put(30)
    assert [event.target for event in vent.events if isinstance(event, Decided)][-1] == 30


def test_after_a_hand_at_the_device_it_is_where_it_is_measured() -> None:
    vent = at(60).report("vent", Followed.HELD, note="switched to manual").move(25).after("1 min")
    assert vent.position == 25
    assert vent.orders("vent") == []
    vent.report("vent", Followed.RESTING).after("5 min")
    assert runs(vent) == [(Verb.OPEN, 35)]


# when the readings are gone


@pytest.mark.parametrize("shown", [None, 130.0, float("nan")])
def test_without_good_readings_the_estimate_goes_on_from_the_last_one(shown: float | None) -> None:
    vent = at(40).senses(lambda opening: shown).after("2 min")
    assert vent.position == 40
    assert vent.orders("vent") == []
    vent.put(70)
    assert vent.view("vent").basis == "estimated"
    assert runs(vent) == [(Verb.OPEN, 30)]
    assert vent.position == pytest.approx(70, abs=0.1)
    vent.after("10 min")
    assert "sensor vent.position" in vent.alarms()


def test_readings_that_end_on_the_way_move_nothing() -> None:
    vent = at(0).put(80, "40 s")
    before = vent.position
    vent.senses(lambda opening: None).after("1 s")
    assert vent.position == pytest.approx(before + 1, abs=2.6)
    assert vent.after("5 min").position == pytest.approx(80, abs=1)
    assert vent.opening == pytest.approx(80, abs=1)


def test_without_readings_the_doubt_grows_as_it_does_without_a_sensor() -> None:
    vent = at(40).senses(lambda opening: None)
    for turn in range(20):
        vent.put(40 + 20 * (turn % 2))
    vent.put(0)
    assert runs(vent)[-1] == (Verb.CLOSE, 80)  # 1 % for each run


# a motor that does not move


def test_a_motor_that_does_not_move_is_alarmed_and_not_run_again_and_again() -> None:
    vent = at(0).jam().put(60, "3 h")
    (alarm,) = vent.core.alarms()
    assert alarm.text == "vent does not move: ordered 60 %, measured 0 %"
    assert vent.view("vent").trouble == "does not move: ordered 60 %, measured 0 %"
    assert vent.position == 0
    assert vent.starts() <= 10


def test_it_is_no_trouble_any_more_once_it_moves() -> None:
    vent = at(0).jam().put(60, "20 min").jam(False).after("40 min")
    assert vent.opening == pytest.approx(60, abs=1)
    assert vent.alarms() == []


def test_a_hand_need_not_wait_for_the_next_try() -> None:
    vent = at(0).jam().put(60, "50 min")
    before = len(vent.orders("vent"))
    vent.override("vent", 40, "1 h")
    assert len(vent.orders("vent")) == before + 1


def test_closing_is_tried_every_few_minutes() -> None:
    vent = at(60).jam().put(0, "4 h")
    assert vent.view("vent").trouble == "does not move: ordered 0 %, measured 60 %"
    assert 8 <= vent.starts() <= 12
    vent.jam(False).after("10 min")
    assert vent.opening == 0
    assert vent.alarms() == []


def test_one_that_gets_stuck_halfway_is_told_from_one_that_has_only_begun() -> None:
    vent = at(0).put(80, "40 s").jam().after("10 min")
    assert vent.position == pytest.approx(vent.opening, abs=5.1)  # between two readings of a try
    assert vent.view("vent").trouble.startswith("does not move: ordered 80 %")


# a sensor that lies


@pytest.mark.parametrize("shown", [0.0, 10.0, 25.0])
def test_a_sensor_that_stands_still_opens_a_vent_no_further_than_it_was_ordered(shown: float) -> None:
    vent = at(shown).senses(lambda opening: shown).put(40, "6 h")
    assert vent.widest <= 42
    assert vent.alarms() == ["actuator vent"]
    assert vent.starts() <= 10


@pytest.mark.parametrize("time", ["5 s", "20 s", "2 min", "3 h"])
def test_nor_does_it_keep_one_open(time: str) -> None:
    vent = at(0).senses(lambda opening: 0.0).put(50, time).put(0, "10 min")
    assert vent.opening == 0


def test_one_that_shows_an_open_vent_has_it_closed_as_long_as_it_should_be() -> None:
    vent = at(50).senses(lambda opening: 50.0).put(0, "2 h")
    assert vent.opening == 0
    assert vent.position == 50


# restarts


def test_a_restart_changes_nothing() -> None:
    vent = at(60).restart("10 min").after("5 min")
    assert vent.position == 60
    assert vent.orders("vent") == []


def test_a_run_goes_on_over_a_restart() -> None:
    vent = at(0).put(80, "20 s").restart("10 s").after("5 min")
    assert vent.opening == pytest.approx(80, abs=1)
    assert vent.position == pytest.approx(80, abs=1)


def test_what_is_moved_meanwhile_is_seen() -> None:
    vent = at(60).move(30).restart("10 min").after("5 min")
    assert runs(vent) == [(Verb.OPEN, 30)]


def test_pauses_outlast_a_restart() -> None:
    vent = at(0).jam().put(60, "50 min")
    before = len(vent.orders("vent"))
    vent.restart("1 s").after("1 min")
    assert len(vent.orders("vent")) == before
    assert vent.view("vent").trouble == "does not move: ordered 60 %, measured 0 %"


def test_a_sensor_can_be_added_and_taken_away_without_closing_the_vent() -> None:
    vent = at(60)
    plain = vent.plan.unmeasured()
    vent.restart("0 s", plain).after("1 min")
    assert (vent.position, vent.view("vent").basis) == (60, "")
    vent.restart("0 s", vent.first_plan).after("1 min")
    assert (vent.position, vent.view("vent").basis) == (60, "measured")
    assert vent.orders("vent") == []


# laws


puts = st.sampled_from([0.0, 3.0, 20.0, 55.0, 80.0, 100.0]).map(
    lambda opening: lambda vent: vent.override("vent", opening, "24 h")
)
passing = st.sampled_from(["2 s", "9 s", "31 s", "2 min", "11 min"]).map(lambda time: lambda vent: vent.after(time))
jams = st.booleans().map(lambda jammed: lambda vent: vent.jam(jammed))
cranks = st.sampled_from([0.0, 15.0, 60.0, 100.0]).map(lambda opening: lambda vent: vent.move(opening).read_now())
restarts = st.sampled_from(["0 s", "20 s", "10 min"]).map(lambda down: lambda vent: vent.restart(down))
truths = st.lists(st.one_of(passing, passing, puts, puts, jams, cranks, restarts), max_size=25)


@unhurried
@given(truths, st.sampled_from([1.0, 5.0, 30.0]), st.sampled_from([0.0, 1.0]))
def test_the_position_is_off_by_no_more_than_the_sensor_and_the_way_between_two_readings(
    things: list[Act], poll: float, digit: float
) -> None:
    vent = MeasuredVent(30, poll=poll)
    vent.senses(lambda opening: round(opening / digit) * digit if digit else opening).read_now()
    for thing in things:
        thing(vent)
        vent.catch_up()
        position = vent.position
        end_stop = 3.0 if position in (0.0, 100.0) else 0.5
        assert abs(position - vent.opening) <= max(digit / 2, end_stop) + vent.fastest * min(poll, 30) + 1e-6
        assert 0 <= position <= 100


lies = st.one_of(
    st.sampled_from([0.0, 30.0, 100.0]).map(lambda shown: lambda opening: shown),
    st.sampled_from([float("nan"), None, 130.0, -5.0]).map(lambda shown: lambda opening: shown),
    st.sampled_from([0.1, 0.5, -1.0]).map(lambda gain: lambda opening: abs(gain * opening)),
    st.lists(st.floats(0, 100), min_size=1, max_size=30).map(
        lambda shown: lambda opening, turns=iter(range(10**9)): shown[next(turns) % len(shown)]
    ),
)
lying = lies.map(lambda sensor: lambda vent: vent.senses(sensor))


@unhurried
@given(st.lists(st.one_of(passing, puts, jams, lying, restarts), max_size=15), lies, st.sampled_from([0.0, 20.0, 80.0]))
def test_whatever_a_sensor_shows_runs_are_short_and_few(things: list[Act], lie: object, goal: float) -> None:
    vent = MeasuredVent(30)
    for thing in things:
        thing(vent)
        assert 0 <= vent.position <= 100
    vent.senses(lie).override("vent", goal, "24 h").after("2 min")  # type: ignore[arg-type]
    quiet = len(vent.device("vent").spans)
    vent.after("5 h")
    began = [start for _, start, _ in vent.device("vent").spans[quiet:]]
    assert all(sum(a <= b < a + 3600 for b in began) <= 30 for a in began)
    travel = vent.plan.actuators[0].travel_open
    assert all((command.seconds or 0.0) <= 1.2 * travel for command in vent.commands)


@unhurried
@given(st.lists(st.one_of(passing, puts, restarts), max_size=15), st.sampled_from([0.0, 30.0, 70.0]))
def test_a_sensor_that_stands_still_opens_nothing_further_and_keeps_nothing_open(
    things: list[Act], shown: float
) -> None:
    """As if there were no sensor: the vent is never further open than the most that was asked for."""
    vent = at(shown).senses(lambda opening: shown)
    widest = shown
    for thing in things:
        thing(vent)
        hand = vent.view("vent").hand
        widest = max(widest, hand.value if hand else 0.0)
        assert vent.opening <= widest + 6
    vent.override("vent", 0.0, "24 h").after("15 min")
    assert vent.opening == 0


@unhurried
@given(st.lists(st.one_of(passing, puts, jams, cranks), max_size=15), st.sets(st.integers(0, 15)))
def test_restarts_are_invisible(things: list[Act], cuts: set[int]) -> None:
    whole, cut = MeasuredVent(30), MeasuredVent(30)
    for number, thing in enumerate(things):
        if number in cuts:
            cut.restart()
            whole.look_again().read_now()
        thing(whole)
        thing(cut)
        one, other = whole.catch_up().view("vent"), cut.catch_up().view("vent")
        assert (one.on, one.target, one.basis, one.trouble) == (other.on, other.target, other.basis, other.trouble)
        assert one.position == pytest.approx(other.position, abs=1.0)
        assert whole.alarms() == cut.alarms()


@unhurried
@given(st.lists(st.one_of(passing, puts, jams, lying, cranks), max_size=15))
def test_the_same_inputs_give_the_same_commands(things: list[Act]) -> None:
    vent = MeasuredVent(30)
    for thing in things:
        thing(vent)
    again = House(vent.first_plan)
    commands = []
    for entry in vent.journal:
        assert isinstance(entry, tuple)
        commands += again.core.step(*entry).commands
    assert repr(commands) == repr(vent.commands)
    assert vent.core.snapshot() == again.core.snapshot()
    assert POINT in again.plan.actuators[0].measured  # type: ignore[operator]
