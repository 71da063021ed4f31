"""Checks the I²C chips of site.yaml, says what they offer, and makes the driver."""

from __future__ import annotations

from controller.model.errors import ConfigError
from controller.model.ports import BusSettings, DeviceSettings, Driver, Source
from controller.model.time import Clock

from .driver import I2cDriver
from .settings import chip_options, port
from .wires import Open, open_wires


class I2cFactory:
    """The entry point of the I²C driver. `wires` opens a bus: tests give their own."""

    def __init__(self, wires: Open = open_wires) -> None:
        self._wires = wires

    def check(self, bus: BusSettings) -> None:
        port(bus)
        known: dict[int, str] = {}
        for device in bus.devices:
            address = chip_options(device).address
            other = known.setdefault(address, device.name)
            if other != device.name:
                place = device.places.get("address", device.place)
                raise ConfigError(f"{other} has address 0x{address:02x} already", place, "give it another address")
            for point in device.points:
                self.source(device, point.source)

    def source(self, device: DeviceSettings, name: str) -> Source:
        found = chip_options(device).chip.source(name)
        if isinstance(found, str):
            place = next((point.place for point in device.points if point.source == name), device.place)
            raise ConfigError(f"{device.options['profile']} offers no {name!r}", place, found)
        return found

    def open(self, bus: BusSettings, clock: Clock) -> Driver:
        self.check(bus)
        return I2cDriver(bus, clock, self._wires)
