"""The last steps of a process: everything goes to where it is to stop."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.core.plan import ActuatorPlan, Atom, InterlockPlan, Plan
from controller.model.commands import Followed
from controller.rules.parser import Text

from .house import House
from .writing import GIMJE, motor, switch, valve

BURN = InterlockPlan(
    Text("heater on and vent > 30 %"), (Atom("heater", 50.0, 100.0), Atom("vent", 30.1, 100.0)), "vent"
)


def a_house(*actuators: ActuatorPlan, interlocks: tuple[InterlockPlan, ...] = ()) -> House:
    return House(Plan(GIMJE, (), actuators, interlocks=interlocks)).after("5 min")


def put(house: House, time: str = "5 min", **positions: float) -> House:
    for actuator, value in positions.items():
        house.override(actuator, value, "20 h")
    return house.after(time)


def test_a_vent_that_is_to_be_closed_is() -> None:
    house = put(a_house(motor("vent", 100.0)), vent=70)
    house.stop().expect(vent=0)
    assert house.view("vent").moving == ""


def test_one_that_is_just_opening_rests_before_it_turns_round() -> None:
    house = put(a_house(motor("vent", 100.0, dead_time=3.0)), "40 s", vent=100)
    began = house.t
    house.stop().expect(vent=0)
    assert house.orders("vent")[-2:] == ["stop", "close"]
    assert house.device("vent").began >= began + 3.0


def test_one_of_which_nobody_knows_where_it_is_finds_its_end_stop_first() -> None:
    house = House(Plan(GIMJE, (), (motor("vent", 100.0),)))
    house.read_now().stop().expect(vent=0)


@pytest.mark.parametrize("change", [{"stop": "keep"}, {"safe": None}])
def test_one_that_is_to_stay_stays(change: dict[str, object]) -> None:
    house = put(a_house(replace(motor("vent", 100.0), **change)), vent=70)
    before = len(house.commands)
    house.stop()
    assert len(house.commands) == before


def test_a_heater_goes_off_before_its_shortest_time_on() -> None:
    house = put(a_house(switch("heater", min_on=180)), "10 s", heater=100)
    house.stop().expect(heater="off")


def test_a_pump_that_is_safe_when_it_runs_is_left_running() -> None:
    house = a_house(switch("pump", safe=100.0), switch("fan"))
    house.stop().expect(pump="on", fan="off")


def test_a_valve_is_shut() -> None:
    house = put(a_house(valve("tap", flow=0.4, max_on=900)), "10 s", tap=100)
    house.stop().expect(tap="closed")


def test_the_interlocks_hold_to_the_end() -> None:
    """The vent's safe position is open and the heater's is on: the two never at once."""
    actuators = (motor("vent", 100.0, safe=100.0), switch("heater", safe=100.0))
    house = put(a_house(*actuators, interlocks=(BURN,)), vent=0, heater=100)
    house.stop(400)
    assert not (house.view("heater").on and house.view("vent").position > 31)


def test_who_cannot_be_reached_is_not_waited_for() -> None:
    house = put(a_house(motor("vent", 100.0), motor("other", 100.0)), vent=70, other=70)
    house.device("vent").silent = True
    house.report("vent", Followed.LOST)
    began = house.t
    house.stop().expect(other=0)
    assert house.t - began < 80


def test_a_deaf_vent_is_not_waited_for_beyond_the_time() -> None:
    house = put(a_house(motor("vent", 100.0)), vent=70)
    house.device("vent").silent = True
    began = house.t
    house.stop(within=300)
    assert 290 < house.t - began < 320
