"""Payloads to values: the shapes themselves, and no payload whatever raises."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.model.time import Instant
from controller.model.units import UNITS
from drivers.mqtt.device import Device, Effects
from drivers.mqtt.formats import chirpstack, conventions, document, tasmota
from drivers.mqtt.formats import json as plain
from drivers.mqtt.json_device import JsonDevice
from drivers.mqtt.relays import TasmotaDevice
from drivers.mqtt.settings import device_options
from tests.drivers.mqtt.field import device, slab, valve

NOW = Instant(10**12, 1_760_000_000 * 10**9)
WANTED = {name: document.path(name) for name in ("object.a", "list.1.x", "DS18B20.Temperature", "BME.Pressure")}

trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(["object", "a", "list", "x", "time", "deduplicationId", "POWER", "POWER1", "DS18B20"])
            | st.text(max_size=4),
            below,
            max_size=4,
        )
    ),
    max_leaves=12,
)
payloads = st.binary(max_size=60) | trees.map(lambda tree: json.dumps(tree).encode())


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
    telemetry = tasmota.read(payload, WANTED)
    assert telemetry is not None
    assert dict(telemetry.values) == pytest.approx({"DS18B20.Temperature": 20.6})
    assert telemetry.wall_ns is None


def test_a_sensor_without_a_value_says_so() -> None:
    telemetry = tasmota.read(b'{"DS18B20":{"Temperature":null}}', WANTED)
    assert telemetry is not None
    assert math.isnan(telemetry.values[0][1])
    assert telemetry.wrong == 0


def test_relays_are_found_with_and_without_number() -> None:
    assert tasmota.powers(b'{"POWER":"ON"}') == {1: True}
    assert tasmota.powers(b'{"POWER2":"OFF","POWER12":"ON","POWERED":"ON","POWER3":7}') == {2: False, 12: True}


def test_an_uplink_has_values_time_and_key() -> None:
    payload = b'{"deduplicationId":"k","time":"2025-10-09T08:53:20.123456789+00:00","object":{"a":"21.50","b":1}}'
    telemetry = chirpstack.read(payload, WANTED)
    assert telemetry is not None
    assert telemetry.values == [("object.a", 21.5)]
    assert telemetry.key == "k"
    assert telemetry.wall_ns == int(datetime(2025, 10, 9, 8, 53, 20, 123456, UTC).timestamp() * 1e6) * 1000


def test_a_field_that_is_left_away_is_missing_and_not_zero() -> None:
    assert chirpstack.read(b'{"object":{}}', WANTED) == ([], 0, None, "")


def test_paths_reach_into_lists() -> None:
    telemetry = plain.read(b'{"list":[{"x":1},{"x":2}],"timestamp":"2025-10-09T08:53:20"}', WANTED)
    assert telemetry is not None
    assert telemetry.values == [("list.1.x", 2.0)]
    assert telemetry.wall_ns is None


@pytest.mark.parametrize(
    ("payload", "on"),
    [
        (b'{"state":"ON"}', True),
        (b'{"state":"off"}', False),
        (b'{"state":true}', True),
        (b'{"state":0}', False),
        (b'{"state":"OPENED"}', True),
        (b'{"state":"CLOSED"}', False),
        (b'{"state":null}', None),
        (b'{"state":"moving"}', None),
        (b'{"state":0.5}', None),
        (b"{}", None),
        (b"ON", None),
    ],
)
def test_a_switch_shows_its_state(payload: bytes, on: bool | None) -> None:
    assert plain.state(payload, ("state",), "OPENED", "CLOSED") is on


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
    named = {*conventions.FIELDS.values(), *(unit for _, unit in conventions.ENDINGS), *tasmota.UNITS.values()}
    assert named <= set(UNITS)


@settings(max_examples=300, deadline=None)
@given(payloads)
def test_no_payload_raises_from_any_format(payload: bytes) -> None:
    for read in (tasmota.read, chirpstack.read, plain.read):
        telemetry = read(payload, WANTED)
        if telemetry is not None:
            assert all(value != value or abs(value) <= document.BIGGEST for _, value in telemetry.values)
    tasmota.powers(payload)
    tasmota.power(payload)
    tasmota.online(payload)
    plain.state(payload, ("object", "a"), "ON", "OFF")


@settings(max_examples=200, deadline=None)
@given(payloads, st.booleans())
def test_no_payload_raises_from_any_device(payload: bytes, retained: bool) -> None:
    box = valve(valve__relay="power/1", air__temperature="DS18B20.Temperature")
    options: dict[str, object] = {"profile": "json", "topic": "t", "command_topic": "t/set"}
    fan = device("fan", options, fan__relay="state", fan__a="a")
    devices: list[Device] = [
        TasmotaDevice(box, "valve_a"),
        *(JsonDevice(each, device_options(each)) for each in (slab(), fan)),
    ]
    for each in devices:
        for handler in each.handlers().values():
            effects = Effects()
            assert handler(payload, retained, NOW, effects) in (True, False)
