"""Against pymodbus's own servers, on a pair of pseudo terminals and on a network: a second opinion on every frame."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pymodbus.framer import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from controller.model.commands import Followed, Verb
from controller.model.ports import BusSettings
from drivers.kit import Heard, RealClock, at_work, order, soon
from drivers.modbus import factory
from tests.support.mosquitto import free_port

from .conftest import device


def _box(address: int) -> SimDevice:
    words = SimData(0, values=[0, 0xFF9C, 640], datatype=DataType.REGISTERS)
    return SimDevice(address, simdata=words)


def _relays(address: int) -> SimDevice:
    coils = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
    empty = [SimData(0, values=[0], datatype=DataType.REGISTERS)]
    return SimDevice(address, simdata=(coils, coils, empty, empty))


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[None]:
    far, near = tmp_path / "far", tmp_path / "port"
    socat = await asyncio.create_subprocess_exec(
        "socat", f"pty,raw,echo=0,link={far}", f"pty,raw,echo=0,link={near}", stderr=asyncio.subprocess.DEVNULL
    )
    async with asyncio.timeout(5):
        while True:
            if far.exists() and near.exists():
                break
            await asyncio.sleep(0.01)
    served = ModbusSerialServer([_box(1), _relays(20)], port=str(far), baudrate=9600)
    await served.serve_forever(background=True)
    yield
    await served.shutdown()  # type: ignore[no-untyped-call]
    with contextlib.suppress(ProcessLookupError):
        socat.terminate()
    await socat.wait()


DEVICES = (
    device("box", {"air.temperature": "temperature", "air.humidity": "humidity"}, address=1, profile="xy-md02"),
    device("relays", {"fan": "channel/1"}, address=20, profile="waveshare-relay-8"),
)


async def _reads_and_switches(bus: dict[str, object]) -> None:
    heard = Heard()
    driver = factory.open(BusSettings("bus", bus, DEVICES), RealClock())
    async with at_work(driver, heard):
        await soon(lambda: heard.readings("air.humidity") and heard.reports("fan"))
        assert heard.readings("air.temperature")[0].value == -10
        assert heard.readings("air.humidity")[0].value == 64
        for verb, followed in ((Verb.ON, Followed.RUNNING), (Verb.OFF, Followed.RESTING)):
            given = order("fan", verb)
            driver.send(given)
            await soon(lambda given=given: heard.answers(given))  # type: ignore[misc]
            assert heard.answers(given)[0].followed is followed
        assert sum(entry.errors + entry.timeouts for entry in driver.health().devices) == 0


@pytest.mark.usefixtures("server")
async def test_on_a_line(tmp_path: Path) -> None:
    await _reads_and_switches({"port": str(tmp_path / "port")})


async def test_on_a_network() -> None:
    port = free_port()
    served = ModbusTcpServer([_box(1), _relays(20)], address=("127.0.0.1", port))
    await served.serve_forever(background=True)
    await _reads_and_switches({"url": f"tcp://127.0.0.1:{port}"})
    await served.shutdown()  # type: ignore[no-untyped-call]


async def test_through_a_plain_serial_server() -> None:
    port = free_port()
    served = ModbusTcpServer([_box(1), _relays(20)], framer=FramerType.RTU, address=("127.0.0.1", port))
    await served.serve_forever(background=True)
    await _reads_and_switches({"url": f"rtu+tcp://127.0.0.1:{port}"})
    await served.shutdown()  # type: ignore[no-untyped-call]
