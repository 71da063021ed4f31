"""Atlas Scientific EZO circuits for pH and EC: text that ends with a carriage return, 9600 baud.

Source: Atlas Scientific's EZO-pH and EZO-EC datasheets (UART mode).
"""

from __future__ import annotations

import re
from collections.abc import Collection

from controller.model.ports import Source
from drivers.options import Options
from drivers.polling import Trouble, Values

from .instrument import Ask, Job, line

_NUMBER = re.compile(rb"\d{1,6}(\.\d{1,3})?")
_CODES = {
    b"*ER": "does not understand",
    b"*OV": "has too high a supply voltage",
    b"*UV": "has too low a supply voltage",
    b"*RS": "has just restarted",
    b"*SL": "sleeps",
}
_PATIENCE = 2.0  # s: a reading takes 0.6 to 1 s


class _Ezo:
    """`temperature` is that of the water where no probe measures it: readings are compensated for it.

    A circuit that has lost its power compensates for 25 °C again, while it remembers all else that it was told.
    """

    OPTIONS = ("temperature",)
    BAUDRATE = 9600
    SHARES = listens = False
    _NAME: str
    _UNIT: str
    _HIGHEST: float
    _FIRST: tuple[bytes, ...] = ()

    def __init__(self, options: Options) -> None:
        self._temperature = options.number("temperature", 25.0)

    def source(self, name: str) -> Source | str:
        return Source(self._UNIT) if name == self._NAME else f"known: {self._NAME}"

    def want(self, sources: Collection[str]) -> None:
        """It measures one thing only."""

    def begin(self) -> Job:
        # it may be in the middle of a line, it speaks by itself until it is told not to, and somebody may have told it
        # not to confirm anything
        yield Ask(b"\r", lambda data: None, 0.1)
        for command in (b"*OK,1", b"C,0", *self._FIRST):
            answer = yield Ask(command + b"\r", _confirmed, _PATIENCE)
            if answer is None:
                raise Trouble("no answer", silent=True)
        return ()

    def measure(self) -> Job:
        taken = yield Ask(b"T,%.1f\r" % self._temperature, _confirmed, _PATIENCE)
        if taken in _CODES:
            raise Trouble(f"the circuit {_CODES[taken]}")
        answer = None if taken is None else (yield Ask(b"R\r", _reading, _PATIENCE))
        if answer is None:
            raise Trouble("no answer", silent=True)
        if answer in _CODES:
            raise Trouble(f"the circuit {_CODES[answer]}")
        value = float(answer)
        return ((self._NAME, value if value <= self._HIGHEST else float("nan")),)

    def hear(self, data: bytes) -> tuple[Values, int]:
        return (), 0


class EzoPh(_Ezo):
    _NAME, _UNIT, _HIGHEST = "ph", "pH", 14.0


class EzoEc(_Ezo):
    _NAME, _UNIT, _HIGHEST = "ec", "µS/cm", 500_000.0
    # it can put out four numbers: conductivity only
    _FIRST = (b"O,EC,1", b"O,TDS,0", b"O,S,0", b"O,SG,0")


def _confirmed(data: bytes) -> bytes | None:
    """The response code of a command; readings that were under way are passed over, and words of its waking up."""
    while (found := line(data)) is not None:
        if found == b"*OK" or found in _CODES:
            return found
        data = data[len(found) + 1 :]
    return None


def _reading(data: bytes) -> bytes | None:
    """The number, or a response code that says why there is none."""
    while (found := line(data)) is not None:
        if _NUMBER.fullmatch(found) or found in _CODES:
            return found
        data = data[len(found) + 1 :]
    return None
