"""MQTT packets: what is sent is what the standard's examples say, and no stream of bytes is misread."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt import packets
from drivers.mqtt.packets import Answer, Incoming, Message, Nonsense


def server_publish(topic: bytes, payload: bytes, qos: int, retained: bool, number: int = 7) -> bytes:
    identifier = number.to_bytes(2, "big") if qos else b""
    body = len(topic).to_bytes(2, "big") + topic + identifier + payload
    length, size = bytearray(), len(body)
    while True:
        size, low = divmod(size, 128)
        length.append(low | (0x80 if size else 0))
        if not size:
            return bytes((0x30 | qos << 1 | retained,)) + bytes(length) + body


sent = st.lists(
    st.tuples(st.binary(max_size=20), st.binary(max_size=300), st.integers(0, 1), st.booleans()), max_size=20
)


def test_connect_carries_what_the_standard_says() -> None:
    assert packets.connect("a", 15) == b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x0f\x00\x01a"
    assert (
        packets.connect("a", 15, "u", "p", clean=False)
        == b"\x10\x13\x00\x04MQTT\x04\xc0\x00\x0f\x00\x01a\x00\x01u\x00\x01p"
    )


def test_subscribe_and_publish() -> None:
    assert packets.subscribe(10, ["a/b", "c"]) == b"\x82\x0c\x00\x0a\x00\x03a/b\x01\x00\x01c\x01"
    assert packets.publish(10, "a", b"ON") == b"\x32\x07\x00\x01a\x00\x0aON"
    assert packets.publish(1, "a", b"x" * 200)[:3] == b"\x32\xcd\x01"


def test_answers() -> None:
    incoming = Incoming()
    incoming.feed(b"\x20\x02\x01\x05\x90\x04\x00\x0a\x01\x80\x40\x02\x00\x0b\xd0\x00")
    assert incoming.take(10).answers == [
        Answer(packets.CONNACK, 0, b"\x01\x05"),
        Answer(packets.SUBACK, 10, b"\x01\x80"),
        Answer(packets.PUBACK, 11, b""),
        Answer(packets.PINGRESP, 0, b""),
    ]


@given(sent, st.data())
def test_a_stream_means_the_same_however_it_is_cut(
    messages: list[tuple[bytes, bytes, int, bool]], data: st.DataObject
) -> None:
    stream = b"".join(server_publish(*message) for message in messages)
    incoming, found, acknowledged = Incoming(), list[Message](), b""
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        incoming.feed(stream[:cut])
        stream = stream[cut:]
        while (heard := incoming.take(data.draw(st.integers(1, 5)))).messages:
            found += heard.messages
            acknowledged += heard.acknowledgement
    assert found == [Message(topic, payload, retained) for topic, payload, _, retained in messages]
    assert acknowledged == b"\x40\x02\x00\x07" * sum(qos for _, _, qos, _ in messages)


@given(st.integers(1, 3), st.integers(0, 1), st.data())
def test_a_message_that_is_too_long_passes_by(times: int, qos: int, data: st.DataObject) -> None:
    huge = server_publish(b"big", bytes(packets.LARGEST + 1), qos, False)
    stream = huge * times + server_publish(b"a", b"1", 0, False)
    incoming, found, acknowledged = Incoming(), list[Message](), b""
    while stream:
        cut = min(len(stream), data.draw(st.sampled_from((1, 3, 9, 4096, 1 << 19, 3 << 20))))
        incoming.feed(stream[:cut])
        stream = stream[cut:]
        if cut < 10:
            # a trickle all the way would take too long
            incoming.feed(stream[:70_000])
            stream = stream[70_000:]
        heard = incoming.take(1)
        found += heard.messages
        acknowledged += heard.acknowledgement
    while (heard := incoming.take(1)).messages or heard.acknowledgement:
        found += heard.messages
        acknowledged += heard.acknowledgement
    assert found == [Message(b"a", b"1", False)]
    assert acknowledged == b"\x40\x02\x00\x07" * (times * qos)


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_no_bytes_raise_anything_but_nonsense(chunks: list[bytes]) -> None:
    incoming = Incoming()
    for chunk in chunks:
        incoming.feed(chunk)
        try:
            for message in incoming.take(100).messages:
                assert isinstance(message.payload, bytes)
        except Nonsense:
            return


@pytest.mark.parametrize(
    "stream",
    [
        b"\x30\xff\xff\xff\xff\x01",  # a length of five bytes
        b"\x30\x02\x00\x09",  # a topic longer than its packet
        b"\x32\x03\x00\x01a",  # no packet number
        b"\x34\x05\x00\x01a\x00\x01",  # QoS 2, which nobody asked for
        b"\x30\x01\x00",
        b"\x20\x01\x00",
        b"\x40\x00",
        b"\x10\x00",  # what only a client sends
        b"\xd0\x01\x00",
    ],
)
def test_nonsense_is_noticed(stream: bytes) -> None:
    incoming = Incoming()
    incoming.feed(stream)
    with pytest.raises(Nonsense):
        incoming.take(10)
