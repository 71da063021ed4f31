"""The options of a 1-Wire bus and of the thermometers on it, checked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from controller.model.errors import ConfigError, one_of
from controller.model.ports import BusSettings, DeviceSettings
from drivers.options import Options

DEVICES = Path("/sys/bus/w1/devices")
FAMILIES = {"10": "DS18S20", "22": "DS1822", "28": "DS18B20", "3b": "DS1825", "42": "DS28EA00"}
"""Of thermometers, by the first two digits of their numbers (kernel documentation, w1_therm)."""

_ID = re.compile(r"(?P<family>[0-9a-f]{2})-[0-9a-f]{12}")
_POLL = 10.0  # s


class ThermometerOptions(NamedTuple):
    """A thermometer: its number, and how often it is read (s of the clock)."""

    id: str
    poll: float


def folder(bus: BusSettings) -> Path:
    """Where the kernel shows the devices of this bus. Raises ConfigError."""
    read = Options(bus.options, bus.places, bus.place, f"bus {bus.name}", ("folder",))
    text = read.text("folder")
    return DEVICES if text is None else Path(text)


def thermometer(device: DeviceSettings) -> ThermometerOptions:
    """The options of a device. Raises ConfigError."""
    read = Options(device.options, device.places, device.place, f"device {device.name}", ("profile", "id", "poll"))
    read.choice("profile", "thermometer", ("thermometer",))
    number = read.text("id")
    if number is None:
        raise ConfigError(f"device {device.name} has no id", device.place, f"write id: as it stands in {DEVICES}")
    match = _ID.fullmatch(number.lower())
    if match is None:
        raise ConfigError(f"{number!r} is no 1-Wire number", read.place("id"), "write it like 28-0316a2794aff")
    if match["family"] not in FAMILIES:
        known = one_of(match["family"], FAMILIES)
        raise ConfigError(f"{number!r} is no thermometer", read.place("id"), f"first two digits {known}")
    return ThermometerOptions(number.lower(), read.seconds("poll", _POLL, 1.0))
