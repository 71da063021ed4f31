from __future__ import annotations

import pytest

from simulators.faults import WireFaults
from simulators.line import Pace


def test_a_byte_is_ten_bits() -> None:
    assert Pace(9600).character == pytest.approx(10 / 9600)
    assert Pace(9600, parity=True, stop_bits=2).character == pytest.approx(12 / 9600)


def test_the_silence_is_fixed_above_19200_baud() -> None:
    assert Pace(9600).silence == pytest.approx(0.003646, abs=1e-6)
    assert Pace(115200).silence == 0.00175


def test_the_last_byte_arrives_when_all_have_had_their_time() -> None:
    for baudrate in (1200, 9600, 115200):
        arrivals = Pace(baudrate).arrivals(61)
        assert arrivals[-1] == (pytest.approx(61 * 10 / baudrate), 61)
        assert [count for _, count in arrivals] == sorted({count for _, count in arrivals})


def test_a_good_cable_changes_nothing() -> None:
    assert WireFaults().through(b"\x01\x04\x00") == b"\x01\x04\x00"


def test_a_bad_cable_loses_flips_and_adds() -> None:
    frame = bytes(200)
    assert WireFaults(lost=1).through(frame) == b""
    assert all(byte.bit_count() == 1 for byte in WireFaults(flipped=1).through(frame))
    assert len(WireFaults(noise=1).through(frame)) > len(frame)
    assert WireFaults(lost=0.1).through(frame) == WireFaults(lost=0.1).through(frame)
