"""Checks the MQTT part of site.yaml, says what its devices offer, and makes the driver."""

from __future__ import annotations

import re

from controller.model.errors import ConfigError, one_of
from controller.model.ports import BusSettings, DeviceSettings, Driver, Source
from controller.model.time import Clock

from .driver import MqttDriver
from .formats import conventions, tasmota
from .relays import relay_number
from .settings import broker_options, device_options

_PATH = re.compile(r"[^./\s]+(\.[^./\s]+)*")
_RADIO = ("fCnt", "rxInfo.0.rssi", "rxInfo.0.snr")


class MqttFactory:
    """The entry point of the MQTT driver."""

    def check(self, bus: BusSettings) -> None:
        broker_options(bus)
        for device in bus.devices:
            device_options(device)
            for point in device.points:
                self.source(device, point.source)

    def source(self, device: DeviceSettings, name: str) -> Source:
        options = device_options(device)
        place = next((point.place for point in device.points if point.source == name), device.place)
        if options.profile == "tasmota":
            if relay_number(name) is not None:
                return Source(output="switch")
            if "." not in name or not _PATH.fullmatch(name):
                hint = "known: power/1 .. power/32, and paths into its SENSOR message like DS18B20.Temperature"
                raise ConfigError(f"Tasmota offers no {name!r}", place, hint)
            return Source(tasmota.unit_of(name))
        if not _PATH.fullmatch(name):
            raise ConfigError(f"{name!r} is no path", place, "write names with dots between, like object.water_soil")
        if options.profile == "chirpstack" and not name.startswith("object.") and name not in _RADIO:
            known = (*_RADIO, f"object.{name}")
            raise ConfigError(f"an uplink offers no {name!r}", place, one_of(name, known))
        if options.profile == "json" and options.command_topic is not None and name == options.state:
            return Source(output="switch")
        return Source(conventions.unit_of(name))

    def open(self, bus: BusSettings, clock: Clock) -> Driver:
        self.check(bus)
        return MqttDriver(bus, clock)
