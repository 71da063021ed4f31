"""The edge node at work: connects, waits for its host, is born, tells, listens, and dies in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import aiomqtt

from controller.config.settings import SparkplugSettings
from controller.core.core import Core
from controller.model.commands import Request
from controller.model.time import NS, Clock
from controller.store.outbox import Outbox
from controller.uplink.backoff import Backoff
from controller.uplink.broker import UNREACHABLE, client, together
from controller.uplink.inventory import Inventory
from controller.uplink.sparkplug.codec import Malformed, decode
from controller.uplink.sparkplug.metrics import REBIRTH, historical, present, request
from controller.uplink.sparkplug.session import Host, Node, Session, state_topic

log = logging.getLogger("onsil.uplink")

NAME = "sparkplug"
AT_MOST_EVERY = 1.0  # real seconds between two messages with news
PORTION = 2000  # stored points looked at together
MESSAGE = 200  # metrics of the past in one message
GATHER = 5.0  # real seconds that stored points are left to gather
FAREWELL = 1.0  # real seconds for the last message


class _HostGone(Exception):
    """The primary host has gone: the session ends."""


class Sparkplug:
    """An uplink. `changed` is to be called after every step of the core; `core` is asked for the one in force.

    `open_outbox` is the store's `outbox`: what happens while nobody listens is told later, marked as historical.
    """

    def __init__(
        self,
        settings: SparkplugSettings,
        house: Inventory,
        core: Callable[[], Core],
        emit: Callable[[Sequence[Request]], None],
        clock: Clock,
        open_outbox: Callable[[str], Outbox],
        *,
        backoff: Backoff | None = None,
        gather: float = GATHER,
    ) -> None:
        self._settings, self._house = settings, house
        self._core, self._emit, self._clock = core, emit, clock
        self._outbox = open_outbox(NAME)
        self._backoff = backoff or Backoff(random.Random())
        self._gather = gather
        self._node = Node(settings.group, settings.node)
        # a late will of the process before us must not carry the number of our first session
        self._bd_seq = clock.now().wall_ns // NS % 256
        self._news, self._host_news = asyncio.Event(), asyncio.Event()
        self._online, self._note = False, "not connected yet"

    def changed(self) -> None:
        """Something happened in the core."""
        self._news.set()

    def status(self) -> dict[str, Any]:
        """Name, whether the node is born, and in words what is wrong."""
        return {"name": NAME, "online": self._online, "note": self._note}

    async def run(self) -> None:
        """Serve until cancelled; a broker that is gone is tried again and again."""
        try:
            await together(self._run())
        finally:
            self._outbox.close()

    async def _run(self) -> None:
        while True:
            session = Session(self._bd_seq)
            self._bd_seq = (self._bd_seq + 1) % 256
            will = aiomqtt.Will(self._node.topic("NDEATH"), session.death(), 1, False)
            try:
                async with client(self._settings.broker, will) as mqtt:
                    await self._serve(mqtt, session)
            except UNREACHABLE as error:
                self._lost(f"the broker {self._settings.broker.host} cannot be reached: {error}")
            except _HostGone:
                self._lost(f"the host {self._settings.host} has gone")
            await asyncio.sleep(self._backoff.pause())

    async def _serve(self, mqtt: aiomqtt.Client, session: Session) -> None:
        host, told = Host(), self._settings.host
        topics = [(self._node.topic("NCMD"), 1)] + ([(state_topic(told), 1)] if told is not None else [])
        speaking = _Speaking(mqtt, self._node, session)
        try:
            await mqtt.subscribe(topics)
            await together(self._hearing(mqtt, host, speaking), self._living(mqtt, host, speaking))
        except (asyncio.CancelledError, _HostGone):
            # an end in order: the broker would keep the last will to itself
            with contextlib.suppress(*UNREACHABLE, TimeoutError):
                await asyncio.wait_for(mqtt.publish(self._node.topic("NDEATH"), session.death(), 1), FAREWELL)
            raise
        finally:
            self._online = False

    async def _living(self, mqtt: aiomqtt.Client, host: Host, speaking: _Speaking) -> None:
        if self._settings.host is not None:
            self._note = f"waits for the host {self._settings.host}"
            while not host.online:
                await self._host_news.wait()
                self._host_news.clear()
        born_ns = self._clock.now().wall_ns
        await self._bear(speaking)
        self._online, self._note = True, ""
        self._backoff.reset()
        await together(self._telling(speaking), self._forwarding(mqtt, speaking, born_ns))

    async def _bear(self, speaking: _Speaking) -> None:
        now = self._clock.now()
        metrics = present(self._house, self._core(), now)
        await speaking.say("NBIRTH", partial(Session.birth, present=metrics, at=now.wall_ns // 1_000_000))

    async def _telling(self, speaking: _Speaking) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            now = self._clock.now()
            metrics, at = present(self._house, self._core(), now), now.wall_ns // 1_000_000
            await speaking.say("NDATA", partial(Session.news, present=metrics, at=at))
            await asyncio.sleep(AT_MOST_EVERY)

    async def _forwarding(self, mqtt: aiomqtt.Client, speaking: _Speaking, born_ns: int) -> None:
        """Tell what was stored before we were born; what came later has been told live."""
        self._outbox.rewind()
        while True:
            try:
                portion = await asyncio.to_thread(self._outbox.take, PORTION)
            except sqlite3.Error as error:
                log.warning("%s: the outbox cannot be read: %s", NAME, error)
                portion = None
            if portion is None:
                await asyncio.sleep(self._gather)
                continue
            past = list(historical(portion.samples, portion.series, self._house, born_ns))
            for start in range(0, len(past), MESSAGE):
                some, at = past[start : start + MESSAGE], self._clock.now().wall_ns // 1_000_000
                await speaking.say("NDATA", partial(Session.data, metrics=some, at=at))
            # these messages are not acknowledged; but the broker answers this one after it has had all before it
            await mqtt.subscribe(self._node.topic("NCMD"), 1)
            self._outbox.done(portion)
            if portion.points < PORTION:
                await asyncio.sleep(self._gather)

    async def _hearing(self, mqtt: aiomqtt.Client, host: Host, speaking: _Speaking) -> None:
        commands = self._node.topic("NCMD")
        async for message in mqtt.messages:
            payload = message.payload
            if not isinstance(payload, bytes):
                continue
            if str(message.topic) != commands:
                await self._heard_host(host, payload)
            elif message.retain:
                # nobody knows how old it is: what was wanted yesterday must not open a vent today
                log.warning("%s: a command kept by the broker is not carried out", NAME)
            else:
                await self._obey(payload, speaking)

    async def _heard_host(self, host: Host, payload: bytes) -> None:
        host.hear(payload)
        self._host_news.set()
        if host.online is False and self._online:
            raise _HostGone

    async def _obey(self, payload: bytes, speaking: _Speaking) -> None:
        try:
            metrics = decode(payload).metrics
        except Malformed as error:
            log.warning("%s: a command cannot be read: %s", NAME, error)
            return
        for metric in metrics:
            if metric.name == REBIRTH:
                if metric.value is True and self._online:
                    await self._bear(speaking)
                continue
            by = f"Sparkplug {self._settings.host or self._settings.group}"
            try:
                asked = request(metric, self._house, by, self._settings.override)
            except ValueError as error:
                log.warning("%s: %s", NAME, error)
                continue
            if asked is None:
                log.warning("%s: %s cannot be written", NAME, metric.name[:80])
            else:
                self._emit((asked,))

    def _lost(self, note: str) -> None:
        if note != self._note:
            log.warning("%s: %s", NAME, note)
        self._online, self._note = False, note


class _Speaking:
    """Messages leave in the order of their numbers, whoever makes them."""

    def __init__(self, mqtt: aiomqtt.Client, node: Node, session: Session) -> None:
        self._mqtt, self._node, self._session = mqtt, node, session
        self._turn = asyncio.Lock()

    async def say(self, kind: str, make: Callable[[Session], bytes | None]) -> None:
        async with self._turn:
            payload = make(self._session)
            if payload is not None:
                await self._mqtt.publish(self._node.topic(kind), payload, 0)
