"""A load generator faster than what it measures: MQTT 3.1.1 over one blocking socket, packets made beforehand."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import NamedTuple, Self

PATIENCE = 60.0  # seconds for anything at all to arrive


class Message(NamedTuple):
    """A message that arrived, and when (seconds of time.perf_counter)."""

    topic: str
    payload: bytes
    at: float


class Wire:
    """A client that says how it wants it: no keep-alive, no session, QoS 0 and 1."""

    def __init__(self, port: int, name: str, patience: float = PATIENCE) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=patience)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = bytearray()
        self._number = 0
        self._socket.sendall(_packet(0x10, _text("MQTT") + bytes((4, 2, 0, 0)) + _text(name)))
        self._await(0x20)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def subscribe(self, topic: str, qos: int) -> None:
        self._socket.sendall(_packet(0x82, struct.pack(">H", 1) + _text(topic) + bytes((qos,))))
        self._await(0x90)

    def publication(self, topic: str, payload: bytes, qos: int) -> bytes:
        """The bytes of a publish, to be sent later."""
        self._number = self._number % 65535 + 1
        identifier = struct.pack(">H", self._number) if qos else b""
        return _packet(0x30 | qos << 1, _text(topic) + identifier + payload)

    def send(self, packet: bytes) -> None:
        self._socket.sendall(packet)

    def flood(self, packets: Sequence[bytes]) -> threading.Thread:
        """Send all of them as fast as they are taken, from a thread: acknowledgements come back meanwhile."""
        chunks = [b"".join(packets[start : start + 200]) for start in range(0, len(packets), 200)]

        def send() -> None:
            for chunk in chunks:
                self._socket.sendall(chunk)

        thread = threading.Thread(target=send, daemon=True)
        thread.start()
        return thread

    def messages(self) -> Iterator[Message]:
        """What arrives, without end. Raises TimeoutError where nothing does."""
        while True:
            kind, body = self._next()
            at = time.perf_counter()
            if kind & 0xF0 != 0x30:
                continue
            size = int.from_bytes(body[:2], "big")
            topic, rest = body[2 : 2 + size].decode(), body[2 + size :]
            if kind & 0x06:
                self._socket.sendall(b"\x40\x02" + rest[:2])
                rest = rest[2:]
            yield Message(topic, bytes(rest), at)

    def wait(self, wanted: tuple[str, bytes]) -> Message:
        """The first message of this topic with this payload."""
        return next(message for message in self.messages() if (message.topic, message.payload) == wanted)

    def drain(self, quiet: float) -> list[Message]:
        """Everything that arrives until nothing has for `quiet` seconds."""
        patience = self._socket.gettimeout()
        self._socket.settimeout(quiet)
        found: list[Message] = []
        try:
            for message in self.messages():
                found.append(message)
        except TimeoutError:
            return found
        finally:
            self._socket.settimeout(patience)
        return found

    def _await(self, kind: int) -> None:
        while self._next()[0] != kind:
            pass

    def _next(self) -> tuple[int, bytearray]:
        while True:
            packet = _take(self._received)
            if packet is not None:
                return packet
            data = self._socket.recv(65536)
            if not data:
                raise ConnectionError("the broker hung up")
            self._received += data


def _take(data: bytearray) -> tuple[int, bytearray] | None:
    length, at = 0, 1
    while True:
        if at >= len(data):
            return None
        byte = data[at]
        length |= (byte & 0x7F) << 7 * (at - 1)
        at += 1
        if byte < 0x80:
            break
    if len(data) < at + length:
        return None
    packet = data[0], data[at : at + length]
    del data[: at + length]
    return packet


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
