"""The twin in the running controller, over the demo field: a dead heater is told, and a healthy house is left alone."""

from __future__ import annotations

from pathlib import Path

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
