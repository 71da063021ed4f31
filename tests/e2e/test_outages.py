"""The line is unplugged, the broker stops, the database stops: the rest goes on, and all of it comes back by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.influxd import Influxd
from tests.support.mosquitto import Mosquitto

from .rehearsal import Data, Rehearsal, actuators, points, rehearsal

SPEED = 60.0
ON_THE_LINE = ("air.temperature", "air.humidity", "air.co2", "outside.wind_speed", "outside.radiation")


@pytest.fixture
async def house(tmp_path: Path, broker: Mosquitto, influx: Influxd) -> AsyncIterator[Rehearsal]:
    server = {"api": 1, "url": influx.url, "database": influx.database}
    async with rehearsal(tmp_path, "2026-06-21T09:30", broker, speed=SPEED, influx=server) as running:
        await running.start()
        await running.until(_all_online, "all buses are there")
        await running.field.ask("press")
        await running.until(lambda status: not _not_good(status, ON_THE_LINE), "all sensors are good")
        yield running
        assert "Traceback" not in running.log(), running.log()


def _all_online(status: Data) -> bool:
    return all(bus["online"] for bus in status["buses"])


def _not_good(status: Data, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if points(status)[name]["quality"] != "good"]


async def test_an_unplugged_line(house: Rehearsal) -> None:
    await house.until(lambda status: actuators(status)["roof_vent"]["position"] > 20, "the vent has opened")
    house.ask(do="override", actuator="heater", value=100, seconds=7200, by="grower")
    house.ask(do="override", actuator="roof_vent", value=25, seconds=7200, by="grower")
    await _truth(house, "heater", lambda position: position > 0)
    await house.field.ask("unplug", bus="rs485")

    status = await house.until(lambda status: len(_not_good(status, ON_THE_LINE)) == 5, "the sensors turn stale")
    assert points(status)["slab_a.water_content"]["quality"] == "good", "the broker's devices go on"
    assert not {bus["name"]: bus["online"] for bus in status["buses"]}["rs485"]
    # nobody can reach the relay, whose own timer switches the heater off when its lease runs out
    await _truth(house, "heater", lambda position: position == 0)
    house.ask(do="override", actuator="irrigation_a", value=100, seconds=120, by="grower")
    await _truth(house, "irrigation_a", lambda position: position > 0)
    await _truth(house, "irrigation_a", lambda position: position == 0)

    await house.field.ask("plug", bus="rs485")
    status = await house.until(
        lambda status: _all_online(status) and not _not_good(status, ON_THE_LINE), "the line is back"
    )
    house.ask(do="release", actuator="heater", by="grower")
    house.ask(do="release", actuator="roof_vent", by="grower")
    truth = None
    for _ in range(3):  # the estimate is true again once the vent has come to rest
        status = await house.until(lambda status: not actuators(status)["roof_vent"]["moving"], "the vent rests")
        truth = (await house.field.ask("state"))["positions"]["roof_vent"]
        if abs(actuators(status)["roof_vent"]["position"] - truth) < 6:
            return
        await house.wait(60)
    raise AssertionError(f"the estimate is not true: {actuators(status)['roof_vent']}, {truth}")


async def test_a_broker_that_stops(house: Rehearsal, broker: Mosquitto) -> None:
    house.ask(do="override", actuator="irrigation_a", value=100, seconds=600, by="grower")
    await _truth(house, "irrigation_a", lambda position: position > 0)
    broker.stop()
    status = await house.until(lambda status: not _all_online(status), "the broker is missed")
    assert not _not_good(status, ON_THE_LINE), "the line goes on"
    # the valve's own PulseTime closes it: nobody could tell it any more
    await _truth(house, "irrigation_a", lambda position: position == 0)
    await house.until(lambda status: actuators(status)["irrigation_a"]["trouble"], "the valve is missed")
    broker.start()
    await house.until(_all_online, "the broker is back")
    await house.until(lambda status: not actuators(status)["irrigation_a"]["trouble"], "the valve is back")
    house.ask(do="release", actuator="irrigation_a", by="grower")
    house.ask(do="override", actuator="irrigation_a", value=100, seconds=60, by="grower")
    await _truth(house, "irrigation_a", lambda position: position > 0)
    await _truth(house, "irrigation_a", lambda position: position == 0)


async def test_a_database_that_stops(house: Rehearsal, influx: Influxd) -> None:
    await house.until(lambda status: status["counters"]["delivered"] > 50, "points are delivered")
    influx.stop()
    status = await house.until(lambda status: status["counters"]["pending"] > 200, "points wait")
    assert status["counters"]["lost"] == 0
    assert not _not_good(status, ON_THE_LINE), "control goes on"
    assert not next(part for part in status["uplinks"] if part["name"] == "influxdb")["online"]
    influx.start()
    await house.until(lambda status: status["counters"]["pending"] < 100, "what waited is delivered", 60)
    await house.stop()
    await house.start()
    await house.until(lambda status: not status["counters"]["pending"], "all is delivered", 60)
    await house.kill()
    history = house.history()
    for name in ON_THE_LINE:
        stored = history.raw(name, 0, 2**62)
        rows = influx.query(f"SELECT count(quality) FROM reading WHERE point = '{name}'")
        # the last process was killed within a second of its last commit
        assert len(stored) - 60 <= int(rows[0][1]) <= len(stored)


async def _truth(house: Rehearsal, actuator: str, fits: object) -> None:
    """Wait until the device in the field is where it should be."""
    assert callable(fits)
    position = None
    for _ in range(600):
        position = (await house.field.ask("state"))["positions"].get(actuator, 0.0)
        if fits(position):
            return
        await house.wait(SPEED * 0.05)
    raise AssertionError(f"{actuator} stays at {position}; {house.status()}")
