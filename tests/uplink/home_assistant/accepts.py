"""Home Assistant itself, with an empty configuration and our broker, takes what the uplink says, and moves things.

    python -m tests.uplink.home_assistant.accepts

installs Home Assistant into an environment of its own (300 MB, once), runs it, and says what it saw. Not a part of
`make test` for its size. 2024.3.3 is the newest for Python 3.11.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from controller.config.settings import BrokerSettings, HomeAssistantSettings
from controller.core.plan import ActuatorPlan, CompartmentPlan, Plan, SensorPlan
from controller.model.commands import Override, Release
from controller.model.points import Quality
from controller.model.units import QUANTITIES
from controller.uplink.home_assistant import HomeAssistant
from tests.app.wait import until
from tests.support.mosquitto import mosquitto
from tests.uplink.environment import python
from tests.uplink.house import House, at_work, plan

VERSION = "2024.3.3"
PACKAGES = (
    f"homeassistant=={VERSION}",
    "josepy<2",
    "paho-mqtt==1.6.1",
    "aiohttp_cors==0.7.0",
    "aiohttp-fast-url-dispatcher==0.3.0",
    "aiohttp-zlib-ng==0.3.1",
    "janus==1.0.0",
)
PATIENCE = 60.0


class Inside:
    """The process with Home Assistant."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, interpreter: Path, directory: str, port: int) -> Inside:
        script = Path(__file__).with_name("inside.py")
        process = await asyncio.create_subprocess_exec(
            interpreter, script, directory, str(port),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 24,
        )  # fmt: skip
        made = cls(process)
        assert await made._answer() == {"started": True}
        return made

    async def ask(self, do: str, **more: Any) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **more}).encode() + b"\n")
        return await self._answer()

    async def call(self, domain: str, service: str, entity: str, **data: Any) -> None:
        await self.ask("call", domain=domain, service=service, data={"entity_id": entity, **data})

    async def shows(self, entity: str, state: str) -> dict[str, Any]:
        """Wait until an entity has this state; its attributes."""
        end = time.monotonic() + PATIENCE
        while True:
            found = (await self.ask("states")).get(entity, {"state": "no such entity", "attributes": {}})
            if found["state"] == state:
                attributes: dict[str, Any] = found["attributes"]
                return attributes
            assert time.monotonic() < end, f"{entity} is {found['state']}, not {state}"
            await asyncio.sleep(0.1)

    async def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(b'{"do": "stop"}\n')
        try:
            await asyncio.wait_for(self._process.wait(), 20)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), PATIENCE)
        assert line, "Home Assistant has ended"
        return json.loads(line)


def everything() -> Plan:
    """A plan with a point of every quantity there is, besides those of the house, and a compartment."""
    base = plan()
    known = {sensor.quantity.name for sensor in base.sensors}
    more = tuple(
        SensorPlan(f"all.{name}", quantity, -1e12, 1e12, None, 3600.0)
        for name, quantity in QUANTITIES.items()
        if name not in known
    )
    own = SensorPlan("east.air.temperature", QUANTITIES["temperature"], -50, 80, None, 3600.0)
    screen = ActuatorPlan("shade_screen", "position", "s.node", None, travel_open=20, travel_close=20)
    window = ActuatorPlan("east.roof_vent", "position", "e.node", None, travel_open=20, travel_close=20)
    return replace(
        base,
        sensors=(*base.sensors, *more, own),
        actuators=(*base.actuators, screen, window),
        compartments=(CompartmentPlan("east", "동쪽 동", "East bay"),),
    )


async def check(interpreter: Path) -> list[str]:
    """What was seen, line by line. Raises AssertionError."""
    seen: list[str] = []
    house = House(everything())
    for name, kind in {s.point: s.quantity.name for s in house.plan.sensors}.items():
        house.reads(name, 1.0 if QUANTITIES[kind].states else 7.0)
    house.reads("air.temperature", 4.0)
    house.reads("air.co2", float("nan"), Quality.BAD)
    with mosquitto() as broker, tempfile.TemporaryDirectory() as directory:
        told = HomeAssistantSettings(BrokerSettings("127.0.0.1", broker.port), override=600.0)
        made = HomeAssistant(told, house.inventory(), house.core, house.emit, house.clock)
        began = time.monotonic()
        inside = await Inside.start(interpreter, directory, broker.port)
        seen.append(f"Home Assistant {VERSION} started in {time.monotonic() - began:.1f} s")
        try:
            async with at_work(made.run, house, made.changed):
                await until(lambda: made.status()["online"])
                prefix = "gimje_house_1"
                await inside.shows(f"sensor.{prefix}_air_temperature", "4.0")
                await inside.shows(f"binary_sensor.{prefix}_frost", "on")
                states = await inside.ask("states")
                assert len(states) == len(made._announced), sorted(states)
                absent = [name for name, each in states.items() if each["state"] in ("unavailable", "unknown")]
                seen.append(f"{len(states)} entities announced, {len(states)} there")
                await inside.shows(f"sensor.{prefix}_east_bay_air_temperature", "7.0")
                assert f"cover.{prefix}_east_bay_roof_vent" in states
                devices = await inside.ask("devices")
                assert devices == {"Gimje house 1": None, "Gimje house 1 East bay": "East bay"}, devices
                seen.append("of two devices, the compartment's in an area of its name")
                assert set(absent) == {f"sensor.{prefix}_air_co2"} | {
                    name for name in absent if name.startswith("button.")
                }, absent
                await look(inside, house, prefix, seen)
                await inside.shows(f"sensor.{prefix}_air_co2", "unavailable")
            await inside.shows(f"sensor.{prefix}_air_temperature", "unavailable")
            seen.append("unavailable once the controller had ended")
            complaints = [line for line in await inside.ask("complaints") if "mqtt" in line.lower()]
            assert not complaints, complaints
            seen.append("no warning and no error from its MQTT integration")
        finally:
            await inside.stop()
    return seen


async def look(inside: Inside, house: House, prefix: str, seen: list[str]) -> None:
    """The kinds of entities, and what commands come to."""
    states = await inside.ask("states")
    attributes = states[f"sensor.{prefix}_air_temperature"]["attributes"]
    assert (attributes["unit_of_measurement"], attributes["device_class"]) == ("°C", "temperature")
    assert attributes["quality"] == "good"
    assert states[f"sensor.{prefix}_heating_temperature"]["state"] == "18.0"
    assert states[f"binary_sensor.{prefix}_outside_rain"]["state"] == "on"
    kinds = sorted({name.partition(".")[0] for name in states})
    assert kinds == ["binary_sensor", "button", "cover", "sensor", "switch", "valve"], kinds
    seen.append("kinds: " + ", ".join(kinds))

    await inside.call("cover", "set_cover_position", f"cover.{prefix}_roof_vent", position=40)
    await inside.call("switch", "turn_off", f"switch.{prefix}_heater")
    await inside.call("valve", "open_valve", f"valve.{prefix}_irrigation_a")
    await until(lambda: len(house.requests) == 3)
    assert house.requests == [
        Override("roof_vent", 40.0, 600.0, "Home Assistant"),
        Override("heater", 0.0, 600.0, "Home Assistant"),
        Override("irrigation_a", 100.0, 600.0, "Home Assistant"),
    ], house.requests
    await inside.shows(f"switch.{prefix}_heater", "off")
    shown = await inside.shows(f"valve.{prefix}_irrigation_a", "open")
    assert shown["by_hand"] == "Home Assistant"
    await inside.call("button", "press", f"button.{prefix}_heater_by_the_rules")
    await until(lambda: house.requests[-1] == Release("heater", "Home Assistant"))
    await inside.shows(f"switch.{prefix}_heater", "on")
    seen.append("cover, switch, valve and button: overrides of 10 min and a release, shown back")


def main() -> int:
    try:
        seen = asyncio.run(check(python("home-assistant", *PACKAGES)))
    except AssertionError as error:
        print(f"refused: {error}")
        return 1
    print("\n".join(seen))
    return 0


if __name__ == "__main__":
    sys.exit(main())
