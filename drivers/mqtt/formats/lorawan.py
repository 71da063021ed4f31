"""LoRaWAN devices: uplinks as ChirpStack v4 and The Things Stack v3 publish them, and downlinks to valves and relays.

Both carry the fields that the device's codec made, the network server's time, and something by which copies of one
uplink are known. A field the codec left away is missing, not zero. A downlink waits at the network server until the
device listens; that it has come is told by the device's acknowledgement, and by the state in its next uplink.

outputs:
  valve_1: {payload_on: "ff1da100{seconds:u32le}", payload_off: ff1d0100, state: object.valve_1, state_on: open}

Sources: ChirpStack's docs (integrations, events, changelog) and its integration.proto; The Things Stack's docs (MQTT
server, data formats).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar

import orjson

from controller.model.commands import Command, Verb
from controller.model.errors import ConfigError, one_of
from controller.model.ports import Source
from drivers.options import Options

from . import conventions
from .document import Path, decode, find, first_time, path, pick
from .downlink import Order, Queue, base64_of, valves
from .shape import Message, Read, Shown, Told

_PATH = re.compile(r"[^./\s]+(\.[^./\s]+)*")
_HIGHEST_PORT = 223


class _Device:
    """What both have in common; `_FIELDS` is where the codec's fields are, `_RADIO` what else may be asked for.

    `_TOPIC` is a topic of uplinks, whose group is where the device's other topics begin.
    """

    OPTIONS: ClassVar[Sequence[str]] = ("topic", "outputs", "port", "confirmed", "uplink_every")
    speaks_for_itself = times_runs = remembers = False
    _FIELDS: str
    _RADIO: tuple[str, ...]
    _EXAMPLE: str
    _TOPIC: re.Pattern[str]

    def __init__(self, options: Options) -> None:
        self._topic = options.topic("topic", f"add topic: {self._EXAMPLE}")
        self._valves = valves(options)
        self._confirmed = options.flag("confirmed", True)
        # without a time of its own a repeated order costs the air and prolongs nothing; with one it must not be missed
        self.leases = any(valve.timed for valve in self._valves.values())
        # of class A: it hears an order after its next uplink, and acknowledges it with the one after that
        self._answers_within = 2 * options.seconds("uplink_every", 600.0, 10.0) if options.has("uplink_every") else 0.0
        self._queue = Queue(self._topic, self._answers_within)
        self._base = ""
        if self._valves:
            self._port = options.required_whole("port", 1, _HIGHEST_PORT)
            matched = self._TOPIC.fullmatch(self._topic)
            if matched is None:
                raise ConfigError(
                    "where downlinks go cannot be told from this topic",
                    options.place("topic"),
                    f"write {self._EXAMPLE}",
                )
            self._base = matched[1]
            for name, valve in self._valves.items():
                if not self._confirmed and not valve.state:
                    raise ConfigError(
                        f"nothing would tell whether {name} obeys",
                        options.place("confirmed"),
                        f"give {name} a state:, or leave confirmed: false out",
                    )

    def source(self, name: str) -> Source | str:
        if name in self._valves:
            return Source(output="switch", delay=self._answers_within)
        full = self._full(name)
        if not _PATH.fullmatch(name):
            return f"write names with dots between, like {self._FIELDS}water_soil"
        if not full.startswith(self._FIELDS) and full not in self._RADIO:
            return one_of(name, (*self._valves, *self._RADIO, self._FIELDS + name))
        return Source(conventions.unit_of(name))

    def reads(self, wanted: Collection[str]) -> Mapping[str, Read]:
        paths = {name: path(self._full(name)) for name in wanted if name not in self._valves}
        states = {
            name: path(self._full(valve.state))
            for name, valve in self._valves.items()
            if valve.state and name in wanted
        }
        found: dict[str, Read] = {self._topic: self._uplink(paths, states)}
        if any(name in self._valves for name in wanted):
            found |= self._events()
        return found

    def greeting(self, wanted: Collection[str]) -> list[Message]:
        return []

    def order(self, source: str, command: Command) -> list[Message]:
        before = self._queue.waiting()
        order = self._queue.add(source, command)
        return [] if order is None else [self._send(order, before)]

    def forget(self) -> None:
        self._queue.clear()

    def _full(self, name: str) -> str:
        """A name as a path from the top of an uplink."""
        return name

    def _shown(self, document: Mapping[str, object], states: Mapping[str, Path]) -> Sequence[tuple[str, Shown]]:
        said = ((name, self._valves[name].shown(find(document, steps))) for name, steps in states.items())
        return tuple((name, shown) for name, shown in said if shown is not None)

    def _content(self, order: Order) -> bytes | dict[str, object]:
        return self._valves[order.source].content(order.command.verb, order.command.seconds)

    def _acknowledged(self, id: object) -> Told:
        order = self._queue.over(id)
        return Told() if order is None else Told(shown=((order.source, Shown(order.command.verb)),))

    def _failed(self, id: object, why: str) -> Told:
        order = self._queue.over(id)
        return Told() if order is None else Told(refused=((order.source, why),))

    def _uplink(self, paths: Mapping[str, Path], states: Mapping[str, Path]) -> Read:
        raise NotImplementedError

    def _events(self) -> Mapping[str, Read]:
        """What else the network server tells of the device: the fate of downlinks."""
        raise NotImplementedError

    def _send(self, order: Order, before: Sequence[Order]) -> Message:
        """Give an order to the network server, where those of `before` may still wait."""
        raise NotImplementedError


class ChirpStack(_Device):
    """…/event/up of ChirpStack v4. `expires: true` has it drop an ON whose time is over, from v4.14.0 on."""

    OPTIONS = (*_Device.OPTIONS, "expires")
    _FIELDS = "object."
    _RADIO = ("fCnt", "rxInfo.0.rssi", "rxInfo.0.snr")
    _EXAMPLE = "application/<id>/device/<devEui>/event/up"
    _TOPIC = re.compile(r"(.*/device/[0-9a-fA-F]{16})/event/up")

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self._expires = options.flag("expires", False)

    def _uplink(self, paths: Mapping[str, Path], states: Mapping[str, Path]) -> Read:
        def read(payload: bytes) -> Told | None:
            document = decode(payload)
            if document is None:
                return None
            values, wrong = pick(document, paths)
            key = document.get("deduplicationId")
            return Told(
                values,
                self._shown(document, states),
                wrong=wrong,
                wall_ns=first_time(document, ("time",)),
                key=key if isinstance(key, str) else "",
            )

        return read

    def _events(self) -> Mapping[str, Read]:
        def acknowledgement(document: Mapping[str, object]) -> Told:
            id = document.get("queueItemId")
            # a field that is false may be left away
            if document.get("acknowledged", False) is True:
                return self._acknowledged(id)
            return self._failed(id, "the device has not acknowledged the downlink")

        def sent(document: Mapping[str, object]) -> Told:
            self._queue.sent(document.get("queueItemId"))
            return Told()

        def log(document: Mapping[str, object]) -> Told:
            code = str(document.get("code", ""))
            if document.get("level") != "ERROR" or not (code.startswith("DOWNLINK") or code == "EXPIRED"):
                return Told()
            why = f"the network server says: {document.get('description') or code}"[:200]
            return Told(refused=[(source, why) for source in self._queue.clear()])

        reads = {"ack": acknowledgement, "txack": sent, "log": log}
        return {f"{self._base}/event/{event}": _document(read) for event, read in reads.items()}

    def _send(self, order: Order, before: Sequence[Order]) -> Message:
        content = self._content(order)
        downlink: dict[str, object] = {
            "id": order.id,
            "devEui": self._base.rpartition("/")[2],
            "confirmed": self._confirmed,
            "fPort": self._port,
        }
        if isinstance(content, bytes):
            downlink["data"] = base64_of(content)
        else:
            downlink["object"] = content
        command = order.command
        if self._expires and command.verb is Verb.ON and command.seconds is not None:
            ends = datetime.fromtimestamp(command.at.after(command.seconds).wall_ns / 1e9, UTC)
            downlink["expiresAt"] = ends.isoformat(timespec="milliseconds")
        return Message(f"{self._base}/command/down", orjson.dumps(downlink).decode())


class TheThingsStack(_Device):
    """…/up of The Things Stack v3. It has QoS 0 only: what is lost on the way is lost."""

    _FIELDS = "uplink_message.decoded_payload."
    _RADIO = ("uplink_message.f_cnt", "uplink_message.rx_metadata.0.rssi", "uplink_message.rx_metadata.0.snr")
    _EXAMPLE = "v3/<application>@<tenant>/devices/<device>/up"
    _TOPIC = re.compile(r"(v3/[^/]+/devices/[^/]+)/up")

    def _full(self, name: str) -> str:
        # the long way to the codec's fields need not be written
        return name if name.startswith("uplink_message.") else self._FIELDS + name

    def _uplink(self, paths: Mapping[str, Path], states: Mapping[str, Path]) -> Read:
        session = path("uplink_message.session_key_id")
        count = path("uplink_message.f_cnt")

        def read(payload: bytes) -> Told | None:
            document = decode(payload)
            if document is None:
                return None
            values, wrong = pick(document, paths)
            # a first frame has no f_cnt, as zeros are left away; the session keeps it apart from that of the last join
            keys = find(document, session), find(document, count)
            key = f"{keys[0]}/{keys[1]}" if isinstance(keys[0], str) and isinstance(keys[1], int) else ""
            shown = self._shown(document, states)
            return Told(values, shown, wrong=wrong, wall_ns=first_time(document, ("received_at",)), key=key)

        return read

    def _events(self) -> Mapping[str, Read]:
        def acknowledged(document: Mapping[str, object]) -> Told:
            return self._each(document, self._acknowledged)

        def refused(document: Mapping[str, object]) -> Told:
            return self._each(document, lambda id: self._failed(id, "the device has not acknowledged the downlink"))

        def failed(document: Mapping[str, object]) -> Told:
            said = find(document, path("downlink_failed.error.message_format"))
            why = f"the network server says: {said if isinstance(said, str) else 'the downlink has failed'}"[:200]
            return self._each(document, lambda id: self._failed(id, why))

        def sent(document: Mapping[str, object]) -> Told:
            for id in _ids(document):
                self._queue.sent(id)
            return Told()

        reads = {"ack": acknowledged, "nack": refused, "failed": failed, "sent": sent}
        return {f"{self._base}/down/{event}": _document(read) for event, read in reads.items()}

    def _send(self, order: Order, before: Sequence[Order]) -> Message:
        others = [each for each in before if each.source != order.source]
        if len(others) == len(before):
            return Message(f"{self._base}/down/push", self._downlinks([order]))
        # what contradicts this order need not reach the device any more; OFF goes first
        orders = sorted([*others, order], key=lambda each: each.command.verb is Verb.ON)
        return Message(f"{self._base}/down/replace", self._downlinks(orders))

    def _downlinks(self, orders: Sequence[Order]) -> str:
        return orjson.dumps({"downlinks": [self._downlink(order) for order in orders]}).decode()

    def _downlink(self, order: Order) -> dict[str, object]:
        content = self._content(order)
        return {
            "f_port": self._port,
            **({"frm_payload": base64_of(content)} if isinstance(content, bytes) else {"decoded_payload": content}),
            "priority": "HIGH",
            "confirmed": self._confirmed,
            "correlation_ids": [order.id],
        }

    @staticmethod
    def _each(document: Mapping[str, object], told: Callable[[object], Told]) -> Told:
        """What an event says of the order that it belongs to: it carries the ids of everything that led to it."""
        found = (told(id) for id in _ids(document))
        return next((each for each in found if each != Told()), Told())


def _document(said: Callable[[Mapping[str, object]], Told]) -> Read:
    def read(payload: bytes) -> Told | None:
        document = decode(payload)
        return None if document is None else said(document)

    return read


def _ids(document: Mapping[str, object]) -> list[object]:
    ids = document.get("correlation_ids")
    return ids if isinstance(ids, list) else []
