"""One connection to a broker, short on the way: aiomqtt connects and keeps alive, its paho client carries the messages.

aiomqtt hands every message through an asyncio.Queue and writes two turns of the event loop after a publish. Here all
that has arrived is read in one turn and delivered as one batch, and a publish is on the wire when it returns.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

import aiomqtt
from paho.mqtt.client import MQTT_ERR_SUCCESS, Client, MQTTMessage
from paho.mqtt.reasoncodes import ReasonCode

from .settings import BrokerOptions

KEEPALIVE = 15  # seconds: a silent broker is given up after one to two of them
PATIENCE = 5.0  # seconds for any single answer of the broker
BATCH = 128  # messages read before anything else gets a turn
UNACKNOWLEDGED = 1000  # commands that may wait for the broker's word
_TOPICS_AT_ONCE = 50

Deliver = Callable[[Sequence[MQTTMessage]], None]


class Connection:
    """An async context manager; it raises aiomqtt.MqttError where the broker cannot be reached. Not reusable."""

    def __init__(self, options: BrokerOptions, deliver: Deliver) -> None:
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[str] = self._loop.create_future()
        self._leaving = False
        self._batch: list[MQTTMessage] = []
        self._unacknowledged: dict[int, float] = {}
        self._client = aiomqtt.Client(
            options.host,
            options.port,
            username=options.username,
            password=options.password,
            identifier=options.client_id or f"onsil-{secrets.token_hex(4)}",
            timeout=PATIENCE,
            keepalive=KEEPALIVE,
            max_queued_outgoing_messages=UNACKNOWLEDGED,
            max_inflight_messages=UNACKNOWLEDGED,
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        )
        self._paho: Client = self._client._client
        self._paho.on_message = self._on_message
        self._paho.on_publish = self._on_publish
        told = self._paho.on_disconnect

        def on_disconnect(*arguments: Any) -> None:
            # aiomqtt keeps a loss as an exception that nobody would fetch: it hears of wanted ends only
            if self._leaving and told is not None:
                told(*arguments)
            self._end(f"the broker closed the connection ({arguments[3]})")

        self._paho.on_disconnect = on_disconnect

    async def __aenter__(self) -> Self:
        await self._enter()
        sock = self._paho.socket()
        if sock is None:
            raise aiomqtt.MqttError("the connection broke at once")
        self._paho.on_socket_register_write = self._on_register_write
        self._loop.add_reader(sock.fileno(), self._readable)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            # where the connection has ended already there is nobody to say goodbye to
            if not self._ended.done():
                self._leaving = True
                await self._client.__aexit__(kind, error, trace)
        except aiomqtt.MqttError:
            pass
        finally:
            self._close()

    async def subscribe(self, topics: Sequence[str]) -> list[str]:
        """Subscribe with QoS 1. Returns the topics the broker refused."""
        refused: list[str] = []
        for start in range(0, len(topics), _TOPICS_AT_ONCE):
            asked = topics[start : start + _TOPICS_AT_ONCE]
            granted = await self._client.subscribe([(topic, 1) for topic in asked])
            refused += [topic for topic, code in zip(asked, granted, strict=False) if _failed(code)]
        return refused

    def publish(self, topic: str, payload: bytes) -> str:
        """Send with QoS 1, not retained. Returns at once: "" or why it was not sent."""
        info = self._paho.publish(topic, payload, qos=1)
        if info.rc != MQTT_ERR_SUCCESS:
            return "too many commands wait for the broker" if len(self._unacknowledged) else "no connection"
        self._unacknowledged[info.mid] = self._loop.time()
        self._flush()
        return ""

    async def lost(self) -> str:
        """Wait until the connection is gone or the broker stops acknowledging. Returns why."""
        while not self._ended.done():
            await asyncio.wait((self._ended,), timeout=1.0)
            # a dict keeps the order of sending: the first is the oldest
            oldest = next(iter(self._unacknowledged.values()), None)
            if oldest is not None and self._loop.time() - oldest > PATIENCE:
                self._end("the broker does not acknowledge commands")
        return self._ended.result()

    async def _enter(self) -> None:
        """Connect. aiomqtt alone would wait out its time for a broker that hangs up before it has greeted."""
        entering = self._loop.create_task(self._client.__aenter__())
        try:
            await asyncio.wait((entering, self._ended), return_when=asyncio.FIRST_COMPLETED)
            # a refusal is followed by hanging up: the reason comes first, but reaches us a turn later
            await asyncio.wait((entering,), timeout=0.1)
            if not entering.done():
                raise aiomqtt.MqttError(self._ended.result())
            await entering
        except BaseException:
            entering.cancel()
            self._close()
            raise

    def _close(self) -> None:
        sock = self._paho.socket()
        if sock is not None and sock.fileno() >= 0:
            self._loop.remove_reader(sock.fileno())
            self._loop.remove_writer(sock.fileno())
            sock.close()

    def _readable(self) -> None:
        batch = self._batch
        try:
            for _ in range(BATCH):
                before = len(batch)
                self._paho.loop_read()
                if len(batch) == before:
                    break
        except Exception as error:  # paho raises whatever a broken packet makes of it
            self._end(f"the broker sent nonsense ({error!r})")
        if batch:
            self._batch = []
            self._deliver(batch)
        self._flush()

    def _flush(self) -> None:
        try:
            if self._paho.want_write():
                self._paho.loop_write()
        except (OSError, ValueError) as error:
            self._end(f"cannot write to the broker ({error})")

    def _end(self, note: str) -> None:
        if not self._ended.done():
            self._ended.set_result(note)

    def _on_message(self, client: Client, userdata: object, message: MQTTMessage) -> None:
        self._batch.append(message)

    def _on_publish(self, client: Client, userdata: object, mid: int, *rest: object) -> None:
        self._unacknowledged.pop(mid, None)

    def _on_register_write(self, client: Client, userdata: object, sock: Any) -> None:
        if sock.fileno() >= 0:
            self._loop.add_writer(sock.fileno(), self._flush)


def _failed(code: object) -> bool:
    return code.is_failure if isinstance(code, ReasonCode) else isinstance(code, int) and code >= 128
