"""Frames, byte for byte."""

from __future__ import annotations

import pytest

from drivers.modbus.messages import (
    READ_COILS,
    READ_HOLDING,
    READ_INPUT,
    WRITE_COIL,
    WRITE_COILS,
    WRITE_REGISTER,
    WRITE_REGISTERS,
    Request,
)
from drivers.modbus.pdu import Refused
from drivers.modbus.rtu import Receiver, encode


@pytest.mark.parametrize(
    ("unit", "request_", "frame"),
    [
        (1, Request(READ_HOLDING, 1, 8), "01 03 00 01 00 08 15 CC"),
        (1, Request(READ_HOLDING, 0, 8), "01 03 00 00 00 08 44 0C"),
        (1, Request(READ_HOLDING, 203, 3), "01 03 00 CB 00 03 74 35"),
        (1, Request(READ_INPUT, 1, 2), "01 04 00 01 00 02 20 0B"),
        (0xFE, Request(READ_INPUT, 3), "FE 04 00 03 00 01 D5 C5"),
        (1, Request(WRITE_COIL, 0, values=(0xFF00,)), "01 05 00 00 FF 00 8C 3A"),
        (240, Request(READ_HOLDING, 0, 2), "F0 03 00 00 00 02 D1 2A"),
        (0xFF, Request(READ_HOLDING, 0x07D0), "FF 03 07 D0 00 01 91 59"),
        # from the makers' own manuals: Elsner P03/3, Seeed SenseCAP ONE, Sonbest SY0291B, Renke RS-FSJT, XY-MD01
        (1, Request(READ_INPUT, 0, 17), "01 04 00 00 00 11 30 06"),
        (1, Request(READ_INPUT, 0, 2), "01 04 00 00 00 02 71 CB"),
        (1, Request(READ_HOLDING, 0, 5), "01 03 00 00 00 05 85 C9"),
        (1, Request(READ_HOLDING, 0), "01 03 00 00 00 01 84 0A"),
        (1, Request(READ_INPUT, 1), "01 04 00 01 00 01 60 0A"),
        # the two of the Modbus application protocol's own examples, with their CRC
        (1, Request(WRITE_COILS, 19, values=(1, 0, 1, 1, 0, 0, 1, 1, 1, 0)), "01 0F 00 13 00 0A 02 CD 01 72 CB"),
        (1, Request(WRITE_REGISTERS, 1, values=(10, 258)), "01 10 00 01 00 02 04 00 0A 01 02 92 30"),
        (1, Request(WRITE_REGISTER, 1, values=(3,)), "01 06 00 01 00 03 98 0B"),
    ],
)
def test_golden_requests(unit: int, request_: Request, frame: str) -> None:
    assert encode(unit, request_).hex(" ").upper() == frame


def _with_crc(text: str) -> bytes:
    from pymodbus.framer import FramerRTU

    body = bytes.fromhex(text)
    return body + FramerRTU.compute_CRC(body).to_bytes(2, "big")


def test_answer_in_pieces_after_noise_and_a_strangers_late_answer() -> None:
    receiver = Receiver(1, Request(READ_INPUT, 1, 2))
    stream = b"\x00\x01\x04" + _with_crc("02 04 04 00 01 00 02") + _with_crc("01 04 04 FF 9C 02 26")
    for byte in stream[:-1]:
        assert receiver.feed(bytes((byte,))) is None
    assert receiver.feed(stream[-1:]) == (0xFF9C, 0x0226)


@pytest.mark.parametrize(
    ("request_", "frame", "words"),
    [
        (Request(READ_INPUT, 0, 2), "01 04 04 00 00 6E 8C D6 41", (0x0000, 0x6E8C)),
        (Request(READ_INPUT, 1), "01 04 02 01 31 79 74", (0x0131,)),
        (Request(READ_HOLDING, 0), "01 03 02 00 56 38 7A", (0x0056,)),
    ],
)
def test_golden_answers_from_the_makers_manuals(request_: Request, frame: str, words: tuple[int, ...]) -> None:
    assert Receiver(1, request_).feed(bytes.fromhex(frame)) == words


def test_bits_come_lowest_first() -> None:
    assert Receiver(1, Request(READ_COILS, 0, 10)).feed(_with_crc("01 01 02 05 02")) == (1, 0, 1, 0, 0, 0, 0, 0, 0, 1)


def test_refusal() -> None:
    with pytest.raises(Refused) as refused:
        Receiver(1, Request(READ_HOLDING, 1)).feed(_with_crc("01 83 02"))
    assert refused.value.code == 2


def test_broken_crc_and_wrong_echo_are_no_answer() -> None:
    assert Receiver(1, Request(READ_HOLDING, 1)).feed(bytes.fromhex("01 03 02 00 01 00 00")) is None
    assert Receiver(1, Request(WRITE_COIL, 0, values=(0xFF00,))).feed(_with_crc("01 05 00 01 FF 00")) is None


@pytest.mark.parametrize("late", ["02 03 02 00 07", "02 84 02", "02 01 01 05"])
def test_whose_late_answer_came_instead(late: str) -> None:
    receiver = Receiver(1, Request(READ_INPUT, 1, 2))
    assert receiver.feed(b"\x00\x55" + _with_crc(late)) is None
    assert receiver.other == 2


def test_an_echo_and_what_is_damaged_are_nobodys_answer() -> None:
    request = Request(READ_INPUT, 1, 2)
    receiver = Receiver(1, request)
    assert receiver.other is None
    receiver.feed(encode(1, request) + _with_crc("02 03 02 00 07")[:-1] + b"\x00")
    assert receiver.other is None
