"""Buses: a driver each, kept through what does not concern it, exchanged when its settings change."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from controller.app.bus import PATIENCE, Buses
from controller.app.clock import SystemClock
from controller.app.watchman import Watchman
from controller.model.commands import Cause, Command, Followed, Level, Notice, Report, Verb
from controller.model.errors import Place
from controller.model.ports import (
    BusHealth,
    BusSettings,
    DeviceHealth,
    DeviceSettings,
    Emit,
    FieldInput,
    PointSettings,
    Source,
)
from controller.model.time import Clock, Instant

from .wait import until


class Line:
    """A driver that counts its lives and keeps its commands."""

    def __init__(self, settings: BusSettings, kit: Kit) -> None:
        self._settings, self._kit = settings, kit
        self.name = settings.name
        self.commands: list[Command] = []

    async def run(self, emit: Emit) -> None:
        if self._kit.broken:
            raise OSError("no such port")
        self._kit.emits[self.name] = emit
        try:
            await asyncio.Event().wait()
        finally:
            self._kit.ended.append(self._settings.name)

    def send(self, command: Command) -> None:
        self.commands.append(command)

    def health(self) -> BusHealth:
        devices = [DeviceHealth(device.name, complaint=self._kit.complaint) for device in self._settings.devices]
        return BusHealth(self._settings.name, online=True, devices=devices)


class Ticking(SystemClock):
    """A clock that somebody turns."""

    def __init__(self) -> None:
        self._gone = 0.0

    def pass_by(self, seconds: float) -> None:
        self._gone += seconds

    def now(self) -> Instant:
        return Instant(0, 0).after(self._gone)


class Kit:
    """A factory that keeps what it made."""

    def __init__(self) -> None:
        self.emits: dict[str, Emit] = {}
        self.opened: list[Line] = []
        self.ended: list[str] = []
        self.broken = False
        self.complaint = ""

    def check(self, bus: BusSettings) -> None: ...

    def source(self, device: DeviceSettings, name: str) -> Source:
        return Source()

    def open(self, bus: BusSettings, clock: Clock) -> Line:
        self.opened.append(Line(bus, self))
        return self.opened[-1]


def bus(name: str, line: int = 1, **options: object) -> BusSettings:
    place = Place("site.yaml", line, 3)
    device = DeviceSettings(f"{name}_relays", {}, (PointSettings(f"{name}.relay", "channel/1", place=place),), place)
    return BusSettings(name, options, (device,), place, {"port": place})


def order(output: str) -> Command:
    return Command(1, output, Verb.ON, SystemClock().now(), Cause(Level.RULE, "Heat"))


@pytest.fixture
def heard() -> list[FieldInput]:
    return []


async def test_a_bus_whose_settings_stay_lives_on(heard: list[FieldInput]) -> None:
    kit = Kit()
    buses = Buses(lambda _: kit, SystemClock(), heard.extend)
    await buses.apply([("modbus", bus("a", port="/dev/a")), ("modbus", bus("b", port="/dev/b"))])
    # "a" has moved to another line of the file, "b" to another port
    await buses.apply([("modbus", bus("a", line=9, port="/dev/a")), ("modbus", bus("b", port="/dev/c"))])
    assert kit.ended == ["b"]
    assert len(kit.opened) == 3
    send = buses.output("b.relay")
    assert send is not None
    send(order("b.relay"))
    assert [command.output for command in kit.opened[2].commands] == ["b.relay"]
    await buses.stop()
    assert sorted(kit.ended) == ["a", "b", "b"]
    assert buses.output("a.relay") is None


async def test_another_driver_for_the_same_bus_is_a_change(heard: list[FieldInput]) -> None:
    kit = Kit()
    buses = Buses(lambda _: kit, SystemClock(), heard.extend)
    await buses.apply([("modbus", bus("a"))])
    await buses.apply([("mqtt", bus("a"))])
    assert len(kit.opened) == 2
    await buses.stop()


async def test_outputs_of_a_driver_that_fails_are_lost(heard: list[FieldInput]) -> None:
    kit = Kit()
    kit.broken = True
    buses = Buses(lambda _: kit, SystemClock(), heard.extend)
    await buses.apply([("modbus", bus("a"))])
    await until(lambda: buses.health()[0].note == "no such port")
    send = buses.output("a.relay")
    assert send is not None
    send(order("a.relay"))
    assert isinstance(heard[-1], Report)
    assert (heard[-1].followed, heard[-1].note, heard[-1].command_id) == (Followed.LOST, "no such port", 1)
    await buses.stop()


async def test_health_is_told_in_the_order_of_the_file(heard: list[FieldInput]) -> None:
    buses = Buses(lambda _: Kit(), SystemClock(), heard.extend)
    settings = [("modbus", bus(name)) for name in ("c", "a", "b")]
    await buses.apply(settings)
    await buses.apply([settings[1], settings[0], ("modbus", dataclasses.replace(settings[2][1], options={"x": 1}))])
    assert [health.name for health in buses.health()] == ["a", "c", "b"]
    await buses.stop()


async def test_a_driver_that_hangs_is_exchanged(heard: list[FieldInput]) -> None:
    kit, clock = Kit(), Ticking()
    buses = Buses(lambda _: kit, clock, heard.extend)
    await buses.apply([("modbus", bus("a")), ("mqtt", bus("b"))])
    await asyncio.sleep(0)
    clock.pass_by(PATIENCE * 60.0 - 1)
    await buses.exchange_hung()
    assert len(kit.opened) == 2
    # one of the two says something, the other has not since it began
    kit.emits["b"]([])
    clock.pass_by(2)
    await buses.exchange_hung()
    assert kit.ended == ["a"]
    await until(lambda: [line.name for line in kit.opened] == ["a", "b", "a"])
    send = buses.output("a.relay")
    assert send is not None
    await asyncio.sleep(0)
    send(order("a.relay"))
    assert len(kit.opened[2].commands) == 1
    await buses.stop()


async def test_a_device_that_reports_a_fault_raises_an_alarm(heard: list[FieldInput]) -> None:
    kit = Kit()
    buses = Buses(lambda _: kit, SystemClock(), heard.extend)
    await buses.apply([("modbus", bus("a"))])
    told: list[Notice] = []
    watchman = Watchman(buses.complaints, told.append, "medium", patience=10.0)
    for second, complaint in (
        (0, ""),
        (1, "node: fuse error"),
        (9, "node: fuse error"),
        (12, "node: fuse error"),
        (13, ""),
    ):
        kit.complaint = complaint
        watchman.look(second)
    assert told == [
        Notice("device a_relays", True, "medium", "device a_relays: node: fuse error"),
        Notice("device a_relays", False, "medium", "device a_relays is back"),
    ]
    await buses.stop()
