"""Mistakes in the MQTT part of site.yaml are found before anything runs, with their place and the way out."""

from __future__ import annotations

import pytest

from controller.model.errors import ConfigError, Place
from controller.model.ports import BusSettings, DeviceSettings, PointSettings, Source
from drivers.mqtt import factory

URL = "mqtt://localhost:1883"


def wrong_bus(**options: object) -> ConfigError:
    places = {key: Place("site.yaml", 7, 5) for key in options}
    with pytest.raises(ConfigError) as caught:
        factory.check(BusSettings("broker", options, (), Place("site.yaml", 6, 3), places))
    assert caught.value.place.line
    assert caught.value.suggestion
    return caught.value


def wrong_device(source: str = "power/1", **options: object) -> ConfigError:
    places = {key: Place("site.yaml", 21, 5) for key in options}
    point = PointSettings("valve.relay", source, place=Place("site.yaml", 30, 9))
    settings = DeviceSettings("valve", options, (point,), Place("site.yaml", 20, 3), places)
    with pytest.raises(ConfigError) as caught:
        factory.check(BusSettings("broker", {"url": URL}, (settings,), Place("site.yaml", 6, 3)))
    assert caught.value.place.line
    assert caught.value.suggestion
    return caught.value


def test_a_right_bus_passes() -> None:
    factory.check(BusSettings("broker", {"url": URL, "username": "onsil", "password": 1234, "client_id": "c"}, ()))
    factory.check(BusSettings("broker", {"url": "mqtt://10.0.0.2"}, ()))
    tls = {"url": "mqtts://broker.farm", "ca": "ca.pem", "certificate": "onsil.pem", "key": "onsil.key"}
    factory.check(BusSettings("broker", tls, ()))
    factory.check(BusSettings("broker", {"url": "mqtts://broker.farm", "client_id": "house", "session": True}, ()))


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "localhost",
        "http://localhost",
        "mqtt://",
        "mqtt://h:0",
        "mqtt://h:99999",
        "mqtt://h:x",
        "mqtt://h/path",
        "mqtt://user:secret@h",
        "mqtt://[::1",
        True,
        7.5,
    ],
)
def test_a_wrong_url(url: object) -> None:
    assert "secret" not in str(wrong_bus(url=url))


def test_wrong_options_of_a_bus() -> None:
    assert "url" in wrong_bus(ulr=URL).suggestion
    assert "username" in wrong_bus(url=URL, password="x").message
    assert "text" in wrong_bus(url=URL, username=["x"]).message
    assert "TLS" in wrong_bus(url=URL, ca="ca.pem").message
    assert "key" in wrong_bus(url="mqtts://h", certificate="c.pem").message
    assert "client_id" in wrong_bus(url=URL, session=True).suggestion
    assert "true or false" in wrong_bus(url=URL, session="yes").message


def test_wrong_options_of_a_device() -> None:
    assert "did you mean tasmota?" in wrong_device(profile="tasmotta", topic="v").suggestion
    assert "known" in wrong_device(profile=3, topic="v").suggestion
    assert "known" in wrong_device(topic="v").suggestion
    assert "no topic" in wrong_device(profile="tasmota").message
    assert "did you mean topic?" in wrong_device(profile="tasmota", topc="v").suggestion
    assert "wildcard" in wrong_device(profile="tasmota", topic="valve/+").message
    assert "wildcard" in wrong_device(profile="chirpstack", topic="application/#").message
    assert "valve_a" in wrong_device(profile="tasmota", topic="/valve_a").suggestion
    assert "write valve_a" in wrong_device(profile="tasmota", topic="tele/valve_a/SENSOR").suggestion
    assert "command_topic" in wrong_device(profile="json", topic="t", payload_on="1").suggestion


def test_wrong_sources() -> None:
    assert wrong_device("power/33", profile="tasmota", topic="v").place.line == 30
    assert "power/1" in wrong_device("relay", profile="tasmota", topic="v").suggestion
    assert "object.water_soil" in wrong_device("water_soil", profile="chirpstack", topic="t").suggestion
    assert "dots" in wrong_device("a..b", profile="json", topic="t").suggestion
    assert "cover" in wrong_device("a b", profile="zigbee2mqtt", topic="z/d").suggestion
    assert "switch:0" in wrong_device("relay", profile="shelly", topic="s").suggestion
    assert "sensor/" in wrong_device("temperature", profile="esphome", topic="n").suggestion
    assert "level" in wrong_device("lvl", profile="json", values={"level": {"topic": "t"}}).suggestion


def test_wrong_values() -> None:
    def wrong(**value: object) -> ConfigError:
        return wrong_device("level", profile="json", values={"level": {"topic": "t", **value}})

    assert "known" in wrong(pathh="a").suggestion or "did you mean path?" in wrong(pathh="a").suggestion
    assert "no unit" in wrong(unit="°F").message
    assert "number" in wrong(scale="ten").message
    assert "exclude" in wrong(path="a", pattern="(b)").message
    assert "pattern" in wrong(pattern="(").message
    assert "groups" in wrong(pattern="a").message
    assert "no topic" in wrong_device("level", profile="json", values={"level": {"path": "a"}}).message
    assert "mapping" in wrong_device("level", profile="json", values=["level"]).message


def test_one_output_has_one_name() -> None:
    points = (PointSettings("a", "power/1"), PointSettings("b", "power/1", place=Place("site.yaml", 9, 9)))
    settings = DeviceSettings("valve", {"profile": "tasmota", "topic": "v"}, points)
    with pytest.raises(ConfigError, match="a already"):
        factory.check(BusSettings("broker", {"url": URL}, (settings,)))


def test_what_devices_offer() -> None:
    def offered(source: str, **options: object) -> Source:
        return factory.source(DeviceSettings("d", options, ()), source)

    assert offered("power/2", profile="tasmota", topic="v") == Source("", "switch")
    assert offered("DS18B20.Temperature", profile="tasmota", topic="v") == Source("°C")
    assert offered("object.water_soil", profile="chirpstack", topic="t") == Source("%")
    assert offered("rxInfo.0.rssi", profile="chirpstack", topic="t") == Source("")
    assert offered("state", profile="json", topic="t", command_topic="t/set") == Source("", "switch")
    assert offered("state", profile="json", topic="t") == Source("")
    assert offered("air.co2", profile="json", topic="t") == Source("ppm")
