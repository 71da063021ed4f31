"""Texas Instruments ADS1115: four voltages of 16 bits each.

Source: ADS1115 datasheet (SBAS444), 8.6 (registers). One conversion at 128 a second for each wanted channel.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection

from controller.model.ports import Source
from drivers.options import Options
from drivers.polling import Trouble

from .chip import Job, Rest, Write, nothing

GAINS = {"6.144 V": 0, "4.096 V": 1, "2.048 V": 2, "1.024 V": 3, "0.512 V": 4, "0.256 V": 5}
_CONVERSION, _CONFIG = 0x00, 0x01
_START, _ONCE, _RATE_128, _NO_COMPARATOR = 0x8000, 0x0100, 0x0080, 0x0003
_CHANNEL = re.compile(r"channel/([1-4])")


class Ads1115:
    """`range` is the largest voltage; `values` turns voltages into what they mean: volts * scale + offset in `unit`."""

    OPTIONS = ("range", "values")
    ADDRESSES = (0x48, 0x49, 0x4A, 0x4B)

    def __init__(self, options: Options) -> None:
        text = options.choice("range", "4.096 V", GAINS)
        self._gain, self._full = GAINS[text], float(text.removesuffix(" V"))
        self._named = {
            name: (each.whole("channel", 1, 1, 4), each.unit("unit"), each.number("scale", 1), each.number("offset", 0))
            for name, each in options.entries("values", ("channel", "unit", "scale", "offset")).items()
        }

    def source(self, name: str) -> Source | str:
        if name in self._named:
            return Source(self._named[name][1])
        if _CHANNEL.fullmatch(name):
            return Source("V")
        return "known: channel/1 .. channel/4, and the names under values:"

    def begin(self) -> Job:
        return nothing()

    def measure(self, wanted: Collection[str]) -> Job:
        found: list[tuple[str, float]] = []
        for channel in sorted({self._channel(name) for name in wanted}):
            config = _START | (3 + channel) << 12 | self._gain << 9 | _ONCE | _RATE_128 | _NO_COMPARATOR
            yield Write(bytes((_CONFIG, config >> 8, config & 0xFF)))
            for _ in range(5):
                yield Rest(0.008)
                status = yield Write(bytes((_CONFIG,)), 2)
                if status[0] & 0x80:
                    break
            else:
                raise Trouble("it does not end converting")
            raw = int.from_bytes((yield Write(bytes((_CONVERSION,)), 2)), "big", signed=True)
            volts = volt(raw, self._full)
            found += [(name, self._value(name, volts)) for name in wanted if self._channel(name) == channel]
        return found

    def _channel(self, name: str) -> int:
        return self._named[name][0] if name in self._named else int(name.partition("/")[2])

    def _value(self, name: str, volts: float) -> float:
        if name not in self._named:
            return volts
        _, _, scale, offset = self._named[name]
        return volts * scale + offset


def volt(raw: int, full: float) -> float:
    """V; NaN at both ends, where the true voltage is beyond."""
    return math.nan if raw in (-32768, 32767) else raw * full / 32768
