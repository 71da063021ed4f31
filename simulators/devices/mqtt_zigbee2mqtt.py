"""A virtual Zigbee2MQTT with one device: bridge state, availability, /set and /get, on_time, a cover."""

from __future__ import annotations

import json
from typing import Any

from .mqtt_device import VirtualDevice
from .mqtt_parts import Cover, Relay


class VirtualZigbee2Mqtt(VirtualDevice):
    """It says all of its state when anything changes."""

    async def report(self) -> None:
        await self._link.say(self._topic, json.dumps(self._state()))

    async def be(self, available: bool) -> None:
        """Find the device, or miss it."""
        word = json.dumps({"state": "online" if available else "offline"})
        await self._link.say(f"{self._topic}/availability", word, retain=True)

    def _kind(self, source: str) -> type[Relay | Cover] | None:
        if source == "cover":
            return Cover
        return Relay if source.startswith("state") else None

    def _will(self) -> tuple[str, str]:
        return self._bridge(), json.dumps({"state": "offline"})

    def _orders(self) -> str:
        return f"{self._topic}/+"

    def _bridge(self) -> str:
        return self._topic.partition("/")[0] + "/bridge/state"

    async def _greet(self) -> None:
        await self._link.say(self._bridge(), json.dumps({"state": "online"}), retain=True)
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
            if name in self._relays:
                self._relays[name].switch(value == "ON", wanted.get("on_time"))
        for cover in self._covers.values():
            if "state" in wanted:
                cover.run({"OPEN": 1, "CLOSE": -1, "STOP": 0}[wanted["state"]])

    def _state(self) -> dict[str, Any]:
        now = self._clock.now()
        state: dict[str, Any] = {"linkquality": 120, "last_seen": now.utc().isoformat()}
        state |= {point.source: self._measured(point) for point in self._values}
        state |= {name: "ON" if relay.on else "OFF" for name, relay in self._relays.items()}
        for cover in self._covers.values():
            position = round(cover.position(now))
            moving = {1: "UP", -1: "DOWN", 0: "STOP"}[cover.direction]
            state |= {"position": position, "state": "OPEN" if position else "CLOSE", "moving": moving}
        return state
