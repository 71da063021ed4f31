"""Shelly devices of the second generation and later: RPC over MQTT, status topics, and timers of their own.

Sources are a component, or a component and a path into its status: switch:0, switch:0.apower, cover:0.current_pos,
temperature:100.tC. A lease is `toggle_after`, the running time of a cover `duration`. Source: Shelly's API docs (Gen2,
MQTT, Switch, Cover) and published examples of their use.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import orjson

from controller.model.commands import Command, Verb
from controller.model.ports import Source
from drivers.options import Options

from .document import BIGGEST, Path, availability, decode, path, pick
from .shape import DEVICE, OFF, ON, RESTS, Message, Read, Shown, Told

UNITS = {
    "tC": "°C",
    "rh": "%",
    "current_pos": "%",
    "percent": "%",
    "apower": "W",
    "voltage": "V",
    "current": "A",
}

_OUTPUT = re.compile(r"(switch|cover):\d{1,3}")
_VALUE = re.compile(r"[a-z0-9_]+:\d{1,3}(\.[^./\s]+)+")
_METHODS = {Verb.OPEN: "Cover.Open", Verb.CLOSE: "Cover.Close", Verb.STOP: "Cover.Stop"}
_COVER = {
    "opening": Shown(Verb.OPEN, Verb.OPEN),
    "closing": Shown(Verb.CLOSE, Verb.CLOSE),
    "open": Shown(Verb.STOP, Verb.OPEN),
    "closed": Shown(Verb.STOP, Verb.CLOSE),
    "stopped": RESTS,
}
_REMEMBERED = 64  # requests that may wait for their answer


class Shelly:
    """`availability: false` is for devices that sleep: their last will does not mean that they are gone."""

    OPTIONS = ("topic", "availability")
    leases = times_runs = True
    remembers = False

    def __init__(self, options: Options) -> None:
        self._topic = options.topic("topic", "add topic: with the MQTT prefix of the device, like shellyplus1-aabbcc")
        self._me = f"{self._topic}/onsil"
        self.speaks_for_itself = options.flag("availability", True)
        self._number = 0
        self._asked: dict[int, tuple[str, Verb]] = {}

    def source(self, name: str) -> Source | str:
        if _OUTPUT.fullmatch(name):
            return Source(output="switch" if name.startswith("switch") else "motor")
        if _VALUE.fullmatch(name):
            return Source(UNITS.get(name.rpartition(".")[2], ""))
        return "write a component like switch:0 or cover:0, or a value of one like temperature:100.tC"

    def reads(self, wanted: Collection[str]) -> Mapping[str, Read]:
        parts: dict[str, dict[str, Path]] = {}
        for name in wanted:
            component, _, rest = name.partition(".")
            paths = parts.setdefault(component, {})
            if rest:
                paths[name] = path(rest)

        def components(document: Mapping[str, object], wall_ns: int | None) -> Told:
            values: list[tuple[str, float]] = []
            shown: list[tuple[str, Shown]] = []
            wrong = 0
            for component, paths in parts.items():
                status = document.get(component)
                if not isinstance(status, dict):
                    continue
                found, faults = pick(status, paths)
                values += found
                wrong += faults
                if component in wanted and (state := _shown(component, status)) is not None:
                    shown.append((component, state))
            return Told(values, shown, wrong=wrong, wall_ns=wall_ns)

        def notification(payload: bytes) -> Told | None:
            document = decode(payload)
            if document is None:
                return None
            params = document.get("params")
            if document.get("method") not in ("NotifyStatus", "NotifyFullStatus") or not isinstance(params, dict):
                return Told()
            return components(params, _wall_ns(params.get("ts")))

        def answer(payload: bytes) -> Told | None:
            document = decode(payload)
            if document is None:
                return None
            number = document.get("id")
            asked = self._asked.pop(number, None) if isinstance(number, int) else None
            error, result = document.get("error"), document.get("result")
            if asked is None:
                return components(result, None) if isinstance(result, dict) else Told()
            source, verb = asked
            if isinstance(error, dict):
                return Told(refused=((source, str(error.get("message", "the device refuses"))[:200]),))
            # it says that it has done as it was told, also where nothing has changed by it
            return Told(shown=((source, Shown(verb)),))

        def status(component: str) -> Read:
            def read(payload: bytes) -> Told | None:
                document = decode(payload)
                return None if document is None else components({component: document}, None)

            return read

        found = {f"{self._topic}/status/{component}": status(component) for component in parts}
        found |= {f"{self._topic}/events/rpc": notification, f"{self._me}/rpc": answer}
        if self.speaks_for_itself:
            found[f"{self._topic}/online"] = availability(DEVICE)
        return found

    def greeting(self, wanted: Collection[str]) -> list[Message]:
        return [self._request("Shelly.GetStatus", {})]

    def order(self, source: str, command: Command) -> list[Message]:
        id = int(source.partition(":")[2])
        params: dict[str, object] = {"id": id}
        if command.verb in _METHODS:
            method = _METHODS[command.verb]
            if command.verb is not Verb.STOP and command.seconds is not None:
                params["duration"] = round(command.seconds, 2)
        else:
            method = "Switch.Set"
            params["on"] = command.verb is Verb.ON
            if command.verb is Verb.ON and command.seconds is not None:
                params["toggle_after"] = round(command.seconds, 2)
        request = self._request(method, params)
        self._asked[self._number] = source, command.verb
        if len(self._asked) > _REMEMBERED:
            del self._asked[next(iter(self._asked))]
        return [request]

    def forget(self) -> None:
        self._asked.clear()

    def _request(self, method: str, params: Mapping[str, object]) -> Message:
        self._number += 1
        frame = {"id": self._number, "src": self._me, "method": method, "params": params}
        return Message(f"{self._topic}/rpc", orjson.dumps(frame).decode())


def _shown(component: str, status: Mapping[str, object]) -> Shown | None:
    if component.startswith("switch"):
        output = status.get("output")
        return None if not isinstance(output, bool) else ON if output else OFF
    state = status.get("state")
    return _COVER.get(state) if isinstance(state, str) else None


def _wall_ns(ts: object) -> int | None:
    """Unix time as the device has it; before its clock is set it sends null."""
    return int(ts * 1e6) * 1000 if isinstance(ts, (int, float)) and 0 < ts < BIGGEST else None
