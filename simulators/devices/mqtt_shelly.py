"""A virtual Shelly of the second generation: RPC, notifications, toggle_after, a roller with `duration`."""

from __future__ import annotations

import json
from typing import Any

from controller.model.time import NS

from .mqtt_device import VirtualDevice
from .mqtt_parts import Changed, Cover, Relay


class VirtualShelly(VirtualDevice):
    """It says what it measures when it connects, and when it is told to `report`."""

    async def report(self) -> None:
        await self._notify(self._components())

    def _kind(self, source: str) -> type[Relay | Cover] | None:
        if "." in source:
            return None
        return Cover if source.startswith("cover") else Relay

    def _will(self) -> tuple[str, str]:
        return f"{self._topic}/online", "false"

    def _orders(self) -> str:
        return f"{self._topic}/rpc"

    def _teller(self, source: str) -> Changed:
        async def tell() -> None:
            await self._notify({source: self._status()[source]})

        return tell

    async def _greet(self) -> None:
        await self._link.say(f"{self._topic}/online", "true", retain=True)
        await self.report()

    async def _obey(self, topic: str, text: str) -> None:
        frame = json.loads(text)
        params = frame.get("params", {})
        answer: dict[str, Any] = {"id": frame["id"], "src": self._topic, "dst": frame["src"]}
        changed = ""
        match frame["method"]:
            case "Shelly.GetStatus":
                answer["result"] = self._status()
            case "Switch.Set" if f"switch:{params['id']}" in self._relays:
                changed = f"switch:{params['id']}"
                relay = self._relays[changed]
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
        status: dict[str, Any] = {"sys": {"uptime": 5}, "mqtt": {"connected": True}, **self._components()}
        for name, relay in self._relays.items():
            status.setdefault(name, {"id": int(name[7:])})["output"] = relay.on
        for name, cover in self._covers.items():
            position = cover.position(self._clock.now())
            rest = "closed" if position <= 0 else "open" if position >= 100 else "stopped"
            state = {1: "opening", -1: "closing", 0: rest}[cover.direction]
            status.setdefault(name, {"id": int(name[6:])}).update(state=state, current_pos=round(position))
        return status

    def _components(self) -> dict[str, Any]:
        """What it measures, by component."""
        found: dict[str, Any] = {}
        for point in self._values:
            component, *steps = point.source.split(".")
            here = found.setdefault(component, {"id": int(component.partition(":")[2])})
            for step in steps[:-1]:
                here = here.setdefault(step, {})
            here[steps[-1]] = self._measured(point)
        return found
