"""Sensirion SHT4x (temperature, humidity) and SCD4x (CO2 as well). Words with a checksum each.

Sources: Sensirion's datasheets SHT4x (4.5 checksum, 4.6 conversion) and SCD4x (3.5 to 3.11).
"""

from __future__ import annotations

from collections.abc import Collection

from controller.model.ports import Source
from drivers.options import Options
from drivers.polling import Trouble

from .chip import Job, Read, Rest, Write, nothing, one_of_these

_POLYNOMIAL = 0x31


def crc(data: bytes) -> int:
    """CRC-8 with x^8 + x^5 + x^4 + 1, begun with 0xFF."""
    value = 0xFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value << 1 ^ (_POLYNOMIAL if value & 0x80 else 0)) & 0xFF
    return value


def words(data: bytes) -> list[int]:
    """The words in an answer. Raises Trouble where a checksum is wrong."""
    found = []
    for start in range(0, len(data), 3):
        part = data[start : start + 3]
        if len(part) < 3 or crc(part[:2]) != part[2]:
            raise Trouble("wrong checksum")
        found.append(part[0] << 8 | part[1])
    return found


class Sht4x:
    OPTIONS = ()
    ADDRESSES = (0x44, 0x45, 0x46)
    _UNITS = {"temperature": "°C", "humidity": "%"}  # noqa: RUF012
    _PRECISELY = b"\xfd"

    def __init__(self, options: Options) -> None:
        """It has nothing to choose."""

    def source(self, name: str) -> Source | str:
        return one_of_these(self._UNITS, name)

    def begin(self) -> Job:
        return nothing()

    def measure(self, wanted: Collection[str]) -> Job:
        yield Write(self._PRECISELY)
        yield Rest(0.01)
        temperature, humidity = words((yield Read(6)))
        return (
            ("temperature", -45 + 175 * temperature / 65535),
            # the equation goes beyond the ends of what there is
            ("humidity", min(max(-6 + 125 * humidity / 65535, 0.0), 100.0)),
        )


class Scd4x:
    """It measures every 5 s by itself. Self-calibration takes the lowest value of a week for 400 ppm: it goes off."""

    OPTIONS = ("self_calibration",)
    ADDRESSES = (0x62,)
    _UNITS = {"co2": "ppm", "temperature": "°C", "humidity": "%"}  # noqa: RUF012
    _STOP, _START, _READY, _READ, _CALIBRATE = b"\x3f\x86", b"\x21\xb1", b"\xe4\xb8", b"\xec\x05", b"\x24\x16"

    def __init__(self, options: Options) -> None:
        self._calibrates = options.flag("self_calibration", False)

    def source(self, name: str) -> Source | str:
        return one_of_these(self._UNITS, name)

    def begin(self) -> Job:
        yield Write(self._STOP)
        yield Rest(0.5)
        choice = bytes((0, 1 if self._calibrates else 0))
        yield Write(self._CALIBRATE + choice + bytes((crc(choice),)))
        yield Rest(0.001)
        yield Write(self._START)
        return ()

    def measure(self, wanted: Collection[str]) -> Job:
        for _ in range(60):
            yield Write(self._READY)
            yield Rest(0.001)
            (status,) = words((yield Read(3)))
            if status & 0x07FF:
                break
            yield Rest(0.1)
        else:
            raise Trouble("it does not measure")
        yield Write(self._READ)
        yield Rest(0.001)
        co2, temperature, humidity = words((yield Read(9)))
        return (
            ("co2", float(co2) if co2 else float("nan")),
            ("temperature", -45 + 175 * temperature / 65535),
            ("humidity", 100 * humidity / 65535),
        )
