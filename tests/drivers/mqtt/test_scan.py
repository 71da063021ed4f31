"""Scanning a broker: what devices say of themselves becomes a fragment that loads, and nothing is commanded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.config.loading import check_texts
from controller.model.ports import BusSettings, ScanProgress
from controller.model.units import UNITS
from drivers.mqtt import discovery
from drivers.mqtt.discovery import Finding, Offer, found, tasmota
from drivers.mqtt.fragment import fragment, slug
from drivers.mqtt.scan import scan
from drivers.mqtt.scanner import scanner
from drivers.scanning import Progress
from simulators.devices.mqtt import build
from simulators.devices.mqtt_link import Broker
from simulators.devices.mqtt_shelly import VirtualShelly
from tests.drivers.mqtt.field import RunningClock, alongside, client, device, until
from tests.support.mosquitto import Mosquitto, mosquitto

SITE = """onsil: 1
site: {name: House 1, latitude: 35.8, longitude: 126.9, timezone: Asia/Seoul, language: en}
"""

ZIGBEE: list[dict[str, Any]] = [
    {"type": "Coordinator", "friendly_name": "Coordinator", "definition": None},
    {
        "type": "EndDevice",
        "friendly_name": "house 1/Soil A",
        "definition": {
            "vendor": "Tuya",
            "model": "TS0601_soil",
            "description": "Soil sensor",
            "exposes": [
                {"type": "numeric", "name": "temperature", "property": "temperature", "unit": "°C", "access": 1},
                {"type": "numeric", "name": "soil_moisture", "property": "soil_moisture", "unit": "%", "access": 1},
                {"type": "numeric", "name": "illuminance", "property": "illuminance", "unit": "lx", "access": 1},
                {"type": "numeric", "name": "linkquality", "property": "linkquality", "unit": "lqi", "access": 1},
                {"type": "numeric", "name": "sampling", "property": "sampling", "category": "config", "access": 7},
                {"type": "binary", "name": "water_leak", "property": "water_leak", "value_on": True, "access": 1},
                {"type": "enum", "name": "unit", "property": "unit", "access": 7},
            ],
        },
    },
    {
        "type": "Router",
        "friendly_name": "plug",
        "definition": {
            "vendor": "X",
            "model": "Y",
            "exposes": [
                {
                    "type": "switch",
                    "endpoint": "l1",
                    "features": [{"type": "binary", "name": "state", "property": "state_l1", "access": 7}],
                },
                {
                    "type": "cover",
                    "features": [
                        {"type": "enum", "name": "state", "property": "state", "access": 3},
                        {"type": "numeric", "name": "position", "property": "position", "unit": "%", "access": 7},
                    ],
                },
            ],
        },
    },
]
CONFIG = {"dn": "Valve A", "t": "valve_a", "md": "Sonoff 4CH", "rl": [1, 1, 0, 0, 3, 3], "tp": ["cmnd", "stat", "tele"]}
SENSORS = {"sn": {"Time": "2026-01-01T00:00:00", "DS18B20": {"Id": "01", "Temperature": 20.6}, "TempUnit": "C"}}
ESPHOME = {
    "name": "Air Temperature",
    "unit_of_meas": "°C",
    "dev_cla": "temperature",
    "stat_t": "climate/sensor/air_temperature/state",
    "avty_t": "climate/status",
    "uniq_id": "ESPsensorair_temperature",
    "dev": {"ids": "246f28", "name": "climate", "sw": "esphome v2025.5.0", "mdl": "esp32dev", "mf": "espressif"},
}
ESPHOME_PUMP = {
    "name": "Pump",
    "stat_t": "climate/switch/pump/state",
    "cmd_t": "climate/switch/pump/command",
    "avty_t": "climate/status",
    "dev": ESPHOME["dev"],
}
STRANGER = {
    "~": "weather/roof",
    "dev": {"name": "Roof", "ids": ["1"]},
    "o": {"name": "my own"},
    "state_topic": "~/state",
    "availability": [{"topic": "~/alive"}],
    "cmps": {
        "wind": {
            "p": "sensor",
            "name": "Wind speed",
            "unit_of_meas": "m/s",
            "val_tpl": "{{ value_json.wind.speed | float }}",
        },
        "odd": {"p": "sensor", "name": "Odd", "val_tpl": "{% if value_json.x %}1{% endif %}"},
    },
}
UPLINK = {
    "deduplicationId": "k",
    "deviceInfo": {"deviceName": "slab A", "deviceProfileName": "soil probe"},
    "object": {"water_soil": 61.2, "leaf": {"temp_c": 19}},
}


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    with mosquitto() as running_broker:
        yield running_broker


def loads(text: str) -> list[str]:
    """What is wrong with a site that has this fragment."""
    return [str(error) for error in check_texts(SITE + text, "onsil: 1").errors]


def test_zigbee_devices_by_what_they_expose() -> None:
    soil, plug = found("zigbee2mqtt/bridge/devices", json.dumps(ZIGBEE).encode())
    assert soil == Finding(
        "house 1/Soil A",
        "zigbee2mqtt",
        {"topic": "zigbee2mqtt/house 1/Soil A"},
        {
            "temperature": Offer("°C"),
            "soil_moisture": Offer("%"),
            "illuminance": Offer("lx"),
            "water_leak": Offer(binary=True),
        },
        "Tuya TS0601_soil Soil sensor",
    )
    assert plug.offers == {"state_l1": Offer(output="switch"), "cover": Offer(output="motor"), "position": Offer("%")}


def test_a_tasmota_by_its_two_messages() -> None:
    box = tasmota(json.dumps(CONFIG).encode(), json.dumps(SENSORS).encode())
    assert box is not None
    assert box.options == {"topic": "valve_a"}
    assert box.offers == {
        "power/1": Offer(output="switch"),
        "power/2": Offer(output="switch"),
        "shutter/1": Offer(output="motor"),
        "DS18B20.Temperature": Offer(value=20.6),
    }
    assert tasmota(b"{}", None) is None


def test_esphome_and_others_by_home_assistants_discovery() -> None:
    (node,) = found("homeassistant/sensor/climate/air_temperature/config", json.dumps(ESPHOME).encode())
    assert (node.profile, node.options, node.offers) == (
        "esphome",
        {"topic": "climate"},
        {"sensor/air_temperature": Offer("°C")},
    )
    (roof,) = found("homeassistant/device/roof/config", json.dumps(STRANGER).encode())
    assert roof.options == {
        "values": {"wind_speed": {"topic": "weather/roof/state", "path": "wind.speed", "unit": "m/s"}},
        "availability_topic": "weather/roof/alive",
    }
    tele = {"stat_t": "tele/x/SENSOR", "val_tpl": "{{value_json['A']['B']}}"}
    assert found("homeassistant/sensor/x/config", json.dumps(tele).encode()) == []


@pytest.mark.parametrize(
    ("full", "topic"),
    [
        ("%prefix%/%topic%/", "valve_a"),
        ("%prefix%/house1/%topic%/", "house1/valve_a"),
        ("%prefix%/%topic%/box/", "valve_a/box"),
    ],
)
def test_a_tasmota_with_another_full_topic(full: str, topic: str) -> None:
    box = tasmota(json.dumps({**CONFIG, "ft": full}).encode(), None)
    assert box is not None
    assert box.options == {"topic": topic}
    assert box.offers


def test_a_tasmota_whose_topics_begin_otherwise_is_named_and_offers_nothing() -> None:
    box = tasmota(json.dumps({**CONFIG, "ft": "%topic%/%prefix%/"}).encode(), None)
    assert box is not None
    assert not box.offers
    assert "FullTopic is %topic%/%prefix%/" in box.title
    assert loads(fragment("mqtt://localhost", [box])) == []


def test_a_zigbee_bridge_whose_base_topic_has_a_slash() -> None:
    soil = found("farm/zigbee/bridge/devices", json.dumps(ZIGBEE).encode())[0]
    topic = "farm/zigbee/house 1/Soil A"
    assert soil.options == {"topic": topic, "bridge": "farm/zigbee/bridge/state"}


@pytest.mark.parametrize("key", ["o", "origin"])
@pytest.mark.parametrize("name", ["Zigbee2MQTT", "Onsil"])
def test_what_is_known_otherwise_is_not_found_twice(key: str, name: str) -> None:
    told = {
        "state_topic": "zigbee2mqtt/soil a",
        "value_template": "{{ value_json.temperature }}",
        "device": {"name": "soil a"},
        key: {"name": name, "url": "https://www.example.org"},
    }
    assert found("homeassistant/sensor/0x1/temperature/config", json.dumps(told).encode()) == []
    whole = {"dev": {"name": "x"}, key: {"name": name}, "stat_t": "x", "cmps": {"a": {"p": "sensor", "name": "a"}}}
    assert found("homeassistant/device/x/config", json.dumps(whole).encode()) == []


@pytest.mark.parametrize("symbol", [symbol for symbol in UNITS if symbol] + ["lx", ""])
def test_a_value_in_any_unit_makes_a_fragment_that_loads(symbol: str) -> None:
    """Where nothing has such a unit, like a time, the value is named and left out."""
    told = {"stat_t": "a/b", "name": "x", "unit_of_meas": symbol}
    assert loads(fragment("mqtt://localhost", found("homeassistant/sensor/a/config", json.dumps(told).encode()))) == []
    device = {"friendly_name": "a", "definition": {"exposes": [{"type": "numeric", "property": "y", "unit": symbol}]}}
    assert loads(fragment("mqtt://localhost", found("z/bridge/devices", json.dumps([device]).encode()))) == []


def test_two_values_of_one_name_are_both_there() -> None:
    told = {"dev": {"name": "roof"}, "dev_cla": "temperature", "uniq_id": "7", "unit_of_meas": "°C"}
    parts = {key: {**told, "p": "sensor", "stat_t": f"roof/{key}"} for key in "abc"}
    (roof,) = found("homeassistant/device/roof/config", json.dumps({"cmps": parts, "dev": told["dev"]}).encode())
    assert [*roof.offers] == ["temperature", "temperature_2", "temperature_3"]
    values = roof.options["values"]
    assert isinstance(values, dict)
    assert [value["topic"] for value in values.values()] == ["roof/a", "roof/b", "roof/c"]
    assert roof.joined(roof) == roof


def test_a_zigbee_valve_that_is_told_otherwise_and_a_device_out_of_use_are_left_out() -> None:
    state = {"type": "binary", "name": "state", "property": "state", "value_on": "OPEN", "value_off": "CLOSE"}
    valve = {"friendly_name": "valve", "definition": {"exposes": [{"type": "switch", "features": [state]}]}}
    unused = {**ZIGBEE[1], "disabled": True}
    (finding,) = found("z/bridge/devices", json.dumps([valve, unused]).encode())
    assert (finding.name, finding.offers) == ("valve", {})


def test_a_component_that_a_message_takes_away_is_not_there() -> None:
    told = {**STRANGER, "cmps": {"gone": {"p": "sensor"}, "wind": STRANGER["cmps"]["wind"]}}
    (roof,) = found("homeassistant/device/roof/config", json.dumps(told).encode())
    assert [*roof.offers] == ["wind_speed"]


@pytest.mark.parametrize(
    ("said", "topic"),
    [
        ({"avty_t": "a"}, "a"),
        ({"avty": {"t": "a"}}, "a"),
        ({"availability": [{"topic": "a"}]}, "a"),
        ({"availability": [{"topic": "a"}, {"topic": "b"}]}, None),
        ({"avty_t": "a", "pl_avail": "Online"}, "a"),
        ({"avty_t": "a", "pl_avail": "up"}, None),
        ({"avty": [{"topic": "a", "payload_available": "1"}]}, None),
        ({"availability": 5}, None),
        ({}, None),
    ],
)
def test_where_a_device_says_that_it_is_there(said: dict[str, object], topic: str | None) -> None:
    told = {"stat_t": "weather/temperature", "dev": {"name": "Weather"}, **said}
    (weather,) = found("homeassistant/sensor/weather/t/config", json.dumps(told).encode())
    assert weather.options.get("availability_topic") == topic


@pytest.mark.parametrize(
    ("component", "said", "options"),
    [
        ("switch", {"pl_on": 1, "pl_off": 0}, {"state": "state", "payload_on": "1", "payload_off": "0"}),
        ("switch", {"val_tpl": "{{ value_json.relay }}"}, {"state": "relay"}),
        ("switch", {"val_tpl": "{{ value }}"}, {"state": "state"}),
        ("switch", {"val_tpl": "{{ value_json.x == 3 }}"}, None),
        ("switch", {"command_template": "{{ 'on' if value == '1' else 'off' }}"}, None),
        ("binary_sensor", {"pl_on": "true", "pl_off": "false"}, {}),
        ("binary_sensor", {"pl_on": "motion", "pl_off": "none"}, None),
    ],
)
def test_switches_and_flags_of_others(
    component: str, said: dict[str, object], options: dict[str, object] | None
) -> None:
    told = {"stat_t": "a/b", "cmd_t": "a/b/set", "name": "x", **said}
    findings = found(f"homeassistant/{component}/a/config", json.dumps(told).encode())
    if options is None:
        assert findings == []
    else:
        assert dict(findings[0].options).items() >= options.items()
        assert loads(fragment("mqtt://localhost", findings)) == []


async def test_a_broker_is_scanned_and_nothing_is_commanded(broker: Mosquitto) -> None:
    clock, values = RunningClock(), {"box.temperature": 21.5}
    settings = device(
        "box", {"profile": "shelly", "topic": "shelly-1"}, a="switch:0", box__temperature="temperature:100.tC"
    )
    box = build(Broker(broker.url), [settings], clock, values.__getitem__, values.__setitem__)[0]
    assert isinstance(box, VirtualShelly)
    said: list[Progress[Finding]] = []
    work = asyncio.create_task(box.run())
    async with client(broker.url) as hand, client(broker.url, "watcher") as watcher, alongside(work):
        for topic, document in (
            ("zigbee2mqtt/bridge/devices", ZIGBEE),
            ("tasmota/discovery/AABBCC/config", CONFIG),
            ("tasmota/discovery/AABBCC/sensors", SENSORS),
            ("homeassistant/sensor/climate/air_temperature/config", ESPHOME),
            ("homeassistant/switch/climate/pump/config", ESPHOME_PUMP),
            ("homeassistant/device/roof/config", STRANGER),
            ("application/7/device/a84041000181b3c2/event/up", UPLINK),
        ):
            await hand.publish(topic, json.dumps(document), 1, retain=True)
        await until(lambda: box.journal.sent("shelly-1/online"))
        await watcher.subscribe("#", 1)
        findings = await scan(BusSettings("scan", {"url": broker.url}, ()), said.append, seconds=1.0)
        await hand.publish("end", "", 1)
        live = []
        async for message in watcher.messages:
            if str(message.topic) == "end":
                break
            if not message.retain:
                live.append((str(message.topic), bytes(message.payload)))
    assert [finding.profile for finding in findings] == [
        "chirpstack", "esphome", "json", "shelly", "tasmota", "zigbee2mqtt", "zigbee2mqtt",
    ]  # fmt: skip
    frames = [json.loads(payload) for topic, payload in live if topic.endswith("/rpc")]
    asked = [frame["method"] for frame in frames if "method" in frame]
    assert set(asked) - {"NotifyStatus"} == {"Shelly.GetStatus"}
    assert not any(topic.endswith(("/set", "/command")) or topic.startswith("cmnd/") for topic, _ in live)
    assert values["a"] == 0.0
    assert said[0].done < 1.0
    assert said[-1].done == said[-1].total == 1.0
    text = fragment(broker.url, findings)
    assert loads(text) == []
    for line in (
        "      house_1_soil_a.temperature: temperature",
        "      valve_a.relay_2: power/2",
        "      climate.air_temperature: sensor/air_temperature",
        "      shelly_1.relay: switch:0",
        "      slab_a.water_soil: object.water_soil  # 61.2 at the moment",
        "      roof.wind_speed: wind_speed",
        "  house_1_soil_a.soil_moisture: {quantity: water_content}",
        "  house_1_soil_a.illuminance: {quantity: number}",
        "  house_1_soil_a.water_leak: {quantity: state}",
    ):
        assert f"{line}\n" in text or f"{line}  #" in text, text


async def test_a_broker_that_is_not_there() -> None:
    with pytest.raises(OSError, match="refused"):
        await scan(BusSettings("scan", {"url": "mqtt://127.0.0.1:1"}, ()), seconds=0.1)


async def test_a_broker_with_a_password_whose_password_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.mqtt.scanner.LISTEN", 0.5)
    with mosquitto("onsil", "p@ss word") as broker:
        async with client(broker.url, username="onsil", password="p@ss word") as hand:
            await hand.publish("zigbee2mqtt/bridge/devices", json.dumps(ZIGBEE), 1, retain=True)
            target = f"mqtt://onsil:p%40ss%20word@127.0.0.1:{broker.port}"
            assert scanner.covers(target)
            parts: list[ScanProgress] = []
            scanned = await scanner.scan(target, parts.append, thorough=False)
    assert scanned.lines == (
        "house 1/Soil A: zigbee2mqtt (Tuya TS0601_soil Soil sensor), 4 sources",
        "plug: zigbee2mqtt (X Y), 3 sources",
    )
    assert "ss word" not in scanned.fragment
    assert "    username: onsil\n    password: ${MQTT_PASSWORD}\n" in scanned.fragment
    assert parts[-1] == ScanProgress(1.0, "2 devices", scanned)
    assert not scanner.covers("/dev/ttyUSB0")


def test_nothing_found_is_a_fragment_too() -> None:
    assert loads(fragment("mqtt://localhost:1883", ())) == []


@pytest.mark.parametrize(
    ("name", "slugged"), [("Küche 1", "kuche_1"), ("0x00158d", "device_0x00158d"), ("", "device"), ("온실", "device")]
)
def test_names(name: str, slugged: str) -> None:
    assert slug(name) == slugged


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(
        ("~/x", "{{ value_json.a }}", "a/sensor/b/state", "switch", "state", "sensor", "°C", "#", "a: b", "°", '"')
    )
    | st.text(max_size=6)
)
KEYS = (
    "friendly_name", "definition", "exposes", "type", "features", "property", "name", "unit", "category", "value_on",
    "t", "dn", "rl", "sn", "stat_t", "cmd_t", "val_tpl", "unit_of_meas", "~", "dev", "availability", "cmps", "p",
    "object", "deviceInfo", "deviceName", "uplink_message", "decoded_payload", "result", "switch:0", "output", "a.b",
)  # fmt: skip
trees = st.recursive(
    scalars,
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), below, max_size=6)
    ),
    max_leaves=25,
)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(
        (
            "z/bridge/devices",
            "homeassistant/sensor/a/config",
            "homeassistant/switch/a/b/config",
            "homeassistant/device/a/config",
            "application/1/device/2/event/up",
            "v3/a/devices/b/up",
            "x",
        )
    ),
    st.binary(max_size=30) | trees.map(lambda tree: json.dumps(tree).encode()),
)
def test_no_message_raises_or_makes_a_fragment_that_does_not_load(topic: str, payload: bytes) -> None:
    findings = found(topic, payload)
    for made in (discovery.tasmota(payload, payload), discovery.shelly("s", payload)):
        findings += [made] if made is not None else []
    fragment("mqtt://localhost", findings)


def test_a_valve_on_lorawan_is_told_from_a_probe() -> None:
    def title(fields: dict[str, object]) -> str:
        told = {"deviceInfo": {"deviceName": "one", "deviceProfileName": "UC511"}, "object": fields}
        topic = "application/7/device/24e124460c123456/event/up"
        (finding,) = found(topic, json.dumps(told).encode())
        return finding.title

    assert title({"battery": 92, "text": "hello"}) == "UC511"
    assert title({"battery": 92, "valve_1": "Open"}) == (
        "UC511; to command object.valve_1 see outputs in drivers/mqtt/README.md"
    )
