"""The buffer in front of a socket: it changes how many calls it takes, and nothing else."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.buffered import CHUNK, MOST, BufferedSocket

Pair = tuple[BufferedSocket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    stream = BufferedSocket(ours)
    with ours, theirs:
        yield stream, theirs


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=10), st.data())
def test_bytes_come_as_they_were_sent_however_they_are_asked_for(sent: list[bytes], data: st.DataObject) -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    stream, received = BufferedSocket(ours), b""
    with ours, theirs:
        for chunk in sent:
            theirs.sendall(chunk)
            stream.fill()
            for _ in range(data.draw(st.integers(0, 3))):
                if stream.unread:
                    received += stream.recv(data.draw(st.integers(1, 60)))
        while stream.unread:
            received += stream.recv(60)
    assert received == b"".join(sent)


def test_nothing_is_not_the_end(pair: Pair) -> None:
    stream, theirs = pair
    stream.fill()
    assert not stream.unread
    with pytest.raises(BlockingIOError):
        stream.recv(1)
    theirs.sendall(b"last")
    theirs.close()
    stream.fill()
    stream.fill()
    assert stream.unread
    assert [stream.recv(10), stream.recv(10), stream.recv(10)] == [b"last", b"", b""]


def test_who_takes_many_packets_at_a_time_leaves_the_rest(pair: Pair) -> None:
    stream, theirs = pair
    theirs.sendall(b"one two rest")
    stream.fill()
    assert stream.recv(4) == b"one "
    stream.scan(lambda data, at: at + len(b"two "))
    assert stream.recv(10) == b"rest"


def test_what_is_put_leaves_behind_what_waits_whatever_that_is(pair: Pair) -> None:
    stream, theirs = pair
    stream.send(bytes(MOST))
    assert stream.put(b"urgent")
    received = b""
    while len(received) < MOST + 6:
        stream.flush()
        received += theirs.recv(1 << 20)
    assert received.endswith(b"urgent")
    stream.abort()
    assert not stream.put(b"late")


def test_no_more_than_a_chunk_is_taken_from_the_kernel(pair: Pair) -> None:
    stream, theirs = pair
    theirs.sendall(bytes(CHUNK + 1))
    stream.fill()
    assert len(stream.recv(2 * CHUNK)) == CHUNK


def test_small_pieces_leave_in_one(pair: Pair) -> None:
    stream, theirs = pair
    for _ in range(100):
        assert stream.send(b"\x40\x02\x00\x07") == 4
    theirs.setblocking(False)
    with pytest.raises(BlockingIOError):
        theirs.recv(1)
    assert stream.flush()
    assert theirs.recv(1000) == b"\x40\x02\x00\x07" * 100


def test_what_the_other_side_does_not_take_waits_within_bounds(pair: Pair) -> None:
    stream, theirs = pair
    sent = stream.send(bytes(MOST - 1))
    while stream.flush():
        sent += stream.send(bytes(MOST - 1))
    sent += stream.send(bytes(MOST))
    with pytest.raises(BlockingIOError):
        stream.send(b"x")
    received = 0
    while received < sent:
        received += len(theirs.recv(1 << 20))
        stream.flush()
    assert received == sent
    assert stream.flush()


def test_a_broken_connection_is_an_end_with_a_reason(pair: Pair) -> None:
    stream, theirs = pair
    theirs.close()
    stream.send(b"gone")
    assert stream.flush()
    assert stream.error
    assert stream.unread
    assert stream.recv(1) == b""
    with pytest.raises(ConnectionAbortedError):
        stream.send(b"more")


def test_closing_sends_the_rest_and_leaves_nothing_to_read(pair: Pair) -> None:
    stream, theirs = pair
    theirs.sendall(b"unheard")
    stream.fill()
    stream.send(b"goodbye")
    stream.close()
    stream.close()
    assert theirs.recv(100) == b"goodbye"
    assert not stream.unread
    assert stream.fileno() == -1
