"""The options of a serial port and of the instruments on it, checked."""

from __future__ import annotations

from typing import NamedTuple

from controller.model.errors import ConfigError, one_of
from controller.model.ports import BusSettings, DeviceSettings
from drivers.options import Options

from .instruments import INSTRUMENTS
from .instruments.instrument import Instrument

BAUDRATES = (300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
PARITIES = {"none": "N", "even": "E", "odd": "O"}

_PORT_OPTIONS = ("port", "baudrate", "bits", "parity", "stop_bits")
_POLL = 10.0  # s


class PortOptions(NamedTuple):
    """A serial port."""

    port: str
    baudrate: int
    bits: int = 8
    parity: str = "N"
    stop_bits: int = 1


class DeviceOptions(NamedTuple):
    """An instrument, and how often it is asked (s of the clock)."""

    instrument: Instrument
    poll: float


def port_options(bus: BusSettings) -> PortOptions:
    """The options of a bus; the speed is that of its instrument unless it is given. Raises ConfigError."""
    read = Options(bus.options, bus.places, bus.place, f"bus {bus.name}", _PORT_OPTIONS)
    port = read.text("port")
    if port is None:
        raise ConfigError(f"bus {bus.name} has no port", bus.place, "write port: /dev/serial/by-id/...")
    kinds = [INSTRUMENTS[str(device.options.get("profile"))] for device in bus.devices if _known(device)]
    usual = kinds[0].BAUDRATE if kinds else 9600
    baudrate = read.whole("baudrate", usual, BAUDRATES[0], BAUDRATES[-1])
    if baudrate not in BAUDRATES:
        raise ConfigError(f"there is no baudrate {baudrate}", read.place("baudrate"), f"use {usual}")
    parity = PARITIES[read.choice("parity", "none", PARITIES)]
    return PortOptions(port, baudrate, read.whole("bits", 8, 7, 8), parity, read.whole("stop_bits", 1, 1, 2))


def device_options(device: DeviceSettings) -> DeviceOptions:
    """The instrument, and how often it is asked. Raises ConfigError."""
    profile = device.options.get("profile")
    place = device.places.get("profile", device.place)
    if profile is None:
        raise ConfigError(f"device {device.name} has no profile", place, "known: " + ", ".join(INSTRUMENTS))
    if not _known(device):
        raise ConfigError(f"there is no instrument {profile!r}", place, one_of(str(profile), INSTRUMENTS))
    kind = INSTRUMENTS[str(profile)]
    known = ("profile", "poll", *kind.OPTIONS)
    read = Options(device.options, device.places, device.place, f"profile {profile}", known)
    instrument = kind(read)
    if instrument.listens and read.has("poll"):
        raise ConfigError("it speaks by itself and is not polled", read.place("poll"), "leave poll out")
    return DeviceOptions(instrument, read.seconds("poll", _POLL, 1.0))


def check_together(bus: BusSettings) -> None:
    """Whether the instruments can be on one port. Raises ConfigError."""
    if len(bus.devices) < 2:
        return
    for device in bus.devices:
        if not INSTRUMENTS[str(device.options["profile"])].SHARES:
            message = f"{device.options['profile']} needs a port of its own"
            raise ConfigError(message, device.place, "name another bus for it")
    addresses: dict[object, str] = {}
    for device in bus.devices:
        address = str(device.options.get("address", "0"))
        other = addresses.setdefault(address, device.name)
        if other != device.name:
            place = device.places.get("address", device.place)
            raise ConfigError(f"{other} has address {address} already", place, "give each probe its own address")


def _known(device: DeviceSettings) -> bool:
    return str(device.options.get("profile")) in INSTRUMENTS
