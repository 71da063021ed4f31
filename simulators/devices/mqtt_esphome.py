"""A virtual ESPHome node: one topic an entity, retained states, nothing said twice."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

import aiomqtt

from controller.model.ports import DeviceSettings, PointSettings
from controller.model.time import Clock

from .mqtt_link import Broker, Journal, Link
from .mqtt_parts import Cover, Relay, Write

UPDATE_INTERVAL = 60.0  # seconds of the clock


class VirtualEspHome:
    """`read` gives a point's value in the unit of its quantity."""

    def __init__(
        self, settings: DeviceSettings, broker: Broker, clock: Clock, read: Callable[[str], float], write: Write
    ) -> None:
        self._topic = str(settings.options["topic"])
        self._clock, self._read = clock, read
        self._switches: dict[str, Relay] = {}
        self._covers: dict[str, Cover] = {}
        self._values: list[PointSettings] = []
        self._said: dict[str, str] = {}
        for point in settings.points:
            component = point.source.partition("/")[0]
            if component == "cover" and point.source.count("/") == 1:
                self._covers[point.source] = Cover(point.name, clock, write, self._tell)
            elif component in ("switch", "fan", "valve"):
                self._switches[point.source] = Relay(point.name, clock, write, self._tell)
            else:
                self._values.append(point)
        self._link = Link(broker, settings.name, aiomqtt.Will(f"{self._topic}/status", "offline", retain=True))

    @property
    def journal(self) -> Journal:
        return self._link.journal

    async def run(self) -> None:
        """Serve until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._link.run(f"{self._topic}/+/+/command", self._greet, self._obey))
                tasks.create_task(self._measure_regularly())
        finally:
            for relay in self._switches.values():
                relay.stop()
            for cover in self._covers.values():
                cover.halt()

    async def measure(self) -> None:
        """Publish what it measures, changed or not."""
        for point in self._values:
            if not point.source.endswith("/position"):
                value = (self._read(point.name) - point.shift) / point.factor
                await self._say(point.source, f"{value:.1f}" if math.isfinite(value) else "nan")

    async def _measure_regularly(self) -> None:
        while True:
            await self._clock.sleep(UPDATE_INTERVAL)
            await self.measure()

    async def _greet(self) -> None:
        await self._link.say(f"{self._topic}/status", "online", retain=True)
        self._said.clear()
        await self._tell()
        await self.measure()

    async def _obey(self, topic: str, text: str) -> None:
        source = topic.removeprefix(f"{self._topic}/").removesuffix("/command")
        if source in self._switches:
            self._switches[source].switch(text.upper() in ("ON", "OPEN"))
        elif source in self._covers:
            self._covers[source].run({"OPEN": 1, "CLOSE": -1, "STOP": 0}[text.upper()])
        await self._tell()

    async def _tell(self) -> None:
        for source, relay in self._switches.items():
            words = ("OPEN", "CLOSED") if source.startswith("valve") else ("ON", "OFF")
            await self._say_news(source, words[0] if relay.on else words[1])
        for source, cover in self._covers.items():
            position = cover.position(self._clock.now())
            rest = "closed" if position <= 0 else "open"
            await self._say_news(source, {1: "opening", -1: "closing", 0: rest}[cover.direction])
            await self._say_news(f"{source}/position", f"{position:.0f}")

    async def _say_news(self, source: str, word: str) -> None:
        if self._said.get(source) != word:
            self._said[source] = word
            await self._say(source, word)

    async def _say(self, source: str, word: str) -> None:
        await self._link.say(f"{self._topic}/{source}/state", word, retain=True)
