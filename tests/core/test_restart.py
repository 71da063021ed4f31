"""What survives a restart or a change of the rules, and what does not."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from controller.core.core import Core
from controller.core.plan import Plan, StagePlan
from controller.core.snapshot import VERSION
from controller.model.events import Noted
from controller.rules.parser import Text, parse_window

from .house import House
from .writing import GIMJE, alarm, drive, expression, motor, rounds, rule, sensor, switch, valve

HEAT = rule("Heat", "air.temperature < 18 °C", {"heater": "on"}, until="air.temperature > 20 °C")
HOT = alarm("Hot", "air.temperature > 30 °C")
PLAN = Plan(
    GIMJE,
    (sensor("air.temperature"), sensor("outside.radiation")),
    (switch("heater", min_off=300), valve("tap", flow=0.4, max_per_day=600), motor("vent", 100.0)),
    rules=(HEAT, drive("Vent", "vent", "air.temperature", "22 °C", "4 K")),
    irrigation=(rounds("Light", "tap", "radiation_sum since last start > 50 J/cm² or 9 h since last start", "2 min"),),
    alarms=(HOT,),
)


def a_house(**readings: float) -> House:
    return House(PLAN, **({"air_temperature": 19, "outside_radiation": 0} | readings)).after("10 min")


def test_a_rule_that_is_active_stays_so_between_its_limits() -> None:
    house = a_house().reads(air_temperature=17).after("1 min").reads(air_temperature=19).after("1 min")
    house.restart(down="10 s").after("10 s").expect(heater="on")


def test_a_rule_whose_text_changed_begins_anew() -> None:
    house = a_house().reads(air_temperature=17).after("1 min").reads(air_temperature=19).after("1 min")
    other = replace(HEAT, when=rule("Heat", "air.temperature < 17 °C", {"heater": "on"}).when)
    house.restart(plan=replace(PLAN, rules=(other,))).after("10 s").expect(heater="off")


def test_what_is_unchanged_is_carried_over_a_change_of_other_rules() -> None:
    house = a_house().reads(outside_radiation=500).after("10 min")
    given = house.view("tap").day_seconds
    house.reads(air_temperature=23).after("3 min")
    position = house.view("vent").position
    house.restart(plan=replace(PLAN, rules=PLAN.rules[1:], alarms=()), lose=False).after("1 s")
    assert house.view("tap").day_seconds == pytest.approx(given)
    assert house.view("vent").position == pytest.approx(position, abs=0.5)
    before = len(house.times_on("tap"))
    house.after("6 min")  # 50 J/cm² take 1000 s, of which most had passed before the change
    assert len(house.times_on("tap")) == before + 1


def test_an_alarm_that_no_rule_watches_any_more_is_cleared() -> None:
    house = a_house().reads(air_temperature=31).after("2 min")
    assert house.alarms() == ["Hot"]
    house.restart(plan=replace(PLAN, alarms=())).after("1 s")
    assert house.alarms() == []
    assert house.alarm_states("Hot") == ["raised", "cleared"]


def test_an_alarm_that_stands_is_not_raised_twice() -> None:
    house = a_house().reads(air_temperature=31).after("2 min").restart(down="5 s").after("1 min")
    assert house.alarm_states("Hot") == ["raised"]


def test_an_actuator_that_is_new_is_switched_off_first() -> None:
    house = a_house()
    plan = replace(PLAN, actuators=(*PLAN.actuators, switch("pump")))
    house.restart(plan=plan).after("1 s")
    assert house.orders("pump") == ["off"]


def test_the_shortest_time_off_counts_through_a_restart() -> None:
    house = a_house().reads(air_temperature=17).after("1 min").reads(air_temperature=21).after("1 min")
    house.expect(heater="off").reads(air_temperature=17).restart(down="2 min").after("1 min").expect(heater="off")
    house.after("2 min").expect(heater="on")


def test_a_lease_that_ran_out_meanwhile_counts_as_off() -> None:
    house = a_house().reads(air_temperature=17).after("1 min").restart(down="10 min")
    on = house.view("heater").day_seconds
    assert on < 400
    house.after("6 min").expect(heater="on")


@pytest.mark.parametrize("snapshot", [b"{}", b"[]", b'{"version": 99}', b"not JSON"])
def test_what_is_no_snapshot_is_refused(snapshot: bytes) -> None:
    with pytest.raises(ValueError, match=r"snapshot|Expecting"):
        Core.restore(PLAN, snapshot)


def test_a_snapshot_is_small_and_plain_json() -> None:
    snapshot = a_house().core.snapshot()
    assert json.loads(snapshot)["version"] == VERSION
    assert len(snapshot) < 5_000


def of_version_1(house: House, **nodes: object) -> bytes:
    """A snapshot as an earlier version of this program would have written it."""
    document = json.loads(house.core.snapshot()) | {"version": 1}
    for key in document["nodes"].keys() & nodes.keys():
        document["nodes"][key] = nodes[key]
    return json.dumps(document).encode()


LISTED = replace(
    PLAN,
    rules=(),
    irrigation=(replace(PLAN.irrigation[0], start=None, times=(parse_window(Text("10:00 .. 11:00")).start,)),),
)


def test_the_times_of_a_start_list_as_they_were_once_kept_are_taken_over() -> None:
    house = House(LISTED, air_temperature=19, outside_radiation=0).at("10:05")
    key = next(key for key in json.loads(house.core.snapshot())["nodes"] if " at " in key)
    ((_, _, day),) = json.loads(house.core.snapshot())["nodes"][key]
    old = of_version_1(house, **{key: [[0], day]})
    assert len(house.times_on("tap")) == 1
    house.restart(taken=old).after("6 h")
    assert len(house.times_on("tap")) == 1, "not twice on one day"
    assert len(house.at("10:30").times_on("tap")) == 2
    assert not any("begins anew" in event.text for event in house.events if isinstance(event, Noted))


@pytest.mark.parametrize("state", [[], [1, 2], {"a": 1}, "text", 7, [None] * 12])
def test_a_node_whose_kept_state_does_not_fit_begins_anew_and_the_others_go_on(state: object) -> None:
    house = a_house().reads(air_temperature=17).after("4 min").expect(heater="on")
    burnt = house.view("heater").day_seconds
    key = next(key for key in json.loads(house.core.snapshot())["nodes"] if key.startswith("irrigation Light"))
    house.restart(taken=of_version_1(house, **{key: state})).after("1 min").expect(heater="on")
    assert house.view("heater").day_seconds > burnt
    assert house.notes(key) == ["begins anew: what was kept of it does not fit"]
    house.reads(outside_radiation=500).after("25 min")
    assert house.times_on("tap"), "and waters"


@pytest.mark.parametrize("part", ["t", "wall_ns", "command", "nodes"])
def test_half_a_snapshot_is_refused(part: str) -> None:
    document = json.loads(a_house().core.snapshot())
    del document[part]
    with pytest.raises(ValueError, match="not a whole snapshot"):
        Core.restore(PLAN, json.dumps(document).encode())


def test_the_outputs_come_to_rest_when_the_process_ends() -> None:
    house = a_house().reads(air_temperature=17).after("4 min").expect(heater="on")
    step = house.core.shut_down(house.now())
    assert [(command.output, str(command.verb)) for command in step.commands] == [("heater.relay", "off")]


def test_a_round_whose_valves_changed_is_given_up() -> None:
    plan = replace(
        PLAN,
        actuators=(*PLAN.actuators, valve("other", flow=0.4)),
        irrigation=(rounds("Beds", "tap", "air.temperature > 25 °C", "5 min", rest="1 h", then=("other",)),),
    )
    house = House(plan, air_temperature=26).after("2 min").expect(tap="open")
    swapped = replace(plan, irrigation=(replace(plan.irrigation[0], valve="other", then=("tap",)),))
    house.values["air.temperature"] = 20.0  # so that no new round begins
    house.restart(plan=swapped).after("1 min").expect(tap="closed", other="closed")


def test_stages_that_lost_and_won_switches_go_on_with_the_rest() -> None:
    fans = tuple(switch(f"fan_{n}") for n in (1, 2, 3))
    need = expression("100 % * ramp(air.temperature, 20 °C, 30 °C)")
    staged = StagePlan("Fans", need, ("fan_1", "fan_2"), (20.0, 60.0))
    two = replace(PLAN, actuators=fans, rules=(), irrigation=(), stages=(staged,))
    house = House(two, air_temperature=23).after("1 min").expect(fan_1="on", fan_2="off")
    others = replace(two, stages=(replace(staged, switches=("fan_2", "fan_3")),))
    house.restart(plan=others).after("1 min")
    assert sum(house.view(f"fan_{n}").on for n in (1, 2, 3)) == 1
    house.reads(air_temperature=28).after("2 min").expect(fan_1="off", fan_2="on", fan_3="on")
