"""Modbus functions as a device carries them out: checks, answers and refusals. No I/O.

Source: Modbus Application Protocol V1.1b3, section 6.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Protocol

READ_COILS, READ_CONTACTS, READ_HOLDING, READ_INPUT = 1, 2, 3, 4
WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS = 5, 6, 15, 16
_MOST = {READ_COILS: 2000, READ_CONTACTS: 2000, READ_HOLDING: 125, READ_INPUT: 125}


class Refusal(Exception):
    """The device will not; `code` goes back to the master."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, DEVICE_FAILURE = 1, 2, 3, 4


class Registers(Protocol):
    """What a device offers. Each method raises Refusal; `now` is in seconds of the field's clock."""

    def read(self, function: int, address: int, count: int, now: float) -> Sequence[int]:
        """`count` registers, or bits as 0 and 1."""

    def write_coil(self, address: int, word: int, now: float) -> None:
        """Function 5, with the word as it came: 0xFF00 on, 0x0000 off, others where the device knows them."""

    def write_coils(self, address: int, bits: Sequence[int], now: float) -> None:
        """Function 15."""

    def write_registers(self, function: int, address: int, words: Sequence[int], now: float) -> None:
        """Function 6 or 16."""


def carry_out(device: Registers, pdu: bytes, now: float) -> bytes:
    """The device's answer to a function with its data."""
    try:
        return _answer(device, pdu, now)
    except Refusal as refusal:
        return bytes((pdu[0] | 0x80, refusal.code))


def _answer(device: Registers, pdu: bytes, now: float) -> bytes:
    function = pdu[0]
    if function in _MOST:
        address, count = _two_words(pdu, exactly=True)
        if not 1 <= count <= _MOST[function]:
            raise Refusal(ILLEGAL_VALUE)
        found = device.read(function, address, count, now)
        data = _bits_to_bytes(found) if function in (READ_COILS, READ_CONTACTS) else struct.pack(f">{count}H", *found)
        return bytes((function, len(data))) + data
    if function in (WRITE_COIL, WRITE_REGISTER):
        address, word = _two_words(pdu, exactly=True)
        if function == WRITE_COIL:
            device.write_coil(address, word, now)
        else:
            device.write_registers(function, address, (word,), now)
        return pdu
    if function in (WRITE_COILS, WRITE_REGISTERS):
        address, count = _two_words(pdu, exactly=False)
        size = (count + 7) // 8 if function == WRITE_COILS else 2 * count
        data = pdu[6:]
        if count < 1 or len(pdu) < 7 or pdu[5] != size or len(data) != size:
            raise Refusal(ILLEGAL_VALUE)
        if function == WRITE_COILS:
            device.write_coils(address, [data[i // 8] >> (i % 8) & 1 for i in range(count)], now)
        else:
            device.write_registers(function, address, struct.unpack(f">{count}H", data), now)
        return pdu[:5]
    raise Refusal(ILLEGAL_FUNCTION)


def _two_words(pdu: bytes, *, exactly: bool) -> tuple[int, int]:
    if len(pdu) < 5 or (exactly and len(pdu) != 5):
        raise Refusal(ILLEGAL_VALUE)
    first, second = struct.unpack(">HH", pdu[1:5])
    return first, second


def _bits_to_bytes(bits: Sequence[int]) -> bytes:
    packed = sum(bit << i for i, bit in enumerate(bits))
    return packed.to_bytes((len(bits) + 7) // 8, "little")
