"""The tests that every driver must pass, with an SHT4x on virtual wires; and what is special to a bus of chips."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import pytest

from controller.model.errors import ConfigError, Place
from controller.model.points import Quality
from controller.model.ports import BusSettings, DeviceSettings, PointSettings
from drivers.i2c import factory as real
from drivers.i2c.factory import I2cFactory
from drivers.kit import Conformance, Heard, RealClock, VirtualField, at_work, soon
from simulators.devices.i2c_chips import VirtualScd4x, VirtualSht4x, VirtualWires


def device(name: str, points: dict[str, str], **options: object) -> DeviceSettings:
    return DeviceSettings(
        name, options, tuple(PointSettings(*point) for point in points.items()), Place("site.yaml", 9, 3)
    )


class Field(VirtualField):
    point = "air.temperature"

    def __init__(self) -> None:
        self.settings = BusSettings(
            "i2c", {}, (device("air", {"air.temperature": "temperature"}, profile="sht4x", poll="1 s"),)
        )
        self._value = self.initial
        self._chip = VirtualSht4x(lambda: (self._value, 60.0))
        self._wires = VirtualWires({0x44: self._chip})
        self.factory = I2cFactory(self._wires.open)

    async def measure(self, value: float) -> None:
        self._value = value

    async def lose_device(self) -> None:
        del self._wires.chips[0x44]

    async def find_device(self) -> None:
        self._wires.chips[0x44] = self._chip

    async def lose_bus(self) -> None:
        self._wires.there = False

    async def find_bus(self) -> None:
        self._wires.there = True

    async def garbage(self) -> None:
        self._chip.garbled = 1

    async def lag(self, seconds: float) -> None:
        self._wires.lag = seconds / 4


class TestI2c(Conformance):
    @contextlib.asynccontextmanager
    async def field(self) -> AsyncIterator[VirtualField]:
        yield Field()


async def test_a_chip_that_is_gone_costs_the_other_nothing_and_is_set_up_anew() -> None:
    scd, sht = VirtualScd4x(lambda: (650.0, 22.0, 55.0)), VirtualSht4x(lambda: (21.0, 61.0))
    wires = VirtualWires({0x62: scd, 0x44: sht})
    devices = (
        device("co2", {"air.co2": "co2"}, profile="scd4x", poll="5 s"),
        device("air", {"t": "temperature"}, profile="sht4x", poll="5 s"),
    )
    heard = Heard()
    driver = I2cFactory(wires.open).open(BusSettings("i2c", {}, devices), RealClock(60.0))
    async with at_work(driver, heard):
        await soon(lambda: heard.readings("air.co2") and heard.readings("t"))
        assert heard.readings("air.co2")[0].value == 650.0
        del wires.chips[0x62]
        await soon(lambda: heard.readings("air.co2")[-1].quality is Quality.STALE)
        seen = len(heard.readings("t"))
        await soon(lambda: len(heard.readings("t")) > seen + 3)
        # it has had no power: it does not measure before it is told to
        scd.measures, scd.calibrates_itself = False, True
        wires.chips[0x62] = scd
        await soon(lambda: heard.readings("air.co2")[-1].quality is Quality.GOOD)
        assert not scd.calibrates_itself


async def test_a_bus_that_is_not_there_is_named() -> None:
    heard = Heard()
    settings = BusSettings(
        "i2c", {"port": "/dev/i2c-does-not-exist"}, (device("air", {"t": "temperature"}, profile="sht4x"),)
    )
    async with at_work(driver := real.open(settings, RealClock()), heard):
        await soon(lambda: heard.readings("t"))
        assert "i2c-does-not-exist" in driver.health().note


@pytest.mark.parametrize(
    ("devices", "options"),
    [
        ((device("a", {}, profile="sht4"),), {}),
        ((device("a", {}),), {}),
        ((device("a", {}, profile="sht4x", address="0x76"),), {}),
        ((device("a", {}, profile="sht4x", address="x"),), {}),
        ((device("a", {}, profile="sht4x"), device("b", {}, profile="sht4x", address=0x44)), {}),
        ((device("a", {"p": "co2"}, profile="sht4x"),), {}),
        ((), {"bus": 1}),
    ],
)
def test_wrong_settings(devices: tuple[DeviceSettings, ...], options: dict[str, object]) -> None:
    places = {key: Place("site.yaml", 3, 5) for key in options}
    with pytest.raises(ConfigError) as caught:
        real.check(BusSettings("i2c", options, devices, Place("site.yaml", 2, 3), places))
    assert caught.value.suggestion
