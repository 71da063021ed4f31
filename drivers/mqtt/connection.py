"""One connection to a broker, short on the way: all that has arrived is delivered as one batch.

A client with a queue and an iterator wakes a task for every message, and reads and acknowledges each by itself: half of
the time of a burst. Here a publish is in the kernel's hands when it returns, and acknowledgements are sent together,
once what they acknowledge has been acted on. What is not handled yet is not read either, so that a flood waits at the
broker.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import ssl
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self, cast

from . import packets
from .packets import Answer, Incoming, Message, Nonsense
from .settings import BrokerOptions, TlsOptions

KEEPALIVE = 15  # seconds: a silent broker is given up after one to two of them
PATIENCE = 5.0  # seconds for any single answer of the broker
BATCH = 128  # messages handled before anything else gets a turn
UNACKNOWLEDGED = 1000  # commands that may wait for the broker's word
BACKLOG = 5.0  # seconds after a resumed session in which messages may be old
_TOPICS_AT_ONCE = 50
_REFUSED = 0x80

Deliver = Callable[[Sequence[Message]], None]


class NoConnection(OSError):
    """The broker cannot be reached, or does not let us in; the text says why."""


class Connection(asyncio.Protocol):
    """An async context manager; entering raises NoConnection or OSError. Not reusable.

    `deliver` takes messages in batches. It must not raise.
    """

    def __init__(self, options: BrokerOptions, deliver: Deliver) -> None:
        self._options = options
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._incoming = Incoming()
        self._transport: asyncio.Transport | None = None
        self._ended: asyncio.Future[str] = self._loop.create_future()
        self._greeted: asyncio.Future[bytes] = self._loop.create_future()
        self._granted: dict[int, asyncio.Future[bytes]] = {}
        self._unacknowledged: dict[int, float] = {}
        self._acknowledgement = b""
        self._number = 0
        self._held_up = False
        self._heard_at = self._sent_at = self._loop.time()
        self._fresh_from = 0.0

    async def __aenter__(self) -> Self:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._enter()
        except TimeoutError:
            self._close()
            raise NoConnection("the broker does not answer") from None
        except BaseException:
            self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._transport is not None and not self._ended.done():
            self._transport.write(packets.GOODBYE)
        self._close()

    async def subscribe(self, topics: Sequence[str]) -> list[str]:
        """Subscribe with QoS 1. Returns the topics the broker refused."""
        refused: list[str] = []
        for start in range(0, len(topics), _TOPICS_AT_ONCE):
            asked = topics[start : start + _TOPICS_AT_ONCE]
            codes = await self._ask(asked)
            refused += [topic for topic, code in zip(asked, codes, strict=False) if code >= _REFUSED]
        return refused

    def publish(self, topic: str, payload: bytes) -> str:
        """Send with QoS 1, not retained. Returns at once: "" or why it was not sent."""
        if self._transport is None or self._ended.done():
            return "no connection"
        if self._held_up or len(self._unacknowledged) >= UNACKNOWLEDGED:
            return "too many commands wait for the broker"
        number = self._next_number()
        self._unacknowledged[number] = self._loop.time()
        self._send(packets.publish(number, topic, payload))
        return ""

    async def lost(self) -> str:
        """Wait until the connection is gone or the broker has fallen silent. Returns why."""
        while not self._ended.done():
            await asyncio.wait((self._ended,), timeout=1.0)
            self._look_after(self._loop.time())
        return self._ended.result()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        self._incoming.feed(data)
        self._heard_at = self._loop.time()
        self._handle()

    def eof_received(self) -> None:
        self._end("the broker closed the connection")

    def connection_lost(self, error: Exception | None) -> None:
        self._end(f"the broker closed the connection ({error})" if error else "the broker closed the connection")

    def pause_writing(self) -> None:
        self._held_up = True

    def resume_writing(self) -> None:
        self._held_up = False

    async def _enter(self) -> None:
        options = self._options
        context = None if options.tls is None else _tls(options.tls)
        await self._loop.create_connection(lambda: self, options.host, options.port, ssl=context)
        client_id = options.client_id or f"onsil-{secrets.token_hex(4)}"
        greeting = packets.connect(client_id, KEEPALIVE, options.username, options.password, clean=not options.session)
        self._send(greeting)
        _, code = await self._answer(self._greeted)
        if code:
            raise NoConnection(packets.REFUSALS.get(code, f"refused with code {code}"))

    async def _ask(self, topics: Sequence[str]) -> bytes:
        number = self._next_number()
        granted: asyncio.Future[bytes] = self._loop.create_future()
        self._granted[number] = granted
        try:
            async with asyncio.timeout(PATIENCE):
                self._send(packets.subscribe(number, topics))
                return await self._answer(granted)
        except TimeoutError:
            raise NoConnection("the broker does not answer a subscription") from None
        finally:
            del self._granted[number]

    async def _answer(self, awaited: asyncio.Future[bytes]) -> bytes:
        await asyncio.wait((awaited, self._ended), return_when=asyncio.FIRST_COMPLETED)
        if not awaited.done():
            raise NoConnection(self._ended.result())
        return awaited.result()

    def _handle(self) -> None:
        """Deliver what is complete; if that is much, in several turns, and nothing more is read until it is done."""
        if self._ended.done() or self._transport is None:
            return
        try:
            heard = self._incoming.take(BATCH)
        except Nonsense as error:
            self._end(f"the broker sent nonsense ({error})")
            return
        for answer in heard.answers:
            self._take(answer)
        if heard.messages:
            self._deliver(self._aged(heard.messages))
        if heard.acknowledgement:
            # what has been delivered is acted on in this turn of the loop: commands leave before acknowledgements
            self._acknowledgement += heard.acknowledgement
            self._loop.call_soon(self._acknowledge)
        if len(heard.messages) == BATCH:
            self._transport.pause_reading()
            self._loop.call_soon(self._handle)
        else:
            self._transport.resume_reading()

    def _aged(self, messages: list[Message]) -> list[Message]:
        """A resumed session begins with what we have missed: of unknown age, as what the broker had retained."""
        if self._heard_at >= self._fresh_from:
            return messages
        return [message._replace(retained=True) for message in messages]

    def _acknowledge(self) -> None:
        acknowledgement, self._acknowledgement = self._acknowledgement, b""
        if acknowledgement and not self._ended.done():
            self._send(acknowledgement)

    def _take(self, answer: Answer) -> None:
        if answer.kind == packets.PUBACK:
            self._unacknowledged.pop(answer.number, None)
        elif answer.kind == packets.SUBACK:
            granted = self._granted.get(answer.number)
            if granted is not None and not granted.done():
                granted.set_result(answer.body)
        elif answer.kind == packets.CONNACK and not self._greeted.done():
            if answer.body[0] & 1:
                # what was missed may follow in the very same bytes
                self._fresh_from = self._loop.time() + BACKLOG
            self._greeted.set_result(answer.body)

    def _look_after(self, now: float) -> None:
        # a dict keeps the order of sending: the first is the oldest
        oldest = next(iter(self._unacknowledged.values()), None)
        if oldest is not None and now - oldest > PATIENCE:
            self._end("the broker does not acknowledge commands")
        elif now - self._heard_at > 2 * KEEPALIVE:
            self._end("the broker has fallen silent")
        elif now - min(self._heard_at, self._sent_at) > KEEPALIVE - 1 and not self._ended.done():
            self._send(packets.PING)

    def _send(self, data: bytes) -> None:
        assert self._transport is not None
        self._sent_at = self._loop.time()
        self._transport.write(data)

    def _next_number(self) -> int:
        while True:
            self._number = self._number % 0xFFFF + 1
            if self._number not in self._unacknowledged:
                return self._number

    def _end(self, note: str) -> None:
        if not self._ended.done():
            self._ended.set_result(note)

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _tls(options: TlsOptions) -> ssl.SSLContext:
    """Raises OSError for a file that cannot be read or is no certificate."""
    context = ssl.create_default_context(cafile=options.ca)
    if options.certificate is not None:
        context.load_cert_chain(options.certificate, options.key)
    return context
