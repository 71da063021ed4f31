"""Payloads to values and states, commands to messages: every format by itself, and no payload whatever raises."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.model.commands import Followed, Report, Verb
from controller.model.errors import NOWHERE, ConfigError
from controller.model.ports import DeviceSettings, PointSettings, Source
from controller.model.time import Instant
from controller.model.units import UNITS
from drivers.mqtt.device import Device, Effects
from drivers.mqtt.formats import FORMATS, conventions, document, shelly, tasmota
from drivers.mqtt.formats.shape import OFF, ON, RESTS, Format, Message, Shown, Told
from drivers.options import Options
from tests.drivers.mqtt.field import device, order

NOW = Instant(10**12, 1_760_000_000 * 10**9)


def make(profile: str, **options: object) -> Format:
    kind = FORMATS[profile]
    return kind(Options(options, {}, NOWHERE, f"profile {profile}", kind.OPTIONS))


def told(format: Format, topic: str, payload: bytes, *wanted: str) -> Told:
    found = format.reads(wanted)[topic](payload)
    assert found is not None
    return found


def rubbish(format: Format, topic: str, payload: bytes, *wanted: str) -> bool:
    return format.reads(wanted)[topic](payload) is None


def orders(format: Format, source: str, verb: Verb, seconds: float | None = None) -> list[Message]:
    return list(format.order(source, order(1, "x", verb, NOW, seconds)))


# Tasmota


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (None, 0),
        (0.01, 1),
        (0.1, 1),
        (1.0, 10),
        (11.1, 111),
        (11.11, 112),
        (12, 112),
        (13.2, 114),
        (120, 220),
        (64800, 64900),
        (10**9, 64900),
    ],
)
def test_a_lease_is_coded_as_pulse_time(seconds: float | None, code: int) -> None:
    assert tasmota.pulse_time(seconds) == code


@given(st.floats(0.1, 64800))
def test_a_pulse_is_never_shorter_than_its_lease_nor_a_second_longer(seconds: float) -> None:
    code = tasmota.pulse_time(seconds)
    length = code / 10 if code <= 111 else code - 100
    assert seconds - 1e-6 <= length < seconds + 1


def test_a_tasmota_sensor_in_fahrenheit_is_read_in_celsius() -> None:
    payload = b'{"Time":"2025-05-01T00:00:00","DS18B20":{"Temperature":69.08},"TempUnit":"F"}'
    said = told(make("tasmota", topic="t"), "tele/t/SENSOR", payload, "DS18B20.Temperature")
    assert dict(said.values) == pytest.approx({"DS18B20.Temperature": 20.6})
    assert said.wall_ns is None


def test_a_tasmota_sensor_without_a_value_says_so() -> None:
    said = told(make("tasmota", topic="t"), "tele/t/SENSOR", b'{"DS18B20":{"Temperature":null}}', "DS18B20.Temperature")
    assert math.isnan(said.values[0][1])
    assert said.wrong == 0


def test_tasmota_relays_are_found_with_and_without_number() -> None:
    box = make("tasmota", topic="t")
    assert told(box, "stat/t/RESULT", b'{"POWER":"ON"}', "power/1").shown == [("power/1", ON)]
    payload = b'{"POWER2":"OFF","POWER12":"ON","POWERED":"ON","POWER3":7}'
    assert told(box, "tele/t/STATE", payload, "power/2").shown == [("power/2", OFF), ("power/12", ON)]
    assert told(box, "stat/t/POWER", b"ON", "power/1").shown == (("power/1", ON),)
    assert rubbish(box, "stat/t/POWER", b"on", "power/1")


def test_a_tasmota_writes_pulse_time_only_when_it_changes() -> None:
    box = make("tasmota", topic="t")
    pulse, on = Message("cmnd/t/PulseTime1", "220"), Message("cmnd/t/POWER1", "ON")
    assert orders(box, "power/1", Verb.ON, 120) == [pulse, on]
    assert orders(box, "power/1", Verb.ON, 120) == [on]
    assert orders(box, "power/1", Verb.OFF) == [Message("cmnd/t/POWER1", "OFF")]
    box.forget()
    assert orders(box, "power/1", Verb.ON, 120) == [pulse, on]


def test_a_tasmota_shutter() -> None:
    box = make("tasmota", topic="t")
    assert box.source("shutter/1") == Source(output="motor")
    assert box.source("Shutter1.Position") == Source("%")
    opening = b'{"Shutter1":{"Position":72,"Direction":1,"Target":100}}'
    assert told(box, "stat/t/RESULT", opening, "shutter/1").shown == [("shutter/1", Shown(Verb.OPEN))]
    closed = b'{"Time":"2020-11-18T12:21:43","Shutter1":{"Position":0,"Direction":0,"Target":0}}'
    said = told(box, "tele/t/SENSOR", closed, "shutter/1", "Shutter1.Position")
    assert said.shown == [("shutter/1", Shown(Verb.STOP, Verb.CLOSE))]
    assert said.values == [("Shutter1.Position", 0.0)]
    assert orders(box, "shutter/1", Verb.CLOSE, 20) == [Message("cmnd/t/ShutterClose1", "")]


# LoRaWAN


def test_an_uplink_of_chirpstack() -> None:
    probe = make("chirpstack", topic="up")
    payload = b'{"deduplicationId":"k","time":"2025-10-09T08:53:20.123456789+00:00","object":{"a":"21.50","b":1}}'
    said = told(probe, "up", payload, "object.a", "object.c")
    assert said.values == [("object.a", 21.5)]
    assert said.key == "k"
    assert said.wall_ns == int(datetime(2025, 10, 9, 8, 53, 20, 123456, UTC).timestamp() * 1e6) * 1000
    assert told(probe, "up", b'{"object":{}}', "object.a") == Told([])


def test_an_uplink_of_the_things_stack() -> None:
    probe = make("the-things-stack", topic="v3/app@farm/devices/slab/up")
    document = {
        "end_device_ids": {"device_id": "slab"},
        "received_at": "2025-10-09T08:53:20.123456789Z",
        "uplink_message": {
            "session_key_id": "AYfg8rhha5n+FWx0ZaAprA==",
            "f_port": 2,
            "f_cnt": 17,
            "decoded_payload": {"water_soil": 61.2, "leaf": {"temp": 19}},
            "rx_metadata": [{"rssi": -97, "snr": 7.5}],
        },
    }
    wanted = ("water_soil", "leaf.temp", "uplink_message.rx_metadata.0.rssi")
    said = told(probe, "v3/app@farm/devices/slab/up", orjson.dumps(document), *wanted)
    assert said.values == [("water_soil", 61.2), ("leaf.temp", 19.0), ("uplink_message.rx_metadata.0.rssi", -97.0)]
    assert said.key == "AYfg8rhha5n+FWx0ZaAprA==/17"
    assert said.wall_ns == int(datetime(2025, 10, 9, 8, 53, 20, 123456, UTC).timestamp() * 1e6) * 1000
    assert probe.source("water_soil") == Source("%")
    assert isinstance(probe.source("uplink_message.nonsense"), str)


# Zigbee2MQTT

BLIND = "zigbee2mqtt/house 1/vent"


def test_a_zigbee_sensor_and_its_age() -> None:
    probe = make("zigbee2mqtt", topic=BLIND)
    payload = b'{"battery":93,"humidity":71.5,"last_seen":"2025-10-09T08:53:20.000Z","linkquality":90}'
    said = told(probe, BLIND, payload, "humidity", "temperature")
    assert said.values == [("humidity", 71.5)]
    assert said.wall_ns == 1_760_000_000 * 10**9
    assert told(probe, BLIND, b'{"last_seen":1760000000000}').wall_ns == 1_760_000_000 * 10**9


@pytest.mark.parametrize(
    ("payload", "there"),
    [(b"online", True), (b"offline", False), (b'{"state":"online"}', True), (b'{"state":"Offline"}', False)],
)
def test_zigbee_availability_in_both_ways(payload: bytes, there: bool) -> None:
    probe = make("zigbee2mqtt", topic=BLIND)
    assert told(probe, f"{BLIND}/availability", payload).present == ("Zigbee device", there)
    assert told(probe, "zigbee2mqtt/bridge/state", payload).present == ("bridge", there)
    assert rubbish(probe, f"{BLIND}/availability", b'{"state":3}')


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        (b'{"state":"OPEN","position":40,"moving":"UP"}', Shown(Verb.OPEN, Verb.OPEN)),
        (b'{"state":"CLOSE","position":40,"moving":"DOWN"}', Shown(Verb.CLOSE, Verb.CLOSE)),
        (b'{"state":"OPEN","moving":"STOP"}', Shown(Verb.STOP, Verb.OPEN)),
        (b'{"state":"CLOSE"}', Shown(Verb.STOP, Verb.CLOSE)),
        (b'{"state":"STOP"}', RESTS),
    ],
)
def test_a_zigbee_cover(payload: bytes, shown: Shown) -> None:
    vent = make("zigbee2mqtt", topic=BLIND)
    assert told(vent, BLIND, payload, "cover").shown == [("cover", shown)]
    assert orders(vent, "cover", Verb.OPEN, 20) == [Message(f"{BLIND}/set", '{"state":"OPEN"}')]


def test_zigbee_switches_and_their_timer() -> None:
    plug = make("zigbee2mqtt", topic="z/plug")
    payload = b'{"state_l1":"ON","state_l2":"OFF"}'
    assert told(plug, "z/plug", payload, "state_l1", "state_l2").shown == [("state_l1", ON), ("state_l2", OFF)]
    assert orders(plug, "state_l1", Verb.ON, 60) == [Message("z/plug/set", '{"state_l1":"ON"}')]
    timed = make("zigbee2mqtt", topic="z/plug", on_time=True)
    assert timed.leases
    assert not plug.leases
    assert orders(timed, "state", Verb.ON, 59.2) == [
        Message("z/plug/set", '{"state":"ON","on_time":60,"off_wait_time":0}')
    ]
    assert orders(timed, "state", Verb.OFF) == [Message("z/plug/set", '{"state":"OFF"}')]


# Shelly


def frame(**params: object) -> bytes:
    return orjson.dumps({"src": "s", "method": "NotifyStatus", "params": {"ts": 1760000000.25, **params}})


def test_a_shelly_notifies() -> None:
    box = make("shelly", topic="s")
    said = told(
        box,
        "s/events/rpc",
        frame(**{"switch:0": {"id": 0, "output": True, "apower": 41.5}, "temperature:100": {"tC": None}}),
        "switch:0",
        "switch:0.apower",
        "temperature:100.tC",
    )
    assert said.shown == [("switch:0", ON)]
    assert said.values[0] == ("switch:0.apower", 41.5)
    assert math.isnan(said.values[1][1])
    assert said.wall_ns == 1_760_000_000_250_000_000
    assert told(box, "s/events/rpc", b'{"method":"NotifyEvent","params":{"events":[]}}', "switch:0") == Told()
    assert told(box, "s/status/switch:0", b'{"id":0,"output":false}', "switch:0").shown == [("switch:0", OFF)]


def test_a_shelly_answers_by_number() -> None:
    box = make("shelly", topic="s")
    (message,) = orders(box, "switch:1", Verb.ON, 30)
    assert message.topic == "s/rpc"
    request: dict[str, Any] = orjson.loads(message.payload)
    assert request["method"] == "Switch.Set"
    assert request["params"] == {"id": 1, "on": True, "toggle_after": 30}
    reply = orjson.dumps({"id": request["id"], "src": "s", "result": {"was_on": False}})
    topic = f"{request['src']}/rpc"
    assert told(box, topic, reply, "switch:1").shown == (("switch:1", ON),)
    assert told(box, topic, reply, "switch:1").shown == []
    (message,) = orders(box, "switch:1", Verb.OFF)
    number = orjson.loads(message.payload)["id"]
    error = orjson.dumps({"id": number, "error": {"code": -103, "message": "no such component"}})
    assert told(box, topic, error, "switch:1").refused == (("switch:1", "no such component"),)


def test_a_shelly_forgets_what_nobody_answers() -> None:
    box = shelly.Shelly(Options({"topic": "s"}, {}, NOWHERE, "", ("topic",)))
    for _ in range(1000):
        orders(box, "switch:0", Verb.ON, 30)
    assert len(box._asked) <= 64


def test_a_shelly_cover_runs_for_its_time() -> None:
    box = make("shelly", topic="s")
    assert box.times_runs
    request = orjson.loads(orders(box, "cover:0", Verb.OPEN, 12.5)[0].payload)
    assert (request["method"], request["params"]) == ("Cover.Open", {"id": 0, "duration": 12.5})
    assert orjson.loads(orders(box, "cover:0", Verb.STOP)[0].payload)["params"] == {"id": 0}
    said = told(box, "s/events/rpc", frame(**{"cover:0": {"state": "closed", "current_pos": 0}}), "cover:0")
    assert said.shown == [("cover:0", Shown(Verb.STOP, Verb.CLOSE))]


# ESPHome


def test_esphome_states_are_plain() -> None:
    node = make("esphome", topic="node")
    assert told(node, "node/sensor/air/state", b"23.4", "sensor/air").values == (("sensor/air", 23.4),)
    assert math.isnan(told(node, "node/sensor/air/state", b"nan", "sensor/air").values[0][1])
    assert told(node, "node/binary_sensor/wet/state", b"ON", "binary_sensor/wet").values == (
        ("binary_sensor/wet", 1.0),
    )
    assert told(node, "node/switch/pump/state", b"ON", "switch/pump").shown == (("switch/pump", ON),)
    assert told(node, "node/valve/a/state", b"CLOSED", "valve/a").shown == (("valve/a", OFF),)
    assert rubbish(node, "node/sensor/air/state", b"\xff", "sensor/air")
    assert rubbish(node, "node/switch/pump/state", b"maybe", "switch/pump")
    assert orders(node, "switch/pump", Verb.ON, 60) == [Message("node/switch/pump/command", "ON")]
    assert orders(node, "valve/a", Verb.OFF) == [Message("node/valve/a/command", "CLOSE")]


def test_an_esphome_cover() -> None:
    node = make("esphome", topic="node")
    wanted = ("cover/vent", "cover/vent/position")
    assert told(node, "node/cover/vent/state", b"opening", *wanted).shown[0][1] == Shown(Verb.OPEN, Verb.OPEN)
    assert told(node, "node/cover/vent/state", b"closed", *wanted).shown[0][1] == Shown(Verb.STOP, Verb.CLOSE)
    assert told(node, "node/cover/vent/position/state", b"40", *wanted).values == (("cover/vent/position", 40.0),)
    assert orders(node, "cover/vent", Verb.STOP) == [Message("node/cover/vent/command", "STOP")]


# anything else


def test_paths_reach_into_lists() -> None:
    said = told(
        make("json", topic="t"), "t", b'{"list":[{"x":1},{"x":2}],"timestamp":"2025-10-09T08:53:20"}', "list.1.x"
    )
    assert said.values == [("list.1.x", 2.0)]
    assert said.wall_ns is None


def test_values_have_topics_paths_patterns_units_and_scales() -> None:
    values = {
        "level": {"topic": "tank/raw", "pattern": "level=([-0-9]+)", "unit": "cm", "scale": 0.1, "offset": -4},
        "drain": {"path": "data.0.ml", "unit": "mL"},
        "plain": {"topic": "tank/temperature", "unit": "°C"},
    }
    tank = make("json", topic="tank", values=values)
    assert [tank.source(name) for name in values] == [Source("cm"), Source("mL"), Source("°C")]
    assert told(tank, "tank/raw", b"id=7 level=123 ok", *values).values == (("level", pytest.approx(8.3)),)
    assert told(tank, "tank", b'{"data":[{"ml":50}]}', *values).values == [("drain", 50.0)]
    assert told(tank, "tank/temperature", b" 21.5 ", *values).values == (("plain", 21.5),)
    assert math.isnan(told(tank, "tank/temperature", b"NaN", *values).values[0][1])
    assert rubbish(tank, "tank/raw", b"nothing", *values)


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        (b'{"state":"ON"}', ON),
        (b'{"state":"off"}', OFF),
        (b'{"state":true}', ON),
        (b'{"state":0}', OFF),
        (b'{"state":"OPENED"}', ON),
        (b'{"state":"CLOSED"}', OFF),
        (b"OPENED", ON),
        (b"off", OFF),
        (b'{"state":null}', None),
        (b'{"state":"moving"}', None),
        (b'{"state":0.5}', None),
        (b"{}", None),
    ],
)
def test_a_switch_shows_its_state(payload: bytes, shown: Shown | None) -> None:
    valve = make("json", topic="t", command_topic="c", payload_on="OPENED", payload_off="CLOSED")
    assert [state for _, state in told(valve, "t", payload, "state").shown] == ([] if shown is None else [shown])


def test_a_switch_with_a_timer_and_a_motor_of_ones_own() -> None:
    pump = make("json", topic="t", command_topic="c", payload_on="on for {seconds}")
    assert pump.leases
    assert orders(pump, "state", Verb.ON, 59.5) == [Message("c", "on for 60")]
    vent = make(
        "json", topic="t", command_topic="c", state="s", payload_open="UP {seconds}", payload_close="DOWN {seconds}"
    )
    assert vent.times_runs
    assert vent.source("s") == Source(output="motor")
    assert orders(vent, "s", Verb.CLOSE, 20) == [Message("c", "DOWN 20")]
    assert orders(vent, "s", Verb.STOP) == [Message("c", "STOP")]
    assert list(told(vent, "t", b'{"s":"Opening"}', "s").shown) == [("s", Shown(Verb.OPEN, Verb.OPEN))]


def test_a_number_of_ones_own_is_set_in_the_devices_unit() -> None:
    options: dict[str, object] = {
        "topic": "t",
        "command_topic": "c",
        "state": "ec",
        "unit": "µS/cm",
        "payload_set": '{"ec": {value}}',
    }
    mixer = make("json", **options)
    assert mixer.source("ec") == Source("µS/cm", "number")
    one = Device(DeviceSettings("mixer", options, (PointSettings("mixer.ec", "ec", factor=0.001),)), mixer)
    effects = Effects()
    one.connected(NOW, effects)
    one.command(order(7, "mixer.ec", Verb.SET, NOW)._replace(value=2.25), NOW, effects)
    assert [(p.topic, p.payload) for p in effects.publishes] == [("c", b'{"ec": 2250}')]
    effects = Effects()
    assert one.readers()["t"](b'{"ec": 2250}', False, NOW, effects)
    (report,) = effects.inputs
    assert isinstance(report, Report)
    assert (report.followed, report.command_id, report.value) == (Followed.RESTING, 7, pytest.approx(2.25))
    with pytest.raises(ConfigError, match="no place for the number"):
        make("json", topic="t", command_topic="c", payload_set="SET")


# all of them


@pytest.mark.parametrize("text", ['"nan"', '"inf"', "1e13", '"1e300"', '"12_5"', "[1]", "{}", '"wet"'])
def test_what_is_no_number_is_counted(text: str) -> None:
    assert document.pick({"a": orjson.loads(text)}, {"a": ("a",)}) == ([], 1)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("object.water_soil", "%"),
        ("object.conduct_SOIL", "µS/cm"),
        ("object.drain_ml", "mL"),
        ("object.TempC_SHT", "°C"),
        ("object.leaf_c", "°C"),
        ("object.flow_l_min", "L/min"),
        ("object.wind_m_s", "m/s"),
        ("object.counter", ""),
    ],
)
def test_a_field_has_the_unit_its_name_says(name: str, unit: str) -> None:
    assert conventions.unit_of(name) == unit


def test_every_unit_that_is_named_exists() -> None:
    ours = (conventions.FIELDS, tasmota.UNITS, shelly.UNITS)
    named = {*(unit for table in ours for unit in table.values()), *(unit for _, unit in conventions.ENDINGS)}
    assert named <= set(UNITS)


LORAWAN_VALVE = {"payload_on": "01{seconds:u16be}", "payload_off": "00", "state": "object.state", "state_on": "a"}
EVERY: list[tuple[str, dict[str, object], tuple[str, ...]]] = [
    ("tasmota", {"topic": "t"}, ("power/1", "shutter/1", "DS18B20.Temperature", "Shutter1.Position")),
    ("chirpstack", {"topic": "t"}, ("object.a",)),
    ("the-things-stack", {"topic": "t"}, ("a", "uplink_message.f_cnt")),
    (
        "chirpstack",
        {"topic": "a/device/0011223344556677/event/up", "port": 2, "outputs": {"valve": LORAWAN_VALVE}},
        ("valve", "object.a"),
    ),
    ("the-things-stack", {"topic": "v3/a/devices/b/up", "port": 2, "outputs": {"valve": LORAWAN_VALVE}}, ("valve",)),
    ("zigbee2mqtt", {"topic": "t"}, ("state", "state_l1", "a", "position")),
    ("zigbee2mqtt", {"topic": "t", "on_time": True}, ("cover", "a.b")),
    ("shelly", {"topic": "t"}, ("switch:0", "cover:0", "cover:0.current_pos", "temperature:100.tC")),
    ("esphome", {"topic": "t"}, ("sensor/a", "switch/a", "valve/a", "cover/a", "cover/a/position")),
    ("json", {"topic": "t", "command_topic": "c"}, ("state", "a", "list.0.x")),
    ("json", {"topic": "t", "command_topic": "c", "payload_open": "o"}, ("state", "a")),
    ("json", {"values": {"v": {"topic": "t", "pattern": "(a*)"}, "w": {"topic": "t", "path": "a.b"}}}, ("v", "w")),
]

WORDS = (
    "a", "x", "list", "object", "state", "time", "timestamp", "ts", "id", "POWER", "POWER1", "DS18B20", "Temperature",
    "TempUnit", "Shutter1", "Position", "Direction", "deduplicationId", "uplink_message", "decoded_payload", "f_cnt",
    "session_key_id", "received_at", "queueItemId", "acknowledged", "level", "ERROR", "code", "DOWNLINK_CODEC",
    "description", "correlation_ids", "downlink_failed", "message_format", "last_seen", "moving", "position", "params",
    "method", "result", "error",
    "message", "switch:0", "cover:0", "temperature:100", "output", "current_pos", "tC", "NotifyStatus", "ON",
    "OFF", "OPEN", "UP", "online", "offline", "2025-10-09T08:53:20+00:00",
)  # fmt: skip
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=8)
trees = st.recursive(
    scalars,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(WORDS), below, max_size=5),
    max_leaves=20,
)
payloads = (
    st.binary(max_size=60)
    | st.sampled_from(WORDS).map(str.encode)
    | st.floats().map(lambda value: str(value).encode())
    | trees.map(lambda tree: json.dumps(tree).encode())
)


@pytest.mark.parametrize(("profile", "options", "wanted"), EVERY)
@settings(max_examples=150, deadline=None)
@given(payload=payloads)
def test_no_payload_raises_or_says_what_cannot_be(
    profile: str, options: dict[str, object], wanted: tuple[str, ...], payload: bytes
) -> None:
    format = make(profile, **options)
    for read in format.reads(wanted).values():
        said = read(payload)
        if said is not None:
            assert {name for name, _ in said.values} <= set(wanted)
            assert all(value != value or abs(value) <= document.BIGGEST for _, value in said.values)


@pytest.mark.parametrize(("profile", "options", "wanted"), EVERY)
@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), payloads, st.booleans()), max_size=8))
def test_no_payload_raises_from_any_device(
    profile: str, options: dict[str, object], wanted: tuple[str, ...], messages: list[tuple[int, bytes, bool]]
) -> None:
    points = {f"p__{index}": source for index, source in enumerate(wanted)}
    each = Device(device("d", {"profile": profile, **options}, **points), make(profile, **options))
    readers = list(each.readers().values())
    effects = Effects()
    each.connected(NOW, effects)
    for index, output in enumerate(each.outputs):
        for verb in Verb:
            each.command(order(index + 1, output, verb, NOW, 60.0), NOW, effects)
    for which, payload, retained in messages:
        assert readers[which % len(readers)](payload, retained, NOW, effects) in (True, False)
    each.due(NOW.after(3600), effects)
    each.lost(NOW, "gone", effects)
