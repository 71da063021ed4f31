"""A virtual valve controller on LoRaWAN, behind ChirpStack v4 or The Things Stack v3: two valves with timers.

Its frames are those of Milesight's UC511 (the maker's published decoder and encoder): ff 1d, a byte of flags (bit 7
time, bit 5 open, bits 0 to 2 the valve), a sequence number, and with bit 7 the seconds (32 bits, low byte first).
"""

from __future__ import annotations

import base64
import json
import uuid
from collections import deque
from functools import cached_property
from typing import Any, NamedTuple

from .mqtt_device import VirtualDevice
from .mqtt_parts import Relay

UPLINK_PERIOD = 600.0  # seconds of the clock
PORT = 85


class Downlink(NamedTuple):
    """One entry of the network server's queue."""

    id: str
    port: int
    confirmed: bool
    frame: bytes


class ChirpStack:
    """How ChirpStack speaks of a device, whose topics begin with `base`."""

    def __init__(self, topic: str) -> None:
        self.base = topic.removesuffix("/event/up")
        self.orders = f"{self.base}/command/down"

    def queued(self, topic: str, text: str, queue: deque[Downlink]) -> None:
        """Take what is to be sent; ValueError for what ChirpStack would not take."""
        asked = json.loads(text)
        if asked["devEui"] != self.base.rpartition("/")[2] or not asked["fPort"]:
            raise ValueError("not for this device")
        frame = base64.b64decode(asked["data"]) if "data" in asked else encoded(asked["object"])
        queue.append(Downlink(str(uuid.UUID(asked["id"])), asked["fPort"], asked["confirmed"], frame))

    def uplink(self, fields: dict[str, object], time: str, count: int) -> tuple[str, dict[str, object]]:
        document = {"deduplicationId": str(uuid.uuid4()), "time": time, "fCnt": count, "fPort": PORT, "object": fields}
        return f"{self.base}/event/up", document

    def sent(self, downlink: Downlink) -> tuple[str, dict[str, object]]:
        return f"{self.base}/event/txack", {"downlinkId": 7, "queueItemId": downlink.id, "fCntDown": 1}

    def acknowledged(self, downlink: Downlink, heard: bool) -> tuple[str, dict[str, object]]:
        said: dict[str, object] = {"queueItemId": downlink.id, "fCntDown": 1}
        return f"{self.base}/event/ack", {**said, "acknowledged": True} if heard else said


class TheThingsStack:
    """How The Things Stack speaks of a device."""

    def __init__(self, topic: str) -> None:
        self.base = topic.removesuffix("/up")
        self.orders = f"{self.base}/down/+"

    def queued(self, topic: str, text: str, queue: deque[Downlink]) -> None:
        """Take what is to be sent; what the server itself says comes on these topics too."""
        verb = topic.rpartition("/")[2]
        if verb not in ("push", "replace"):
            return
        if verb == "replace":
            queue.clear()
        for asked in json.loads(text)["downlinks"]:
            plain = asked.get("frm_payload")
            frame = base64.b64decode(plain) if plain else encoded(asked["decoded_payload"])
            queue.append(Downlink(asked["correlation_ids"][0], asked["f_port"], asked.get("confirmed", False), frame))

    def uplink(self, fields: dict[str, object], time: str, count: int) -> tuple[str, dict[str, object]]:
        message = {"session_key_id": "AYfg8r==", "f_port": PORT, "f_cnt": count, "decoded_payload": fields}
        return f"{self.base}/up", {"received_at": time, "uplink_message": message}

    def sent(self, downlink: Downlink) -> tuple[str, dict[str, object]]:
        return f"{self.base}/down/sent", self._event("downlink_sent", downlink)

    def acknowledged(self, downlink: Downlink, heard: bool) -> tuple[str, dict[str, object]]:
        word = "ack" if heard else "nack"
        return f"{self.base}/down/{word}", self._event(f"downlink_{word}", downlink)

    def _event(self, name: str, downlink: Downlink) -> dict[str, object]:
        ids = ["as:downlink:01H8", downlink.id]
        return {"correlation_ids": ids, name: {"f_port": downlink.port, "correlation_ids": ids}}


SERVERS: dict[str, type[ChirpStack] | type[TheThingsStack]] = {
    "chirpstack": ChirpStack,
    "the-things-stack": TheThingsStack,
}


class VirtualLorawanValve(VirtualDevice):
    """Points whose source is valve_1 or valve_2 are its valves. Of class C, unless `class_a` is set; `deaf` hears
    nothing.
    """

    PERIOD = UPLINK_PERIOD
    class_a = deaf = False
    _count = 0

    @cached_property
    def queue(self) -> deque[Downlink]:
        """What waits at the network server."""
        return deque()

    @cached_property
    def _server(self) -> ChirpStack | TheThingsStack:
        return SERVERS[str(self._settings.options["profile"])](self._topic)

    async def report(self) -> None:
        """An uplink that says how the valves stand; class A listens for a moment afterwards, and has one downlink."""
        self._count += 1
        fields: dict[str, object] = {name: "open" if valve.on else "close" for name, valve in self._relays.items()}
        await self._say(self._server.uplink(fields, self._clock.now().utc().isoformat(), self._count))
        if self.class_a and self.queue:
            await self._deliver(self.queue.popleft())

    def _kind(self, source: str) -> type[Relay] | None:
        return Relay if source.startswith("valve_") else None

    def _orders(self) -> str:
        return self._server.orders

    async def _obey(self, topic: str, text: str) -> None:
        self._server.queued(topic, text, self.queue)
        while self.queue and not self.class_a:
            await self._deliver(self.queue.popleft())

    async def _deliver(self, downlink: Downlink) -> None:
        await self._say(self._server.sent(downlink))
        if not self.deaf and downlink.port == PORT:
            self._switch(downlink.frame)
        if downlink.confirmed:
            await self._say(self._server.acknowledged(downlink, not self.deaf))
        if not self.deaf:
            await self.report()

    def _switch(self, frame: bytes) -> None:
        if frame[:2] != b"\xff\x1d" or len(frame) not in (4, 8):
            return
        flags, seconds = frame[2], int.from_bytes(frame[4:], "little")
        valve = self._relays.get(f"valve_{flags & 0x07}")
        if valve is not None:
            valve.switch(bool(flags & 0x20), seconds if flags & 0x80 else None)

    async def _say(self, said: tuple[str, dict[str, object]]) -> None:
        topic, document = said
        await self._link.say(topic, json.dumps(document))


def encoded(fields: dict[str, Any]) -> bytes:
    """What the maker's codec makes of an object."""
    ((name, task),) = fields.items()
    timed = task["time_rule_enable"] == "enable"
    flags = timed << 7 | (task["valve_status"] == "open") << 5 | int(name[6])
    return bytes((0xFF, 0x1D, flags, 0)) + (int(task["duration"]).to_bytes(4, "little") if timed else b"")
