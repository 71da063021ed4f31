"""Zigbee2MQTT: one JSON topic a device, …/set and …/get below it, availability of the device and of the bridge.

Source: Zigbee2MQTT's docs (MQTT topics and messages, device availability, the pages of single devices).
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping

import orjson

from controller.model.commands import Command, Verb
from controller.model.ports import Source
from drivers.options import Options

from . import conventions
from .document import availability, decode, first_time, path, pick
from .shape import OFF, ON, Message, Read, Shown, Told

_PATH = re.compile(r"[^./\s]+(\.[^./\s]+)*")
_SWITCH = re.compile(r"state(_[a-z0-9]+)?")
_LONGEST = 6553.0  # seconds: on_time goes over the air as tenths in 16 bits
_MOVES = {"UP": Verb.OPEN, "DOWN": Verb.CLOSE, "STOP": Verb.STOP}
_ENDS = {"OPEN": Verb.OPEN, "CLOSE": Verb.CLOSE}
_SWITCHES = {"ON": ON, "OFF": OFF}


class Zigbee2Mqtt:
    """`on_time: true` has ON end by itself; a switch that cannot do that would not switch at all."""

    OPTIONS = ("topic", "bridge", "on_time", "availability")
    times_runs = remembers = False

    def __init__(self, options: Options) -> None:
        self._topic = options.topic("topic", "add topic: zigbee2mqtt/<friendly name>")
        self._bridge = options.topic_or("bridge", self._topic.partition("/")[0] + "/bridge/state")
        self.speaks_for_itself = options.flag("availability", True)
        self.leases = options.flag("on_time", False)

    def source(self, name: str) -> Source | str:
        if name == "cover":
            return Source(output="motor")
        if _SWITCH.fullmatch(name):
            return Source(output="switch")
        if _PATH.fullmatch(name):
            return Source(conventions.unit_of(name))
        return "write what the device exposes, like soil_moisture, state or state_l1; cover for a motor"

    def reads(self, wanted: Collection[str]) -> Mapping[str, Read]:
        paths = {name: path(name) for name in wanted if name != "cover" and not _SWITCH.fullmatch(name)}
        switches = [name for name in wanted if _SWITCH.fullmatch(name)]
        cover = "cover" in wanted

        def message(payload: bytes) -> Told | None:
            document = decode(payload)
            if document is None:
                return None
            values, wrong = pick(document, paths)
            shown = [(name, _SWITCHES[word]) for name in switches if (word := _word(document, name)) in _SWITCHES]
            if cover and (state := _cover(document)) is not None:
                shown.append(("cover", state))
            return Told(values, shown, wrong=wrong, wall_ns=first_time(document, ("last_seen", "time", "timestamp")))

        found: dict[str, Read] = {self._topic: message}
        if self.speaks_for_itself:
            found[f"{self._topic}/availability"] = availability("Zigbee device")
            found[self._bridge] = availability("bridge")
        return found

    def greeting(self, wanted: Collection[str]) -> list[Message]:
        asked = [name for name in wanted if _SWITCH.fullmatch(name)]
        return [Message(f"{self._topic}/get", _json({name: ""})) for name in asked]

    def order(self, source: str, command: Command) -> list[Message]:
        what: dict[str, object] = {"state" if source == "cover" else source: command.verb.upper()}
        if self.leases and command.verb is Verb.ON and command.seconds is not None:
            # some firmware wants both; a wait of 0 lets the next lease come at any time
            what |= {"on_time": math.ceil(min(command.seconds, _LONGEST)), "off_wait_time": 0}
        return [Message(f"{self._topic}/set", _json(what))]

    def forget(self) -> None:
        """Every order says all there is to say."""


def _cover(document: Mapping[str, object]) -> Shown | None:
    """`moving` is there with motors that say so; `state` is where the cover is, or was told to go."""
    moves, end = _word(document, "moving"), _ENDS.get(_word(document, "state"))
    if moves in _MOVES:
        return Shown(_MOVES[moves], end)
    return None if end is None and _word(document, "state") != "STOP" else Shown(Verb.STOP, end)


def _word(document: Mapping[str, object], name: str) -> str:
    value = document.get(name)
    return value.upper() if isinstance(value, str) else ""


def _json(document: object) -> str:
    return orjson.dumps(document).decode()
