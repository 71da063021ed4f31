"""The field by hand: devices, motors and the greenhouse move on together."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from controller.core.plan import ActuatorPlan, CompartmentPlan, Plan, SitePlan
from controller.model.time import Instant
from simulators.demo.field import Field
from simulators.demo.summary import changed, summary
from simulators.devices.modbus import build
from simulators.faults import Fault, Kind, Schedule
from simulators.line.frames import seal
from tests.simulators.devices.house import NODE, RELAYS

NOON = Instant(0, int(datetime(2026, 6, 21, 3, tzinfo=UTC).timestamp() * 1e9))
BAYS = (CompartmentPlan("east", "동", "East"), CompartmentPlan("west", "서", "West"))
PLAN = Plan(
    site=SitePlan("House", 35.8, 126.88, "Asia/Seoul"),
    sensors=(),
    actuators=(
        ActuatorPlan("roof_vent", "position", "roof_vent.node", safe=0.0, travel_open=180.0, travel_close=180.0),
        ActuatorPlan("heater", "switch", "heater.relay", safe=0.0),
        ActuatorPlan("disco_ball", "switch", "fan.relay", safe=0.0),
    ),
)


MEASURED = ("air.temperature", "air.humidity", "air.co2", "outside.temperature", "slab_a.water_content")


def field() -> Field:
    made = Field(PLAN, NOON)
    made.devices += build([NODE, RELAYS], made.read, made.write, made.travel).values()
    return made


def test_instruments_scatter_around_the_truth() -> None:
    made = field()
    made.advance(60.0)
    truth = made.state()["climate"]["air.temperature"]
    read = [made.read("air.temperature") for _ in range(200)]
    assert len(set(read)) > 100
    assert sum(read) / 200 == pytest.approx(truth, abs=0.05)
    assert made.read("outside.rain") in (0.0, 1.0)


def test_what_the_greenhouse_does_not_have_is_taken_from_what_is_alike() -> None:
    made = field()
    truth = made.state()["climate"]
    assert made.read("outside.roof.temperature") == pytest.approx(truth["outside.temperature"], abs=1)
    assert made.read("bench.temperature") == pytest.approx(truth["air.temperature"], abs=1)
    assert math.isnan(made.read("tank.ph"))
    assert math.isnan(made.read("something"))


def test_an_open_vent_shows_in_the_climate_and_beside_the_untouched() -> None:
    made = field()
    node = made.devices[0]
    node.answer(bytes.fromhex("10 01f7 0004 08 012f 0001 00c8 0000"), 0.0)  # TIMED_OPEN
    made.advance(90.0)
    assert made.state()["positions"]["roof_vent"] == pytest.approx(50)
    made.advance(1800.0)
    state = made.state()
    assert state["positions"]["roof_vent"] == 100
    assert state["moved"] == ["roof_vent"]
    assert state["climate"]["air.temperature"] < state["untouched"]["air.temperature"] - 0.1
    assert changed(state, MEASURED)["air.temperature"] < -0.1


def test_a_pulse_acts_on_the_greenhouse_for_as_long_as_it_lasts() -> None:
    made, other = field(), field()
    made.devices[1].answer(bytes.fromhex("05 0200 0258"), 0.0)  # flash-on for 60 s
    made.advance(3600.0)
    other.devices[1].answer(bytes.fromhex("05 0000 ff00"), 0.0)
    other.advance(60.0)
    other.devices[1].answer(bytes.fromhex("05 0000 0000"), 60.0)
    other.advance(3600.0)
    assert made.state()["climate"] == other.state()["climate"]
    assert made.state()["moved"] == ["heater"]


def test_nothing_that_nobody_touched_has_changed() -> None:
    made = field()
    made.advance(7200.0)
    assert changed(made.state(), MEASURED) == {}
    assert made.state()["moved"] == []


def test_an_actuator_the_greenhouse_does_not_know_changes_nothing() -> None:
    made = field()
    made.devices[1].answer(seal(20, bytes.fromhex("05 0001 ff00"))[1:-2], 0.0)
    made.advance(600.0)
    assert made.state()["moved"] == ["disco_ball"]
    assert changed(made.state(), MEASURED) == {}


def test_a_run_counts_only_if_commands_arrived_and_the_climate_answered() -> None:
    counted = ("readings", "commands", "stored", "delivered", "pending", "lost", "dropped", "alarms", "rss_mb")
    status = {"counters": dict.fromkeys(counted, 1), "points": [{"name": "air.temperature"}]}
    still = {"climate": {"air.temperature": 20.0}, "untouched": {"air.temperature": 20.05}, "moved": ["fan"]}
    result = summary(status, still, 5400.0)
    assert (result["driven"], result["lost"], result["simulated_hours"]) == (False, 2, 1.5)
    still["climate"] = {"air.temperature": 18.0}
    assert summary(status, still, 5400.0)["driven"]
    still["moved"] = []
    assert not summary(status, still, 5400.0)["driven"]


def test_each_compartment_is_a_greenhouse_of_its_own() -> None:
    plan = replace(
        PLAN,
        actuators=(ActuatorPlan("east.heater", "switch", "east.heater.relay", safe=0.0),),
        compartments=BAYS,
    )
    made = Field(plan, NOON)
    made.write("east.heater.relay", 1.0)
    made.advance(1800.0)
    truth, untouched = made.state()["climate"], made.state()["untouched"]
    assert truth["east.air.temperature"] > untouched["east.air.temperature"] + 0.5
    assert truth["west.air.temperature"] == pytest.approx(untouched["west.air.temperature"], abs=0.05)
    assert truth["east.outside.temperature"] == truth["west.outside.temperature"]
    assert made.read("east.air.temperature") == pytest.approx(truth["east.air.temperature"], abs=0.5)
    assert made.read("west.air.temperature") == pytest.approx(truth["west.air.temperature"], abs=0.5)


def test_a_door_of_one_compartment_is_closed_in_the_other() -> None:
    plan = replace(PLAN, compartments=BAYS)
    made = Field(plan, NOON, faults=Schedule([Fault(Kind.DOOR, "west.door", NOON.wall_ns)]))
    made.advance(1800.0)
    truth, untouched = made.state()["climate"], made.state()["untouched"]
    assert truth["east.air.temperature"] == pytest.approx(untouched["east.air.temperature"], abs=0.05)
    assert truth["west.air.temperature"] < untouched["west.air.temperature"] - 0.5


def test_what_compartments_share_acts_in_all_of_them() -> None:
    plan = replace(
        PLAN,
        actuators=(ActuatorPlan("heater", "switch", "heater.relay", safe=0.0),),
        compartments=BAYS,
    )
    made = Field(plan, NOON)
    made.write("heater.relay", 1.0)
    made.advance(1800.0)
    truth, untouched = made.state()["climate"], made.state()["untouched"]
    for compartment in ("east", "west"):
        assert truth[f"{compartment}.air.temperature"] > untouched[f"{compartment}.air.temperature"] + 0.5
