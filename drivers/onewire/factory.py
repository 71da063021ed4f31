"""Checks the 1-Wire thermometers of site.yaml, says what they offer, and makes the driver."""

from __future__ import annotations

from controller.model.errors import ConfigError
from controller.model.ports import BusSettings, DeviceSettings, Driver, Source
from controller.model.time import Clock

from .driver import OneWireDriver
from .settings import folder, thermometer


class OneWireFactory:
    """The entry point of the 1-Wire driver."""

    def check(self, bus: BusSettings) -> None:
        folder(bus)
        known: dict[str, str] = {}
        for device in bus.devices:
            number = thermometer(device).id
            other = known.setdefault(number, device.name)
            if other != device.name:
                place = device.places.get("id", device.place)
                raise ConfigError(f"{other} has {number} already", place, "a thermometer is one device")
            for point in device.points:
                self.source(device, point.source)

    def source(self, device: DeviceSettings, name: str) -> Source:
        thermometer(device)
        if name != "temperature":
            place = next((point.place for point in device.points if point.source == name), device.place)
            raise ConfigError(f"a thermometer offers no {name!r}", place, "known: temperature")
        return Source("°C")

    def open(self, bus: BusSettings, clock: Clock) -> Driver:
        self.check(bus)
        return OneWireDriver(bus, clock)
