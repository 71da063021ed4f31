"""The MQTT bus: a loop that connects, subscribes, and carries messages to the devices and their commands back."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence

from controller.model.commands import Command, Followed, Report
from controller.model.ports import BusHealth, BusSettings, DeviceSettings, Emit, FieldInput
from controller.model.time import Clock

from .connection import Connection
from .device import Device, Effects, Handler
from .json_device import JsonDevice
from .packets import Message
from .relays import TasmotaDevice
from .settings import broker_options, device_options

FIRST_WAIT, LONGEST_WAIT = 0.2, 5.0  # real seconds between attempts to connect

_log = logging.getLogger(__name__)


class MqttDriver:
    """Implements controller.model.ports.Driver."""

    def __init__(self, bus: BusSettings, clock: Clock) -> None:
        self._options = broker_options(bus)
        self._clock = clock
        self._health = BusHealth(bus.name)
        self._devices = [_device(settings) for settings in bus.devices]
        self._health.devices.extend(device.health for device in self._devices)
        self._by_output = {output: device for device in self._devices for output in device.outputs}
        self._handlers: dict[bytes, list[tuple[Device, Handler]]] = {}
        for device in self._devices:
            for topic, handler in device.handlers().items():
                self._handlers.setdefault(topic.encode(), []).append((device, handler))
        self._connection: Connection | None = None
        self._emit: Emit | None = None

    async def run(self, emit: Emit) -> None:
        self._emit = emit
        loop = asyncio.get_running_loop()
        wait = FIRST_WAIT
        while True:
            started = loop.time()
            note = await self._serve()
            self._lose(note)
            if loop.time() - started > LONGEST_WAIT:
                # it held for a while and deserves a quick second try; one that is thrown out at once does not
                wait = FIRST_WAIT
            await asyncio.sleep(wait * random.uniform(0.8, 1.0))
            wait = min(wait * 2, LONGEST_WAIT)

    def send(self, command: Command) -> None:
        effects = Effects()
        self._by_output[command.output].command(command, self._clock.now(), effects)
        self._publish(effects)
        if effects.inputs:
            # the caller may be in the middle of a step: what follows comes to it afterwards
            asyncio.get_running_loop().call_soon(self._hand_over, effects.inputs)

    def health(self) -> BusHealth:
        return self._health

    async def _serve(self) -> str:
        """One connection from its beginning to its end. Returns why it ended."""
        try:
            async with Connection(self._options, self._receive) as connection:
                refused = await connection.subscribe([topic.decode() for topic in self._handlers])
                self._welcome(connection, refused)
                return await connection.lost()
        except (OSError, ValueError) as error:
            return f"no connection to {self._options.host}:{self._options.port}: {error}"
        finally:
            self._connection = None

    def _welcome(self, connection: Connection, refused: Sequence[str]) -> None:
        self._connection = connection
        self._health.online = True
        self._health.note = f"the broker refuses {', '.join(refused)[:200]}" if refused else ""
        effects = Effects()
        now = self._clock.now()
        for device in self._devices:
            device.connected(now, effects)
        self._settle(effects)

    def _lose(self, note: str) -> None:
        if self._health.online:
            self._health.reconnects += 1
            _log.warning("bus %s: %s", self._health.name, note)
        self._health.online = False
        self._health.note = note
        effects = Effects()
        now = self._clock.now()
        for device in self._devices:
            device.lost(now, note, effects)
        self._settle(effects)

    def _receive(self, messages: Sequence[Message]) -> None:
        effects = Effects()
        now = self._clock.now()
        for topic, payload, retained in messages:
            for device, handler in self._handlers.get(topic, ()):
                if not handler(payload, retained, now, effects):
                    device.health.errors += 1
        self._settle(effects)

    def _settle(self, effects: Effects) -> None:
        self._publish(effects)
        if effects.inputs:
            self._hand_over(effects.inputs)

    def _hand_over(self, inputs: Sequence[FieldInput]) -> None:
        if self._emit is not None:
            self._emit(inputs)

    def _publish(self, effects: Effects) -> None:
        for topic, payload, output in effects.publishes:
            failure = self._connection.publish(topic, payload) if self._connection is not None else "no connection"
            if failure and output:
                report = Report(output, Followed.REFUSED, self._clock.now(), note=failure)
                effects.inputs.append(report)
                self._by_output[output].health.errors += 1


def _device(settings: DeviceSettings) -> Device:
    options = device_options(settings)
    return TasmotaDevice(settings, options.topic) if options.profile == "tasmota" else JsonDevice(settings, options)
