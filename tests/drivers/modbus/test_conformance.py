"""The tests that every driver must pass, on a serial line and on a network."""

from __future__ import annotations

import contextlib
import itertools
from abc import ABC
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from controller.model.ports import BusSettings
from drivers.kit import Conformance, VirtualField
from drivers.modbus import factory

from .conftest import Bench, NetworkBench, Slave, device

GARBAGE = (b"\x00", b"\xff" * 300, b"\x01\x04", b"\x01\x84\x02", b"\x01\x04\x04\x00\x00\x00\x00\xff\xff")


class ModbusField(VirtualField, ABC):
    """A temperature probe and a relay board, which have their power from one plug."""

    factory = factory
    point = "air.temperature"
    output = "fan"

    def __init__(self, slaves: dict[int, Slave], way: dict[str, object]) -> None:
        self._garbage = itertools.cycle(GARBAGE)
        self._probe, self._relays = Slave(words={1: 200, 2: 500}), Slave(coils=dict.fromkeys(range(8), 0))
        slaves |= {1: self._probe, 20: self._relays}
        self.settings = BusSettings(
            "rs485",
            {**way, "timeout": "100 ms"},
            (
                device("probe", {"air.temperature": "temperature"}, address=1, profile="xy-md02", poll="1 s"),
                device("relays", {"fan": "channel/1"}, address=20, profile="waveshare-relay-8", poll="1 s"),
            ),
        )

    async def measure(self, value: float) -> None:
        self._probe.words[1] = round(value * 10) & 0xFFFF

    def running(self) -> bool:
        return bool(self._relays.coils[0])

    async def lose_device(self) -> None:
        self._probe.silent = self._relays.silent = True

    async def find_device(self) -> None:
        self._probe.silent = self._relays.silent = False

    async def lag(self, seconds: float) -> None:
        self._probe.lag = self._relays.lag = seconds


class SerialField(ModbusField):
    def __init__(self, bench: Bench) -> None:
        super().__init__(bench.slaves, {"port": str(bench.link)})
        self._bench = bench

    async def lose_bus(self) -> None:
        self._bench.disconnect()

    async def find_bus(self) -> None:
        self._bench.connect()

    async def garbage(self) -> None:
        self._bench.say(next(self._garbage))


class NetworkField(ModbusField):
    def __init__(self, bench: NetworkBench) -> None:
        super().__init__(bench.slaves, {"url": f"tcp://127.0.0.1:{bench.port}"})
        self._bench = bench

    async def lose_bus(self) -> None:
        await self._bench.disconnect()

    async def find_bus(self) -> None:
        await self._bench.connect()

    async def garbage(self) -> None:
        self._bench.say(next(self._garbage))


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


class TestNetwork(Conformance):
    @contextlib.asynccontextmanager
    async def field(self) -> AsyncIterator[VirtualField]:
        bench = NetworkBench()
        await bench.connect()
        try:
            yield NetworkField(bench)
        finally:
            await bench.disconnect()
