"""What a LoRaWAN device is told to make it switch, and which of its orders still wait at the network server.

A payload is what the maker's manual says, in hexadecimal digits: "ff 1d a1 00 {seconds:u32le}". One that begins with a
brace is an object for the codec of the network server: '{"valve_1": "open", "time": {seconds}}'. `{seconds}`,
`{minutes}` and `{milliseconds}` stand for the time after which the device is to switch off by itself; among digits they
need their width and byte order: u8, u16le, u16be, u24le, u24be, u32le, u32be.
"""

from __future__ import annotations

import base64
import math
import re
import uuid
from collections.abc import Mapping
from typing import NamedTuple

from controller.model.commands import Command, Verb
from controller.model.errors import ConfigError
from drivers.options import Options

from .document import decode, number
from .shape import OFF, ON, Shown

FORGOTTEN_AFTER = 900.0
"""Seconds after which an order that nobody has heard of again is no longer thought to be waiting, where the device
says nothing of how often it listens."""

OUTPUT_OPTIONS = ("payload_on", "payload_off", "state", "state_on", "state_off")

_A_SECOND = {"seconds": 1.0, "minutes": 1 / 60, "milliseconds": 1000.0}
_TIME = re.compile(r"\{(seconds|minutes|milliseconds)(?::u(8|16|24|32)(le|be)?)?\}")
_EXAMPLE = "write hexadecimal digits like ff1da100{seconds:u32le}, or an object for the codec"


class Payload:
    """What to send for one verb. Raises ConfigError where `key` of these options holds nothing of the kind."""

    def __init__(self, options: Options, key: str) -> None:
        self._text = options.text_or(key, "").strip()
        self.timed = _TIME.search(self._text) is not None
        place = options.place(key)
        if not self._text:
            raise ConfigError(f"an output needs its {key}", place, _EXAMPLE)
        try:
            content = self.content(1.0)
        except ValueError:
            raise ConfigError(f"{self._text!r} is no payload", place, _EXAMPLE) from None
        if content == b"":
            raise ConfigError(f"{key} says nothing", place, _EXAMPLE)

    def content(self, seconds: float | None) -> bytes | dict[str, object]:
        """The bytes, or the object for the codec. ValueError for a text that is neither."""
        for_codec = self._text.startswith("{") and not _TIME.match(self._text)

        def time(found: re.Match[str]) -> str:
            count = max(1, math.ceil(round((seconds or 0) * _A_SECOND[found[1]], 6)))
            if for_codec:
                return str(count)
            if found[2] is None or (found[2] != "8" and found[3] is None):
                raise ValueError("a time among digits needs its width and byte order")
            width = int(found[2]) // 8
            return min(count, (1 << 8 * width) - 1).to_bytes(width, "little" if found[3] == "le" else "big").hex()

        text = _TIME.sub(time, self._text)
        if not for_codec:
            return bytes.fromhex(text)
        document = decode(text.encode())
        if document is None:
            raise ValueError("no JSON object")
        return document


class Valve:
    """An output: what switches it, and where its uplinks say how it stands (`state`, "" for nowhere)."""

    def __init__(self, options: Options) -> None:
        self._payloads = {Verb.ON: Payload(options, "payload_on"), Verb.OFF: Payload(options, "payload_off")}
        self.state = options.text_or("state", "")
        self._words = {
            word.lower(): shown
            for key, shown in (("state_on", ON), ("state_off", OFF))
            if (word := options.text_or(key, ""))
        }
        for key in ("state_on", "state_off"):
            if options.has(key) and not self.state:
                raise ConfigError(f"{key} means nothing without state", options.place(key), "add state:")

    @property
    def timed(self) -> bool:
        return self._payloads[Verb.ON].timed

    def content(self, verb: Verb, seconds: float | None) -> bytes | dict[str, object]:
        return self._payloads[verb].content(seconds)

    def shown(self, said: object) -> Shown | None:
        """How it stands: in the words that site.yaml gives, or on, off, true, false, 1 and 0.

        Open and closed are not among these: an open valve lets water through, an open relay no current.
        """
        if isinstance(said, str) and (known := self._words.get(said.lower())) is not None:
            return known
        value = None if isinstance(said, (list, dict)) else number(said)
        return {1.0: ON, 0.0: OFF}.get(value) if value is not None else None


class Order(NamedTuple):
    """The newest order for an output. `sent` tells that the network server has put it on the air."""

    id: str
    source: str
    command: Command
    sent: bool = False


class Queue:
    """The orders of one device that the network server has been given: the newest of each output.

    `answers_within` is how long a device may take to be heard of after an order (s), 0 for one that listens always.
    """

    def __init__(self, topic: str, answers_within: float = 0.0) -> None:
        self._topic = topic
        self._answers_within = answers_within
        self._forgotten_after = max(FORGOTTEN_AFTER, 2 * answers_within)
        self._count = 0
        self._orders: dict[str, Order] = {}

    def add(self, source: str, command: Command) -> Order | None:
        """A new order; None where one for the same waits already: a second would only keep later ones waiting."""
        self._forget(command)
        known = self._orders.get(source)
        if known is not None and known.command.verb is command.verb:
            answers = command.at.seconds_since(known.command.at) < self._answers_within
            if not known.sent or answers:
                return None
        self._count += 1
        id = uuid.uuid5(uuid.NAMESPACE_URL, f"{self._topic} {self._count} {command.at.wall_ns}")
        order = self._orders[source] = Order(str(id), source, command)
        return order

    def waiting(self) -> list[Order]:
        """What has not been sent yet."""
        return [order for order in self._orders.values() if not order.sent]

    def sent(self, id: object) -> None:
        """An order is on the air; it need not be ours."""
        found = self._find(id)
        if found is not None:
            self._orders[found.source] = found._replace(sent=True)

    def over(self, id: object) -> Order | None:
        """Nothing more will be heard of this order. None for one that is not ours, or has been replaced."""
        found = self._find(id)
        if found is not None:
            del self._orders[found.source]
        return found

    def clear(self) -> list[str]:
        """Nothing waits any more. The outputs for which something did."""
        sources = [*self._orders]
        self._orders.clear()
        return sources

    def _find(self, id: object) -> Order | None:
        return next((order for order in self._orders.values() if order.id == id), None)

    def _forget(self, command: Command) -> None:
        self._orders = {
            source: order
            for source, order in self._orders.items()
            if command.at.seconds_since(order.command.at) < self._forgotten_after
        }


def valves(options: Options) -> Mapping[str, Valve]:
    """The outputs of a device by their names."""
    return {name: Valve(entry) for name, entry in options.entries("outputs", OUTPUT_OPTIONS).items()}


def base64_of(content: bytes) -> str:
    return base64.b64encode(content).decode()
