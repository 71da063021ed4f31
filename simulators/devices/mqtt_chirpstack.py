"""A virtual LoRaWAN probe as ChirpStack v4 publishes it: one uplink every ten minutes."""

from __future__ import annotations

import asyncio
import base64
import json
import math
import struct
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from controller.model.ports import DeviceSettings
from controller.model.time import Clock, Instant

from .mqtt_link import Broker, Journal, Link

UPLINK_PERIOD = 600.0  # seconds of the clock


class VirtualProbe:
    """`read` gives a point's value in the unit of its quantity; it is sent in the unit of the probe."""

    def __init__(self, settings: DeviceSettings, broker: Broker, clock: Clock, read: Callable[[str], float]) -> None:
        self._settings = settings
        self._topic = str(settings.options["topic"])
        self._clock, self._read = clock, read
        self._count = 0
        self._link = Link(broker, settings.name)

    @property
    def journal(self) -> Journal:
        return self._link.journal

    async def run(self) -> None:
        """Send until cancelled, the first uplink at once."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._link.run(None, self.uplink, _ignore))
            tasks.create_task(self._send_regularly())

    async def uplink(self) -> None:
        """Measure and send now."""
        self._count += 1
        await self._link.say(self._topic, json.dumps(self._document(self._clock.now())))

    async def _send_regularly(self) -> None:
        while True:
            await self._clock.sleep(UPLINK_PERIOD)
            await self.uplink()

    def _document(self, now: Instant) -> dict[str, object]:
        time = datetime.fromtimestamp(now.wall_ns / 1e9, UTC).isoformat(timespec="microseconds")
        parts = self._topic.split("/")
        eui = parts[-3] if len(parts) >= 3 else "0000000000000000"
        measured = {
            point.source: round((self._read(point.name) - point.shift) / point.factor, 3)
            for point in self._settings.points
        }
        document: dict[str, object] = {
            "deduplicationId": str(uuid.uuid4()),
            "time": time,
            "deviceInfo": {
                "tenantName": "farm",
                "applicationId": parts[1] if len(parts) > 1 else "1",
                "applicationName": "greenhouse",
                "deviceProfileName": "soil probe",
                "deviceName": self._settings.name,
                "devEui": eui,
                "tags": {},
            },
            "devAddr": f"01{eui[-6:]}",
            "adr": True,
            "dr": 5,
            "fCnt": self._count,
            "fPort": 2,
            "confirmed": False,
            "data": base64.b64encode(struct.pack(f">{len(measured)}f", *measured.values())).decode(),
            "object": {},
            "rxInfo": [{"gatewayId": "0016c001f153a14c", "uplinkId": self._count, "rssi": -97, "snr": 7.5}],
            "txInfo": {"frequency": 922_300_000, "modulation": {"lora": {"bandwidth": 125_000, "spreadingFactor": 7}}},
        }
        for source, value in measured.items():
            # what a probe cannot measure its codec leaves away
            if math.isfinite(value):
                _put(document, source.split("."), value)
        return document


def _put(document: dict[str, object], steps: list[str], value: float) -> None:
    here = document
    for step in steps[:-1]:
        below = here.setdefault(step, {})
        if not isinstance(below, dict):
            return
        here = below
    here[steps[-1]] = value


async def _ignore(topic: str, text: str) -> None:
    """A probe without downlinks."""
