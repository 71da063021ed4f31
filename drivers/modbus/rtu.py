"""Modbus RTU frames, without I/O: requests to bytes, bytes to answers. Framing and CRC are pymodbus's."""

from __future__ import annotations

import struct

from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU

from .messages import (
    BIT_READS,
    WORD_READS,
    WRITE_COIL,
    WRITE_COILS,
    WRITE_REGISTER,
    WRITE_REGISTERS,
    Request,
)

_FRAMER = FramerRTU(DecodePDU(is_server=False))


def encode(unit: int, request: Request) -> bytes:
    """The frame of a request for the device at address `unit`. ValueError for a function we do not speak."""
    return _FRAMER.encode(_payload(request), unit, 0)


def _payload(request: Request) -> bytes:
    function, address, values = request.function, request.address, request.values
    if function in BIT_READS or function in WORD_READS:
        return struct.pack(">BHH", function, address, request.count)
    if function in (WRITE_COIL, WRITE_REGISTER):
        return struct.pack(">BHH", function, address, values[0])
    if function == WRITE_REGISTERS:
        head = struct.pack(">BHHB", function, address, len(values), 2 * len(values))
        return head + struct.pack(f">{len(values)}H", *values)
    if function == WRITE_COILS:
        packed = sum(bit << i for i, bit in enumerate(values))
        size = (len(values) + 7) // 8
        return struct.pack(">BHHB", function, address, len(values), size) + packed.to_bytes(size, "little")
    raise ValueError(f"function {function}")


def answer_size(request: Request) -> int:
    """How many bytes the answer's frame has when the device does not refuse."""
    if request.function in WORD_READS:
        return 5 + 2 * request.count
    if request.function in BIT_READS:
        return 5 + (request.count + 7) // 8
    return 8


class Refused(Exception):
    """The device answered with a Modbus exception."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Receiver:
    """Finds the answer to one request in what comes in.

    Noise before the frame, and late answers of other devices, are passed over: the answer is the first stretch of
    bytes that has the right address, function, length and CRC.
    """

    def __init__(self, unit: int, request: Request) -> None:
        self._unit = unit
        self._request = request
        self._sent = _payload(request)
        self._size = answer_size(request)
        self._data = b""

    @property
    def empty(self) -> bool:
        """Whether nothing at all has come in."""
        return not self._data

    def feed(self, data: bytes) -> tuple[int, ...] | None:
        """The words or bits once the answer is complete (an empty tuple for a write); raises Refused."""
        self._data += data
        for start in range(len(self._data) - 4):
            if self._data[start] != self._unit or self._data[start + 1] & 0x7F != self._request.function:
                continue
            refused = bool(self._data[start + 1] & 0x80)
            _, _, _, payload = _FRAMER.decode(self._data[start : start + (5 if refused else self._size)])
            if not payload:
                continue
            if refused:
                raise Refused(payload[1])
            words = self._words(payload)
            if words is not None:
                return words
        return None

    def _words(self, payload: bytes) -> tuple[int, ...] | None:
        request, body = self._request, payload[2:]
        if request.function in WORD_READS:
            fits = len(body) == 2 * request.count
            return struct.unpack(f">{request.count}H", body) if fits else None
        if request.function in BIT_READS:
            fits = len(body) == (request.count + 7) // 8
            return tuple(body[i // 8] >> (i % 8) & 1 for i in range(request.count)) if fits else None
        return () if payload[:5] == self._sent[:5] else None
