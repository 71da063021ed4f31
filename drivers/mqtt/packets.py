"""The packets of MQTT 3.1.1 that come by the thousand, PUBLISH and PUBACK, read and written in one piece.

paho, which speaks all others, takes a dozen calls and a dictionary for each: more than all that is done with what one
says. Facts: OASIS MQTT 3.1.1, 2.2 (fixed header), 3.3 (PUBLISH), 3.4 (PUBACK).
"""

from __future__ import annotations

from collections.abc import Callable

Take = Callable[[str, bytes, int, bool, int], None]
"""Takes a publication: topic, payload, QoS (0 or 1), whether it was retained, number (0 with QoS 0)."""

_PUBLISH, _PUBACK = 0x30, 0x40
_QOS_1, _RETAINED = 0x02, 0x01
_LONGEST = (1 << 28) - 1
_LONGEST_TOPIC = (1 << 16) - 1


def read(data: bytes, at: int, take: Take, acknowledged: Callable[[int], None]) -> int:
    """Read the packets that begin at `at`, up to the first that is of another kind or not here whole.

    Returns where that begins. Raises ValueError for a publication that is none.
    """
    size = len(data)
    while at + 2 <= size:
        head, start = data[at], at + 2
        length = data[at + 1]
        if length > 127:
            length, start = _long(data, at + 1)
        end = start + length
        if not at < start or end > size:
            break
        if head & 0xF4 == _PUBLISH:
            name = start + 2
            rest = name + int.from_bytes(data[start:name], "big")
            topic = data[name:rest].decode()
            number = 0
            if head & _QOS_1:
                number = int.from_bytes(data[rest : rest + 2], "big")
                rest += 2
            if rest > end or not topic:
                raise ValueError("a publication that is none")
            take(topic, data[rest:end], head >> 1 & 1, bool(head & _RETAINED), number)
        elif head == _PUBACK and length == 2:
            acknowledged(int.from_bytes(data[start:end], "big"))
        else:
            break
        at = end
    return at


def is_cut_off(data: bytes, at: int) -> bool:
    """Whether a PUBACK begins at `at` of which the rest is still to come."""
    rest = data[at : at + 4]
    return len(rest) < 4 and rest[:2] in (b"\x40", b"\x40\x02")


def publication(topic: str, payload: bytes, number: int) -> bytes:
    """A PUBLISH with QoS 1, not retained. Raises ValueError for a topic that nobody can publish to."""
    name = topic.encode()
    if not 0 < len(name) <= _LONGEST_TOPIC or "+" in topic or "#" in topic:
        raise ValueError(f"{topic[:80]!r} is no topic to publish to")
    length = len(name) + len(payload) + 4
    if length > _LONGEST:
        raise ValueError(f"{len(payload)} bytes are more than a message can have")
    head = bytearray((_PUBLISH | _QOS_1,))
    while length > 127:
        head.append(length & 127 | 128)
        length >>= 7
    head.append(length)
    return b"".join((head, len(name).to_bytes(2, "big"), name, number.to_bytes(2, "big"), payload))


def acknowledgement(number: int) -> bytes:
    """A PUBACK."""
    return b"\x40\x02" + number.to_bytes(2, "big")


def _long(data: bytes, at: int) -> tuple[int, int]:
    """A length of several bytes that begins at `at`, and where what it measures begins: 0 while or as it has no end."""
    length = shift = 0
    for place in range(at, min(at + 4, len(data))):
        length |= (data[place] & 127) << shift
        if data[place] < 128:
            return length, place + 1
        shift += 7
    return length, 0
