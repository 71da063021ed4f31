"""Bosch BME280: temperature, humidity and pressure, with the trimming values of each single chip.

Source: Bosch Sensortec, BME280 datasheet, 4.2.2 (trimming parameters) and 8.1 (compensation in floating point).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Collection
from typing import NamedTuple

from controller.model.ports import Source
from drivers.options import Options
from drivers.polling import Trouble

from .chip import Job, Rest, Write, one_of_these

_ID, _IS = 0xD0, 0x60
_TRIM_1, _TRIM_2 = 0x88, 0xE1
_STATUS, _DATA = 0xF3, 0xF7
_ONCE = (bytes((0xF2, 0x01)), bytes((0xF4, 0x25)))  # each quantity once, now, then sleep
_SKIPPED = {20: 0x80000, 16: 0x8000}


class Trim(NamedTuple):
    """The trimming values, named as in the datasheet."""

    t: tuple[int, int, int]
    p: tuple[int, int, int, int, int, int, int, int, int]
    h: tuple[int, int, int, int, int, int]


class Bme280:
    OPTIONS = ()
    ADDRESSES = (0x76, 0x77)
    _UNITS = {"temperature": "°C", "humidity": "%", "pressure": "hPa"}  # noqa: RUF012

    def __init__(self, options: Options) -> None:
        self._trim: Trim | None = None

    def source(self, name: str) -> Source | str:
        return one_of_these(self._UNITS, name)

    def begin(self) -> Job:
        (chip,) = yield Write(bytes((_ID,)), 1)
        if chip != _IS:
            raise Trouble(f"this is no BME280, it calls itself 0x{chip:02x}")
        first = yield Write(bytes((_TRIM_1,)), 26)
        second = yield Write(bytes((_TRIM_2,)), 7)
        self._trim = trim(first, second)
        return ()

    def measure(self, wanted: Collection[str]) -> Job:
        for command in _ONCE:
            yield Write(command)
        for _ in range(10):
            yield Rest(0.01)
            (status,) = yield Write(bytes((_STATUS,)), 1)
            if not status & 0x08:
                break
        else:
            raise Trouble("it does not end measuring")
        data = yield Write(bytes((_DATA,)), 8)
        assert self._trim is not None
        return compensate(self._trim, data)


def trim(first: bytes, second: bytes) -> Trim:
    """The trimming values from the registers 0x88..0xA1 and 0xE1..0xE7. Raises Trouble for what no chip has."""
    *values, _, h1 = struct.unpack("<HhhHhhhhhhhhBB", first)
    if not values[0] or not values[3]:
        raise Trouble("no trimming values")
    h2, h3, e4, e5, e6, h6 = struct.unpack("<hBbBbb", second)
    return Trim(
        tuple(values[:3]),
        tuple(values[3:12]),
        (h1, h2, h3, e4 << 4 | e5 & 0x0F, e6 << 4 | e5 >> 4, h6),
    )


def compensate(by: Trim, data: bytes) -> tuple[tuple[str, float], ...]:
    """°C, % and hPa from the registers 0xF7..0xFE; NaN for what was not measured."""
    pressure = data[0] << 12 | data[1] << 4 | data[2] >> 4
    temperature = data[3] << 12 | data[4] << 4 | data[5] >> 4
    humidity = data[6] << 8 | data[7]
    if temperature == _SKIPPED[20]:
        return ("temperature", math.nan), ("humidity", math.nan), ("pressure", math.nan)
    fine = _fine(by, temperature)
    return (
        ("temperature", fine / 5120),
        ("humidity", math.nan if humidity == _SKIPPED[16] else _humidity(by, humidity, fine)),
        ("pressure", math.nan if pressure == _SKIPPED[20] else _pressure(by, pressure, fine) / 100),
    )


def _fine(by: Trim, raw: int) -> float:
    """The temperature as the other two need it."""
    one = (raw / 16384 - by.t[0] / 1024) * by.t[1]
    two = (raw / 131072 - by.t[0] / 8192) ** 2 * by.t[2]
    return one + two


def _pressure(by: Trim, raw: int, fine: float) -> float:
    """Pa."""
    p1, p2, p3, p4, p5, p6, p7, p8, p9 = by.p
    one = fine / 2 - 64000
    two = one * one * p6 / 32768 + one * p5 * 2
    two = two / 4 + p4 * 65536
    one = (p3 * one * one / 524288 + p2 * one) / 524288
    one = (1 + one / 32768) * p1
    if one == 0:
        return math.nan
    found = (1048576 - raw - two / 4096) * 6250 / one
    return found + (p9 * found * found / 2147483648 + found * p8 / 32768 + p7) / 16


def _humidity(by: Trim, raw: int, fine: float) -> float:
    """%."""
    h1, h2, h3, h4, h5, h6 = by.h
    warm = fine - 76800
    found = (raw - (h4 * 64 + h5 / 16384 * warm)) * (
        h2 / 65536 * (1 + h6 / 67108864 * warm * (1 + h3 / 67108864 * warm))
    )
    return min(max(found * (1 - h1 * found / 524288), 0.0), 100.0)
