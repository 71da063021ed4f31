"""ESPHome: one topic an entity, <node>/<component>/<object>/state and …/command, <node>/status as last will.

States are plain words and numbers, and retained. An entity says nothing when it is told what it does already, so that
what it last said counts as long as the node is there. Source: ESPHome's docs (MQTT client component) and sources.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping

from controller.model.commands import Command, Verb
from controller.model.ports import Source
from drivers.options import Options

from . import conventions
from .document import availability, number
from .shape import DEVICE, OFF, ON, Message, Read, Shown, Told

_ENTITY = re.compile(r"(sensor|binary_sensor|text_sensor|number|switch|fan|valve|cover)/[^./\s]+(/position)?")
_SWITCHES = ("switch", "fan", "valve")
_WORDS = {b"ON": ON, b"OFF": OFF, b"OPEN": ON, b"CLOSED": OFF, b"OPENING": ON, b"CLOSING": OFF}
_COVER = {
    b"opening": Shown(Verb.OPEN, Verb.OPEN),
    b"closing": Shown(Verb.CLOSE, Verb.CLOSE),
    b"open": Shown(Verb.STOP, Verb.OPEN),
    b"closed": Shown(Verb.STOP, Verb.CLOSE),
}


class EspHome:
    OPTIONS = ("topic", "availability")
    remembers = True
    leases = times_runs = False

    def __init__(self, options: Options) -> None:
        self._topic = options.topic("topic", "add topic: with the node's topic_prefix, which is its name by default")
        self.speaks_for_itself = options.flag("availability", True)

    def source(self, name: str) -> Source | str:
        match = _ENTITY.fullmatch(name)
        if match is None:
            return "write the component and the entity, like sensor/air_temperature, switch/pump or cover/vent"
        if match[2]:
            return Source("%")
        if match[1] == "cover":
            return Source(output="motor")
        if match[1] in _SWITCHES:
            return Source(output="switch")
        return Source(conventions.unit_of(name.partition("/")[2]))

    def reads(self, wanted: Collection[str]) -> Mapping[str, Read]:
        found: dict[str, Read] = {f"{self._topic}/{name}/state": _reader(name) for name in wanted}
        if self.speaks_for_itself:
            found[f"{self._topic}/status"] = availability(DEVICE)
        return found

    def greeting(self, wanted: Collection[str]) -> list[Message]:
        return []

    def order(self, source: str, command: Command) -> list[Message]:
        word = command.verb.upper()
        if source.startswith("valve/"):
            word = "OPEN" if command.verb is Verb.ON else "CLOSE"
        return [Message(f"{self._topic}/{source}/command", word)]

    def forget(self) -> None:
        """Every order says all there is to say."""


def _reader(name: str) -> Read:
    if name.endswith("/position") or not name.startswith((*(f"{kind}/" for kind in _SWITCHES), "cover/")):
        return lambda payload: _value(name, payload)

    words = _COVER if name.startswith("cover/") else _WORDS

    def read(payload: bytes) -> Told | None:
        state = words.get(payload.lower() if words is _COVER else payload.upper())
        return None if state is None else Told(shown=((name, state),))

    return read


def _value(name: str, payload: bytes) -> Told | None:
    if payload.lower() == b"nan":
        return Told(((name, math.nan),))
    try:
        value = number(payload.decode())
    except UnicodeDecodeError:
        return None
    return None if value is None else Told(((name, value),))
