"""Anything else: JSON by dotted paths, plain numbers, and numbers inside a text, each from its own topic if need be.

values:
  tank: {topic: farm/tank/raw, pattern: "level=(\\d+)", unit: cm, scale: 0.1, offset: -4}
  drain: {path: data.0.drain, unit: mL}

With `payload_set` what is commanded is a number: `payload_set: '{"ec": {value}}'`, in `unit`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from controller.model.commands import Command, Verb
from controller.model.errors import ConfigError
from controller.model.ports import Source
from drivers.options import Options

from . import conventions
from .document import Path, availability, decode, find, first_time, number, path, pick
from .shape import DEVICE, OFF, ON, RESTS, Message, Read, Shown, Told

LONGEST_TEXT = 4096  # bytes that a pattern is tried on

_PATH = re.compile(r"[^./\s]+(\.[^./\s]+)*")
_SECONDS, _VALUE = "{seconds}", "{value}"
_VALUE_OPTIONS = ("topic", "path", "pattern", "unit", "scale", "offset")
_PAYLOADS = ("payload_on", "payload_off", "payload_open", "payload_close", "payload_stop", "payload_set")
_MOTOR = {
    "opening": Shown(Verb.OPEN, Verb.OPEN),
    "closing": Shown(Verb.CLOSE, Verb.CLOSE),
    "open": Shown(Verb.STOP, Verb.OPEN),
    "closed": Shown(Verb.STOP, Verb.CLOSE),
    "stopped": RESTS,
    "stop": RESTS,
}


_KINDS = {"payload_open": "motor", "payload_set": "number"}
_VERBS = {"switch": (Verb.ON, Verb.OFF), "motor": (Verb.OPEN, Verb.CLOSE, Verb.STOP), "number": (Verb.SET,)}


@dataclass(frozen=True, slots=True)
class Value:
    """Where a number is and what it means: `number * scale + offset` in `unit`."""

    topic: str
    path: Path | None
    pattern: re.Pattern[str] | None
    unit: str
    scale: float
    offset: float

    def read(self, name: str, payload: bytes) -> Told | None:
        """The value from a payload that is not JSON, or has it as a whole."""
        try:
            text = payload[:LONGEST_TEXT].decode().strip()
        except UnicodeDecodeError:
            return None
        if self.pattern is not None:
            match = self.pattern.search(text)
            text = (match[1] or "") if match is not None else ""
        value = math.nan if text.lower() in ("nan", "null") else number(text)
        return None if value is None else Told(((name, self.convert(value)),))

    def convert(self, value: float) -> float:
        return value * self.scale + self.offset


class Plain:
    """`payload_on` may hold {seconds} where the device can switch off by itself.

    `payload_open` makes it a motor, `payload_set`, which holds {value}, something that takes a number.
    """

    OPTIONS = ("topic", "values", "availability_topic", "command_topic", "state", "unit", *_PAYLOADS)
    remembers = False

    def __init__(self, options: Options) -> None:
        self._topic = options.topic_or("topic", "")
        self._values = {
            name: _value(entry, self._topic) for name, entry in options.entries("values", _VALUE_OPTIONS).items()
        }
        if not self._topic and not self._values:
            options.topic("topic", "add topic: where it publishes its JSON")
        self._availability = options.topic_or("availability_topic", "")
        self.speaks_for_itself = bool(self._availability)
        self._command_topic = options.topic_or("command_topic", "")
        for key in ("state", "unit", *_PAYLOADS):
            if options.has(key) and not self._command_topic:
                raise ConfigError(
                    f"{key} means nothing without command_topic", options.place(key), "add command_topic:"
                )
        self._state = options.text_or("state", "state")
        self._unit = options.unit("unit")
        self._kind = next((kind for key, kind in _KINDS.items() if options.has(key)), "switch")
        self._payloads = {verb: options.text_or(f"payload_{verb}", verb.upper()) for verb in _VERBS[self._kind]}
        if self._kind == "number" and _VALUE not in self._payloads[Verb.SET]:
            raise ConfigError(
                "payload_set has no place for the number", options.place("payload_set"), "write {value} in it"
            )
        timed = {verb for verb, payload in self._payloads.items() if _SECONDS in payload}
        self.leases, self.times_runs = Verb.ON in timed, {Verb.OPEN, Verb.CLOSE} <= timed

    def source(self, name: str) -> Source | str:
        if self._command_topic and name == self._state:
            return Source(self._unit, self._kind)
        value = self._values.get(name)
        if value is not None:
            return Source(value.unit)
        if not self._topic:
            return "known: " + ", ".join(self._values)
        if not _PATH.fullmatch(name):
            return "write names with dots between, like object.water_soil"
        return Source(conventions.unit_of(name))

    def reads(self, wanted: Collection[str]) -> Mapping[str, Read]:
        readers: dict[str, list[Read]] = {}
        state = self._state if self._command_topic and self._state in wanted else None
        paths: dict[str, dict[str, Path]] = {}
        for name in wanted:
            value = self._values.get(name)
            if name == state:
                readers.setdefault(self._topic, []).append(self._state_reader())
            elif value is None:
                paths.setdefault(self._topic, {})[name] = path(name)
            elif value.path is not None:
                paths.setdefault(value.topic, {})[name] = value.path
            else:
                readers.setdefault(value.topic, []).append(_text_reader(name, value))
        for topic, wanted_paths in paths.items():
            readers.setdefault(topic, []).append(self._json_reader(wanted_paths))
        found = {topic: each[0] if len(each) == 1 else _all(each) for topic, each in readers.items()}
        if self._availability:
            found[self._availability] = availability(DEVICE)
        return found

    def greeting(self, wanted: Collection[str]) -> list[Message]:
        return []

    def order(self, source: str, command: Command) -> list[Message]:
        payload = self._payloads[command.verb]
        if _SECONDS in payload:
            payload = payload.replace(_SECONDS, str(math.ceil(command.seconds or 0)))
        if command.value is not None:
            payload = payload.replace(_VALUE, f"{command.value:.10g}")
        return [Message(self._command_topic, payload)]

    def forget(self) -> None:
        """Every order says all there is to say."""

    def _json_reader(self, paths: Mapping[str, Path]) -> Read:
        converted = {name: value.convert for name in paths if (value := self._values.get(name)) is not None}

        def read(payload: bytes) -> Told | None:
            document = decode(payload)
            if document is None:
                return None
            values, wrong = pick(document, paths)
            if converted:
                values = [(name, converted[name](value) if name in converted else value) for name, value in values]
            return Told(values, wrong=wrong, wall_ns=first_time(document, ("time", "timestamp")))

        return read

    def _state_reader(self) -> Read:
        steps, name = path(self._state), self._state

        def read(payload: bytes) -> Told | None:
            document = decode(payload)
            # a device that publishes one bare word has nothing but its state to say
            said = payload.decode(errors="replace").strip() if document is None else find(document, steps)
            shown = self._shown(said)
            if shown is None:
                return None if document is None else Told()
            return Told(shown=((name, shown),))

        return read

    def _shown(self, said: object) -> Shown | None:
        """The words a command is given in, or usual ones."""
        if self._kind == "number":
            value = number(said)
            return None if value is None else Shown(Verb.SET, value=value)
        if self._kind == "motor":
            return _MOTOR.get(said.lower()) if isinstance(said, str) else None
        if isinstance(said, str):
            for verb, shown in ((Verb.ON, ON), (Verb.OFF, OFF)):
                if said == self._payloads[verb]:
                    return shown
        value = number(said)
        return ON if value == 1.0 else OFF if value == 0.0 else None


def _text_reader(name: str, value: Value) -> Read:
    return lambda payload: value.read(name, payload)


def _all(readers: list[Read]) -> Read:
    """What several readers find in one payload; rubbish is what none of them can read."""

    def read(payload: bytes) -> Told | None:
        found = [told for reader in readers if (told := reader(payload)) is not None]
        if not found:
            return None
        return Told(
            [value for told in found for value in told.values],
            [shown for told in found for shown in told.shown],
            wrong=sum(told.wrong for told in found),
            wall_ns=next((told.wall_ns for told in found if told.wall_ns is not None), None),
        )

    return read


def _value(options: Options, topic: str) -> Value:
    topic = options.topic_or("topic", topic)
    if not topic:
        options.topic("topic", "add topic: where this value is published")
    steps, pattern = options.text_or("path", ""), options.text_or("pattern", "")
    if steps and pattern:
        raise ConfigError("path and pattern exclude each other", options.place("pattern"), "leave one of them out")
    return Value(
        topic,
        path(steps) if steps else None,
        options.pattern("pattern") if pattern else None,
        options.unit("unit"),
        options.number("scale", 1.0),
        options.number("offset", 0.0),
    )
