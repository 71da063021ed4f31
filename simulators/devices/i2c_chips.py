"""Virtual I²C chips on virtual wires: what stands in their datasheets, without a line of drivers/i2c."""

from __future__ import annotations

import errno
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol


class VirtualChip(Protocol):
    """`transfer` takes what is written and gives what is read."""

    def transfer(self, data: bytes, size: int) -> bytes: ...


@dataclass
class VirtualWires:
    """A bus whose chips may be taken away. `open` is what the driver's factory takes; `lag` (s) is waited out."""

    chips: dict[int, VirtualChip] = field(default_factory=dict)
    there: bool = True
    lag: float = 0.0
    _gone: threading.Event = field(default_factory=threading.Event)

    def open(self, port: str) -> VirtualWires:
        if not self.there:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", port)
        return self

    def transfer(self, address: int, data: bytes, count: int) -> bytes:
        if not self.there:
            raise OSError(errno.ENODEV, "No such device")
        if self.lag:
            self._gone.wait(self.lag)
        chip = self.chips.get(address)
        if chip is None:
            raise OSError(errno.EREMOTEIO, "Remote I/O error")
        return chip.transfer(data, count)

    def close(self) -> None:
        """Nothing is held open."""


def _sealed(value: int) -> bytes:
    data = struct.pack(">H", value)
    check = 0xFF
    for byte in data:
        check ^= byte
        for _ in range(8):
            check = check << 1 ^ 0x131 if check & 0x80 else check << 1
    return data + bytes((check,))


class VirtualSht4x:
    """`read` gives °C and %. So many of its next answers are `garbled`."""

    def __init__(self, read: Callable[[], tuple[float, float]]) -> None:
        self.garbled = 0
        self._read = read
        self._answer = b""

    def transfer(self, data: bytes, size: int) -> bytes:
        if data == b"\xfd":
            temperature, humidity = self._read()
            words = round((temperature + 45) * 65535 / 175), round((humidity + 6) * 65535 / 125)
            self._answer = b"".join(_sealed(min(max(word, 0), 65535)) for word in words)
            if self.garbled:
                self.garbled -= 1
                self._answer = bytes(byte ^ 0x10 for byte in self._answer)
        if size and not self._answer:
            raise OSError(errno.EREMOTEIO, "Remote I/O error")
        answer, self._answer = (self._answer, b"") if size else (b"", self._answer)
        return answer


class VirtualScd4x:
    """`read` gives ppm, °C and %. Its self-calibration is on when it is new."""

    def __init__(self, read: Callable[[], tuple[float, float, float]]) -> None:
        self.calibrates_itself = True
        self.measures = False
        self._read = read
        self._answer = b""

    def transfer(self, data: bytes, size: int) -> bytes:
        match data[:2]:
            case b"\x3f\x86":
                self.measures = False
            case b"\x24\x16" if not self.measures:
                self.calibrates_itself = data[3] == 1
            case b"\x21\xb1":
                self.measures = True
            case b"\xe4\xb8":
                self._answer = _sealed(0x8006 if self.measures else 0x8000)
            case b"\xec\x05":
                co2, temperature, humidity = self._read()
                words = round(co2), round((temperature + 45) * 65535 / 175), round(humidity * 65535 / 100)
                self._answer = b"".join(map(_sealed, words))
        return self._answer[:size]


class VirtualBme280:
    """Registers with the trimming values of one chip; `raw` is what its converters give (temperature, pressure, %)."""

    def __init__(self, trim_1: bytes, trim_2: bytes, raw: tuple[int, int, int]) -> None:
        self.registers = bytearray(256)
        self.registers[0xD0] = 0x60
        self.registers[0x88 : 0x88 + len(trim_1)] = trim_1
        self.registers[0xE1 : 0xE1 + len(trim_2)] = trim_2
        self._raw = raw
        self._empty()

    def transfer(self, data: bytes, size: int) -> bytes:
        if len(data) == 2:
            self.registers[data[0]] = data[1]
            if data[0] == 0xF4 and data[1] & 0x03 in (1, 2):
                self._measure()
        return bytes(self.registers[data[0] : data[0] + size])

    def _empty(self) -> None:
        self.registers[0xF7:0xFF] = bytes((0x80, 0, 0, 0x80, 0, 0, 0x80, 0))

    def _measure(self) -> None:
        temperature, pressure, humidity = self._raw
        packed = (pressure << 4).to_bytes(3, "big") + (temperature << 4).to_bytes(3, "big")
        self.registers[0xF7:0xFF] = packed + humidity.to_bytes(2, "big")


class VirtualAds1115:
    """`volts` gives the voltages of the four channels."""

    FULL = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256, 0.256, 0.256)

    def __init__(self, volts: Callable[[], tuple[float, float, float, float]]) -> None:
        self._volts = volts
        self._config, self._conversion = 0x8583, 0

    def transfer(self, data: bytes, size: int) -> bytes:
        if len(data) == 3 and data[0] == 0x01:
            self._config = data[1] << 8 | data[2]
            channel, full = (self._config >> 12 & 0x07) - 4, self.FULL[self._config >> 9 & 0x07]
            self._conversion = min(max(round(self._volts()[channel] / full * 32768), -32768), 32767)
        word = self._config | 0x8000 if data[0] == 0x01 else self._conversion & 0xFFFF
        return struct.pack(">H", word)[:size]
