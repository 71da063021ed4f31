"""Modbus TCP as a link: one connection, one request at a time. Framing is pymodbus's."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable

from pymodbus.framer import FramerSocket

from . import pdu
from .link import Hurried, LinkLost, NoAnswer
from .messages import Request
from .options import TcpOptions

_CONNECT = 3.0  # s
_HEADER = 6  # bytes: transaction, protocol, length
_LONGEST = 254  # bytes: what a length can say, unit address included
_FLOOD = 1 << 16  # bytes
_FRAMER = FramerSocket(pdu.DECODER)


@contextlib.asynccontextmanager
async def open_connection(options: TcpOptions, on_lost: Callable[[], None]) -> AsyncIterator[Connection]:
    """The connection for the length of a with block. Raises LinkLost."""
    name = f"{options.host}:{options.port}"
    try:
        async with asyncio.timeout(_CONNECT):
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: Connection(name, on_lost), options.host, options.port
            )
    except TimeoutError as error:
        raise LinkLost(f"no connection to {name} in {_CONNECT:g} s") from error
    except OSError as error:
        raise LinkLost(f"no connection to {name}: {error}") from error
    try:
        yield connection
    finally:
        connection.close()


class Connection(asyncio.Protocol):
    """An open connection. Implements `Link`.

    A late answer is known by its transaction number and passed over.
    """

    def __init__(self, name: str, on_lost: Callable[[], None]) -> None:
        self._name = name
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._error: LinkLost | None = None
        self._arrived: asyncio.Future[None] | None = None
        self._received = bytearray()
        self._transaction = 0
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
        self._transaction = self._transaction % 0xFFFF + 1
        self._hurried = False
        sent = pdu.payload(request)
        self._transport.write(_FRAMER.encode(sent, unit, self._transaction))
        until = self._loop.time() + patience
        garbled = False
        while True:
            answer = self._next_answer(unit)
            if answer is not None:
                if (words := pdu.words(request, sent, answer)) is not None:
                    return words
                garbled = True
            elif self._hurried:
                raise Hurried
            elif self._loop.time() >= until:
                raise NoAnswer(garbled=garbled)
            else:
                await self._more(until)

    def hurry(self) -> None:
        self._hurried = True
        self._wake()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _next_answer(self, unit: int) -> bytes | None:
        """The answer to the present transaction, if it has come; others are dropped. Raises LinkLost."""
        while len(self._received) >= _HEADER:
            protocol, length = self._word(2), self._word(4)
            if protocol or not 2 <= length <= _LONGEST:
                self._fail(f"{self._name} does not speak Modbus TCP")
                self.close()
                self._check()
            size = _HEADER + length
            if len(self._received) < size:
                return None
            frame = bytes(self._received[:size])
            del self._received[:size]
            _, device, transaction, answer = _FRAMER.decode(frame)
            if transaction == self._transaction and device == unit:
                return answer
        return None

    def _word(self, at: int) -> int:
        return int.from_bytes(self._received[at : at + 2], "big")

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
