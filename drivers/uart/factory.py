"""Checks the serial instruments of site.yaml, says what they offer, and makes the driver."""

from __future__ import annotations

from controller.model.errors import ConfigError
from controller.model.ports import BusSettings, DeviceSettings, Driver, Source
from controller.model.time import Clock

from .settings import check_together, device_options, port_options


class UartFactory:
    """The entry point of the driver for serial instruments."""

    def check(self, bus: BusSettings) -> None:
        port_options(bus)
        for device in bus.devices:
            for point in device.points:
                self.source(device, point.source)
            device_options(device)
        check_together(bus)

    def source(self, device: DeviceSettings, name: str) -> Source:
        found = device_options(device).instrument.source(name)
        if isinstance(found, str):
            place = next((point.place for point in device.points if point.source == name), device.place)
            raise ConfigError(f"{device.options['profile']} offers no {name!r}", place, found)
        return found

    def open(self, bus: BusSettings, clock: Clock) -> Driver:
        # what opens ports is imported where one is opened
        from .driver import UartDriver

        self.check(bus)
        return UartDriver(bus, clock)
