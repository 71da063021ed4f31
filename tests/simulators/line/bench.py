"""The real driver on a virtual line, both on one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from controller.app.clock import ScaledClock
from controller.model.commands import Cause, Command, Level, Report, Verb
from controller.model.points import Reading
from controller.model.ports import BusSettings, DeviceSettings, Driver, FieldInput, PointSettings
from controller.model.time import NS
from drivers.modbus import factory
from simulators.devices.ks_actuator import Travel
from simulators.devices.modbus import VirtualSlave, build
from simulators.line import Pace, SerialLine

_ids = itertools.count(1)


def device(name: str, points: dict[str, str], **options: object) -> DeviceSettings:
    return DeviceSettings(name, options, tuple(PointSettings(point, source) for point, source in points.items()))


CLIMATE = device(
    "climate", {"air.temperature": "temperature", "air.humidity": "humidity"}, address=1, profile="xy-md02"
)
CO2 = device("co2", {"air.co2": "co2"}, address=3, profile="senseair-s8")
RELAYS = device(
    "relays", {"heater.relay": "channel/1", "fan.relay": "channel/2"}, address=20, profile="waveshare-relay-8"
)
NODE = device(
    "node",
    {"outside.temperature": "outside_temperature/1", "roof_vent.node": "retractable/1"},
    address=12,
    profile="ks-x-3267",
)
TRUE = {"air.temperature": 21.53, "air.humidity": 65.2, "air.co2": 612.0, "outside.temperature": -3.25}


class Bench:
    """A line with its slaves, a driver at its port, and what the driver has said."""

    def __init__(self, link: Path, devices: Sequence[DeviceSettings], speed: float, pace: Pace | None) -> None:
        now = time.time_ns()
        self.clock = ScaledClock(speed, now, now)
        self.values = dict(TRUE)
        self.slaves: dict[int, VirtualSlave] = build(
            devices, self.values.__getitem__, self.values.__setitem__, lambda point: Travel(180.0, 180.0)
        )
        self.line = SerialLine(link, self.slaves, self.now, pace)
        settings = BusSettings("rs485", {"port": str(link), "timeout": "0.1 s"}, tuple(devices))
        factory.check(settings)
        self.driver: Driver = factory.open(settings, self.clock)
        self.heard: list[FieldInput] = []

    def now(self) -> float:
        return self.clock.now().mono_ns / NS

    def readings(self, point: str) -> list[Reading]:
        return [entry for entry in self.heard if isinstance(entry, Reading) and entry.point == point]

    def reports(self, output: str) -> list[Report]:
        return [entry for entry in self.heard if isinstance(entry, Report) and entry.output == output]

    async def told(self, output: str, verb: Verb, seconds: float | None = None) -> Report:
        """Send a command and wait for the report that answers it."""
        given = Command(next(_ids), output, verb, self.clock.now(), Cause(Level.HAND, "test"), seconds)
        self.driver.send(given)
        await until(lambda: any(report.command_id == given.id for report in self.reports(output)))
        return next(report for report in self.reports(output) if report.command_id == given.id)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(15):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def bench(
    folder: Path, *devices: DeviceSettings, speed: float = 1.0, pace: Pace | None = None
) -> AsyncIterator[Bench]:
    made = Bench(folder / "port", devices, speed, pace)
    with made.line:
        task = asyncio.create_task(made.driver.run(made.heard.extend))
        try:
            yield made
            assert not task.done(), task
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
