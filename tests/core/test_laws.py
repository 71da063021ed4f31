"""What holds whatever happens: readings, requests, reports, faults, restarts and clock jumps in any order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.core.core import Core
from controller.core.plan import Plan
from controller.model.commands import Command, Followed, Level, Verb

from .house import House, turned
from .house1 import house1
from .house2 import house2

Act = Callable[[House], object]

POINTS = {
    "air_temperature": (-5.0, 45.0),
    "air_temperature_2": (-5.0, 45.0),
    "air_humidity": (5.0, 100.0),
    "outside_temperature": (-15.0, 38.0),
    "outside_wind_speed": (0.0, 25.0),
    "outside_rain": (0.0, 1.0),
    "outside_radiation": (0.0, 1000.0),
    "slab_a_water_content": (20.0, 90.0),
}
START = {name: (low + high) / 2 for name, (low, high) in POINTS.items()} | {
    "outside_wind_speed": 2.0,
    "outside_rain": 0.0,
}
POINTS_2 = {name: POINTS[name] for name in POINTS if name not in ("air_temperature_2", "outside_rain")} | {
    "pipe_temperature": (20.0, 70.0),
    "water_volume": (0.0, 5000.0),
}
START_2 = {name: (low + high) / 2 for name, (low, high) in POINTS_2.items()} | {"outside_wind_speed": 2}
ACTUATORS = tuple(plan.name for plan in house1().actuators)
ACTUATORS_2 = tuple(plan.name for plan in (*house2().actuators, *house2().settings))


@st.composite
def readings(draw: st.DrawFn, points: dict[str, tuple[float, float]] = POINTS) -> Act:
    name = draw(st.sampled_from(sorted(points)))
    low, high = points[name]
    value = draw(st.one_of(st.none(), st.floats(low, high), st.sampled_from([low, high])))
    if name == "outside_rain" and value is not None:
        value = float(value > 0.5)
    return lambda house: house.reads(**{name: value})


@st.composite
def hands(draw: st.DrawFn, actuators: tuple[str, ...] = ACTUATORS) -> Act:
    actuator = draw(st.sampled_from(actuators))
    value, minutes = draw(st.sampled_from([0.0, 2.0, 30.0, 55.0, 100.0])), draw(st.sampled_from([1, 20, 90, 3000]))
    if draw(st.integers(0, 3)) == 0:
        return lambda house: house.release(actuator)
    return lambda house: house.override(actuator, value, f"{minutes} min")


@st.composite
def faults(draw: st.DrawFn, actuators: tuple[str, ...] = ACTUATORS) -> Act:
    actuator, back = draw(st.sampled_from(actuators)), draw(st.booleans())

    def act(house: House) -> None:
        house.device(actuator).silent = not back
        house.report(actuator, Followed.BACK if back else Followed.LOST)

    return act


passing = st.sampled_from(["5 s", "50 s", "4 min", "17 min", "1 h"]).map(lambda time: lambda house: house.after(time))
jumps = st.sampled_from(["-3 h", "2 h", "1 d", "-1 d", "40 min"]).map(lambda by: lambda house: house.set_clock(by))
restarts = st.sampled_from(["0 s", "5 s", "3 min", "2 h"]).map(lambda down: lambda house: house.restart(down))
OTHER_RULES = tuple(
    replace(house2(), **changes)  # type: ignore[arg-type]
    for changes in (
        {"rules": house2().rules[:1], "limits": ()},
        {"irrigation": (), "stages": (), "sets": house2().sets[:1]},
        {"irrigation": house2().irrigation[::-1], "safety": (), "sums": house2().sums},
        {"stages": (replace(house2().stages[0], switches=("fan_3", "fan_1"), on_at=(10.0, 40.0)),)},
    )
)
changes = st.sampled_from((house2(), *OTHER_RULES)).map(
    lambda plan: lambda house: house.restart("0 s", plan, lose=False)
)
acts = st.lists(st.one_of(passing, passing, readings(), readings(), hands(), faults(), jumps, restarts), max_size=15)
acts_2 = st.lists(
    st.one_of(passing, passing, readings(POINTS_2), hands(ACTUATORS_2), faults(ACTUATORS_2), jumps, restarts),
    max_size=15,
)
changing = st.lists(
    st.one_of(passing, readings(POINTS_2), hands(ACTUATORS_2), faults(ACTUATORS_2), jumps, restarts, changes, changes),
    max_size=15,
)
unhurried = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def a_house() -> House:
    return House(house1(), poll=50.0, **START).at("06:00")


def another_house() -> House:
    return House(house2(), poll=50.0, **START_2).at("08:00")  # no ramp is under way


def played(house: House, things: list[Act]) -> House:
    """The house after all of this has happened to it."""
    for thing in things:
        thing(house)
    return house


def orders(house: House, actuator: str) -> list[tuple[float, Command]]:
    output = house.output(actuator)
    return [(t, c) for t, c in zip(house.times, house.commands, strict=True) if c.output == output]


def stretches(house: House, actuator: str) -> Iterator[tuple[float, float, bool]]:
    """Times at which a switch was ordered on and off again, and whether it was by itself: its lease ran out."""
    began: float | None = None
    ends = 0.0
    for t, command in orders(house, actuator):
        if began is not None and t > ends + 0.01:
            yield began, ends, True
            began = None
        if command.verb is Verb.ON:
            began = t if began is None else began
            ends = t + (command.seconds or 0.0)
        elif began is not None:
            yield began, t, False
            began = None
    if began is not None:
        yield began, min(ends, house.t), True


@unhurried
@given(acts)
def test_no_switch_breaks_its_hard_limits(things: list[Act]) -> None:
    house = played(a_house(), things)
    hard_limits_held(house.after("1 h"))


@unhurried
@given(acts_2)
def test_nor_does_one_under_stages_pumps_and_sequences(things: list[Act]) -> None:
    house = played(another_house(), things)
    hard_limits_held(house.after("1 h"))


@unhurried
@given(changing)
def test_nor_does_one_while_rules_come_and_go(things: list[Act]) -> None:
    house = played(another_house(), things)
    hard_limits_held(house.after("1 h"))
    happens_again(house)


def hard_limits_held(house: House) -> None:
    for setting in house.plan.settings:
        assert all(setting.low <= (command.value or 0.0) <= setting.high for _, command in orders(house, setting.name))
    for plan in house.plan.actuators:
        if plan.kind == "position":
            continue
        found = list(stretches(house, plan.name))
        for (_, before, _), (began, _, _) in pairwise(found):
            assert began - before >= plan.min_off - 0.01
        for began, ended, by_itself in found:
            if plan.max_on is not None:
                assert ended - began <= plan.max_on + 0.01
            if not by_itself:
                assert ended - began >= plan.min_on - 0.01
        if plan.max_per_day is not None:
            for start, _, _ in found:  # in no half day more than two days' worth, however the clock is set
                window = [min(e, start + 12 * 3600) - b for b, e, _ in found if start <= b < start + 12 * 3600]
                assert sum(window) <= 2 * plan.max_per_day + 0.1


def opening(house: House, actuator: str) -> float:
    """Where a motor physically is, fully open at first, by the times for which its device ran it."""
    plan = next(plan for plan in house.plan.actuators if plan.name == actuator)
    device, at = house.device(actuator), 100.0
    now = [(device.verb, device.began, min(house.t, device.ends))] if device.verb else []
    for verb, began, ended in [*device.spans, *now]:
        at = turned(plan, at, verb, ended - began)
    return at


@unhurried
@given(acts)
def test_the_heater_never_burns_into_an_open_vent(things: list[Act]) -> None:
    house = a_house()
    for thing in [*things, lambda house: house.after("10 min")]:
        thing(house)
        burning = house.device("heater").verb is Verb.ON and house.device("heater").ends > house.t
        assert not burning or opening(house, "roof_vent") <= 31.5


@unhurried
@given(acts)
def test_every_override_ends(things: list[Act]) -> None:
    house = played(a_house(), things)
    house.after("24 h").after("10 s")
    nobody_holds(house)


@unhurried
@given(acts_2)
def test_and_every_one_of_a_setting(things: list[Act]) -> None:
    house = played(another_house(), things)
    nobody_holds(house.after("24 h").after("10 s"))


def nobody_holds(house: House) -> None:
    assert all(view.hand is None for view in house.core.actuators())
    assert all(view.hand is None for view in house.core.settings())
    assert all(view.cause.level is not Level.HAND for view in house.core.actuators())


@unhurried
@given(acts)
def test_a_house_that_knows_nothing_comes_to_rest_in_safety(things: list[Act]) -> None:
    house = played(a_house(), things)
    for actuator in ACTUATORS:
        house.device(actuator).silent = False
        house.report(actuator, Followed.BACK).release(actuator)
    house.reads(**dict.fromkeys(POINTS)).after("25 min")
    house.expect(roof_vent=0, heater="off", fan="off", fogger="off")
    before = len(house.commands)
    house.after("50 min")
    started = [c for c in house.commands[before:] if c.verb in (Verb.ON, Verb.OPEN)]
    assert all(c.cause.level is Level.IRRIGATION for c in started)  # time alone waters, as its rule says


@unhurried
@given(acts_2)
def test_whatever_forms_its_rules_have(things: list[Act]) -> None:
    house = played(another_house(), things)
    for actuator in ACTUATORS_2:
        house.device(actuator).silent = False
        house.report(actuator, Followed.BACK).release(actuator)
    house.reads(**dict.fromkeys(POINTS_2)).after("45 min")
    house.expect(roof_vent=0, mixing_valve=0, fan_1="off", fan_2="off", fan_3="off")
    (feed,) = house.plan.settings
    assert house.device("feed").number == feed.safe
    before = len(house.commands)
    house.after("50 min")
    started = [c for c in house.commands[before:] if c.verb in (Verb.ON, Verb.OPEN, Verb.SET)]
    assert all(c.cause.level is Level.IRRIGATION for c in started)


@unhurried
@given(acts)
def test_the_same_inputs_give_the_same_commands_and_events_bit_for_bit(things: list[Act]) -> None:
    house = played(a_house(), things)
    happens_again(house)


@unhurried
@given(acts_2)
def test_and_so_they_do_to_every_form_of_rule(things: list[Act]) -> None:
    house = played(another_house(), things)
    happens_again(house)


def happens_again(house: House) -> None:
    core, commands, events = Core(house.first_plan), [], []
    for entry in house.journal:
        if isinstance(entry, Plan):
            core = Core.restore(entry, core.snapshot())
            continue
        step = core.step(*entry)
        commands += step.commands
        events += step.events
    assert repr(commands) == repr(house.commands)
    assert repr(events) == repr(house.events)
    assert core.snapshot() == house.core.snapshot()


calm = st.lists(st.one_of(passing, passing, readings(), readings(), hands()), max_size=10)


calm_2 = st.lists(st.one_of(passing, passing, readings(POINTS_2), hands(ACTUATORS_2)), max_size=10)


@unhurried
@given(calm, st.sets(st.integers(0, 10)))
def test_restarts_are_invisible(things: list[Act], cuts: set[int]) -> None:
    """A process that dies and is back at once decides what it would have decided anyway.

    (It looks at everything once more than it would have, so the other is made to do the same.)
    """
    stay_together(a_house(), a_house(), things, cuts)


@unhurried
@given(calm_2, st.sets(st.integers(0, 10)))
def test_restarts_are_invisible_to_every_form_of_rule(things: list[Act], cuts: set[int]) -> None:
    stay_together(another_house(), another_house(), things, cuts)


def stay_together(whole: House, cut: House, things: list[Act], cuts: set[int]) -> None:
    for number, thing in enumerate(things):
        if number in cuts:
            cut.restart()
            whole.look_again().read_now()
        thing(whole)
        thing(cut)
        for one, other in zip(whole.core.actuators(), cut.core.actuators(), strict=True):
            assert (one.name, one.on, one.target) == (other.name, other.on, pytest.approx(other.target, abs=3.0))
            assert one.position == pytest.approx(other.position, abs=3.0)
            assert one.day_seconds == pytest.approx(other.day_seconds, abs=0.02)
        assert sorted(whole.alarms()) == sorted(cut.alarms())
        for setpoint, twin in zip(whole.core.setpoints(), cut.core.setpoints(), strict=True):
            assert setpoint.value == pytest.approx(twin.value, abs=0.5, nan_ok=True)
