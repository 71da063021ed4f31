"""A virtual LoRaWAN probe as ChirpStack v4 publishes it: one uplink every ten minutes."""

from __future__ import annotations

import base64
import json
import math
import struct
import uuid
from datetime import UTC, datetime

from controller.model.time import Instant

from .mqtt_device import VirtualDevice

UPLINK_PERIOD = 600.0  # seconds of the clock


class VirtualProbe(VirtualDevice):
    """It measures and sends, the first uplink at once; downlinks mean nothing to it."""

    PERIOD = UPLINK_PERIOD
    _count = 0

    async def report(self) -> None:
        self._count += 1
        await self._link.say(self._topic, json.dumps(self._document(self._clock.now())))

    def _document(self, now: Instant) -> dict[str, object]:
        time = datetime.fromtimestamp(now.wall_ns / 1e9, UTC).isoformat(timespec="microseconds")
        parts = self._topic.split("/")
        eui = parts[-3] if len(parts) >= 3 else "0000000000000000"
        measured = {point.source: self._measured(point, 3) for point in self._values}
        numbers = (math.nan if value is None else value for value in measured.values())
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
            "data": base64.b64encode(struct.pack(f">{len(measured)}f", *numbers)).decode(),
            "object": {},
            "rxInfo": [{"gatewayId": "0016c001f153a14c", "uplinkId": self._count, "rssi": -97, "snr": 7.5}],
            "txInfo": {"frequency": 922_300_000, "modulation": {"lora": {"bandwidth": 125_000, "spreadingFactor": 7}}},
        }
        for source, value in measured.items():
            # what a probe cannot measure its codec leaves away
            if value is not None:
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
