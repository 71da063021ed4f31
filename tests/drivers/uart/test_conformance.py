"""The tests that every driver must pass: with an instrument that is asked, and one that speaks by itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from controller.model.ports import BusSettings, DeviceSettings, PointSettings
from drivers.kit import Conformance, VirtualField
from drivers.uart import factory
from simulators.devices.uart_mhz19 import VirtualMhZ19
from simulators.devices.uart_weather import VirtualWeather, sentence

GARBAGE = (b"\x00", b"\xff" * 300, b"\xff\x86\x01\x02", b"\xff\x86" + bytes(7), bytes(range(256)))


class Asked(VirtualField):
    factory = factory
    point = "air.co2"
    initial = 20.0

    def __init__(self, link: Path) -> None:
        points = (PointSettings("air.co2", "co2"),)
        options = {"profile": "mh-z19", "poll": "1 s"}
        self.settings = BusSettings("serial", {"port": str(link)}, (DeviceSettings("co2", options, points),))
        self._value = self.initial
        self._sensor = VirtualMhZ19(link, lambda: self._value)
        self._said = 0

    async def measure(self, value: float) -> None:
        self._value = value

    async def lose_device(self) -> None:
        self._sensor.silent = True

    async def find_device(self) -> None:
        self._sensor.silent = False

    async def lose_bus(self) -> None:
        self._sensor.port.disconnect()

    async def find_bus(self) -> None:
        self._sensor.port.connect()

    async def garbage(self) -> None:
        self._sensor.port.say(GARBAGE[self._said % len(GARBAGE)])
        self._said += 1

    async def lag(self, seconds: float) -> None:
        self._sensor.lag = seconds


class Speaking(VirtualField):
    factory = factory
    point = "outside.temperature"

    def __init__(self, link: Path) -> None:
        points = (PointSettings("outside.temperature", "temperature/AIR", stale_after=10.0),)
        device = DeviceSettings("weather", {"profile": "nmea-0183"}, points)
        self.settings = BusSettings("serial", {"port": str(link)}, (device,))
        self._value = self.initial
        self.station = VirtualWeather(link, lambda name: self._value if name == "temperature" else 0.0, period=0.02)
        self._said = 0

    async def measure(self, value: float) -> None:
        self._value = value

    async def lose_device(self) -> None:
        self.station.silent = True

    async def find_device(self) -> None:
        self.station.silent = False

    async def lose_bus(self) -> None:
        self.station.port.disconnect()

    async def find_bus(self) -> None:
        self.station.port.connect()

    async def garbage(self) -> None:
        broken = sentence("WIXDR,C,99.9,C,AIR").replace(b"99.9", b"98.9")
        self.station.port.say((*GARBAGE, broken)[self._said % (len(GARBAGE) + 1)])
        self._said += 1


class TestAsked(Conformance):
    late = 0.7

    @pytest.fixture(autouse=True)
    def _place(self, tmp_path: Path) -> None:
        self._link = tmp_path / "port"

    @contextlib.asynccontextmanager
    async def field(self) -> AsyncIterator[VirtualField]:
        field = Asked(self._link)
        await field.find_bus()
        try:
            yield field
        finally:
            await field.lose_bus()


class TestSpeaking(Conformance):
    @pytest.fixture(autouse=True)
    def _place(self, tmp_path: Path) -> None:
        self._link = tmp_path / "port"

    @contextlib.asynccontextmanager
    async def field(self) -> AsyncIterator[VirtualField]:
        field = Speaking(self._link)
        await field.find_bus()
        work = asyncio.create_task(field.station.run())
        try:
            yield field
        finally:
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work
            await field.lose_bus()
