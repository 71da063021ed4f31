"""The tests that every driver must pass, on a serial line and on a network."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from controller.model.ports import BusSettings
from drivers.kit import Conformance, VirtualField
from drivers.modbus import factory

from .conftest import Bench, Slave, device

GARBAGE = (b"\x00", b"\xff" * 300, b"\x01\x04", b"\x01\x84\x02", b"\x01\x04\x04\x00\x00\x00\x00\xff\xff")


class SerialField(VirtualField):
    """A temperature probe and a relay board, which have their power from one plug."""

    factory = factory
    point = "air.temperature"
    output = "fan"

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._probe, self._relays = Slave(words={1: 200, 2: 500}), Slave(coils=dict.fromkeys(range(8), 0))
        bench.slaves |= {1: self._probe, 20: self._relays}
        self.settings = BusSettings(
            "rs485",
            {"port": str(bench.link), "timeout": "100 ms"},
            (
                device("probe", {"air.temperature": "temperature"}, address=1, profile="xy-md02", poll="1 s"),
                device("relays", {"fan": "channel/1"}, address=20, profile="waveshare-relay-8", poll="1 s"),
            ),
        )
        self._said = 0

    async def measure(self, value: float) -> None:
        self._probe.words[1] = round(value * 10) & 0xFFFF

    def running(self) -> bool:
        return bool(self._relays.coils[0])

    async def lose_device(self) -> None:
        self._probe.silent = self._relays.silent = True

    async def find_device(self) -> None:
        self._probe.silent = self._relays.silent = False

    async def lose_bus(self) -> None:
        self._bench.disconnect()

    async def find_bus(self) -> None:
        self._bench.connect()

    async def garbage(self) -> None:
        self._bench.say(GARBAGE[self._said % len(GARBAGE)])
        self._said += 1

    async def lag(self, seconds: float) -> None:
        self._probe.lag = self._relays.lag = seconds


class TestSerialLine(Conformance):
    @pytest.fixture(autouse=True)
    def _place(self, tmp_path: Path) -> None:
        self._link = tmp_path / "port"

    @contextlib.asynccontextmanager
    async def field(self) -> AsyncIterator[VirtualField]:
        bench = Bench(self._link)
        bench.connect()
        try:
            yield SerialField(bench)
        finally:
            bench.disconnect()
