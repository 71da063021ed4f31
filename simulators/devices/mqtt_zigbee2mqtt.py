"""A virtual Zigbee2MQTT with one device: bridge state, availability, /set and /get, on_time, a cover."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import aiomqtt

from controller.model.ports import DeviceSettings, PointSettings
from controller.model.time import Clock

from .mqtt_link import Broker, Journal, Link
from .mqtt_parts import Cover, Relay, Write


class VirtualZigbee2Mqtt:
    """`read` gives a point's value in the unit of its quantity."""

    def __init__(
        self, settings: DeviceSettings, broker: Broker, clock: Clock, read: Callable[[str], float], write: Write
    ) -> None:
        self._topic = str(settings.options["topic"])
        self._bridge = self._topic.partition("/")[0] + "/bridge/state"
        self._clock, self._read = clock, read
        self._switches: dict[str, Relay] = {}
        self._cover: Cover | None = None
        self._values: list[PointSettings] = []
        for point in settings.points:
            if point.source == "cover":
                self._cover = Cover(point.name, clock, write, self.report)
            elif point.source.startswith("state"):
                self._switches[point.source] = Relay(point.name, clock, write, self.report)
            else:
                self._values.append(point)
        offline = json.dumps({"state": "offline"})
        self._link = Link(broker, settings.name, aiomqtt.Will(self._bridge, offline, retain=True))

    @property
    def journal(self) -> Journal:
        return self._link.journal

    async def run(self) -> None:
        """Serve until cancelled."""
        try:
            await self._link.run(f"{self._topic}/+", self._greet, self._obey)
        finally:
            for relay in self._switches.values():
                relay.stop()
            if self._cover is not None:
                self._cover.halt()

    async def report(self) -> None:
        """Publish the state of the device."""
        await self._link.say(self._topic, json.dumps(self._state()))

    async def be(self, available: bool) -> None:
        """Find the device, or miss it."""
        word = json.dumps({"state": "online" if available else "offline"})
        await self._link.say(f"{self._topic}/availability", word, retain=True)

    async def _greet(self) -> None:
        await self._link.say(self._bridge, json.dumps({"state": "online"}), retain=True)
        await self.be(available=True)
        await self.report()

    async def _obey(self, topic: str, text: str) -> None:
        if topic.endswith("/set"):
            self._set(json.loads(text))
            await self.report()
        elif topic.endswith("/get"):
            await self.report()

    def _set(self, wanted: dict[str, Any]) -> None:
        for name, value in wanted.items():
            if name in self._switches:
                self._switches[name].switch(value == "ON", wanted.get("on_time"))
        if self._cover is not None and "state" in wanted:
            self._cover.run({"OPEN": 1, "CLOSE": -1, "STOP": 0}[wanted["state"]])

    def _state(self) -> dict[str, Any]:
        now = self._clock.now()
        state: dict[str, Any] = {"linkquality": 120, "last_seen": now.utc().isoformat()}
        for point in self._values:
            value = (self._read(point.name) - point.shift) / point.factor
            state[point.source] = round(value, 2) if math.isfinite(value) else None
        for name, relay in self._switches.items():
            state[name] = "ON" if relay.on else "OFF"
        if self._cover is not None:
            position = round(self._cover.position(now))
            moving = {1: "UP", -1: "DOWN", 0: "STOP"}[self._cover.direction]
            state |= {"position": position, "state": "OPEN" if position else "CLOSE", "moving": moving}
        return state
