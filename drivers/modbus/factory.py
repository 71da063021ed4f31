"""The entry point: checks settings and makes the driver. What needs pymodbus or a port is imported by `open` only."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING

from controller.model.errors import ConfigError, Place, one_of
from controller.model.ports import BusSettings, DeviceSettings, Driver, Source
from controller.model.time import Clock

from . import profile
from .ksx3267 import codes
from .options import DeviceOptions, SerialOptions, TcpOptions, all_device_options, bus_options, device_options
from .profile import KOREAN

if TYPE_CHECKING:
    from .link import OpenLink
    from .messages import FieldDevice

_NODE_TIMEOUT = 1.0  # s: what Korean nodes may take for their node information


class ModbusFactory:
    """Implements `controller.model.ports.DriverFactory`."""

    def check(self, bus: BusSettings) -> None:
        """Raises ConfigError for the first option that is wrong."""
        bus_options(bus)
        all_device_options(bus)
        for device in bus.devices:
            for point in device.points:
                self.source(device, point.source)

    def source(self, device: DeviceSettings, name: str) -> Source:
        """What the device offers under this name. Raises ConfigError with a suggestion."""
        options = device_options(device)
        place = next((p.place for p in device.points if p.source == name), Place())
        place = place if place.line else device.place
        if options.profile in KOREAN:
            return codes.source(name, place)
        sources = _profile(device, options).sources
        found = sources.get(name)
        if found is None:
            raise ConfigError(f"{options.profile} offers no {name!r}", place, one_of(name, sources))
        return profile.source(found)

    def schema(self) -> Mapping[str, object]:
        """The JSON Schema of a profile."""
        return profile.schema()

    def open(self, bus: BusSettings, clock: Clock) -> Driver:
        """The driver of this line. No I/O happens before its `run`. Raises ConfigError."""
        from .line import Line
        from .unit import Unit

        options = bus_options(bus)
        units = []
        for device, wanted in zip(bus.devices, all_device_options(bus), strict=True):
            made, timeout, settle = _device(device, wanted)
            timeout = max(timeout, options.timeout) if wanted.timeout is None else wanted.timeout
            settle = settle if wanted.settle is None else wanted.settle
            units.append(Unit(device.name, wanted, made, timeout, settle))
        return Line(bus.name, opener(options.link), units, clock)


def opener(options: SerialOptions | TcpOptions) -> OpenLink:
    """How the link of a bus is opened."""
    if isinstance(options, TcpOptions):
        from .tcp import open_connection

        return functools.partial(open_connection, options)
    from .port import open_port

    return functools.partial(open_port, options)


def _device(device: DeviceSettings, options: DeviceOptions) -> tuple[FieldDevice, float, float]:
    """The device, with the time-out and the settling time (s) that its kind needs."""
    from .device import ProfileDevice
    from .ksx3267.device import KsNode

    if options.profile in KOREAN:
        return KsNode(device.points, options.korean), _NODE_TIMEOUT, 0.0
    known = _profile(device, options)
    return ProfileDevice(device.points, known), 0.0, known.settle


def _profile(device: DeviceSettings, options: DeviceOptions) -> profile.Profile:
    return profile.find(options.profile, device.places.get("profile", device.place))
