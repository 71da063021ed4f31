"""The connection of one virtual MQTT device: it comes back by itself, as firmware does."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

import aiomqtt

RETRY = 0.5  # real seconds

_log = logging.getLogger(__name__)


class Entry(NamedTuple):
    """One message a virtual device received ("<") or sent (">")."""

    way: str
    topic: str
    payload: str


@dataclass(slots=True)
class Journal:
    """The last thousand messages of a virtual device: tests read it."""

    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=1000))

    def received(self, topic: str) -> list[str]:
        """The payloads received on this topic, oldest first."""
        return [entry.payload for entry in self.entries if entry.way == "<" and entry.topic == topic]

    def sent(self, topic: str) -> list[str]:
        """The payloads sent on this topic, oldest first."""
        return [entry.payload for entry in self.entries if entry.way == ">" and entry.topic == topic]


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the virtual devices connect to."""

    url: str
    username: str | None = None
    password: str | None = None


class Link:
    """What a virtual device holds of the broker. While there is none, what it says is lost."""

    def __init__(self, broker: Broker, name: str, will: aiomqtt.Will | None = None) -> None:
        self._broker = broker
        self._name = name
        self._will = will
        self._client: aiomqtt.Client | None = None
        self.journal = Journal()

    async def run(
        self, topic: str | None, greet: Callable[[], Awaitable[None]], obey: Callable[[str, str], Awaitable[None]]
    ) -> None:
        """Keep connected until cancelled: `greet` after every connect, `obey` with topic and text of every message."""
        while True:
            try:
                async with self._connect() as client:
                    self._client = client
                    if topic is not None:
                        await client.subscribe(topic, 1)
                        _heed_cancellation()
                    await greet()
                    async for message in client.messages:
                        text = bytes(message.payload).decode(errors="replace")
                        self.journal.entries.append(Entry("<", str(message.topic), text))
                        await obey(str(message.topic), text)
            except (aiomqtt.MqttError, OSError) as error:
                _log.debug("virtual device %s: %s", self._name, error)
            finally:
                self._client = None
            await asyncio.sleep(RETRY)

    async def say(self, topic: str, payload: str | bytes, retain: bool = False) -> None:
        """Publish with QoS 0, as most firmware does."""
        if self._client is None:
            return
        text = payload if isinstance(payload, str) else payload.decode()
        self.journal.entries.append(Entry(">", topic, text))
        try:
            # a broken connection never confirms: the device must not hang on it
            await self._client.publish(topic, payload, retain=retain, timeout=1)
        except aiomqtt.MqttError as error:
            _log.debug("virtual device %s: %s", self._name, error)
        _heed_cancellation()

    def _connect(self) -> aiomqtt.Client:
        parts = urlsplit(self._broker.url)
        return aiomqtt.Client(
            parts.hostname or "localhost",
            parts.port or 1883,
            username=self._broker.username,
            password=self._broker.password,
            identifier=f"virtual-{self._name}",
            will=self._will,
            timeout=5,
            max_queued_incoming_messages=1000,
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        )


def _heed_cancellation() -> None:
    """Python 3.11's wait_for, with which aiomqtt waits, forgets a cancellation that comes together with the answer."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
