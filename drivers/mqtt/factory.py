"""Checks the MQTT part of site.yaml, says what its devices offer, and makes the driver."""

from __future__ import annotations

from controller.model.errors import ConfigError
from controller.model.ports import BusSettings, DeviceSettings, Driver, Source
from controller.model.time import Clock

from .settings import broker_options, make_format


class MqttFactory:
    """The entry point of the MQTT driver."""

    def check(self, bus: BusSettings) -> None:
        broker_options(bus)
        for device in bus.devices:
            outputs: dict[str, str] = {}
            for point in device.points:
                source = self.source(device, point.source)
                other = outputs.setdefault(point.source, point.name) if source.output else point.name
                if other != point.name:
                    message = f"{point.source} is {other} already"
                    raise ConfigError(message, point.place, "an output has one name only")

    def source(self, device: DeviceSettings, name: str) -> Source:
        found = make_format(device).source(name)
        if isinstance(found, str):
            place = next((point.place for point in device.points if point.source == name), device.place)
            raise ConfigError(f"{device.options['profile']} offers no {name!r}", place, found)
        return found

    def open(self, bus: BusSettings, clock: Clock) -> Driver:
        # what holds a connection is imported where one is made
        from .driver import MqttDriver

        self.check(bus)
        return MqttDriver(bus, clock)
