"""Examines an installation from outside, whether the controller runs or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from controller.config.settings import Configuration, ConfiguredBus

from . import computer, files, network, ports
from .account import running_as
from .finding import Finding, Verdict

__all__ = ["Finding", "Verdict", "examine"]

_MODBUS_TCP = 502
_BOARD = {"gpio": ("chip", "/dev/gpiochip0"), "i2c": ("port", "/dev/i2c-1")}  # the option, and what it is by default


def examine(directory: Path, state: Path) -> Iterator[Finding]:
    """Look at everything that must be right, one thing after the other; findings come as they are made."""
    account = running_as()
    configuration, found = files.configuration(directory)
    yield from found
    yield from files.access(directory, account)
    yield from files.state(state, account)
    yield from computer.clock()
    yield from computer.supply()
    if configuration is not None:
        yield from _outside(configuration)
    yield from computer.service()
    yield from computer.controller(state)


def _outside(configuration: Configuration) -> Iterator[Finding]:
    for bus in configuration.buses:
        yield from _bus(bus)
    if configuration.uplink.influxdb is not None:
        yield network.database(configuration.uplink.influxdb)


def _bus(bus: ConfiguredBus) -> Iterator[Finding]:
    """By what the options say, since the drivers' own are not known here, and by the two that need none."""
    about, options = f"bus {bus.settings.name}", bus.settings.options
    port, url, host = options.get("port"), options.get("url"), options.get("host")
    if bus.driver in _BOARD:
        option, usual = _BOARD[bus.driver]
        yield ports.on_board(about, Path(str(options.get(option, usual))), running_as())
    elif isinstance(port, str) and port.startswith("/"):
        yield from ports.serial(about, Path(port), running_as())
    elif isinstance(url, str) and url.startswith(("mqtt://", "mqtts://")):
        yield network.broker(about, options)
    elif isinstance(url, str) and (address := urlsplit(url)).hostname:
        yield network.reachable(about, address.hostname, address.port or _MODBUS_TCP)
    elif isinstance(host, str):
        address = urlsplit(f"//{host}")
        yield network.reachable(about, address.hostname or host, address.port or _MODBUS_TCP)
