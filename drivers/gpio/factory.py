"""Checks what site.yaml says of pins, says what they offer, and makes the driver."""

from __future__ import annotations

from controller.model.errors import ConfigError
from controller.model.ports import BusSettings, DeviceSettings, Driver, Source
from controller.model.time import Clock

from .driver import GpioDriver
from .lines import Request, request_lines
from .settings import check_together, chip, pins_options


class GpioFactory:
    """The entry point of the driver for pins. `request` asks for lines: tests give their own."""

    def __init__(self, request: Request = request_lines) -> None:
        self._request = request

    def check(self, bus: BusSettings) -> None:
        chip(bus)
        check_together(bus)
        for device in bus.devices:
            outputs: dict[str, str] = {}
            for point in device.points:
                source = self.source(device, point.source)
                other = outputs.setdefault(point.source, point.name) if source.output else point.name
                if other != point.name:
                    message = f"{point.source} is {other} already"
                    raise ConfigError(message, point.place, "an output has one name only")

    def source(self, device: DeviceSettings, name: str) -> Source:
        found = pins_options(device).source(name)
        if isinstance(found, str):
            place = next((point.place for point in device.points if point.source == name), device.place)
            raise ConfigError(f"{device.options['profile']} offers no {name!r}", place, found)
        return found

    def open(self, bus: BusSettings, clock: Clock) -> Driver:
        self.check(bus)
        return GpioDriver(bus, clock, self._request)
