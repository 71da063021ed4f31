"""Payloads: ours come back as they were, others read them as they were meant, and nonsense is refused."""

from __future__ import annotations

import contextlib
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.uplink.sparkplug.codec import Malformed, Metric, Payload, Type, decode, encode
from tests.uplink.sparkplug.others import decoded

MS = st.integers(0, 2**63 - 1)
VALUES = {
    Type.DOUBLE: st.floats(allow_nan=False),
    Type.FLOAT: st.floats(allow_nan=False, width=32),
    Type.BOOLEAN: st.booleans(),
    Type.STRING: st.text(max_size=200),
    Type.INT8: st.integers(-(2**7), 2**7 - 1),
    Type.INT32: st.integers(-(2**31), 2**31 - 1),
    Type.INT64: st.integers(-(2**63), 2**63 - 1),
    Type.UINT32: st.integers(0, 2**32 - 1),
    Type.UINT64: st.integers(0, 2**64 - 1),
}


@st.composite
def metrics(draw: st.DrawFn) -> Metric:
    kind = draw(st.sampled_from(sorted(VALUES)))
    value = draw(st.none() | VALUES[kind])
    return Metric(draw(st.text(max_size=40)), value, kind, draw(st.none() | MS), draw(st.booleans()))


payloads = st.builds(Payload, st.lists(metrics(), max_size=5), st.none() | MS, st.none() | st.integers(0, 255))


@given(payloads)
def test_what_was_written_is_read(payload: Payload) -> None:
    assert decode(encode(payload)) == payload


@given(st.binary(max_size=60))
def test_nonsense_is_refused_or_read_but_nothing_else(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        decode(data)


@given(payloads, st.data())
def test_a_payload_that_is_cut_off_is_never_taken_for_another(payload: Payload, data: st.DataObject) -> None:
    whole = encode(payload)
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    try:
        read = decode(cut)
    except Malformed:
        return
    assert len(read.metrics) <= len(payload.metrics)


def test_others_read_what_we_write() -> None:
    chance = random.Random(7)
    ours = []
    for number in range(300):
        kinds = chance.choices([Type.DOUBLE, Type.BOOLEAN, Type.STRING, Type.INT32, Type.INT64], k=4)
        made = {
            Type.DOUBLE: lambda: chance.uniform(-1e6, 1e6),
            Type.BOOLEAN: lambda: chance.random() < 0.5,
            Type.STRING: lambda: chance.choice(["온실", "", "a/b c", "x" * 300]),
            Type.INT32: lambda: chance.randint(-(2**31), 2**31 - 1),
            Type.INT64: lambda: chance.randint(-(2**63), 2**63 - 1),
        }
        properties = {"engUnit": (Type.STRING, "µmol/(m²·s)"), "Quality": (Type.INT32, 192)}
        some = [
            Metric(f"points/{n}", made[kind](), kind, 1_780_000_000_000 + n, n % 2 == 1, properties if n else {})
            for n, kind in enumerate(kinds)
        ]
        ours.append(Payload([*some, Metric("null", None, Type.DOUBLE, 5)], 1_780_000_000_000, number % 256))
    for payload, read in zip(ours, decoded([encode(payload) for payload in ours]), strict=True):
        assert int(read["timestamp"]) == payload.timestamp
        assert int(read["seq"]) == payload.seq
        for metric, theirs in zip(payload.metrics, read["metrics"], strict=True):
            assert theirs["name"] == metric.name
            assert theirs["datatype"] == metric.type
            assert int(theirs["timestamp"]) == metric.timestamp
            assert bool(theirs.get("isHistorical")) == metric.historical
            if metric.value is None:
                assert theirs["isNull"] is True
            else:
                assert theirs["value"] == metric.value
            if metric.properties:
                assert theirs["properties"]["key_value"] == {"engUnit": "µmol/(m²·s)", "Quality": 192}


@pytest.mark.parametrize(
    ("kind", "value"), [(Type.FLOAT, math.pi), (Type.UINT8, 255), (Type.TEXT, "long"), (Type.DATETIME, 1)]
)
def test_types_that_only_commands_have(kind: Type, value: float | int | str) -> None:
    (read,) = decode(encode(Payload([Metric("m", value, kind)]))).metrics
    assert read.value == pytest.approx(value) if isinstance(value, float) else read.value == value
