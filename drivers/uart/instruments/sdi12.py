"""SDI-12 through an adapter that passes text on: addresses, measurements, service requests and CRC.

Source: SDI-12 specification 1.3 and 1.4 (SDI-12 Support Group), sections 4.4 (commands) and 4.4.12 (CRC). METER TEROS
11/12 integrator guide for their equations.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection
from typing import ClassVar

from controller.model.errors import ConfigError
from controller.model.ports import Source
from drivers.options import Options
from drivers.polling import Trouble, Values

from .instrument import Ask, Job, Rest, Talk

ADDRESSES = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUE = re.compile(r"[+-]\d{1,7}(?:\.\d{0,7})?|[+-]\.\d{1,7}")
_SOURCE = re.compile(r"value/([1-9]\d?)")
_MEASURE = re.compile(r"[MC][1-9]?")
_PATIENCE = 1.0  # s: adapters take their time over the break and the marking before a command
_CRC_SINCE = 13  # the version of the standard that brought MC! and CC!
_MOST = 99  # values that one measurement can have


class Sdi12:
    """Any probe: value/1, value/2, … in the order in which it sends them; `values` gives them names and units."""

    OPTIONS: ClassVar[tuple[str, ...]] = ("address", "measure", "values")
    BAUDRATE = 9600
    SHARES = True
    listens = False

    def __init__(self, options: Options) -> None:
        self._address = options.text_or("address", "0")
        if len(self._address) != 1 or self._address not in ADDRESSES:
            hint = "write one digit or letter, in quotes"
            raise ConfigError(f"{self._address!r} is no SDI-12 address", options.place("address"), hint)
        self._measure = options.text_or("measure", "M")
        if not _MEASURE.fullmatch(self._measure):
            hint = "write M, C, M1 .. M9 or C1 .. C9"
            raise ConfigError(f"{self._measure!r} is no measurement", options.place("measure"), hint)
        self._named: dict[str, tuple[int, str, float, float]] = {
            name: (
                each.whole("index", 1, 1, _MOST),
                each.unit("unit"),
                each.number("scale", 1),
                each.number("offset", 0),
            )
            for name, each in options.entries("values", ("index", "unit", "scale", "offset")).items()
        }
        self._crc = False
        self._wanted: Collection[str] = ()

    def source(self, name: str) -> Source | str:
        if name in self._named:
            return Source(self._named[name][1])
        return Source() if _SOURCE.fullmatch(name) else "known: value/1 .. value/99, and the names under values:"

    def want(self, sources: Collection[str]) -> None:
        self._wanted = sources

    def begin(self) -> Job:
        """Ask who it is: the answer tells whether it knows checksums."""
        answer = yield from self._ask("I!")
        version = answer[1:3]
        self._crc = version.isdigit() and int(version) >= _CRC_SINCE
        return ()

    def measure(self) -> Job:
        raw = yield from self._raw()
        return [(name, self._value(name, raw)) for name in self._wanted]

    def hear(self, data: bytes) -> tuple[Values, int]:
        return (), 0

    def _value(self, name: str, raw: list[float]) -> float:
        """A source from what the probe sent; NaN where it has sent less."""
        index, _, scale, offset = self._named.get(name) or (int(name.partition("/")[2]), "", 1.0, 0.0)
        return raw[index - 1] * scale + offset if index <= len(raw) else math.nan

    def _raw(self) -> Talk[list[float]]:
        """All values of one measurement, as the probe sends them."""
        kind, rest = self._measure[0], self._measure[1:]
        answer = yield from self._ask(f"{kind}{'C' if self._crc else ''}{rest}!")
        if not (answer[1:].isascii() and answer[1:].isdigit() and len(answer) in (5, 6)):
            raise Trouble(f"not an answer to a measurement: {answer!r}")
        yield from self._wait(int(answer[1:4]), requested=kind == "M")
        found: list[float] = []
        for number in range(10):
            if len(found) >= int(answer[4:]):
                break
            data = yield from self._ask(f"D{number}!", checked=self._crc)
            values = parse_values(data[1:])
            if not values:
                raise Trouble(f"no values in {data!r}")
            found += values
        if len(found) != int(answer[4:]):
            raise Trouble(f"{len(found)} values instead of {int(answer[4:])}")
        return found

    def _wait(self, seconds: int, requested: bool) -> Talk[None]:
        """Until the probe has measured; with M it says when it is ready."""
        if seconds and requested:
            yield Ask(b"", self._line(b"", service=True), float(seconds))
        elif seconds:
            yield Rest(float(seconds))

    def _ask(self, command: str, checked: bool = False) -> Talk[str]:
        sent = f"{self._address}{command}".encode()
        answer = yield Ask(sent, self._line(sent), _PATIENCE)
        if answer is None:
            raise Trouble(f"no answer from address {self._address}", silent=True)
        if checked:
            if len(answer) < 4 or crc(answer[:-3]) != answer[-3:]:
                raise Trouble("wrong checksum")
            answer = answer[:-3]
        return answer.decode("ascii", "replace")

    def _line(self, sent: bytes, service: bool = False) -> Callable[[bytes], bytes | None]:
        """Finds a line that begins with our address; the echo of an adapter has no line end and is cut off."""
        address = self._address.encode()

        def whole(data: bytes) -> bytes | None:
            *lines, _ = data.split(b"\r\n")
            for each in lines:
                text = each.lstrip(b"\x00")
                text = text[len(sent) :] if sent and text.startswith(sent) else text
                text = text.lstrip(b"\r\n\x00")
                if text.startswith(address) and (text == address) == service:
                    return text
            return None

        return whole


class Teros(Sdi12):
    """METER TEROS 11 and 12: water content by METER's equations from what the probe counts, temperature, bulk EC."""

    OPTIONS = ("address", "medium")

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self._soilless = options.choice("medium", "soilless", ("soilless", "mineral")) == "soilless"

    def source(self, name: str) -> Source | str:
        unit = {"water_content": "%", "temperature": "°C", "ec": "µS/cm"}.get(name)
        return "known: water_content, temperature, and ec of a TEROS 12" if unit is None else Source(unit)

    def _value(self, name: str, raw: list[float]) -> float:
        index = ("water_content", "temperature", "ec").index(name)
        if index >= len(raw):
            return math.nan
        if index == 0:
            return water_content(raw[0], self._soilless)
        low, high = ((-50.0, 60.0), (0.0, 50_000.0))[index - 1]
        return raw[index] if low <= raw[index] <= high else math.nan


def water_content(raw: float, soilless: bool) -> float:
    """% by volume from the calibrated count (TEROS 11/12 integrator guide); NaN for what no probe counts."""
    if not 0 < raw < 5000:
        return math.nan
    if soilless:
        part = 6.771e-10 * raw**3 - 5.105e-6 * raw**2 + 1.302e-2 * raw - 10.848
    else:
        part = 3.879e-4 * raw - 0.6956
    return 100 * min(max(part, 0.0), 1.0) if -0.2 < part < 1.2 else math.nan


def parse_values(text: str) -> list[float] | None:
    """Numbers that each begin with their sign: "+3.14-2+.5"; None where anything else stands there."""
    values = _VALUE.findall(text)
    return [float(value) for value in values] if "".join(values) == text else None


def crc(data: bytes) -> bytes:
    """The three characters that follow the values when a checksum is asked for (4.4.12)."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return bytes((0x40 | value >> 12, 0x40 | value >> 6 & 0x3F, 0x40 | value & 0x3F))
