"""Against pymodbus's own server behind a pair of pseudo terminals: a second opinion on every frame."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from controller.model.commands import Followed, Verb

from .conftest import Start, command, device


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


@pytest.mark.usefixtures("server")
async def test_reads_and_switches(start: Start) -> None:
    devices = (
        device("box", {"air.temperature": "temperature", "air.humidity": "humidity"}, address=1, profile="xy-md02"),
        device("relays", {"fan": "channel/1"}, address=20, profile="waveshare-relay-8"),
    )
    async with start(*devices) as line:
        await line.heard.until(lambda: line.heard.readings("air.humidity") and line.heard.reports("fan"))
        assert line.heard.readings("air.temperature")[0].value == -10
        assert line.heard.readings("air.humidity")[0].value == 64
        for verb, followed in ((Verb.ON, Followed.RUNNING), (Verb.OFF, Followed.RESTING)):
            assert (await line.told(command("fan", verb))).followed is followed
        assert sum(entry.errors + entry.timeouts for entry in line.driver.health().devices) == 0
