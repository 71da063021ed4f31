"""One fault in one situation, from beginning to end, and what came of it."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.config import Influx2Settings
from controller.store import Store
from controller.store.samples import READING
from tests.e2e.rehearsal import Rehearsal, deliver, points, rehearsal
from tests.support.mosquitto import mosquitto
from tests.uplink.scripted import Scripted, scripted

from .faults import FAULTS, PROGRAMS, World
from .situations import SITUATIONS

SPEED = 60.0
START = "2026-06-21T09:30"
LASTS = 420.0  # s that a fault lasts: longer than the valve's round, its lease, and the grace of every sensor
MAX_ON = 15 * 60.0  # s, from site.yaml
SLACK = 30.0  # s
RECOVERED_WITHIN = 45.0  # real s
WATCHED = ("air.temperature", "air.humidity", "air.co2", "outside.wind_speed", "slab_a.water_content")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a fault did: positions (%) while it lasted, seconds of irrigation, and of the house's time to recover."""

    fault: str
    situation: str
    vent: float
    heater: float
    watered: float
    recovery: float
    lost: int

    def row(self) -> str:
        """A row of the table."""
        did = f"valve shut after {self.watered:.0f} s, " if self.watered else "valve shut, "
        did += f"vent at {self.vent:.0f} %, heater {'on' if self.heater else 'off'}"
        return f"| {self.fault} | {self.situation} | {did} | {self.recovery:.0f} s | {self.lost} |"


HEAD = "| fault | situation | what the actuators did | recovery | lost |\n| --- | --- | --- | --- | --- |"


async def trial(fault: str, situation: str) -> Outcome:
    """Run it. Raises AssertionError where a hard limit was broken or the house did not recover."""
    with mosquitto("onsil", "demo") as broker, scripted() as database, tempfile.TemporaryDirectory() as name:
        influx = {"url": database.url, "org": "farm", "bucket": "greenhouse", "token": "secret"}
        program = PROGRAMS.get(fault, "controller.cli")
        async with rehearsal(Path(name), START, broker, speed=SPEED, influx=influx, program=program) as house:
            await _work(house)
            world = World(house, broker, database)
            await SITUATIONS[situation](house)
            watered_before = (await house.field.ask("state"))["open_seconds"].get("irrigation_a", 0.0)
            async with FAULTS[fault](world):
                await house.wait(LASTS)
                during = await house.field.ask("state")
            recovery = await _recovered(house)
            after = await house.field.ask("state")
            await house.stop()
            lost = await _lost(house, database)
        watered = after["open_seconds"].get("irrigation_a", 0.0) - watered_before
        assert during["positions"].get("irrigation_a", 0.0) == 0, f"{fault}: the valve is still open"
        assert watered <= MAX_ON + SLACK, f"{fault}: the valve was open for {watered:.0f} s"
        positions = during["positions"]
        return Outcome(fault, situation, positions["roof_vent"], positions.get("heater", 0.0), watered, recovery, lost)


async def _work(house: Rehearsal) -> None:
    await house.start()
    await house.until(lambda status: all(bus["online"] for bus in status["buses"]), "all buses are there")
    await house.field.ask("press")
    await house.until(_well, "the house is well")
    await house.until(lambda status: status["counters"]["delivered"] > 50, "points are delivered")


async def _recovered(house: Rehearsal) -> float:
    """Seconds of the house's time until everything is as before."""
    began = time.monotonic()
    await house.field.ask("press")
    await house.until(_well, "the house is well again", RECOVERED_WITHIN)
    await house.until(lambda status: status["counters"]["pending"] < 200, "what waited is delivered", RECOVERED_WITHIN)
    return (time.monotonic() - began) * SPEED


def _well(status: dict[str, Any]) -> bool:
    parts = (*status["buses"], *(part for part in status["uplinks"] if part["name"] != "notify"))
    devices = [device for bus in status["buses"] for device in bus["devices"]]
    good = all(points(status)[name]["quality"] == "good" for name in WATCHED)
    alarm = any(alarm["name"] == "configuration" for alarm in status["alarms"])
    return good and not alarm and all(part["online"] for part in (*parts, *devices))


async def _lost(house: Rehearsal, database: Scripted) -> int:
    """Stored readings that the database has not, once what was left has been delivered as the next process does it."""
    with Store.open(house.state) as store:
        await deliver(store, "influxdb", Influx2Settings(database.url, "farm", "greenhouse", "secret"))
        there = {line.rpartition(" ")[2] for line in database.taken if line.startswith("reading,")}
        stored = [sample for name in store.history.names(READING) for sample in store.history.raw(name, 0, 2**62)]
    return sum(str(sample.at_ns) not in there for sample in stored)
