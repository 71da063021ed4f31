"""Modbus RTU frames, without I/O. Framing and CRC are pymodbus's."""

from __future__ import annotations

from pymodbus.framer import FramerRTU

from . import pdu
from .messages import BIT_READS, WORD_READS, Request

_FRAMER = FramerRTU(pdu.DECODER)
_FRAME = 3  # bytes: address and CRC
_REFUSAL = 5


def encode(unit: int, request: Request) -> bytes:
    """The frame of a request for the device at address `unit`. ValueError for a function we do not speak."""
    return _FRAMER.encode(pdu.payload(request), unit, 0)


def answer_size(request: Request) -> int:
    """How many bytes the answer's frame has when the device does not refuse."""
    return _FRAME + pdu.answer_size(request)


class Receiver:
    """Finds the answer to one request in what comes in.

    Noise before the frame, and late answers of other devices, are passed over: the answer is the first stretch of
    bytes that has the right address, function, length and CRC.
    """

    def __init__(self, unit: int, request: Request) -> None:
        self._unit = unit
        self._request = request
        self._sent = pdu.payload(request)
        self._size = answer_size(request)
        self._data = b""

    @property
    def empty(self) -> bool:
        """Whether nothing at all has come in."""
        return not self._data

    @property
    def other(self) -> int | None:
        """The address of a device whose answer to another read came in."""
        for start in range(len(self._data) - _REFUSAL + 1):
            function = self._data[start + 1]
            size = _REFUSAL if function & 0x80 else _REFUSAL + self._data[start + 2]
            if function & 0x7F in BIT_READS | WORD_READS and start + size <= len(self._data):
                _, _, _, answer = _FRAMER.decode(self._data[start : start + size])
                if answer:
                    return self._data[start]
        return None

    def feed(self, data: bytes) -> tuple[int, ...] | None:
        """The words or bits once the answer is complete (an empty tuple for a write); raises Refused."""
        self._data += data
        for start in range(len(self._data) - _REFUSAL + 1):
            if self._data[start] != self._unit or self._data[start + 1] & 0x7F != self._request.function:
                continue
            size = _REFUSAL if self._data[start + 1] & 0x80 else self._size
            _, _, _, answer = _FRAMER.decode(self._data[start : start + size])
            if (found := pdu.words(self._request, self._sent, answer)) is not None:
                return found
        return None
