"""Sparkplug B payloads: the part of `sparkplug_b.proto` that an edge node without templates and data sets needs. Pure.

Sparkplug 3.0.0, chapter 6 (Payloads); Protocol Buffers encoding (protobuf.dev/programming-guides/encoding). A library
for Protocol Buffers would bring a generated module and megabytes of memory for what are three kinds of fields.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

Value = float | int | bool | str | None


class Type(IntEnum):
    """Datatypes of metrics and properties, as far as we write or read them."""

    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATETIME = 13
    TEXT = 14


@dataclass(frozen=True, slots=True)
class Metric:
    """One value. None is null; `timestamp` is in ms since 1970; `properties` have a type and a value each."""

    name: str
    value: Value
    type: Type
    timestamp: int | None = None
    historical: bool = False
    properties: Mapping[str, tuple[Type, Value]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Payload:
    """A message. NDEATH and commands have no `seq`."""

    metrics: Sequence[Metric]
    timestamp: int | None = None
    seq: int | None = None


class Malformed(ValueError):
    """These bytes are no payload."""


def encode(payload: Payload) -> bytes:
    """The bytes of a payload."""
    out = bytearray()
    if payload.timestamp is not None:
        _number(out, 1, payload.timestamp)
    for metric in payload.metrics:
        _bytes(out, 2, _metric(metric))
    if payload.seq is not None:
        _number(out, 3, payload.seq)
    return bytes(out)


def decode(data: bytes) -> Payload:
    """The payload of these bytes; what we do not know is passed over. Raises Malformed."""
    metrics: list[Metric] = []
    timestamp = seq = None
    for number, content in _fields(data):
        if number == 1 and isinstance(content, int):
            timestamp = content
        elif number == 2 and isinstance(content, bytes):
            metrics.append(_read_metric(content))
        elif number == 3 and isinstance(content, int):
            seq = content
    return Payload(metrics, timestamp, seq)


_WIDTHS = {Type.INT8: 8, Type.INT16: 16, Type.INT32: 32, Type.INT64: 64}
_SHORT = (Type.INT8, Type.INT16, Type.INT32, Type.UINT8, Type.UINT16, Type.UINT32)
_METRIC_FIELDS = {"int": 10, "long": 11, "float": 12, "double": 13, "boolean": 14, "string": 15}
_PROPERTY_FIELDS = {"int": 3, "long": 4, "float": 5, "double": 6, "boolean": 7, "string": 8}


def _metric(metric: Metric) -> bytes:
    out = bytearray()
    _bytes(out, 1, metric.name.encode())
    if metric.timestamp is not None:
        _number(out, 3, metric.timestamp)
    _number(out, 4, metric.type)
    if metric.historical:
        _number(out, 5, 1)
    if metric.value is None:
        _number(out, 7, 1)
    if metric.properties:
        _bytes(out, 9, _properties(metric.properties))
    _value(out, _METRIC_FIELDS, metric.type, metric.value)
    return bytes(out)


def _properties(properties: Mapping[str, tuple[Type, Value]]) -> bytes:
    out = bytearray()
    for key in properties:
        _bytes(out, 1, key.encode())
    for kind, value in properties.values():
        inner = bytearray()
        _number(inner, 1, kind)
        if value is None:
            _number(inner, 2, 1)
        _value(inner, _PROPERTY_FIELDS, kind, value)
        _bytes(out, 2, inner)
    return bytes(out)


def _value(out: bytearray, fields: Mapping[str, int], kind: Type, value: Value) -> None:
    match kind:
        case _ if value is None:
            pass
        case Type.FLOAT:
            _key(out, fields["float"], 5)
            out += struct.pack("<f", value)
        case Type.DOUBLE:
            _key(out, fields["double"], 1)
            out += struct.pack("<d", value)
        case Type.BOOLEAN:
            _number(out, fields["boolean"], int(bool(value)))
        case Type.STRING | Type.TEXT:
            _bytes(out, fields["string"], str(value).encode())
        case _ if kind in _SHORT:
            _number(out, fields["int"], int(value) & 0xFFFFFFFF)
        case _:
            _number(out, fields["long"], int(value) & 0xFFFFFFFFFFFFFFFF)


def _key(out: bytearray, number: int, wire: int) -> None:
    _varint(out, number << 3 | wire)


def _number(out: bytearray, number: int, value: int) -> None:
    _key(out, number, 0)
    _varint(out, value)


def _bytes(out: bytearray, number: int, content: bytes | bytearray) -> None:
    _key(out, number, 2)
    _varint(out, len(content))
    out += content


def _varint(out: bytearray, value: int) -> None:
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def _read_metric(data: bytes) -> Metric:
    name, kind, timestamp, null, historical = "", 0, None, False, False
    value: Value = None
    for number, content in _fields(data):
        match number, content:
            case 1, bytes():
                name = content.decode(errors="replace")
            case 3, int():
                timestamp = content
            case 4, int():
                kind = content
            case 5, int():
                historical = bool(content)
            case 7, int():
                null = bool(content)
            case ((10 | 11), int()):
                value = content
            case 12, bytes():
                value = struct.unpack("<f", content)[0] if len(content) == 4 else None
            case 13, bytes():
                value = struct.unpack("<d", content)[0] if len(content) == 8 else None
            case 14, int():
                value = bool(content)
            case 15, bytes():
                value = content.decode(errors="replace")
    if kind not in Type.__members__.values():
        kind = Type.STRING if isinstance(value, str) else Type.DOUBLE
    read = Type(kind)
    return Metric(name, None if null else _signed(value, read), read, timestamp, historical)


def _signed(value: Value, kind: Type) -> Value:
    """Negative numbers come as two's complement."""
    width = _WIDTHS.get(kind)
    if width is None or not isinstance(value, int) or isinstance(value, bool):
        return value
    value &= (1 << width) - 1
    return value - (1 << width) if value >> (width - 1) else value


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message: numbers, and everything else as its bytes. Raises Malformed."""
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        wire, size = key & 7, 0
        if wire == 0:
            content, at = _read_varint(data, at)
            yield key >> 3, content
            continue
        if wire == 2:
            size, at = _read_varint(data, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise Malformed(f"wire type {wire}")
        if at + size > len(data):
            raise Malformed("it is cut off")
        yield key >> 3, data[at : at + size]
        at += size


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 64:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at
    raise Malformed("it is cut off")
