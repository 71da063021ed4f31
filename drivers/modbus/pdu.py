"""Protocol data units, the part of a frame that RTU and TCP share: requests to bytes, bytes to answers. No I/O.

The messages are pymodbus's. Only function 5 is written out here, because relay boards give a meaning (a time, a toggle)
to words that pymodbus does not let through.
"""

from __future__ import annotations

import struct

from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsRequest, ReadDiscreteInputsRequest, WriteMultipleCoilsRequest
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)

from .messages import (
    BIT_READS,
    READ_COILS,
    READ_CONTACTS,
    READ_HOLDING,
    READ_INPUT,
    WORD_READS,
    WRITE_COIL,
    WRITE_COILS,
    WRITE_REGISTER,
    WRITE_REGISTERS,
    Request,
)

DECODER = DecodePDU(is_server=False)
_READS: dict[int, type[ModbusPDU]] = {
    READ_COILS: ReadCoilsRequest,
    READ_CONTACTS: ReadDiscreteInputsRequest,
    READ_HOLDING: ReadHoldingRegistersRequest,
    READ_INPUT: ReadInputRegistersRequest,
}


class Refused(Exception):
    """The device answered with a Modbus exception."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def payload(request: Request) -> bytes:
    """The request from its function code on. ValueError for a function we do not speak, or values out of bounds."""
    function, address, values = request.function, request.address, request.values
    if function == WRITE_COIL:
        return struct.pack(">BHH", function, address, values[0])
    if function in _READS:
        message = _READS[function](address=address, count=request.count)
    elif function == WRITE_REGISTER:
        message = WriteSingleRegisterRequest(address=address, registers=list(values))
    elif function == WRITE_REGISTERS:
        message = WriteMultipleRegistersRequest(address=address, registers=list(values))
    elif function == WRITE_COILS:
        message = WriteMultipleCoilsRequest(address=address, bits=[bool(bit) for bit in values])
    else:
        raise ValueError(f"function {function}")
    return bytes((function,)) + message.encode()


def answer_size(request: Request) -> int:
    """How many bytes the answer has from its function code on, when the device does not refuse."""
    if request.function in WORD_READS:
        return 2 + 2 * request.count
    if request.function in BIT_READS:
        return 2 + (request.count + 7) // 8
    return 5


def words(request: Request, sent: bytes, answer: bytes) -> tuple[int, ...] | None:
    """What an answer holds: words or bits, nothing for a write; None where it answers another request.

    `sent` and `answer` begin with the function code. Raises Refused.
    """
    if not answer or answer[0] & 0x7F != request.function:
        return None
    if answer[0] & 0x80:
        if len(answer) != 2:
            return None
        raise Refused(answer[1])
    if len(answer) != answer_size(request):
        return None
    if request.function not in _READS:
        return () if answer[:5] == sent[:5] else None  # a write is echoed, or its first register and count are
    if answer[1] != len(answer) - 2:
        return None
    message = DECODER.decode(answer)
    if message is None:
        return None
    if request.function in WORD_READS:
        return tuple(message.registers)
    return tuple(int(bit) for bit in message.bits[: request.count])
