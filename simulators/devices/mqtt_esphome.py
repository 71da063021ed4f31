"""A virtual ESPHome node: one topic an entity, retained states, nothing said twice."""

from __future__ import annotations

from functools import cached_property

from .mqtt_device import VirtualDevice
from .mqtt_parts import Changed, Cover, Relay

UPDATE_INTERVAL = 60.0  # seconds of the clock


class VirtualEspHome(VirtualDevice):
    """What it measures it says every minute, changed or not; how its switches and motors stand, when that changes."""

    PERIOD = UPDATE_INTERVAL

    @cached_property
    def _said(self) -> dict[str, str]:
        """The last word of each entity."""
        return {}

    async def report(self) -> None:
        for point in self._values:
            if not point.source.endswith("/position"):
                value = self._measured(point, 1)
                await self._say(point.source, "nan" if value is None else f"{value:.1f}")

    def _kind(self, source: str) -> type[Relay | Cover] | None:
        component = source.partition("/")[0]
        if component == "cover" and source.count("/") == 1:
            return Cover
        return Relay if component in ("switch", "fan", "valve") else None

    def _will(self) -> tuple[str, str]:
        return f"{self._topic}/status", "offline"

    def _orders(self) -> str:
        return f"{self._topic}/+/+/command"

    def _teller(self, source: str) -> Changed:
        return self._tell

    async def _greet(self) -> None:
        await self._link.say(f"{self._topic}/status", "online", retain=True)
        self._said.clear()
        await self._tell()
        await self.report()

    async def _obey(self, topic: str, text: str) -> None:
        source = topic.removeprefix(f"{self._topic}/").removesuffix("/command")
        if source in self._relays:
            self._relays[source].switch(text.upper() in ("ON", "OPEN"))
        elif source in self._covers:
            self._covers[source].run({"OPEN": 1, "CLOSE": -1, "STOP": 0}[text.upper()])
        await self._tell()

    async def _tell(self) -> None:
        for source, relay in self._relays.items():
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
