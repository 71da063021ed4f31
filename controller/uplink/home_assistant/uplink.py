"""The connection: what is there is announced, what changes is published, and what comes back is asked of the core."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

import aiomqtt
import orjson

from controller.config.settings import HomeAssistantSettings
from controller.core.core import Core
from controller.model.commands import Request
from controller.model.time import Clock
from controller.uplink.backoff import Backoff
from controller.uplink.broker import UNREACHABLE, client, together
from controller.uplink.home_assistant.discovery import device_topic, devices, entities, messages, removing
from controller.uplink.home_assistant.orders import Refused, order
from controller.uplink.home_assistant.states import states
from controller.uplink.home_assistant.topics import POSITION, RELEASE, SET, Topics
from controller.uplink.inventory import Inventory

log = logging.getLogger("onsil.uplink")

NAME = "home assistant"
AT_MOST_EVERY = 1.0  # real seconds between two states of one entity
BIRTH = "homeassistant/status"  # where Home Assistant says that it is there, unless it is told otherwise
FAREWELL = 1.0  # real seconds for the last message


class HomeAssistant:
    """An uplink. `changed` is to be called after every step of the core; `core` is asked for the one in force."""

    def __init__(
        self,
        settings: HomeAssistantSettings,
        house: Inventory,
        core: Callable[[], Core],
        emit: Callable[[Sequence[Request]], None],
        clock: Clock,
        *,
        backoff: Backoff | None = None,
    ) -> None:
        self._settings, self._house = settings, house
        self._core, self._emit, self._clock = core, emit, clock
        self._backoff = backoff or Backoff(random.Random())
        self._topics = Topics.of(house.site)
        found, shared = entities(house, self._topics), devices(house, self._topics, version("onsil"))
        self._announced = messages(found, shared, self._topics, settings.prefix, settings.discovery)
        self._told: dict[str, bytes] = {}
        self._news = asyncio.Event()
        self._online, self._note = False, "not connected yet"

    def changed(self) -> None:
        """Something happened in the core."""
        self._news.set()

    def status(self) -> dict[str, Any]:
        """Name, whether the broker is there, and in words what is wrong."""
        return {"name": NAME, "online": self._online, "note": self._note}

    async def run(self) -> None:
        """Serve until cancelled; a broker that is gone is tried again and again."""
        await together(self._run())

    async def _run(self) -> None:
        while True:
            try:
                # the broker says it in our place when we are gone
                async with client(
                    self._settings.broker, aiomqtt.Will(self._topics.status, b"offline", 1, True)
                ) as mqtt:
                    await self._serve(mqtt)
            except UNREACHABLE as error:
                self._lost(str(error))
            await asyncio.sleep(self._backoff.pause())

    async def _serve(self, mqtt: aiomqtt.Client) -> None:
        await self._subscribe(mqtt)
        await self._announce(mqtt)
        self._online, self._note = True, ""
        self._backoff.reset()
        try:
            await together(self._publishing(mqtt), self._hearing(mqtt))
        except asyncio.CancelledError:
            # an end in order: the broker would keep the last will to itself
            with contextlib.suppress(*UNREACHABLE, TimeoutError):
                await asyncio.wait_for(mqtt.publish(self._topics.status, b"offline", 1, True), FAREWELL)
            raise
        finally:
            self._online = False

    async def _subscribe(self, mqtt: aiomqtt.Client) -> None:
        prefix, node = self._settings.prefix, self._topics.node
        verbs = [(f"onsil/{node}/actuator/+/{verb}", 1) for verb in (SET, POSITION, RELEASE)]
        births = [(topic, 1) for topic in {BIRTH, f"{prefix}/status"}]
        # what was announced before, perhaps for a point that is gone by now
        own = [(f"{prefix}/+/{node}/+/config", 1), (device_topic(self._topics, prefix), 1)]
        await mqtt.subscribe([*verbs, *births, *own])

    async def _announce(self, mqtt: aiomqtt.Client) -> None:
        """Say what there is, how it is now, and that all of it can be relied on."""
        for topic, payload in self._announced.items():
            await mqtt.publish(topic, payload, 1, True)
        self._told.clear()
        await self._publish(mqtt)
        await mqtt.publish(self._topics.status, b"online", 1, True)

    async def _publishing(self, mqtt: aiomqtt.Client) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            await self._publish(mqtt)
            await asyncio.sleep(AT_MOST_EVERY)

    async def _publish(self, mqtt: aiomqtt.Client) -> None:
        """Publish the states that are not what they were."""
        for topic, payload in states(self._house, self._core(), self._clock.now(), self._topics).items():
            if self._told.get(topic) != payload:
                await mqtt.publish(topic, payload, 0, True)
                self._told[topic] = payload

    async def _hearing(self, mqtt: aiomqtt.Client) -> None:
        async for message in mqtt.messages:
            topic, payload = str(message.topic), message.payload
            if not isinstance(payload, bytes):
                continue  # an empty message, or one that is not ours to understand
            if topic.endswith("/config"):
                await self._clean(mqtt, topic, payload, message.retain)
            elif topic in (BIRTH, f"{self._settings.prefix}/status"):
                # one that was kept by the broker is older than our own announcement
                if payload == b"online" and not message.retain:
                    await self._announce(mqtt)
            elif message.retain:
                # nobody knows how old it is: what was wanted yesterday must not open a vent today
                log.warning("%s: a command kept by the broker is not carried out: %s", NAME, topic)
            else:
                self._obey(topic, payload)

    def _obey(self, topic: str, payload: bytes) -> None:
        positions = {view.name: view.position for view in self._core().actuators()}
        try:
            request = order(self._house, self._topics, topic, payload, positions, self._settings.override)
        except Refused as refusal:
            log.warning("%s: %s", NAME, refusal)
            return
        if request is not None:
            self._emit((request,))

    async def _clean(self, mqtt: aiomqtt.Client, topic: str, payload: bytes, retained: bool) -> None:
        """Take back an earlier announcement of what is there no longer."""
        if not retained or not payload:
            return
        if topic not in self._announced:
            await mqtt.publish(topic, b"", 1, True)
        elif self._settings.discovery == "device":
            before, now = _components(payload), _components(self._announced[topic])
            gone = {key: platform for key, platform in before.items() if key not in now}
            if gone:
                await mqtt.publish(topic, removing(self._announced[topic], gone), 1, True)
                for again, announced in self._announced.items():  # what is gone here may have moved to a compartment
                    await mqtt.publish(again, announced, 1, True)

    def _lost(self, why: str) -> None:
        note = f"the broker {self._settings.broker.host} cannot be reached: {why}"
        if note != self._note:
            log.warning("%s: %s", NAME, note)
        self._online, self._note = False, note


def _components(payload: bytes) -> dict[str, str]:
    """The components of a device's announcement and their platforms; none where it is not ours."""
    try:
        found = orjson.loads(payload)["components"]
        return {str(key): str(part["platform"]) for key, part in found.items()}
    except (ValueError, LookupError, TypeError, AttributeError):
        return {}
