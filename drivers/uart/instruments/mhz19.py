"""Winsen MH-Z19, MH-Z19B, MH-Z19C and MH-Z14: nine-byte frames with a checksum, 9600 baud.

Source: Winsen's MH-Z19B user manual, commands 0x86 (read CO2) and 0x79 (self-calibration).
"""

from __future__ import annotations

from collections.abc import Collection

from controller.model.ports import Source
from drivers.options import Options
from drivers.polling import Trouble, Values

from .instrument import Ask, Job, Rest

HIGHEST = 10_000  # ppm: no version measures more
_SIZE = 9
_READ, _SELF_CALIBRATION = 0x86, 0x79


class MhZ19:
    """Self-calibration takes the lowest value of a day for 400 ppm; under enrichment that is wrong, so it goes off."""

    OPTIONS = ("self_calibration",)
    BAUDRATE = 9600
    SHARES = listens = False

    def __init__(self, options: Options) -> None:
        self._calibrates = options.flag("self_calibration", False)

    def source(self, name: str) -> Source | str:
        return Source("ppm") if name == "co2" else "known: co2"

    def want(self, sources: Collection[str]) -> None:
        """It measures one thing only."""

    def begin(self) -> Job:
        # not every version answers this, and none answers it in a way worth waiting for
        yield Ask(request(_SELF_CALIBRATION, 0xA0 if self._calibrates else 0), lambda data: None, 0.1)
        return ()

    def measure(self) -> Job:
        answer = yield Ask(request(_READ), reading, 0.5)
        if answer is None:
            yield Rest(0.1)
            raise Trouble("no answer", silent=True)
        co2 = answer[2] << 8 | answer[3]
        return (("co2", float(co2) if co2 <= HIGHEST else float("nan")),)

    def hear(self, data: bytes) -> tuple[Values, int]:
        return (), 0


def request(command: int, value: int = 0) -> bytes:
    """The frame of a command."""
    body = bytes((0x01, command, value, 0, 0, 0, 0))
    return b"\xff" + body + bytes((checksum(body),))


def checksum(body: bytes) -> int:
    """Of the seven bytes between the first and the last: their sum, negated."""
    return -sum(body) & 0xFF


def reading(data: bytes) -> bytes | None:
    """The answer to a reading, wherever in what has come in it begins."""
    start = data.find(b"\xff\x86")
    while start >= 0:
        frame = data[start : start + _SIZE]
        if len(frame) == _SIZE and checksum(frame[1:8]) == frame[8]:
            return frame
        start = data.find(b"\xff\x86", start + 1)
    return None
