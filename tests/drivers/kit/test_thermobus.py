"""A driver of another package, with the tests that every driver must pass: the example for whoever writes one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from controller.model.ports import BusSettings, DeviceSettings, PointSettings
from drivers.kit import Conformance, VirtualField
from tests.support.mosquitto import free_port

from .thermobus import factory


class VirtualThermobus(VirtualField):
    """The box, written from the description of its lines, and without the driver's code."""

    factory = factory
    point = "air.temperature"
    output = "heater.relay"

    def __init__(self, port: int) -> None:
        points = (PointSettings(self.point, "temperature"), PointSettings(self.output, "heater"))
        box = DeviceSettings("box", {"poll": "1 s"}, points)
        self.settings = BusSettings("thermobus", {"port": port}, (box,))
        self._port = port
        self._value = self.initial
        self._on = self._silent = False
        self._lag = 0.0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def measure(self, value: float) -> None:
        self._value = value

    def running(self) -> bool:
        return self._on

    async def lose_device(self) -> None:
        self._silent, self._on = True, False

    async def find_device(self) -> None:
        self._silent = False

    async def find_bus(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)

    async def lose_bus(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._writers:
            writer.close()
        while self._writers:  # noqa: ASYNC110
            await asyncio.sleep(0.001)

    async def garbage(self) -> None:
        for writer in self._writers:
            writer.write(b"\xff\xfe T=1\nT=2\n0 T=3\n1 H=nan\n\n")

    async def lag(self, seconds: float) -> None:
        self._lag = seconds

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with contextlib.suppress(OSError):
            while line := await reader.readline():
                number, word, *_ = line.decode().split()
                if self._silent:
                    continue
                if word in ("ON", "OFF"):
                    self._on = word == "ON"
                said = f"{number} T={self._value}\n" if word == "T?" else f"{number} H={self._on:d}\n"
                asyncio.get_running_loop().call_later(self._lag, writer.write, said.encode())
        self._writers.discard(writer)
        writer.close()


class TestThermobus(Conformance):
    @contextlib.asynccontextmanager
    async def field(self) -> AsyncIterator[VirtualField]:
        box = VirtualThermobus(free_port())
        await box.find_bus()
        yield box
        await box.lose_bus()
