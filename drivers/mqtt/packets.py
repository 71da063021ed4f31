"""MQTT 3.1.1 as a client needs it, without I/O: what it sends as bytes, and bytes as what it hears.

Section numbers are those of the OASIS standard "MQTT Version 3.1.1" (2014). QoS 2 is never asked for, so that a broker
never sends it.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

LARGEST = 1 << 20  # bytes: a longer message is acknowledged and passed over without being kept

CONNACK, PUBLISH, PUBACK, SUBACK, UNSUBACK, PINGRESP = 0x20, 0x30, 0x40, 0x90, 0xB0, 0xD0
PING = b"\xc0\x00"
GOODBYE = b"\xe0\x00"

REFUSALS = {
    # 3.2.2.3
    1: "the broker does not speak MQTT 3.1.1",
    2: "the broker does not accept this client_id",
    3: "the broker is not available",
    4: "bad user name or password",
    5: "not authorised",
}


class Nonsense(ValueError):
    """What arrived is not MQTT."""


class Message(NamedTuple):
    """A message of a topic we have subscribed to. `topic` is UTF-8 as it came."""

    topic: bytes
    payload: bytes
    retained: bool


class Answer(NamedTuple):
    """CONNACK, SUBACK, PUBACK or PINGRESP: its `kind`, the number of the packet it answers, and what it says."""

    kind: int
    number: int
    body: bytes


class Heard(NamedTuple):
    """What a stretch of bytes held. `acknowledgement` is what to send for its messages."""

    messages: list[Message]
    answers: list[Answer]
    acknowledgement: bytes


def connect(
    client_id: str, keepalive: int, username: str | None = None, password: str | None = None, *, clean: bool = True
) -> bytes:
    """CONNECT (3.1); `keepalive` in seconds. Not `clean`: the broker keeps the session of this client_id."""
    flags = (2 if clean else 0) | (0x80 if username is not None else 0) | (0x40 if password is not None else 0)
    body = _text("MQTT") + struct.pack(">BBH", 4, flags, keepalive) + _text(client_id)
    return _packet(0x10, body + b"".join(_text(text) for text in (username, password) if text is not None))


def subscribe(number: int, topics: Sequence[str], qos: int = 1) -> bytes:
    """SUBSCRIBE (3.8)."""
    wanted = b"".join(_text(topic) + bytes((qos,)) for topic in topics)
    return _packet(0x82, struct.pack(">H", number) + wanted)


def publish(number: int, topic: str, payload: bytes) -> bytes:
    """PUBLISH (3.3) with QoS 1, never retained."""
    return _packet(0x32, _text(topic) + struct.pack(">H", number) + payload)


class Incoming:
    """Cuts what arrives into packets. `feed` it, then `take` until it gives nothing more."""

    def __init__(self) -> None:
        self._data = b""
        self._at = 0
        self._skip = 0

    def feed(self, data: bytes) -> None:
        """Add what has arrived."""
        if self._skip:
            left = len(data) - self._skip
            self._skip, data = (-left, b"") if left < 0 else (0, data[self._skip :])
        self._data = self._data[self._at :] + data if self._at < len(self._data) else data
        self._at = 0

    def take(self, most: int) -> Heard:
        """What is complete, up to `most` messages. Raises Nonsense; nothing can be had from it after that."""
        data, at, end = self._data, self._at, len(self._data)
        messages: list[Message] = []
        answers: list[Answer] = []
        numbers: list[bytes] = []
        while len(messages) < most and at + 1 < end:
            start, kind, length = at + 2, data[at], data[at + 1]
            if length > 0x7F:
                found = _length(data, at + 1)
                if found is None:
                    break
                length, start = found
            stop = start + length
            if stop > end:
                if length <= LARGEST:
                    break
                # too long to be kept: go on with its head, and let the rest pass by
                head = start + 4 + int.from_bytes(data[start : start + 2], "big")
                if head > end:
                    break
                self._skip = stop - end
            if kind & 0xF0 == PUBLISH:
                body = start + 2 + (data[start] << 8 | data[start + 1]) if length >= 2 else stop + 1
                topic = data[start + 2 : body]
                if kind & 0x06:
                    numbers.append(data[body : body + 2])
                    body += 2
                if body > stop or kind & 0x04:
                    raise Nonsense("a broken message")
                if length <= LARGEST:
                    messages.append(Message(topic, data[body:stop], kind & 1 == 1))
            else:
                answers.append(_answer(kind, data[start:stop]))
            at = stop
        self._at = min(at, end)
        acknowledgement = b"".join([b"\x40\x02" + number for number in numbers]) if numbers else b""
        return Heard(messages, answers, acknowledgement)


def _length(data: bytes, at: int) -> tuple[int, int] | None:
    """The remaining length (2.2.3) and where the packet's body starts; None while it is incomplete."""
    length = 0
    for place in range(4):
        if at + place >= len(data):
            return None
        byte = data[at + place]
        length |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return length, at + place + 1
    raise Nonsense("a length that is none")


def _answer(kind: int, body: bytes) -> Answer:
    if kind == CONNACK and len(body) == 2:
        return Answer(kind, 0, body)
    if kind in (SUBACK, PUBACK, UNSUBACK) and len(body) >= 2:
        return Answer(kind, body[0] << 8 | body[1], body[2:])
    if kind == PINGRESP and not body:
        return Answer(kind, 0, body)
    raise Nonsense(f"a packet 0x{kind:02x} of {len(body)} bytes")


def _packet(kind: int, body: bytes) -> bytes:
    length, head = len(body), bytearray((kind,))
    while True:
        length, low = divmod(length, 128)
        head.append(low | (0x80 if length else 0))
        if not length:
            return bytes(head) + body


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">H", len(data)) + data
