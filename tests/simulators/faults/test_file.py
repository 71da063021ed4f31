"""faults.yaml: what it may say, and what it says of mistakes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from controller.core.plan import CompartmentPlan
from controller.model.errors import ConfigError
from simulators.faults import Kind, Schedule
from simulators.faults.file import load
from tests.simulators.season.rules import START, plan


def read(tmp_path: Path, text: str, *compartments: str) -> Schedule:
    path = tmp_path / "faults.yaml"
    path.write_text(text, encoding="utf-8")
    named = tuple(CompartmentPlan(name, name, name) for name in compartments)
    return load(path, replace(plan(), compartments=named), START)


def test_every_example_of_the_documentation_is_right(tmp_path: Path) -> None:
    import simulators.faults.file as module

    text = (module.__doc__ or "").partition("\n\n")[2]
    faults = read(tmp_path, text).faults
    assert {fault.kind for fault in faults} == set(Kind)
    frozen, offset, spikes, dropout, drift, slip, *_ = faults
    assert (frozen.end or 0) - frozen.begin == 6 * 3600 * 10**9
    assert (offset.size, offset.begin) == (-8.0, round((START.timestamp() + 2 * 86400) * 1e9))
    assert (spikes.size, spikes.chance, dropout.chance) == (900.0, 0.02, 0.5)
    assert drift.size == pytest.approx(0.4 / 86400)
    assert slip.size == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{what: frosen, point: air.temperature}", "did you mean frozen?"),
        ("{what: frozen, point: air.temprature}", "did you mean air.temperature"),
        ("{what: frozen, actuator: heater}", "write point: and its name"),
        ("{what: offset, point: air.temperature}", "by how much is missing"),
        ("{what: offset, point: air.temperature, by: 5 %}", "is not a unit of this quantity"),
        ("{what: slip, actuator: heater, by: 5 %}", "no actuator 'heater' that could be slip"),
        ("{what: frozen, point: air.temperature, chance: 5 %}", "knows no chance"),
        ("{what: door, actuator: roof_vent}", "a door is no point and no actuator"),
        ("{what: door, by: 50 %}", "knows no size"),
        ("{what: door, compartment: east}", "there is no compartment 'east' (the site has none: leave it away)"),
        ("{what: welded, actuator: heater, compartment: east}", "welded is not said of a compartment"),
        ("{what: frozen, point: air.temperature, from: soon}", "is no time"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path: Path, entry: str, said: str) -> None:
    with pytest.raises(ConfigError, match=r"faults\.yaml:2:") as raised:
        read(tmp_path, f"faults:\n  - {entry}\n")
    assert said in str(raised.value)


def test_a_door_may_be_that_of_a_compartment(tmp_path: Path) -> None:
    text = "faults:\n  - {what: door}\n  - {what: door, compartment: east}\n"
    assert [fault.target for fault in read(tmp_path, text, "east", "west").faults] == ["door", "east.door"]
    with pytest.raises(ConfigError, match="did you mean west"):
        read(tmp_path, text.replace("east", "wets"), "east", "west")


def test_edges_come_in_order_of_time(tmp_path: Path) -> None:
    schedule = read(
        tmp_path,
        "faults:\n"
        "  - {what: welded, actuator: heater, after: 3 d, for: 2 h}\n"
        "  - {what: blocked, actuator: irrigation_a, after: 1 h}\n",
    )
    assert [(edge.fault.kind, edge.comes) for edge in schedule.edges] == [
        (Kind.BLOCKED, True),
        (Kind.WELDED, True),
        (Kind.WELDED, False),
    ]
    assert [fault.kind for fault in schedule.standing(schedule.edges[1].at)] == [Kind.WELDED, Kind.BLOCKED]
