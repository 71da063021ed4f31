"""A serial line with virtual devices whose port nobody else has open, as an adapter that was just plugged in."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from controller.model.ports import DeviceSettings, PointSettings
from simulators.devices.ks_actuator import Travel
from simulators.devices.modbus import build
from simulators.devices.pty_port import PtyPort
from simulators.line.frames import RequestReader, seal

READS = {1, 2, 3, 4}


def probe(address: int) -> DeviceSettings:
    """A probe of temperature and humidity."""
    points = tuple(PointSettings(f"air.{source}", source) for source in ("temperature", "humidity"))
    return DeviceSettings(f"probe_{address}", {"address": address, "profile": "xy-md02"}, points)


class VirtualLine:
    """A context manager. `functions` are those of all requests that came."""

    def __init__(self, link: Path, devices: Sequence[DeviceSettings]) -> None:
        self.functions: set[int] = set()
        values = {"air.temperature": 21.5, "air.humidity": 64.0}
        self._slaves = build(devices, values.__getitem__, values.__setitem__, lambda _: Travel(60.0, 60.0))
        self._port = PtyPort(link, self._hear)
        self._reader = RequestReader()

    def __enter__(self) -> VirtualLine:
        self._port.connect()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._port.disconnect()

    def _hear(self, data: bytes) -> None:
        for request in self._reader.feed(data):
            self.functions.add(request.pdu[0])
            slave = self._slaves.get(request.address)
            if slave is not None:
                self._port.say(seal(request.address, slave.answer(request.pdu, time.monotonic())))
