"""Against libmodbus, a second implementation in another language, on a line and on a network."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from controller.model.commands import Followed, Verb
from controller.model.ports import BusSettings, DeviceSettings
from drivers.kit import Heard, RealClock, at_work, order, soon
from drivers.modbus import factory
from drivers.modbus.scan import ScanOptions, search
from tests.support.mosquitto import free_port

from .conftest import device

SOURCE = Path(__file__).with_name("libmodbus_server.c")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server, compiled."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is needed to build the libmodbus server")
    built = tmp_path_factory.mktemp("libmodbus") / "server"
    done = subprocess.run(["gcc", "-O1", "-o", built, SOURCE, "-lmodbus"], capture_output=True, text=True, check=False)
    if done.returncode and "modbus/modbus.h" in done.stderr:
        pytest.skip("libmodbus is not installed: apt-get install libmodbus-dev")
    assert not done.returncode, done.stderr
    return built


@contextlib.asynccontextmanager
async def _server(program: Path, *arguments: str) -> AsyncIterator[None]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(program, *arguments, stdin=pipe, stdout=pipe)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    try:
        yield
    finally:
        await process.communicate(b"")


@pytest.fixture
async def line(program: Path, tmp_path: Path) -> AsyncIterator[Path]:
    """A line with a libmodbus slave at address 1."""
    far, near = tmp_path / "far", tmp_path / "port"
    socat = await asyncio.create_subprocess_exec("socat", f"pty,raw,echo=0,link={far}", f"pty,raw,echo=0,link={near}")
    await soon(lambda: far.exists() and near.exists())
    async with _server(program, "rtu", str(far), "9600", "1"):
        yield near
    socat.terminate()
    await socat.wait()


CLIMATE = device("box", {"air.temperature": "temperature", "air.humidity": "humidity"}, address=1, profile="xy-md02")


def _relays(address: int) -> DeviceSettings:
    return device("relays", {"fan": "channel/16"}, address=address, profile="waveshare-relay-32")


async def _reads(settings: BusSettings) -> None:
    heard = Heard()
    driver = factory.open(settings, RealClock())
    async with at_work(driver, heard):
        await soon(lambda: heard.readings("air.humidity"))
        assert heard.readings("air.temperature")[0].value == -10
        assert heard.readings("air.humidity")[0].value == 64
        assert sum(entry.errors + entry.timeouts for entry in driver.health().devices) == 0


async def _switches(settings: BusSettings) -> None:
    heard = Heard()
    driver = factory.open(settings, RealClock())
    async with at_work(driver, heard):
        for verb, followed in ((Verb.ON, Followed.RUNNING), (Verb.OFF, Followed.RESTING)):
            given = order("fan", verb)
            driver.send(given)
            await soon(lambda given=given: heard.answers(given))  # type: ignore[misc]
            assert heard.answers(given)[0].followed is followed


async def test_a_line_is_read(line: Path) -> None:
    await _reads(BusSettings("rs485", {"port": str(line)}, (CLIMATE,)))


async def test_a_line_is_commanded(line: Path) -> None:
    await _switches(BusSettings("rs485", {"port": str(line)}, (_relays(1),)))


async def test_a_line_is_scanned(line: Path) -> None:
    (finding,) = await search(str(line), ScanOptions(range(1, 4), ((9600, "N"),), 0.1))
    assert (finding.address, finding.profile, finding.values["temperature"]) == (1, "xy-md02", -10.0)


async def test_a_network_is_read_and_commanded(program: Path) -> None:
    port = free_port()
    for act, device_ in ((_reads, CLIMATE), (_switches, _relays(20))):
        async with _server(program, "tcp", str(port)):
            await act(BusSettings("network", {"host": f"127.0.0.1:{port}"}, (device_,)))
