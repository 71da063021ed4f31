"""Frames byte for byte: the checksums stand in data sheets and other people's code, not in ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU

from simulators.line.frames import Request, RequestReader, crc, seal

READ = bytes.fromhex("01 04 00 01 00 02 20 0B")
RELAY_ON = bytes.fromhex("01 05 00 00 FF 00 8C 3A")


@pytest.mark.parametrize(
    "frame",
    [
        "01 04 00 01 00 02 20 0B",  # XY-MD02, both values
        "FE 04 00 03 00 01 D5 C5",  # Senseair S8, CO2
        "01 05 00 00 FF 00 8C 3A",  # Waveshare, first relay on
        "01 03 00 01 00 08 15 CC",  # KS X 3267, node information
        "01 03 00 CB 00 03 74 35",  # KS X 3267, first thermometer
        "F0 03 00 00 00 02 D1 2A",  # Vaisala GMP252, CO2
    ],
)
def test_checksums_are_those_of_data_sheets(frame: str) -> None:
    data = bytes.fromhex(frame)
    assert seal(data[0], data[1:-2]) == data


@given(st.binary(max_size=64))
def test_checksum_is_that_of_another_implementation(data: bytes) -> None:
    assert crc(data).to_bytes(2, "little") == FramerRTU.compute_CRC(data).to_bytes(2, "big")


@given(st.lists(st.integers(1, 15), max_size=14))
def test_a_request_may_come_in_any_pieces(cuts: list[int]) -> None:
    reader, found, data = RequestReader(), list[Request](), READ + RELAY_ON
    for cut in cuts:
        found += reader.feed(data[:cut])
        data = data[cut:]
    found += reader.feed(data)
    assert found == [Request(1, READ[1:-2]), Request(1, RELAY_ON[1:-2])]


def test_what_begins_with_noise_is_lost_up_to_the_next_silence() -> None:
    reader = RequestReader()
    assert reader.feed(b"\x00\xff" + READ) == []
    assert reader.silence() == []
    assert reader.broken == 1
    assert reader.feed(READ) == [Request(1, READ[1:-2])]


def test_half_a_request_does_not_spoil_the_next() -> None:
    reader = RequestReader()
    reader.feed(READ[:5])
    reader.silence()
    assert reader.feed(READ) == [Request(1, READ[1:-2])]


def test_a_function_nobody_knows_is_a_request_once_the_line_is_silent() -> None:
    reader = RequestReader()
    assert reader.feed(seal(7, b"\x2b\x0e\x01\x00")) == []
    assert reader.silence() == [Request(7, b"\x2b\x0e\x01\x00")]


def test_writing_many_registers_is_as_long_as_it_says() -> None:
    frame = seal(12, bytes.fromhex("10 01F7 0004 08 012F 0001 003C 0000"))
    reader = RequestReader()
    assert reader.feed(frame[:-1]) == []
    assert reader.feed(frame[-1:]) == [Request(12, frame[1:-2])]
