"""Mistakes in site.yaml: each is found at its place, with a way out."""

from __future__ import annotations

import pytest

from controller.model.errors import ConfigError, Place
from controller.model.ports import BusSettings, DeviceSettings, PointSettings, Source
from drivers.modbus import factory
from drivers.modbus.options import SerialOptions, TcpOptions, bus_options

HERE = Place("site.yaml", 7, 5)
THERE = Place("site.yaml", 3, 1)


def _device(**options: object) -> DeviceSettings:
    points = (PointSettings("air.temperature", "temperature"),)
    return DeviceSettings("probe", options, points, THERE, dict.fromkeys(options, HERE))


def _bus(*devices: DeviceSettings, **options: object) -> BusSettings:
    return BusSettings("rs485", options, devices, THERE, dict.fromkeys(options, HERE))


GOOD: dict[str, object] = {"address": 1, "profile": "xy-md02"}


@pytest.mark.parametrize(
    ("options", "said", "place"),
    [
        ({}, "'port' is missing", THERE),
        ({"port": 5}, "port must be a text", HERE),
        ({"port": "x", "baudrate": 9601}, "baudrate cannot be 9601.*9600", HERE),
        ({"port": "x", "baudrate": "fast"}, "whole number", HERE),
        ({"port": "x", "bauderate": 9600}, "did you mean baudrate", HERE),
        ({"port": "x", "parity": "odds"}, "none, even or odd", HERE),
        ({"port": "x", "stop_bits": 3}, "use 1, 2", HERE),
        ({"port": "x", "timeout": 0.3}, "needs a unit.*0.3 s", HERE),
        ({"port": "x", "timeout": "5 %"}, "%", HERE),
        ({"url": "192.168.0.12"}, "no address of a Modbus TCP server.*tcp://", HERE),
        ({"url": "http://x"}, "no address of a Modbus TCP server", HERE),
        ({"url": "rtu+tcp://x"}, "lacks the port.*rtu.tcp://x:8899", HERE),
        ({"url": "tcp://x:66000"}, "write url: tcp://", HERE),
        ({"host": "tcp://x"}, "write host: 192", HERE),
        ({"host": "x", "baudrate": 9600}, "'baudrate' here .a network has none", HERE),
        ({"host": "x", "port": "y"}, "exclude each other", HERE),
    ],
)
def test_bus_options(options: dict[str, object], said: str, place: Place) -> None:
    with pytest.raises(ConfigError, match=said) as error:
        factory.check(_bus(**options))
    assert error.value.place == place


@pytest.mark.parametrize(
    ("options", "said", "place"),
    [
        ({"profile": "xy-md02"}, "'address' is missing", THERE),
        ({"address": 1}, "'profile' is missing", THERE),
        ({**GOOD, "address": 0}, "1 to 247", HERE),
        ({**GOOD, "address": 248}, "1 to 247", HERE),
        ({**GOOD, "address": "one"}, "whole number", HERE),
        ({**GOOD, "address": True}, "whole number", HERE),
        ({**GOOD, "profile": "xy-md20"}, "did you mean xy-md02", HERE),
        ({**GOOD, "profile": "ks-x-3266"}, "did you mean ks-x-3267", HERE),
        ({**GOOD, "poll": 5}, "needs a unit.*5 s", HERE),
        ({**GOOD, "poll": "0 s"}, "more than 0", HERE),
        ({**GOOD, "poll": "5 m"}, "not a unit", HERE),
        ({**GOOD, "pol": "5 s"}, "did you mean poll", HERE),
        ({**GOOD, "address_offset": -1}, "no option 'address_offset'", HERE),
        ({"address": 1, "profile": "ks-x-3267", "address_offset": 1}, "use 0, -1", HERE),
        ({"address": 1, "profile": "ks-x-3267", "positions": True}, "write positions: node", HERE),
        ({"address": 1, "profile": "ks-x-3267", "zone_1": "first"}, "lowest bit or highest bit", HERE),
    ],
)
def test_device_options(options: dict[str, object], said: str, place: Place) -> None:
    with pytest.raises(ConfigError, match=said) as error:
        factory.check(_bus(_device(**options), port="x"))
    assert error.value.place == place


def test_an_address_twice() -> None:
    with pytest.raises(ConfigError, match="both have address 1") as error:
        factory.check(_bus(_device(**GOOD), _device(**GOOD), port="x"))
    assert error.value.place == HERE


def test_what_is_right_as_text_is_right() -> None:
    factory.check(
        _bus(_device(address="0x0A", profile="xy-md02", poll="2 s", settle="0 s"), port="x", baudrate="19200")
    )
    options = bus_options(_bus(port="x", baudrate=38400.0, parity="E", stop_bits=2, timeout="200 ms"))
    assert options == (SerialOptions("x", 38400, "E", 2), 0.2)
    assert SerialOptions("x", 38400).silence == 0.00175
    assert SerialOptions("x").silence == pytest.approx(35 / 9600)


@pytest.mark.parametrize(
    ("options", "server"),
    [
        ({"url": "tcp://192.168.0.12:1502"}, ("192.168.0.12", 1502)),
        ({"url": "tcp://node-3.lan"}, ("node-3.lan", 502)),
        ({"host": "192.168.0.12"}, ("192.168.0.12", 502)),
        ({"host": "[fe80::1]:503"}, ("fe80::1", 503)),
        ({"url": "rtu+tcp://192.168.0.13:8899"}, ("192.168.0.13", 8899, True)),
    ],
)
def test_servers(options: dict[str, object], server: tuple[str, int] | tuple[str, int, bool]) -> None:
    factory.check(_bus(**options))
    assert bus_options(_bus(**options)) == (TcpOptions(*server), 1.0)


@pytest.mark.parametrize(
    ("name", "source", "offers"),
    [
        ("xy-md02", "temperature", Source("°C")),
        ("waveshare-relay-8", "channel/8", Source(output="switch")),
        ("ks-x-3267", "outside_temperature/1", Source("°C")),
        ("ks-x-3267", "air_temperature/2", Source("°C")),
        ("ks-x-3267", "rain_detector/1", Source()),
        ("ks-x-3267", "retractable/2", Source(output="motor")),
        ("ks-x-3267", "switch/16", Source(output="switch")),
    ],
)
def test_sources(name: str, source: str, offers: Source) -> None:
    assert factory.source(_device(address=1, profile=name), source) == offers


@pytest.mark.parametrize(
    ("name", "source", "said"),
    [
        ("xy-md02", "temprature", "did you mean temperature"),
        ("waveshare-relay-8", "channel/9", "did you mean channel/"),
        ("ks-x-3267", "wind_sped/1", "did you mean wind_speed"),
        ("ks-x-3267", "wind_speed", "write wind_speed/1"),
        ("ks-x-3267", "wind_speed/0", "write wind_speed/1"),
    ],
)
def test_unknown_sources(name: str, source: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        factory.source(_device(address=1, profile=name), source)
