"""The twin in the running controller, over the demo field: what breaks is told, and a healthy house is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.mosquitto import Mosquitto

from .rehearsal import Data, rehearsal

SPEED = 600
FAULTS = "faults:\n  - {what: blocked, actuator: heater, after: 4 h, for: 4 h}\n"


def alarms(status: Data) -> set[str]:
    """The twin's own, those that stand."""
    return {alarm["name"] for alarm in status["alarms"] if alarm["name"].startswith("twin")}


async def test_a_heater_that_dies_is_told_and_nothing_before(tmp_path: Path, broker: Mosquitto) -> None:
    faults = tmp_path / "faults.yaml"
    faults.write_text(FAULTS)
    async with rehearsal(tmp_path, "2026-01-10T18:00", broker, speed=SPEED, faults=faults, twin=True) as house:
        await house.start()
        await house.until(lambda status: "twin" in {each["name"] for each in status["uplinks"]}, "there is a twin")
        told = await house.until(alarms, "the twin tells", 60)
        assert alarms(told) == {"twin heater"}
        assert "2026-01-10T22:00" < told["time"] < "2026-01-11T02:00"
        (alarm,) = [each for each in told["alarms"] if each["name"] == "twin heater"]
        assert "the heater does not heat" in alarm["text"]
        await house.until(lambda status: not alarms(status), "the heater was mended", 60)


@pytest.mark.parametrize(
    ("start", "broken", "name", "text"),
    [
        ("2026-03-10T00:00", "{what: welded, actuator: heater, after: 4 h}", "twin welded", "although it is off"),
        ("2026-06-10T03:00", "{what: slip, actuator: roof_vent, by: 100 %}", "twin vent", "a vent does not move"),
        ("2026-03-10T18:00", "{what: door, after: 2 h}", "twin door", "a door is open"),
    ],
    ids=["welded relay", "still vent", "open door"],
)
async def test_what_breaks_is_told_by_its_name(
    tmp_path: Path, broker: Mosquitto, start: str, broken: str, name: str, text: str
) -> None:
    """A relay that welds, a vent whose motor turns in vain, a door that stands open at night."""
    faults = tmp_path / "faults.yaml"
    faults.write_text(f"faults:\n  - {broken}\n")
    async with rehearsal(tmp_path, start, broker, speed=SPEED, faults=faults, twin=True) as house:
        await house.start()
        told = await house.until(lambda status: name in alarms(status), f"{name} is told", 90)
        (alarm,) = [each for each in told["alarms"] if each["name"] == name]
        assert text in alarm["text"]
