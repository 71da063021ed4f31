"""Faults in the field: instruments that lie and machines that do not do what they were told."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from controller.model.errors import ConfigError
from controller.model.time import NS, Instant
from simulators.demo import files
from simulators.demo.broken import Broken
from simulators.demo.field import Field
from simulators.faults import Fault, Kind, Schedule
from simulators.faults.file import load
from tests.simulators.season.rules import START, plan

HOUR = 3600 * NS


def broken(kind: Kind, target: str = "x", size: float = 0.0, chance: float = 1.0) -> Broken:
    """One fault from 1 h to 3 h."""
    return Broken(Schedule([Fault(kind, target, HOUR, 3 * HOUR, size, chance)]), 1)


@pytest.mark.parametrize(
    ("kind", "size", "shown"),
    [
        (Kind.FROZEN, 0.0, [20.0, 21.0, 21.0, 23.0]),
        (Kind.OFFSET, 5.0, [20.0, 26.0, 27.0, 23.0]),
        (Kind.SPIKES, 9.0, [20.0, 30.0, 31.0, 23.0]),
        (Kind.DRIFT, 1 / 3600, [20.0, 21.0, 23.0, 23.0]),
    ],
)
def test_an_instrument_lies_while_its_fault_stands(kind: Kind, size: float, shown: list[float]) -> None:
    faults = broken(kind, size=size)
    assert [faults.shown("x", 20.0 + hour, hour * HOUR) for hour in range(4)] == pytest.approx(shown)
    assert faults.shown("y", 20.0, 2 * HOUR) == 20.0


def test_a_lost_reading_is_none() -> None:
    assert math.isnan(broken(Kind.DROPOUT).shown("x", 20.0, 2 * HOUR))


@pytest.mark.parametrize(
    ("kind", "size", "told", "real"),
    [
        (Kind.BLOCKED, 0.0, [1.0, 1.0, 1.0, 1.0], [1.0, 0.0, 0.0, 1.0]),
        (Kind.WELDED, 0.0, [0.0, 1.0, 0.0, 0.0], [0.0, 1.0, 1.0, 0.0]),
        (Kind.WELDED, 0.0, [1.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]),
        (Kind.LEAKING, 0.1, [0.0, 0.0, 1.0, 0.0], [0.0, 0.1, 1.0, 0.0]),
        (Kind.SLIP, 0.5, [0.2, 0.6, 0.2, 0.2], [0.2, 0.4, 0.2, 0.2]),
    ],
)
def test_a_machine_does_something_else(kind: Kind, size: float, told: list[float], real: list[float]) -> None:
    faults = broken(kind, size=size)
    done = [faults.real("x", value, 1.0, hour * HOUR) for hour, value in enumerate(told)]
    assert done == pytest.approx(real)


def test_a_heater_in_the_field_dies_at_its_time() -> None:
    start = Instant(0, round(START.timestamp()) * NS)
    dies = Fault(Kind.BLOCKED, "heater", start.wall_ns + HOUR)
    sound, dead = (Field(plan(), start, faults=faults) for faults in (None, Schedule([dies])))
    temperatures = []
    for hours in (1, 2):
        for field in (sound, dead):
            field.write("heater.relay", 1.0)
            field.advance(hours * 3600.0)
        temperatures.append([field.state()["climate"]["air.temperature"] for field in (sound, dead)])
    assert temperatures[0][0] == temperatures[0][1]
    assert temperatures[1][0] > temperatures[1][1] + 3.0


def test_a_door_in_the_field_stands_open_for_its_time() -> None:
    start = Instant(0, round(START.timestamp()) * NS)
    opened = Fault(Kind.DOOR, "door", start.wall_ns + HOUR, start.wall_ns + 3 * HOUR)
    sound, draughty = (Field(plan(), start, faults=faults) for faults in (None, Schedule([opened])))
    colder = []
    for hours in (1, 3, 9):
        for field in (sound, draughty):
            field.write("heater.relay", 1.0)
            field.advance(hours * 3600.0)
        warm, cold = (field.state()["climate"]["air.temperature"] for field in (sound, draughty))
        colder.append(warm - cold)
    assert colder[0] == 0.0
    assert colder[1] > 1.0
    assert colder[2] < colder[1] / 2


def test_the_example_of_faults_is_right_and_says_what_is_wrong() -> None:
    schedule = load(files.EXAMPLE / "faults.yaml", plan(), START)
    began = round(START.timestamp()) * NS
    assert schedule.sentences(began) == []
    assert schedule.sentences(began + 5 * HOUR) == ["heater is blocked", "air.humidity_2 is frozen"]


def test_a_fault_of_what_is_not_there_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text("faults:\n  - {what: blocked, actuator: heatr}\n")
    with pytest.raises(ConfigError, match="did you mean heater"):
        load(file, plan(), START)
