"""The MQTT bus: a loop that connects, subscribes, and carries messages to the devices and their commands back."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Sequence
from functools import partial

from controller.model.commands import Command, Followed, Report
from controller.model.ports import BusHealth, BusSettings, Emit, FieldInput
from controller.model.time import Clock

from .connection import Connection, Message
from .device import Device, Effects
from .settings import broker_options, make_format

FIRST_WAIT, LONGEST_WAIT = 0.2, 5.0  # real seconds between attempts to connect
EARLY = 10_000  # messages that may come before the subscriptions are confirmed; older ones make room

_log = logging.getLogger(__name__)


class MqttDriver:
    """Implements controller.model.ports.Driver."""

    def __init__(self, bus: BusSettings, clock: Clock) -> None:
        self._options = broker_options(bus)
        self._clock = clock
        self._health = BusHealth(bus.name)
        self._devices = [Device(settings, make_format(settings)) for settings in bus.devices]
        self._health.devices.extend(device.health for device in self._devices)
        self._by_output = {output: device for device in self._devices for output in device.outputs}
        self._timed = [device for device in self._devices if device.has_motors_to_stop]
        self._readers: dict[str, list[tuple[Device, partial[bool]]]] = {}
        for device in self._devices:
            for topic, reader in device.readers().items():
                self._readers.setdefault(topic, []).append((device, reader))
        self._connection: Connection | None = None
        self._early: deque[Message] = deque(maxlen=EARLY)
        self._emit: Emit | None = None
        self._commanded: set[str] = set()
        self._newest: dict[str, Command] = {}
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, emit: Emit) -> None:
        """Serve until cancelled; a broker that is gone is sought again for ever."""
        self._emit = emit
        loop = asyncio.get_running_loop()
        wait = FIRST_WAIT
        try:
            while True:
                started = loop.time()
                note = await self._serve()
                self._lose(note)
                if loop.time() - started > LONGEST_WAIT:
                    # it held for a while and deserves a quick second try; one that is thrown out at once does not
                    wait = FIRST_WAIT
                await asyncio.sleep(wait * random.uniform(0.8, 1.0))
                wait = min(wait * 2, LONGEST_WAIT)
        finally:
            self._emit = None
            self._health.online = False
            if self._timer is not None:
                self._timer.cancel()

    def send(self, command: Command) -> None:
        """Send at once; of several commands for one output in one turn of the loop, the first and the last."""
        if command.output in self._commanded:
            self._newest[command.output] = command
            return
        first = not self._commanded
        self._commanded.add(command.output)
        try:
            self._send_now(command)
        finally:
            # only now, for the command is what somebody waits for
            if first:
                asyncio.get_running_loop().call_soon(self._next_turn)

    def _send_now(self, command: Command) -> None:
        effects = Effects()
        now = self._clock.now()
        device = self._by_output.get(command.output)
        if device is None:
            note = "no such output"
            effects.inputs.append(Report(command.output, Followed.REFUSED, now, command.verb, command.id, note))
        else:
            device.command(command, now, effects)
        self._publish(effects)
        if effects.inputs:
            # the caller may be in the middle of a step: what follows comes to it afterwards
            asyncio.get_running_loop().call_soon(self._hand_over, effects.inputs)

    def health(self) -> BusHealth:
        return self._health

    def _next_turn(self) -> None:
        self._commanded.clear()
        newest, self._newest = self._newest, {}
        for command in newest.values():
            self.send(command)

    async def _serve(self) -> str:
        """One connection from its beginning to its end. Returns why it ended."""
        try:
            async with Connection(self._options, self._receive) as connection:
                refused = await connection.subscribe([*self._readers])
                self._welcome(connection, refused)
                return await connection.lost()
        except (OSError, ValueError) as error:
            return f"no connection to {self._options.host}:{self._options.port}: {error}"
        finally:
            self._connection = None
            self._early.clear()

    def _welcome(self, connection: Connection, refused: Sequence[str]) -> None:
        self._connection = connection
        self._health.online = True
        self._health.note = f"the broker refuses {', '.join(refused)[:200]}" if refused else ""
        effects = Effects()
        now = self._clock.now()
        for device in self._devices:
            device.connected(now, effects)
        self._settle(effects)
        early = list(self._early)
        self._early.clear()
        self._receive(early)
        self._plan_stops()

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
        if self._connection is None:
            # what is retained comes before we are ready: a device that is back would be commanded, and not be reached
            self._early.extend(messages)
            return
        effects = Effects()
        now = self._clock.now()
        for topic, payload, retained in messages:
            for device, reader in self._readers.get(topic, ()):
                if not reader(payload, retained, now, effects):
                    device.health.errors += 1
        self._settle(effects)

    def _settle(self, effects: Effects) -> None:
        if effects.publishes:
            self._publish(effects)
        if effects.inputs:
            self._hand_over(effects.inputs)

    def _hand_over(self, inputs: Sequence[FieldInput]) -> None:
        if self._emit is not None:
            self._emit(inputs)

    def _publish(self, effects: Effects) -> None:
        for topic, payload, command in effects.publishes:
            failure = self._connection.publish(topic, payload) if self._connection is not None else "no connection"
            if failure and command is not None:
                now = self._clock.now()
                effects.inputs.append(
                    Report(command.output, Followed.REFUSED, now, command.verb, command.id or None, failure)
                )
                self._by_output[command.output].health.errors += 1
        if effects.publishes and self._timed:
            self._plan_stops()

    def _plan_stops(self) -> None:
        """Have motors that cannot time their runs stopped in time."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = min((at for device in self._timed if (at := device.next_due()) is not None), default=None)
        if due is not None:
            seconds = self._clock.real_seconds(due.seconds_since(self._clock.now()))
            self._timer = asyncio.get_running_loop().call_later(max(0.0, seconds), self._stop_motors)

    def _stop_motors(self) -> None:
        effects = Effects()
        now = self._clock.now()
        for device in self._timed:
            device.due(now, effects)
        self._settle(effects)
        self._plan_stops()
