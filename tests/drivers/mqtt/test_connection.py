"""The connection against a broker that says and does exactly what the test wants, down to the byte."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt.client import Client as Paho

from drivers.mqtt import connection as under_test
from drivers.mqtt.buffered import BufferedSocket
from drivers.mqtt.connection import LARGEST, UNACKNOWLEDGED, Connection, Message, NoConnection
from drivers.mqtt.settings import BrokerOptions, TlsOptions
from tests.drivers.mqtt.field import until
from tests.support.certificates import Certificates

WELCOME = b"\x20\x02\x00\x00"
WELCOME_BACK = b"\x20\x02\x01\x00"


def publication(topic: bytes, payload: bytes, number: int = 0, retained: bool = False) -> bytes:
    """A PUBLISH as a broker sends it: with QoS 1 if it has a number."""
    identifier = number.to_bytes(2, "big") if number else b""
    body = len(topic).to_bytes(2, "big") + topic + identifier + payload
    head, size = bytearray((0x30 | bool(number) << 1 | retained,)), len(body)
    while True:
        size, low = divmod(size, 128)
        head.append(low | (0x80 if size else 0))
        if not size:
            return bytes(head) + body


def acknowledgement(number: int) -> bytes:
    return b"\x40\x02" + number.to_bytes(2, "big")


class Broker:
    """Takes one client after the other; the test reads and writes for it. It reads nothing by itself."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.port = 0
        self.clients: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
        self._tls = tls

    @property
    def options(self) -> BrokerOptions:
        return BrokerOptions("127.0.0.1", self.port, client_id="c")

    async def client(self, greeting: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The next client, its CONNECT read and answered with `greeting`."""
        reader, writer = await self.clients.get()
        assert (await reader.readexactly(2))[0] == 0x10
        await reader.readexactly(13)
        writer.write(greeting)
        return reader, writer

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[Broker]:
        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writers.append(writer)
            self.clients.put_nowait((reader, writer))

        writers: list[asyncio.StreamWriter] = []
        server = await asyncio.start_server(take, "127.0.0.1", 0, ssl=self._tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for writer in writers:
                writer.close()


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    async with Broker().serving() as serving:
        yield serving


class Inbox:
    def __init__(self) -> None:
        self.batches: list[Sequence[Message]] = []

    def __call__(self, messages: Sequence[Message]) -> None:
        self.batches.append(messages)

    @property
    def messages(self) -> list[Message]:
        return [message for batch in self.batches for message in batch]


@contextlib.asynccontextmanager
async def connected(
    broker: Broker, deliver: Callable[[Sequence[Message]], None], greeting: bytes = WELCOME
) -> AsyncIterator[tuple[Connection, asyncio.StreamReader, asyncio.StreamWriter]]:
    client = asyncio.create_task(broker.client(greeting))
    async with Connection(broker.options, deliver) as connection:
        yield connection, *await client


async def nothing_left() -> None:
    """Wait until no task but the test's own is there."""
    await until(lambda: asyncio.all_tasks() == {asyncio.current_task()})


async def test_what_we_use_of_aiomqtt_and_paho_without_their_promise_is_still_there(broker: Broker) -> None:
    """When this fails, look at the end of drivers/mqtt/connection.py, and measure latency and burst again."""
    versions = version("aiomqtt").rpartition(".")[0], version("paho-mqtt").partition(".")[0]
    assert versions == ("2.5", "2"), "written for aiomqtt 2.5 over paho-mqtt 2"
    async with connected(broker, Inbox()) as (connection, _, _):
        assert isinstance(connection._client._client, Paho), "aiomqtt keeps its paho client elsewhere"
        assert isinstance(connection._client._client.socket(), BufferedSocket), "paho keeps its socket elsewhere"


async def test_publications_and_acknowledgements_need_no_paho(broker: Broker) -> None:
    def the_long_way(*_: object) -> None:
        raise AssertionError("paho was to read or write a packet that goes a shorter way")

    inbox = Inbox()
    async with connected(broker, inbox) as (connection, reader, writer):
        paho = connection._client._client
        with pytest.MonkeyPatch.context() as patch:
            for name in ("loop_read", "_packet_read", "_packet_queue", "_packet_write"):
                patch.setattr(paho, name, the_long_way)
            writer.write(publication(b"s", b"1", 7))
            assert await reader.readexactly(4) == acknowledgement(7)
            assert connection.publish("r", b"ON") == ""
            assert await reader.readexactly(9) == b"\x32\x07\x00\x01r\x00\x01ON"
    assert inbox.messages == [Message("s", b"1", False)]


async def test_a_publication_may_come_byte_by_byte(broker: Broker) -> None:
    inbox = Inbox()
    said = publication(b"s", b"1", 7) + b"\xd0\x00" + publication(b"s", bytes(300), 8) + publication(b"s", b"3")
    async with connected(broker, inbox) as (_, reader, writer):
        cast("socket.socket", writer.get_extra_info("socket")).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in said:
            writer.write(bytes((byte,)))
            await asyncio.sleep(0)
        assert await reader.readexactly(8) == acknowledgement(7) + acknowledgement(8)
        await until(lambda: len(inbox.messages) == 3)
    assert [message.payload for message in inbox.messages] == [b"1", bytes(300), b"3"]


async def test_nobody_publishes_to_a_pattern(broker: Broker) -> None:
    async with connected(broker, Inbox()) as (connection, _, _):
        for topic in ("cmnd/+/POWER", "cmnd/#", "", "x" * 65536):
            with pytest.raises(ValueError, match="no topic"):
                connection.publish(topic, b"ON")


@pytest.mark.parametrize(
    "said", [b"\x30\x04\x00\x02\xff\xff", b"\x30\x03\x00\x09a", b"\x30\x02\x00\x00", b"\x36\x02\x00\x00"]
)
async def test_a_publication_that_cannot_be_one_ends_the_connection(said: bytes, broker: Broker) -> None:
    """A topic that is no UTF-8, one longer than its packet, none at all, and QoS 3."""
    inbox = Inbox()
    async with connected(broker, inbox) as (connection, _, writer):
        writer.write(said)
        assert "nonsense" in await connection.lost()
    assert not inbox.messages


async def test_qos_2_is_left_to_paho(broker: Broker) -> None:
    """Nobody asks for it, but a broker that sends it all the same must hear what it waits for."""
    inbox = Inbox()
    async with connected(broker, inbox) as (_, reader, writer):
        writer.write(b"\x34\x06\x00\x01s\x00\x091")
        assert await reader.readexactly(4) == b"\x50\x02\x00\x09"
        writer.write(b"\x62\x02\x00\x09")
        await until(lambda: inbox.messages)
    assert inbox.messages == [Message("s", b"1", False)]


async def test_what_arrives_together_is_one_batch_and_is_acknowledged_in_order(broker: Broker) -> None:
    inbox = Inbox()
    async with connected(broker, inbox) as (_, reader, writer):
        writer.write(b"".join(publication(b"a/b", b"%d" % n, n) for n in range(1, 201)))
        answers = await reader.readexactly(4 * 200)
    assert inbox.batches == [[Message("a/b", b"%d" % n, False) for n in range(1, 201)]]
    assert answers == b"".join(acknowledgement(n) for n in range(1, 201))


async def test_commands_leave_before_acknowledgements(broker: Broker) -> None:
    def deliver(messages: Sequence[Message]) -> None:
        # as the engine does: it acts on what was delivered in the same turn of the loop
        asyncio.get_running_loop().call_soon(connection.publish, "r", b"ON")

    async with connected(broker, deliver) as (connection, reader, writer):
        writer.write(publication(b"s", b"1", 7) + publication(b"s", b"2", 8))
        sent = await reader.readexactly(9 + 4 + 4)
    assert sent == b"\x32\x07\x00\x01r\x00\x01ON" + acknowledgement(7) + acknowledgement(8)


async def test_what_follows_a_resumed_session_is_of_unknown_age(broker: Broker) -> None:
    inbox = Inbox()
    missed = publication(b"s", b"old", 1)
    async with connected(broker, inbox, WELCOME_BACK + missed) as (_, _, writer):
        writer.write(publication(b"s", b"old too", 2))
        await until(lambda: len(inbox.messages) == 2)
    assert inbox.messages == [Message("s", b"old", True), Message("s", b"old too", True)]


async def test_a_message_that_is_too_long_passes_by(broker: Broker) -> None:
    inbox = Inbox()
    async with connected(broker, inbox) as (_, reader, writer):
        writer.write(publication(b"s", bytes(LARGEST + 1), 1) + publication(b"s", b"ok", 2))
        assert await reader.readexactly(8) == acknowledgement(1) + acknowledgement(2)
    assert inbox.messages == [Message("s", b"ok", False)]


async def test_no_more_commands_than_the_broker_acknowledges(broker: Broker) -> None:
    async with connected(broker, Inbox()) as (connection, reader, writer):
        said = [connection.publish("r", b"%d" % n) for n in range(UNACKNOWLEDGED + 1)]
        assert said == [""] * UNACKNOWLEDGED + ["too many commands wait for the broker"]
        await reader.readexactly(7)
        writer.write(acknowledgement(1))
        await until(lambda: connection.publish("r", b"again") == "")


@pytest.mark.parametrize("cut", [1, 2, 3])
async def test_an_acknowledgement_that_comes_in_pieces_is_one(broker: Broker, cut: int) -> None:
    inbox = Inbox()
    async with connected(broker, inbox) as (connection, _, writer):
        for n in range(UNACKNOWLEDGED):
            connection.publish("r", b"%d" % n)
        writer.write(publication(b"s", b"1") + acknowledgement(1)[:cut])
        await until(lambda: len(inbox.messages) == 1)
        assert connection.publish("r", b"again")
        writer.write(acknowledgement(1)[cut:] + publication(b"s", b"2"))
        await until(lambda: len(inbox.messages) == 2)
        assert connection.publish("r", b"again") == ""


async def test_a_broker_that_goes_within_an_acknowledgement_is_gone(broker: Broker) -> None:
    async with connected(broker, Inbox()) as (connection, _, writer):
        connection.publish("r", b"ON")
        writer.write(acknowledgement(1)[:3])
        await writer.drain()
        writer.close()
        assert "closed" in await connection.lost()


async def test_commands_that_are_never_acknowledged_end_it(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    async with connected(broker, Inbox()) as (connection, reader, _):
        monkeypatch.setattr(under_test, "PATIENCE", 0.0)
        connection.publish("r", b"ON")
        assert "acknowledge" in await connection.lost()
        assert connection.publish("r", b"ON") == "no connection"
        assert b"\xe0\x00" in await reader.read()


async def test_a_broker_that_takes_nothing_is_not_read_either(broker: Broker) -> None:
    """And it goes on where it stopped."""
    inbox = Inbox()
    async with connected(broker, inbox) as (connection, reader, writer):
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        commands = 0
        while connection.publish("r", bytes(LARGEST)) == "":
            commands += 1
        writer.write(publication(b"s", b"1"))
        await writer.drain()
        for _ in range(20):
            await asyncio.sleep(0)
        assert commands
        assert not inbox.messages
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        await reader.readexactly(commands * (LARGEST + 9))
        await until(lambda: inbox.messages)
        assert connection.publish("r", b"ON") == ""


@pytest.mark.parametrize(
    ("greeting", "note"),
    [
        (b"\x20\x02\x00\x02", "client_id"),
        (b"\x20\x02\x00\x03", "not available"),
        (b"\x20\x02\x00\x04", "bad user name or password"),
        (b"\x20\x02\x00\x05", "not authorised"),
        (b"\x20\x02\x00\x63", "refused"),
        (b"\xf0\x00", "nonsense"),
    ],
)
async def test_a_refusal_is_named_at_once_and_leaves_nothing(greeting: bytes, note: str, broker: Broker) -> None:
    with pytest.raises(NoConnection, match=note):
        async with connected(broker, Inbox(), greeting):
            pytest.fail("it was let in")
    await nothing_left()


async def test_a_broker_that_does_not_answer(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "PATIENCE", 0.1)
    with pytest.raises(NoConnection, match="does not answer"):
        async with connected(broker, Inbox(), b""):
            pytest.fail("nobody has let it in")
    async with connected(broker, Inbox()) as (connection, _, _):
        with pytest.raises(NoConnection, match="does not answer"):
            await connection.subscribe(["s"])
    await nothing_left()


async def test_a_broker_that_hangs_up_during_a_subscription(broker: Broker) -> None:
    async with connected(broker, Inbox()) as (connection, reader, writer):
        asking = asyncio.create_task(connection.subscribe(["s"]))
        assert (await reader.readexactly(1))[0] == 0x82
        writer.close()
        with pytest.raises(NoConnection, match="closed the connection"):
            await asking
        assert "closed the connection" in await connection.lost()
    await nothing_left()


async def test_what_a_thread_achieves_after_it_was_given_up_is_undone(tmp_path: Path) -> None:
    """A TLS handshake keeps the thread waiting: meanwhile nobody wants the connection any more."""
    certificates = Certificates(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates.broker, certificates.broker_key)
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        tls = TlsOptions(certificates.authority)
        connection = Connection(BrokerOptions("127.0.0.1", server.getsockname()[1], tls=tls), Inbox())
        entering = asyncio.create_task(connection.__aenter__())
        plain, _ = await loop.sock_accept(server)
        entering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await entering
        plain.setblocking(True)
        secure = await asyncio.to_thread(context.wrap_socket, plain, server_side=True)
        with secure:
            # it could go on now, but does not even introduce itself
            assert await asyncio.to_thread(secure.recv, 1) == b""
    await nothing_left()


async def test_a_burst_through_tls_is_not_left_half_read(tmp_path: Path) -> None:
    certificates, inbox = Certificates(tmp_path), Inbox()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates.broker, certificates.broker_key)
    async with Broker(context).serving() as secure:
        options = BrokerOptions("127.0.0.1", secure.port, client_id="c", tls=TlsOptions(certificates.authority))
        client = asyncio.create_task(secure.client(WELCOME))
        async with Connection(options, inbox):
            _, writer = await client
            writer.write(b"".join(publication(b"s", b"%05d" % n) for n in range(20_000)))
            await until(lambda: len(inbox.messages) == 20_000)
    assert [message.payload for message in inbox.messages] == [b"%05d" % n for n in range(20_000)]


pieces = st.one_of(
    st.binary(max_size=30),
    st.builds(publication, st.binary(max_size=5), st.binary(max_size=200), st.integers(0, 9), st.booleans()),
    st.sampled_from((acknowledgement(1), b"\xd0\x00", b"\x90\x03\x00\x01\x01", b"\x30\xff\xff\xff\xff\x01", WELCOME)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(pieces, max_size=8))
def test_no_bytes_do_more_than_end_the_connection(said: list[bytes]) -> None:
    async def talk() -> None:
        inbox, mishaps = Inbox(), list[dict[str, object]]()
        asyncio.get_running_loop().set_exception_handler(lambda _, context: mishaps.append(context))
        async with Broker().serving() as broker:
            async with connected(broker, inbox) as (connection, _, writer):
                connection.publish("r", b"ON")
                for piece in said:
                    writer.write(piece)
                writer.close()
                assert await connection.lost()
            await nothing_left()
        assert not mishaps
        assert all(type(message.payload) is bytes and message.topic for message in inbox.messages)

    asyncio.run(talk())
