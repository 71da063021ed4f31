"""Instruments at work on a pseudo terminal, with virtual ones at the far end."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from controller.model.commands import Followed, Verb
from controller.model.errors import ConfigError, Place
from controller.model.points import Quality
from controller.model.ports import BusSettings, DeviceSettings, Driver, PointSettings
from drivers.kit import Heard, RealClock, at_work, order, soon
from drivers.uart import factory
from simulators.devices.pty_port import PtyPort
from simulators.devices.uart_ezo import VirtualEzo
from simulators.devices.uart_mhz19 import VirtualMhZ19
from simulators.devices.uart_sdi12 import Probe, VirtualSdi12
from simulators.devices.uart_weather import VirtualWeather

SPEED = 60.0


@pytest.fixture
def link(tmp_path: Path) -> Path:
    return tmp_path / "port"


def device(name: str, points: dict[str, str], **options: object) -> DeviceSettings:
    return DeviceSettings(name, options, tuple(PointSettings(point, source) for point, source in points.items()))


def bus(link: Path, *devices: DeviceSettings, **options: object) -> BusSettings:
    return BusSettings("serial", {"port": str(link), **options}, devices, Place("site.yaml", 5, 3))


def make(link: Path, *devices: DeviceSettings, **options: object) -> Driver:
    settings = bus(link, *devices, **options)
    factory.check(settings)
    return factory.open(settings, RealClock(SPEED))


@contextlib.contextmanager
def plugged(port: PtyPort) -> Iterator[None]:
    port.connect()
    try:
        yield
    finally:
        port.disconnect()


@contextlib.asynccontextmanager
async def alongside(work: asyncio.Task[None]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work


async def test_an_mh_z19(link: Path) -> None:
    sensor, heard = VirtualMhZ19(link, lambda: 812.0), Heard()
    with plugged(sensor.port):
        async with at_work(driver := make(link, device("co2", {"air.co2": "co2"}, profile="mh-z19")), heard):
            await soon(lambda: heard.readings("air.co2"))
            assert heard.readings("air.co2")[0][1] == 812.0
            assert not sensor.calibrates_itself
            sensor.garbled = True
            await soon(lambda: heard.readings("air.co2")[-1].quality is Quality.STALE)
            assert not driver.health().devices[0].online
            sensor.garbled = False
            await soon(lambda: heard.readings("air.co2")[-1].quality is Quality.GOOD)
    assert {reading.value for reading in heard.readings("air.co2") if reading.quality is Quality.GOOD} == {812.0}


@pytest.mark.parametrize(
    ("kind", "profile", "source", "value"), [("pH", "ezo-ph", "ph", 6.12), ("EC", "ezo-ec", "ec", 2345)]
)
async def test_an_ezo_that_speaks_by_itself_at_first(
    kind: str, profile: str, source: str, value: float, link: Path
) -> None:
    circuit, heard = VirtualEzo(link, kind, lambda: value), Heard()
    with plugged(circuit.port):
        driver = make(link, device("water", {"tank": source}, profile=profile))
        async with alongside(asyncio.create_task(circuit.run())), at_work(driver, heard):
            await soon(lambda: len(heard.readings("tank")) >= 3)
    assert {(reading.value, reading.quality) for reading in heard.readings("tank")} == {(value, Quality.GOOD)}
    assert circuit.journal.count("C,0") == 1


async def test_probes_share_an_sdi_12_line(link: Path) -> None:
    probes = {
        "0": Probe(lambda: (2500.0, 21.3, 312.0)),
        "1": Probe(lambda: (1.5, -2.5, 3.5, 4.5), version=12, seconds=0.2),
        "2": Probe(lambda: (9.0,)),
    }
    line, heard = VirtualSdi12(link, probes), Heard()
    devices = (
        device("slab", {"slab.water_content": "water_content"}, profile="teros-12", address="0", medium="mineral"),
        device("soil", {"a": "value/2", "b": "value/4", "c": "value/5"}, profile="sdi-12", address="1"),
        device("gone", {"d": "value/1"}, profile="sdi-12", address="2"),
    )
    with plugged(line.port):
        async with at_work(driver := make(link, *devices), heard):
            await soon(lambda: heard.readings("slab.water_content") and heard.readings("d") and heard.readings("b"))
            assert heard.readings("slab.water_content")[0].value == pytest.approx(27.415)
            assert (heard.readings("a")[0].value, heard.readings("b")[0].value) == (-2.5, 4.5)
            assert heard.readings("c")[0].quality is Quality.BAD
            probes["2"].silent = True
            await soon(lambda: heard.readings("d")[-1].quality is Quality.STALE)
            seen = len(heard.readings("a"))
            await soon(lambda: len(heard.readings("a")) > seen + 2)
            assert [health.online for health in driver.health().devices] == [True, True, False]
            probes["2"].silent = False
            await soon(lambda: heard.readings("d")[-1].quality is Quality.GOOD)
    assert "MC" in probes["0"].journal
    assert "M" in probes["1"].journal


async def test_a_weather_station(link: Path) -> None:
    values = {"wind_speed": 5.0, "wind_direction": 240.0, "temperature": -3.5, "humidity": 81.0}
    station, heard = VirtualWeather(link, values.__getitem__), Heard()
    points = {"wind": "wind_speed", "from": "wind_direction", "cold": "temperature/AIR", "moist": "humidity/AIR"}
    with plugged(station.port):
        driver = make(link, device("weather", points, profile="nmea-0183"))
        async with alongside(asyncio.create_task(station.run())), at_work(driver, heard):
            await soon(lambda: heard.readings("moist"))
            assert heard.readings("wind")[0].value == pytest.approx(5.0, abs=0.01)
            assert [heard.readings(name)[0].value for name in ("from", "cold", "moist")] == [240.0, -3.5, 81.0]
            values["wind_speed"] = math.nan
            await soon(lambda: heard.readings("wind")[-1].quality is Quality.BAD)


async def test_a_port_that_comes_later_and_goes_again(link: Path) -> None:
    sensor, heard = VirtualMhZ19(link, lambda: 500.0), Heard()
    async with at_work(driver := make(link, device("co2", {"air.co2": "co2"}, profile="mh-z19")), heard):
        await soon(lambda: heard.readings("air.co2"))
        assert heard.readings("air.co2")[0].quality is Quality.STALE
        for _ in range(2):
            with plugged(sensor.port):
                await soon(lambda: heard.readings("air.co2")[-1].quality is Quality.GOOD)
            await soon(lambda: heard.readings("air.co2")[-1].quality is Quality.STALE)
        await soon(lambda: driver.health().reconnects == 2)
        assert not driver.health().online


async def test_an_instrument_takes_no_commands(link: Path) -> None:
    sensor, heard = VirtualMhZ19(link, lambda: 500.0), Heard()
    with plugged(sensor.port):
        async with at_work(driver := make(link, device("co2", {"air.co2": "co2"}, profile="mh-z19")), heard):
            driver.send(order("air.co2", Verb.ON))
            await soon(lambda: heard.reports("air.co2"))
    assert heard.reports("air.co2")[0].followed is Followed.REFUSED


@pytest.mark.parametrize(
    ("devices", "options"),
    [
        ((device("a", {}, profile="mh-z19"), device("b", {}, profile="mh-z19")), {}),
        ((device("a", {}, profile="sdi-12"), device("b", {}, profile="sdi-12", address="0")), {}),
        ((device("a", {}, profile="nmea-0183", poll="5 s"),), {}),
        ((device("a", {}, profile="mh-z19", poll="5"),), {}),
        ((device("a", {}, profile="mh-z19", poll="0.1 s"),), {}),
        ((device("a", {}, profile="mhz19"),), {}),
        ((device("a", {}),), {}),
        ((device("a", {"p": "co3"}, profile="mh-z19"),), {}),
        ((device("a", {}, profile="mh-z19"),), {"baudrate": 1234}),
        ((device("a", {}, profile="mh-z19"),), {"parity": "mark"}),
        ((device("a", {}, profile="mh-z19"),), {"port": ""}),
        ((device("a", {}, profile="mh-z19"),), {"speed": 9600}),
    ],
)
def test_wrong_settings(devices: tuple[DeviceSettings, ...], options: dict[str, object], link: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        factory.check(bus(link, *devices, **options))
    assert caught.value.suggestion
