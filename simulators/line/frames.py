"""Modbus RTU frames as a device sees them: the checksum, and requests found in what the line carries. No I/O.

Source: Modbus over Serial Line V1.02, section 2.5.1 (RTU framing) and 6.2.2 (CRC generation).
"""

from __future__ import annotations

from typing import NamedTuple

_POLYNOMIAL = 0xA001  # x^16 + x^15 + x^2 + 1, bits reversed
_SHORTEST = 4  # address, function, CRC
_LONGEST = 256
_FIXED = 8  # functions 1 to 6: address, function, two words, CRC
_COUNTED = (15, 16)  # whose byte 6 says how many bytes follow it


class Request(NamedTuple):
    """One request: whom it is for, and the function with its data."""

    address: int
    pdu: bytes


def _remainder(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
    return value


_REMAINDERS = [_remainder(byte) for byte in range(256)]


def crc(data: bytes) -> int:
    """CRC-16/MODBUS of these bytes; its low byte is sent first."""
    value = 0xFFFF
    for byte in data:
        value = value >> 8 ^ _REMAINDERS[(value ^ byte) & 0xFF]
    return value


def seal(address: int, pdu: bytes) -> bytes:
    """The whole frame for a function with its data."""
    body = bytes((address,)) + pdu
    return body + crc(body).to_bytes(2, "little")


class RequestReader:
    """Takes bytes as they come in and gives the requests in them.

    A frame begins after a silence. What does not begin like a request is rubbish up to the next silence, as it is for
    a device that heard noise. `broken` counts such stretches.
    """

    def __init__(self) -> None:
        self.broken = 0
        self._buffer = b""

    def feed(self, data: bytes) -> list[Request]:
        """The requests that are complete now."""
        self._buffer += data
        found = []
        while (size := _size(self._buffer)) is not None and len(self._buffer) >= size:
            request = _opened(self._buffer[:size])
            if request is None:
                break
            found.append(request)
            self._buffer = self._buffer[size:]
        self._buffer = self._buffer[: _LONGEST + 1]
        return found

    def silence(self) -> list[Request]:
        """The line has been quiet for 3.5 characters: what has come in is a frame, or will never be one.

        Here requests with a function whose length nobody knows come to light.
        """
        if not self._buffer:
            return []
        request = _opened(self._buffer)
        self._buffer = b""
        if request is None:
            self.broken += 1
            return []
        return [request]


def _size(begun: bytes) -> int | None:
    """How long the request that begins like this is; None where that is not known (yet)."""
    if len(begun) < 2:
        return None
    function = begun[1]
    if 1 <= function <= 6:
        return _FIXED
    if function in _COUNTED and len(begun) > 6:
        return 9 + begun[6]
    return None


def _opened(frame: bytes) -> Request | None:
    if not _SHORTEST <= len(frame) <= _LONGEST or crc(frame[:-2]) != int.from_bytes(frame[-2:], "little"):
        return None
    return Request(frame[0], frame[1:-2])
