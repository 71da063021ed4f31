"""The options of an I²C bus and of the chips on it, checked."""

from __future__ import annotations

from typing import NamedTuple

from controller.model.errors import ConfigError, one_of
from controller.model.ports import BusSettings, DeviceSettings
from drivers.options import Options

from .chips import CHIPS
from .chips.chip import Chip

PORT = "/dev/i2c-1"
_POLL = 10.0  # s


class ChipOptions(NamedTuple):
    """A chip, its address, and how often it is asked (s of the clock)."""

    chip: Chip
    address: int
    poll: float


def port(bus: BusSettings) -> str:
    """The device file of a bus. Raises ConfigError."""
    return Options(bus.options, bus.places, bus.place, f"bus {bus.name}", ("port",)).text_or("port", PORT)


def chip_options(device: DeviceSettings) -> ChipOptions:
    """The options of a device. Raises ConfigError."""
    profile = device.options.get("profile")
    place = device.places.get("profile", device.place)
    if profile is None:
        raise ConfigError(f"device {device.name} has no profile", place, "known: " + ", ".join(CHIPS))
    kind = CHIPS.get(str(profile))
    if kind is None:
        raise ConfigError(f"there is no I²C chip {profile!r}", place, one_of(str(profile), CHIPS))
    known = ("profile", "address", "poll", *kind.OPTIONS)
    read = Options(device.options, device.places, device.place, f"profile {profile}", known)
    address = read.whole("address", kind.ADDRESSES[0], 0x03, 0x77)
    if address not in kind.ADDRESSES:
        usual = ", ".join(f"0x{each:02x}" for each in kind.ADDRESSES)
        raise ConfigError(f"{profile} cannot have address 0x{address:02x}", read.place("address"), f"use {usual}")
    return ChipOptions(kind(read), address, read.seconds("poll", _POLL, 1.0))
