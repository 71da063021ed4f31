"""A virtual Shelly of the second generation: RPC, notifications, toggle_after, a roller with `duration`."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import aiomqtt

from controller.model.ports import DeviceSettings, PointSettings
from controller.model.time import NS, Clock

from .mqtt_link import Broker, Journal, Link
from .mqtt_parts import Cover, Relay, Write


class VirtualShelly:
    """`read` gives a point's value in the unit of its quantity."""

    def __init__(
        self, settings: DeviceSettings, broker: Broker, clock: Clock, read: Callable[[str], float], write: Write
    ) -> None:
        self._topic = str(settings.options["topic"])
        self._clock, self._read = clock, read
        self._switches: dict[str, Relay] = {}
        self._covers: dict[str, Cover] = {}
        self._values: list[PointSettings] = []
        for point in settings.points:
            if "." in point.source:
                self._values.append(point)
            elif point.source.startswith("cover"):
                self._covers[point.source] = Cover(point.name, clock, write, self._teller(point.source))
            else:
                self._switches[point.source] = Relay(point.name, clock, write, self._teller(point.source))
        self._link = Link(broker, settings.name, aiomqtt.Will(f"{self._topic}/online", "false", retain=True))

    @property
    def journal(self) -> Journal:
        return self._link.journal

    async def run(self) -> None:
        """Serve until cancelled."""
        try:
            await self._link.run(f"{self._topic}/rpc", self._greet, self._obey)
        finally:
            for relay in self._switches.values():
                relay.stop()
            for cover in self._covers.values():
                cover.halt()

    async def measure(self) -> None:
        """Notify of everything it measures."""
        await self._notify(self._measured())

    def _teller(self, component: str) -> Callable[[], Any]:
        async def tell() -> None:
            await self._notify({component: self._status()[component]})

        return tell

    async def _greet(self) -> None:
        await self._link.say(f"{self._topic}/online", "true", retain=True)
        await self.measure()

    async def _obey(self, topic: str, text: str) -> None:
        frame = json.loads(text)
        params = frame.get("params", {})
        answer: dict[str, Any] = {"id": frame["id"], "src": self._topic, "dst": frame["src"]}
        changed = ""
        match frame["method"]:
            case "Shelly.GetStatus":
                answer["result"] = self._status()
            case "Switch.Set" if f"switch:{params['id']}" in self._switches:
                changed = f"switch:{params['id']}"
                relay = self._switches[changed]
                answer["result"] = {"was_on": relay.on}
                same = relay.on == params["on"]
                relay.switch(params["on"], params.get("toggle_after"))
                changed = "" if same else changed  # it does not repeat what everybody knows
            case "Cover.Open" | "Cover.Close" | "Cover.Stop" if f"cover:{params['id']}" in self._covers:
                changed = f"cover:{params['id']}"
                direction = {"Cover.Open": 1, "Cover.Close": -1, "Cover.Stop": 0}[frame["method"]]
                self._covers[changed].run(direction, params.get("duration"))
                answer["result"] = None
            case _:
                answer["error"] = {"code": -105, "message": f"Argument 'id', value {params.get('id')} not found!"}
        await self._link.say(f"{frame['src']}/rpc", json.dumps(answer))
        if changed:
            await self._notify({changed: self._status()[changed]})

    async def _notify(self, components: dict[str, Any]) -> None:
        params = {"ts": self._clock.now().wall_ns / NS, **components}
        frame = {"src": self._topic, "dst": f"{self._topic}/events", "method": "NotifyStatus", "params": params}
        await self._link.say(f"{self._topic}/events/rpc", json.dumps(frame))

    def _status(self) -> dict[str, Any]:
        status: dict[str, Any] = {"sys": {"uptime": 5}, "mqtt": {"connected": True}, **self._measured()}
        for name, relay in self._switches.items():
            status.setdefault(name, {"id": int(name[7:])})["output"] = relay.on
        for name, cover in self._covers.items():
            position = cover.position(self._clock.now())
            rest = "closed" if position <= 0 else "open" if position >= 100 else "stopped"
            state = {1: "opening", -1: "closing", 0: rest}[cover.direction]
            status.setdefault(name, {"id": int(name[6:])}).update(state=state, current_pos=round(position))
        return status

    def _measured(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for point in self._values:
            component, *steps = point.source.split(".")
            value = (self._read(point.name) - point.shift) / point.factor
            here = found.setdefault(component, {"id": int(component.partition(":")[2])})
            for step in steps[:-1]:
                here = here.setdefault(step, {})
            here[steps[-1]] = round(value, 2) if math.isfinite(value) else None
        return found
