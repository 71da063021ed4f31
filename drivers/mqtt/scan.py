"""What is at a broker: listens to what devices say of themselves, and asks Shellys how they stand.

It publishes nothing that switches, moves or sets anything up.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final

import orjson

from controller.model.ports import BusSettings
from drivers.scanning import Progress, followed

from .connection import Connection, Message
from .discovery import TOPICS, Finding, found, shelly, tasmota
from .settings import broker_options

LISTEN = 5.0  # s: retained messages come at once, and Shellys answer in well under one
_STEP = 0.25  # s between two words of progress
_MOST = 2000  # devices

_ME: Final = "onsil-scan"


async def scan(
    bus: BusSettings, progress: Callable[[Progress[Finding]], None] = lambda _: None, seconds: float = LISTEN
) -> tuple[Finding, ...]:
    """Every device that is heard at the broker of this bus within `seconds`, by name.

    Uplinks of LoRaWAN probes come rarely: listen for as long as their period to find all of them. Raises ConfigError,
    and OSError where the broker cannot be reached.
    """
    return await followed(listen(bus, seconds), progress)


async def listen(bus: BusSettings, seconds: float = LISTEN) -> AsyncIterator[Progress[Finding]]:
    """Progress as it is made, and at the end. Raises as `scan` does."""
    options = broker_options(bus)
    ear = _Ear()
    loop = asyncio.get_running_loop()
    async with Connection(options, ear.hear) as connection:
        await connection.subscribe([*TOPICS, f"+/{_ME}/rpc"])
        began = loop.time()
        while (done := loop.time() - began) < seconds:
            yield Progress(done, seconds, ear.said(), ear.findings())
            for prefix in ear.to_ask():
                request = {"id": 1, "src": f"{prefix}/{_ME}", "method": "Shelly.GetStatus"}
                connection.publish(f"{prefix}/rpc", orjson.dumps(request))
            await asyncio.sleep(min(_STEP, seconds - done))
    yield Progress(seconds, seconds, ear.said(), ear.findings())


class _Ear:
    """Gathers what is heard."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Finding] = {}
        self._tasmota: dict[str, dict[str, bytes]] = {}
        self._asked: set[str] = set()
        self._shellys: list[str] = []

    def hear(self, messages: Sequence[Message]) -> None:
        for topic, payload, _ in messages:
            parts = topic.split("/")
            match parts:
                case ["tasmota", "discovery", mac, kind]:
                    self._tasmota.setdefault(mac, {})[kind] = payload
                    device = self._tasmota[mac]
                    self._keep(tasmota(device["config"], device.get("sensors")) if "config" in device else None)
                case [prefix, "online"]:
                    if payload == b"true" and prefix not in self._asked:
                        self._asked.add(prefix)
                        self._shellys.append(prefix)
                case [prefix, me, "rpc"] if me == _ME:
                    self._keep(shelly(prefix, payload))
                case _:
                    for finding in found(topic, payload):
                        self._keep(finding)

    def to_ask(self) -> list[str]:
        """Shellys that have not been asked yet."""
        shellys, self._shellys = self._shellys, []
        return shellys

    def said(self) -> str:
        return f"{len(self._found)} devices"

    def findings(self) -> tuple[Finding, ...]:
        return tuple(sorted(self._found.values(), key=lambda finding: (finding.profile, finding.name)))

    def _keep(self, finding: Finding | None) -> None:
        if finding is not None and (finding.key in self._found or len(self._found) < _MOST):
            known = self._found.get(finding.key)
            self._found[finding.key] = finding if known is None else known.joined(finding)
