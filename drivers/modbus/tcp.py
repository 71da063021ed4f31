"""A network connection as a link, one request at a time: Modbus TCP, or the frames of a serial line (RTU) as they are.

The latter is what plain serial servers need, which put bytes on the line and know nothing of Modbus.
Framing is pymodbus's.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from pymodbus.framer import FramerSocket

from . import pdu, rtu
from .link import Hurried, LinkLost, NoAnswer
from .messages import Request
from .options import TcpOptions

_CONNECT = 3.0  # s
_HEADER = 6  # bytes: transaction, protocol, length
_LONGEST = 254  # bytes: what a length can say, unit address included
_FLOOD = 1 << 16  # bytes
_NOBODY = (10, 11)  # exceptions by which a gateway says that there is no way to the device, or that it did not answer
_FRAMER = FramerSocket(pdu.DECODER)


@contextlib.asynccontextmanager
async def open_connection(options: TcpOptions, on_lost: Callable[[], None]) -> AsyncIterator[Connection]:
    """The connection for the length of a with block. Raises LinkLost."""
    name = f"{options.host}:{options.port}"
    speech = RtuSpeech() if options.rtu else TcpSpeech()
    try:
        async with asyncio.timeout(_CONNECT):
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: Connection(name, speech, on_lost), options.host, options.port
            )
    except TimeoutError as error:
        raise LinkLost(f"no connection to {name} in {_CONNECT:g} s") from error
    except OSError as error:
        raise LinkLost(f"no connection to {name}: {error}") from error
    try:
        yield connection
    finally:
        connection.close()


class Speech(Protocol):
    """How requests and answers look on the connection."""

    def ask(self, unit: int, request: Request, received: bytearray) -> bytes:
        """The frame of a request. What had been received is over, as far as it can be told."""

    def answer(self, received: bytearray) -> tuple[int, ...] | None:
        """The words or bits of the answer, once it is complete; what is taken is removed.

        Raises Refused, and ValueError where this is another language.
        """

    @property
    def garbled(self) -> bool:
        """Whether something came since the request that was no answer."""

    @property
    def other(self) -> int | None:
        """The address of a device whose answer to an earlier request came instead."""


class TcpSpeech:
    """Frames with a header. A late answer is known by its transaction number and passed over."""

    def __init__(self) -> None:
        self.garbled = False
        self.other: int | None = None
        self._transaction = self._unit = 0
        self._request: Request | None = None
        self._sent = b""

    def ask(self, unit: int, request: Request, received: bytearray) -> bytes:
        self.garbled, self.other = False, None
        self._transaction = self._transaction % 0xFFFF + 1
        self._unit, self._request, self._sent = unit, request, pdu.payload(request)
        return _FRAMER.encode(self._sent, unit, self._transaction)

    def answer(self, received: bytearray) -> tuple[int, ...] | None:
        while len(received) >= _HEADER:
            protocol, length = _word(received, 2), _word(received, 4)
            if protocol or not 2 <= length <= _LONGEST:
                raise ValueError("does not speak Modbus TCP")
            size = _HEADER + length
            if len(received) < size:
                return None
            frame = bytes(received[:size])
            del received[:size]
            _, unit, transaction, answer = _FRAMER.decode(frame)
            if transaction == self._transaction and unit == self._unit and self._request is not None:
                if (words := pdu.words(self._request, self._sent, answer)) is not None:
                    return words
                self.garbled = True
            elif not _by_the_gateway(answer):
                self.other = unit
        return None


class RtuSpeech:
    """Frames with a checksum. A late answer looks like any other: the line leaves a device alone that was late."""

    def __init__(self) -> None:
        self._receiver: rtu.Receiver | None = None

    def ask(self, unit: int, request: Request, received: bytearray) -> bytes:
        received.clear()
        self._receiver = rtu.Receiver(unit, request)
        return rtu.encode(unit, request)

    def answer(self, received: bytearray) -> tuple[int, ...] | None:
        assert self._receiver is not None
        data = bytes(received)
        received.clear()
        return self._receiver.feed(data) if data else None

    @property
    def garbled(self) -> bool:
        return self._receiver is not None and not self._receiver.empty

    @property
    def other(self) -> int | None:
        return None if self._receiver is None else self._receiver.other


class Connection(asyncio.Protocol):
    """An open connection. Implements `Link`."""

    def __init__(self, name: str, speech: Speech, on_lost: Callable[[], None]) -> None:
        self._name = name
        self._speech = speech
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._error: LinkLost | None = None
        self._arrived: asyncio.Future[None] | None = None
        self._received = bytearray()
        self._hurried = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        plug = transport.get_extra_info("socket")
        if plug is not None:
            # a server that has lost its power says nothing: let the system find out
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) > _FLOOD:
            self._fail(f"{self._name} sends what nobody asked for")
            self.close()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"{self._name} closed the connection" + (f": {exc}" if exc is not None else ""))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def quiet(self) -> None:
        self._check()

    def examine(self) -> None:
        self._check()

    async def ask(self, unit: int, request: Request, patience: float) -> tuple[int, ...]:
        self._check()
        assert self._transport is not None
        self._hurried = False
        self._transport.write(self._speech.ask(unit, request, self._received))
        until = self._loop.time() + patience
        while True:
            try:
                words = self._speech.answer(self._received)
            except pdu.Refused as refused:
                if refused.code in _NOBODY:
                    raise NoAnswer from refused
                raise
            except ValueError as error:
                self._fail(f"{self._name} {error}")
                self.close()
                self._check()
            if words is not None:
                return words
            if self._hurried:
                raise Hurried
            if self._loop.time() >= until:
                raise NoAnswer(garbled=self._speech.garbled, other=self._speech.other)
            await self._more(until)

    def hurry(self) -> None:
        self._hurried = True
        self._wake()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    async def _more(self, until: float) -> None:
        """Wait for bytes, until this loop time at most. Raises LinkLost."""
        self._check()
        self._arrived = self._loop.create_future()
        timer = self._loop.call_at(until, self._wake)
        try:
            await self._arrived
        finally:
            timer.cancel()
            self._arrived = None
        self._check()

    def _wake(self) -> None:
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_result(None)

    def _fail(self, text: str) -> None:
        if self._error is None:
            self._error = LinkLost(text)
            self._wake()
            self._on_lost()


def _by_the_gateway(answer: bytes) -> bool:
    return len(answer) == 2 and bool(answer[0] & 0x80) and answer[1] in _NOBODY


def _word(data: bytearray, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big")
