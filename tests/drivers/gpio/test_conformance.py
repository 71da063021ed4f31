"""The tests that every driver must pass, with a contact and a relay on a virtual header."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from controller.model.ports import BusSettings, DeviceSettings, PointSettings
from drivers.gpio.factory import GpioFactory
from drivers.kit import Conformance, VirtualField
from simulators.devices.gpio_header import VirtualHeader

DOOR, PUMP = 22, 17


class Header(VirtualField):
    point = "door"
    output = "pump"

    def __init__(self) -> None:
        self._header = VirtualHeader()
        self.factory = GpioFactory(self._header.request)
        contact = DeviceSettings(
            "contact", {"profile": "contacts", "pins": {"main": DOOR}}, (PointSettings(self.point, "main"),)
        )
        relays = DeviceSettings(
            "relays", {"profile": "relays", "pins": {"pump": PUMP}}, (PointSettings(self.output, "pump"),)
        )
        self.settings = BusSettings("header", {}, (contact, relays))

    def shown(self, value: float) -> float:
        """Even numbers are an open contact, odd ones a closed one."""
        return float(round(value) % 2)

    async def measure(self, value: float) -> None:
        self._header.drive(DOOR, self.shown(value) == 1.0)

    def running(self) -> bool:
        return self._header.voltage[PUMP]

    async def lose_bus(self) -> None:
        self._header.pull_out()

    async def find_bus(self) -> None:
        self._header.there = True

    async def garbage(self) -> None:
        self._header.stray()


class TestPins(Conformance):
    @contextlib.asynccontextmanager
    async def field(self) -> AsyncIterator[VirtualField]:
        yield Header()
