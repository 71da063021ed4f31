"""One connection to a broker, short on the way: all that has arrived is delivered as one batch.

aiomqtt connects, subscribes and keeps the connection alive; paho speaks MQTT. What they would do for every single
message is done here for all of them at once: aiomqtt wakes a task for each, acknowledges each before anybody has seen
it, and waits with each publish for the broker's word. Here publications are read and written in one piece, a publish is
in the kernel's hands when it returns, and acknowledgements are sent together, once what they acknowledge has been acted
on. What is not handled yet is not read either, so that a flood waits at the broker.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import ssl
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar, cast

import aiomqtt
from paho.mqtt.client import Client as Paho
from paho.mqtt.client import ConnectFlags, MQTTMessage
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from . import packets
from .buffered import BufferedSocket
from .settings import BrokerOptions, TlsOptions

KEEPALIVE = 15  # seconds: a silent broker is given up after one to two of them
PATIENCE = 5.0  # seconds for any single answer of the broker
UNACKNOWLEDGED = 1000  # commands that may wait for the broker's word
BACKLOG = 5.0  # seconds after a resumed session in which messages may be old
LARGEST = 1 << 20  # bytes: a longer payload is acknowledged and passed over
_TOPICS_AT_ONCE = 50
_REFUSED = 0x80
_ENDS = {
    # paho's reasons in our words
    "Keep alive timeout": "the broker has fallen silent",
    "Protocol error": "the broker sent nonsense",
}
_REFUSALS = {
    # MQTT 3.1.1, 3.2.2.3, by the names of MQTT 5, 3.2.2.2, that paho gives them
    "Unsupported protocol version": "the broker does not speak MQTT 3.1.1",
    "Client identifier not valid": "the broker does not accept this client_id",
    "Server unavailable": "the broker is not available",
    "Bad user name or password": "bad user name or password",
    "Not authorized": "not authorised",
}

T = TypeVar("T")


class NoConnection(OSError):
    """The broker cannot be reached, or does not let us in; the text says why."""


class Message(NamedTuple):
    """A message of a topic we have subscribed to."""

    topic: str
    payload: bytes
    retained: bool


Deliver = Callable[[Sequence[Message]], None]


class Connection:
    """An async context manager; entering raises NoConnection or OSError. Not reusable.

    `deliver` takes messages in batches. It must not raise.
    """

    def __init__(self, options: BrokerOptions, deliver: Deliver) -> None:
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._client = _client(options)
        self._paho = _paho(self._client)
        self._stream: BufferedSocket | None = None
        self._descriptor = -1
        self._ended: asyncio.Future[str] = self._loop.create_future()
        self._given_up = False
        self._arrived: list[Message] = []
        self._to_acknowledge: list[int] = []
        self._unacknowledged: dict[int, float] = {}
        self._held_up = self._flushing = False
        self._fresh_from = 0.0
        self._listen()

    async def __aenter__(self) -> Self:
        entering = self._loop.create_task(self._client.__aenter__())
        try:
            await self._answer(entering)
        except BaseException:
            # a thread may be connecting, which nobody can stop: what it still achieves is undone
            self._given_up = True
            entering.add_done_callback(lambda _: self._close())
            raise
        self._take_over()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end("closed")
        self._close()
        await self._client.__aexit__(kind, error, trace)

    async def subscribe(self, topics: Sequence[str]) -> list[str]:
        """Subscribe with QoS 1. Returns the topics the broker refused."""
        refused: list[str] = []
        for start in range(0, len(topics), _TOPICS_AT_ONCE):
            asked = topics[start : start + _TOPICS_AT_ONCE]
            granted = self._client.subscribe([(topic, 1) for topic in asked], timeout=PATIENCE)
            codes = cast("Sequence[ReasonCode]", await self._answer(self._loop.create_task(granted)))
            refused += [topic for topic, code in zip(asked, codes, strict=False) if code.value >= _REFUSED]
        return refused

    def publish(self, topic: str, payload: bytes) -> str:
        """Send with QoS 1, not retained. Returns at once: "" or why it was not sent.

        It is not sent again over the next connection, as paho would do: an old command may be wrong by then. Raises
        ValueError for a topic that nobody can publish to.
        """
        if self._ended.done():
            return "no connection"
        if self._held_up or len(self._unacknowledged) >= UNACKNOWLEDGED:
            return "too many commands wait for the broker"
        stream = self._stream
        assert stream is not None
        number = _number(self._paho)
        if not stream.put(packets.publication(topic, payload, number)):
            return "no connection"
        self._flush()
        self._unacknowledged[number] = self._loop.time()
        return ""

    async def lost(self) -> str:
        """Wait until the connection is gone or the broker has fallen silent. Returns why."""
        while not self._ended.done():
            await asyncio.wait((self._ended,), timeout=1.0)
            self._look_after(self._loop.time())
        return self._ended.result()

    # what paho tells

    def _listen(self) -> None:
        """Hear what paho says, and pass on what aiomqtt has to know."""
        paho: Any = self._paho  # which callbacks it takes depends on the version of them that aiomqtt asks for
        aiomqtt_opens, aiomqtt_connects, aiomqtt_ends = paho.on_socket_open, paho.on_connect, paho.on_disconnect

        def opened(client: Paho, data: Any, sock: Any) -> None:
            # called by the thread that connects
            if self._given_up:
                sock.close()
                raise ConnectionAbortedError
            aiomqtt_opens(client, data, sock)

        def connected(client: Paho, data: Any, flags: ConnectFlags, reason: ReasonCode, properties: Any) -> None:
            if reason.is_failure:
                self._end(_REFUSALS.get(str(reason), f"refused: {reason}"))
                return
            if flags.session_present:
                # what was missed may follow in the very same bytes
                self._fresh_from = self._loop.time() + BACKLOG
            aiomqtt_connects(client, data, flags, reason, properties)

        def disconnected(client: Paho, data: Any, flags: Any, reason: ReasonCode, properties: Any) -> None:
            error = self._stream.error if self._stream is not None else ""
            note = _ENDS.get(str(reason), "the broker closed the connection")
            self._end(f"{note} ({error})" if error else note)
            if not self._given_up:
                # that it did not go well is known here: aiomqtt would keep an exception that nobody asks it for
                aiomqtt_ends(client, data, flags, MQTTErrorCode.MQTT_ERR_SUCCESS, properties)

        paho.on_socket_open, paho.on_connect, paho.on_disconnect = opened, connected, disconnected
        paho.on_message = self._receive
        paho.manual_ack_set(True)
        paho.disable_logger()

    def _receive(self, client: Paho, data: Any, message: MQTTMessage) -> None:
        """A publication that came in pieces, or with QoS 2, for which nobody asked."""
        self._take(message.topic, cast("bytes", message.payload), message.qos, message.retain, message.mid)

    def _take(self, topic: str, payload: bytes, qos: int, retained: bool, number: int) -> None:
        if qos:
            self._to_acknowledge.append(number)
        if len(payload) <= LARGEST:
            self._arrived.append(Message(topic, payload, retained))

    def _acknowledged(self, number: int) -> None:
        self._unacknowledged.pop(number, None)

    # what moves between paho and the kernel

    def _take_over(self) -> None:
        """Wait for the socket in aiomqtt's place from here on."""
        paho, loop = self._paho, self._loop
        sock = cast("socket.socket | None", paho.socket())
        if sock is None:
            raise NoConnection(self._ended.result())
        self._stream, self._descriptor = _buffer(paho, sock), sock.fileno()
        aiomqtt_closes: Any = paho.on_socket_close

        def closing(client: Paho, data: Any, sock: Any) -> None:
            loop.remove_writer(self._descriptor)
            aiomqtt_closes(client, data, sock)

        paho.on_socket_close = closing
        paho.on_socket_register_write, paho.on_socket_unregister_write = self._want_flush, None
        loop.remove_writer(self._descriptor)
        loop.add_reader(self._descriptor, self._read)
        self._flush()
        self._hand_over()

    def _read(self) -> None:
        """Deliver all that has arrived. The next that arrives has to wait for it."""
        stream = self._stream
        assert stream is not None
        stream.fill()
        try:
            while stream.unread:
                if not _in_the_middle(self._paho):
                    stream.scan(self._read_packets)
                    if stream.holds(packets.is_cut_off):
                        break  # paho, which reads what comes in pieces, does not know what it acknowledges
                if stream.unread:
                    self._paho.loop_read()
        except Exception as error:
            self._fail(f"the broker sent nonsense ({error})")
        self._hand_over()

    def _read_packets(self, data: bytes, at: int) -> int:
        return packets.read(data, at, self._take, self._acknowledged)

    def _hand_over(self) -> None:
        arrived, self._arrived = self._arrived, []
        if arrived:
            if self._loop.time() < self._fresh_from:
                # a resumed session begins with what we have missed: of unknown age, as what the broker had retained
                arrived = [message._replace(retained=True) for message in arrived]
            self._deliver(arrived)
        if self._to_acknowledge:
            # what has been delivered is acted on in this turn of the loop: commands leave before acknowledgements
            self._loop.call_soon(self._acknowledge)

    def _acknowledge(self) -> None:
        acknowledged, self._to_acknowledge = self._to_acknowledge, []
        if self._ended.done():
            return
        assert self._stream is not None
        self._stream.put(b"".join(map(packets.acknowledgement, acknowledged)))
        self._flush()

    def _want_flush(self, client: Paho, data: Any, sock: Any) -> None:
        """paho has something to send by itself."""
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        """Send what there is to send. Where the broker does not take it, nothing more is read from it either."""
        self._flushing = True
        stream = self._stream
        assert stream is not None
        if self._paho.want_write():
            self._paho.loop_write()
        done = stream.flush() and not self._paho.want_write()
        self._flushing = False
        if done == self._held_up and self._paho.socket() is not None:
            self._held_up = not done
            if done:
                self._loop.remove_writer(self._descriptor)
                self._loop.add_reader(self._descriptor, self._read)
            else:
                self._loop.remove_reader(self._descriptor)
                self._loop.add_writer(self._descriptor, self._flush)

    # the end

    def _look_after(self, now: float) -> None:
        # a dict keeps the order of sending: the first is the oldest
        oldest = next(iter(self._unacknowledged.values()), None)
        if oldest is not None and now - oldest > PATIENCE:
            self._fail("the broker does not acknowledge commands")

    async def _answer(self, awaited: asyncio.Task[T]) -> T:
        """What the broker answers. Raises NoConnection where it does not, or the connection ends before."""
        try:
            await asyncio.wait((awaited, self._ended), timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            if awaited.done():
                return awaited.result()
            raise NoConnection(self._ended.result() if self._ended.done() else "the broker does not answer")
        except aiomqtt.MqttError as error:
            raise NoConnection(str(error)) from None
        finally:
            awaited.cancel()

    def _fail(self, note: str) -> None:
        self._end(note)
        self._close()

    def _end(self, note: str) -> None:
        if not self._ended.done():
            self._ended.set_result(note)

    def _close(self) -> None:
        """Say goodbye and close, whether or not the broker still listens."""
        if self._paho.disconnect() == MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._paho.loop_write()
            if self._stream is not None and self._paho.socket() is not None:
                self._stream.abort()
                self._paho.loop_write()


def _client(options: BrokerOptions) -> aiomqtt.Client:
    """Raises OSError for a certificate's file that cannot be read or is none."""
    return aiomqtt.Client(
        options.host,
        options.port,
        username=options.username,
        password=options.password,
        identifier=options.client_id or f"onsil-{secrets.token_hex(4)}",
        clean_session=not options.session,
        timeout=2 * PATIENCE,
        keepalive=KEEPALIVE,
        tls_context=None if options.tls is None else _tls(options.tls),
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
    )


def _tls(options: TlsOptions) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=options.ca)
    if options.certificate is not None:
        context.load_cert_chain(options.certificate, options.key)
    return context


# The places where we use what aiomqtt and paho do not promise to keep; tests/drivers/mqtt/test_connection.py tells when
# they have not.


def _paho(client: aiomqtt.Client) -> Paho:
    """The paho client below aiomqtt's."""
    return client._client


def _buffer(paho: Paho, sock: socket.socket) -> BufferedSocket:
    """Put a buffer in front of the socket that paho reads and writes."""
    stream = BufferedSocket(sock)
    paho._sock = stream  # type: ignore[assignment]
    return stream


def _in_the_middle(paho: Paho) -> bool:
    """Whether paho has read a part of a packet, so that what comes next is the rest of it."""
    return bool(paho._in_packet["command"])


def _number(paho: Paho) -> int:
    """A number for a publication that no other packet of ours has."""
    return paho._mid_generate()
