"""The tests that every driver must pass, with a thermometer in a folder like the kernel's; what the kernel may say."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.model.errors import ConfigError, Place
from controller.model.ports import BusSettings, DeviceSettings, PointSettings
from drivers.kit import Conformance, VirtualField
from drivers.onewire import factory
from drivers.onewire.reading import HIGHEST, LOWEST, from_slave, from_temperature
from drivers.polling import Trouble
from simulators.devices.onewire_folder import VirtualThermometer

ID = "28-0316a2794aff"


class Field(VirtualField):
    factory = factory
    point = "soil.temperature"

    def __init__(self, folder: Path, old_kernel: bool) -> None:
        points = (PointSettings("soil.temperature", "temperature"),)
        device = DeviceSettings("soil", {"id": ID, "poll": "1 s"}, points)
        self.settings = BusSettings("w1", {"folder": str(folder)}, (device,))
        self._folder = folder
        self._thermometer = VirtualThermometer(folder, ID, old_kernel)
        self._value = self.initial
        self._said = 0
        self._thermometer.measure(self._value)

    async def measure(self, value: float) -> None:
        self._value = value
        if self._folder.exists() and self._thermometer.folder.exists():
            self._thermometer.measure(value)

    async def lose_device(self) -> None:
        shutil.rmtree(self._thermometer.folder)

    async def find_device(self) -> None:
        self._thermometer.measure(self._value)

    async def lose_bus(self) -> None:
        shutil.rmtree(self._folder)

    async def find_bus(self) -> None:
        self._thermometer.measure(self._value)

    async def garbage(self) -> None:
        self._thermometer.say(("", "85000\n", "rubbish", "-127000", "9" * 500)[self._said % 5])
        self._said += 1


class TestOneWire(Conformance):
    @pytest.fixture(autouse=True, params=[False, True], ids=["temperature", "w1_slave"])
    def _place(self, tmp_path: Path, request: pytest.FixtureRequest) -> None:
        self._folder, self._old = tmp_path / "devices", request.param

    @contextlib.asynccontextmanager
    async def field(self) -> AsyncIterator[VirtualField]:
        yield Field(self._folder, self._old)
        shutil.rmtree(self._folder, ignore_errors=True)


GOOD = "72 01 4b 46 7f ff 0e 10 57 : crc=57 YES\n72 01 4b 46 7f ff 0e 10 57 t=23125\n"


def test_what_the_kernel_says() -> None:
    assert from_temperature("23125\n") == 23.125
    assert from_temperature("-500") == -0.5
    assert from_slave(GOOD) == 23.125


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("YES", "NO"),
        "00 00 00 00 00 00 00 00 00 : crc=00 YES\n00 00 00 00 00 00 00 00 00 t=0\n",
        GOOD.replace("23125", "85000"),
        GOOD.replace("23125", "-127000"),
        GOOD[:40],
        "",
    ],
)
def test_a_reading_that_is_none(text: str) -> None:
    with pytest.raises(Trouble):
        from_slave(text)


@given(st.text(max_size=40) | st.integers(-200_000, 200_000).map(str))
def test_no_text_makes_a_temperature_that_cannot_be(text: str) -> None:
    for read in (from_temperature, from_slave):
        with contextlib.suppress(Trouble):
            assert LOWEST <= read(text) <= HIGHEST


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"id": "28"},
        {"id": "29-0316a2794aff"},
        {"id": 28},
        {"id": ID, "profile": "ds18b21"},
        {"id": ID, "pol": "1 s"},
    ],
)
def test_wrong_settings(options: dict[str, object]) -> None:
    device = DeviceSettings("t", options, (), Place("site.yaml", 9, 3))
    with pytest.raises(ConfigError) as caught:
        factory.check(BusSettings("w1", {}, (device,)))
    assert caught.value.suggestion


def test_one_thermometer_is_one_device() -> None:
    devices = tuple(DeviceSettings(name, {"id": ID}, (), Place("site.yaml", 9, 3)) for name in "ab")
    with pytest.raises(ConfigError, match="already"):
        factory.check(BusSettings("w1", {}, devices))
    point = PointSettings("p", "humidity", place=Place("site.yaml", 9, 9))
    with pytest.raises(ConfigError, match="offers no"):
        factory.check(BusSettings("w1", {}, (DeviceSettings("a", {"id": ID}, (point,)),)))
