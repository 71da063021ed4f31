"""The two packets that are read and written here: against the standard's example, each other, and any other bytes."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.mqtt import packets


class Said(NamedTuple):
    topic: str
    payload: bytes
    qos: int
    retained: bool
    number: int


def read(data: bytes, at: int = 0) -> tuple[list[Said], list[int], int]:
    """Publications, numbers acknowledged, and where it stopped."""
    said, acknowledged = list[Said](), list[int]()
    end = packets.read(data, at, lambda *each: said.append(Said(*each)), acknowledged.append)
    return said, acknowledged, end


topics = st.text(st.characters(exclude_characters="+#", exclude_categories=("Cs",)), min_size=1, max_size=200)
numbers = st.integers(1, 65535)
published = st.tuples(topics, st.binary(max_size=300), numbers)


def test_the_example_of_the_standard() -> None:
    """MQTT 3.1.1, figure 3.11: topic a/b, packet identifier 10."""
    assert packets.publication("a/b", b"", 10) == b"\x32\x07\x00\x03a/b\x00\x0a"
    assert packets.acknowledgement(10) == b"\x40\x02\x00\x0a"


@pytest.mark.parametrize(
    ("length", "written"),
    [
        (127, b"\x7f"),
        (128, b"\x80\x01"),
        (16_383, b"\xff\x7f"),
        (16_384, b"\x80\x80\x01"),
        (2_097_152, b"\x80\x80\x80\x01"),
    ],
)
def test_lengths_are_written_as_the_standard_says(length: int, written: bytes) -> None:
    """MQTT 3.1.1, table 2.4."""
    packet = packets.publication("t", bytes(length - 5), 1)
    assert packet[1 : 1 + len(written)] == written
    assert read(packet) == ([Said("t", bytes(length - 5), 1, False, 1)], [], len(packet))


@given(st.lists(st.one_of(published, numbers), max_size=8), st.data())
def test_what_is_written_is_read_as_far_as_it_is_whole(
    given_: list[tuple[str, bytes, int] | int], data: st.DataObject
) -> None:
    written = [
        packets.acknowledgement(each) if isinstance(each, int) else packets.publication(*each) for each in given_
    ]
    whole = b"".join(written)
    cut = data.draw(st.integers(0, len(whole)))
    said, acknowledged, end = read(whole[:cut])
    ends = [sum(map(len, written[: n + 1])) for n in range(len(written))]
    complete = sum(each <= cut for each in ends)
    assert end == (ends[complete - 1] if complete else 0)
    assert said == [Said(t, p, 1, False, n) for t, p, n in (e for e in given_[:complete] if not isinstance(e, int))]
    assert acknowledged == [each for each in given_[:complete] if isinstance(each, int)]
    assert read(whole, end)[2] == len(whole)


def test_publications_of_qos_0_have_no_number_and_may_be_retained() -> None:
    assert read(b"\x30\x04\x00\x01s1\x31\x04\x00\x01s2")[0] == [
        Said("s", b"1", 0, False, 0),
        Said("s", b"2", 0, True, 0),
    ]
    assert read(b"\x3a\x05\x00\x01s\x00\x07")[0] == [Said("s", b"", 1, False, 7)], "it was sent once before"


@pytest.mark.parametrize(
    "other", [b"\xd0\x00", b"\x90\x03\x00\x01\x01", b"\x34\x06\x00\x01s\x00\x091", b"\x41\x02\x00\x01"]
)
def test_all_others_are_left_where_they_are(other: bytes) -> None:
    ours = b"\x30\x03\x00\x01s"
    assert read(ours + other + ours)[2] == len(ours)


@pytest.mark.parametrize(
    "said",
    [
        b"\x30\x04\x00\x02\xff\xff",
        b"\x30\x03\x00\x09a",
        b"\x30\x02\x00\x00",
        b"\x30\x00",
        b"\x30\x01\x00",
        b"\x32\x04\x00\x01s\x00",
        b"\x30\x00\x30\x03\x00\x01s",
    ],
)
def test_a_publication_that_cannot_be_one_is_said_so(said: bytes) -> None:
    """No UTF-8, longer than its packet, no topic, nothing, half a length, half a number, and one before a good one."""
    with pytest.raises(ValueError, match=r"publication|utf-8"):
        read(said)


@given(st.binary(max_size=60))
@example(b"\x30\xff\xff\xff\xff\x01")
@example(b"\x30\x80\x80\x80\x80")
def test_any_bytes_are_read_refused_or_left(data: bytes) -> None:
    try:
        said, _, end = read(data)
    except ValueError:
        return
    assert 0 <= end <= len(data)
    assert all(each.topic and len(each.payload) < end for each in said)
