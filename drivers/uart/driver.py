"""A serial port and its instruments: asked in turn, or listened to."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from controller.model.commands import Command, Followed, Report
from controller.model.points import Quality, Reading
from controller.model.ports import BusHealth, BusSettings, DeviceHealth, DeviceSettings, Emit, FieldInput, PointSettings
from controller.model.time import Clock, Instant

from .instruments.instrument import Ask, Instrument, Job, Rest, Trouble, Values
from .port import Port, PortLost
from .settings import device_options, port_options

_FIRST_REOPEN, _LAST_REOPEN = 0.2, 5.0  # real seconds between attempts to open the port
_ATTEMPTS = 3  # so many failures in a row, and an instrument is lost
_LONGEST_REST = 60.0  # s of the clock between attempts on one that is lost
_NOTHING_TO_DO = 3600.0  # real seconds
_LOOK = 0.2  # real seconds between looks at the time while nothing is heard

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Unit:
    """An instrument at work."""

    instrument: Instrument
    poll: float
    health: DeviceHealth
    points: dict[str, list[PointSettings]] = field(default_factory=dict)
    silence: float = math.inf  # s without a word after which one that speaks by itself is lost
    due: Instant | None = None  # None: at once
    begun: bool = False
    failures: int = 0
    lost: bool = False
    heard_at: Instant | None = None


class UartDriver:
    """Implements controller.model.ports.Driver."""

    def __init__(self, bus: BusSettings, clock: Clock) -> None:
        self._options = port_options(bus)
        self._clock = clock
        self._units = [_unit(device) for device in bus.devices]
        self._health = BusHealth(bus.name, devices=[unit.health for unit in self._units])
        self._emit: Emit | None = None

    async def run(self, emit: Emit) -> None:
        """Serve the port until cancelled; one that is gone is opened again for ever."""
        self._emit = emit
        wait = _FIRST_REOPEN
        try:
            while True:
                try:
                    with Port(self._options) as port:
                        wait = _FIRST_REOPEN
                        self._health.online, self._health.note = True, ""
                        await self._serve(port)
                except PortLost as error:
                    self._port_lost(str(error))
                await asyncio.sleep(wait)
                wait = min(2 * wait, _LAST_REOPEN)
        finally:
            self._health.online = False
            self._emit = None

    def send(self, command: Command) -> None:
        """Instruments take no commands."""
        report = Report(
            command.output,
            Followed.REFUSED,
            self._clock.now(),
            command.verb,
            command.id,
            "an instrument has no outputs",
        )
        asyncio.get_running_loop().call_soon(self._say, [report])

    def health(self) -> BusHealth:
        return self._health

    async def _serve(self, port: Port) -> None:
        for unit in self._units:
            unit.due, unit.begun, unit.heard_at = None, False, self._clock.now()
        loop = asyncio.get_running_loop()
        while not self._units:
            await port.read(loop.time() + _NOTHING_TO_DO)
        if self._units[0].instrument.listens:
            await self._listen(port, self._units[0])
        while True:
            first = min(self._units, key=_due)
            left = self._clock.real_seconds(_seconds_to(first, self._clock.now()))
            if left > 0:
                # what is said without being asked is no answer, but that the port is lost shows at once
                await port.read(loop.time() + left)
                continue
            port.examine()
            await self._measure(port, first)

    async def _listen(self, port: Port, unit: _Unit) -> None:
        loop = asyncio.get_running_loop()
        unit.instrument.begin()
        while True:
            data = await port.read(loop.time() + min(_LOOK, self._clock.real_seconds(unit.silence)))
            now = self._clock.now()
            if data:
                values, nonsense = unit.instrument.hear(data)
                unit.health.errors += nonsense
                if values:
                    unit.heard_at = now
                    self._found(unit, values, now)
                continue
            port.examine()
            if unit.heard_at is not None and now.seconds_since(unit.heard_at) > unit.silence:
                unit.health.timeouts += not unit.lost
                self._lose(unit, "it says nothing")

    async def _measure(self, port: Port, unit: _Unit) -> None:
        started = self._clock.now()
        try:
            if not unit.begun:
                await self._talk(port, unit.instrument.begin())
                unit.begun = True
            values = await self._talk(port, unit.instrument.measure())
        except Trouble as trouble:
            unit.failures += 1
            unit.health.note = str(trouble)
            if trouble.silent:
                unit.health.timeouts += 1
            else:
                unit.health.errors += 1
            if unit.failures >= _ATTEMPTS:
                self._lose(unit, str(trouble))
        except PortLost:
            raise
        except Exception:  # whatever an instrument answered, it must not end the task
            _log.exception("%s: answer not understood", unit.health.name)
            unit.health.errors += 1
            unit.failures += 1
        else:
            unit.failures = 0
            self._found(unit, values, self._clock.now())
        unit.health.requests += 1
        rest = unit.poll
        if unit.lost:
            # the others on the line must not wait for one that is gone
            rest = min(unit.poll * 2 ** min(unit.failures - _ATTEMPTS, 6), max(unit.poll, _LONGEST_REST))
        unit.due = started.after(rest)

    async def _talk(self, port: Port, job: Job) -> Values:
        """Hold one conversation to its end. Raises Trouble."""
        answer = None
        while True:
            try:
                step = job.send(answer)
            except StopIteration as done:
                values: Values = done.value
                return values
            if isinstance(step, Rest):
                await asyncio.sleep(step.seconds)
                answer = None
            else:
                answer = await self._ask(port, step)

    async def _ask(self, port: Port, ask: Ask) -> bytes | None:
        loop = asyncio.get_running_loop()
        if ask.data:
            port.write(ask.data)
        until = loop.time() + len(ask.data) * 11 / self._options.baudrate + ask.timeout
        received = b""
        while data := await port.read(until):
            received = (received + data)[-4096:]
            if (answer := ask.whole(received)) is not None:
                return answer
            if loop.time() >= until:
                break
        return None

    def _found(self, unit: _Unit, values: Values, now: Instant) -> None:
        unit.lost = False
        unit.health.online, unit.health.note = True, ""
        said: list[FieldInput] = []
        for name, value in values:
            for point in unit.points.get(name, ()):
                if math.isfinite(value):
                    said.append(Reading(point.name, value * point.factor + point.shift, now))
                else:
                    said.append(Reading.missing(point.name, now, Quality.BAD, "the instrument has no value"))
        self._say(said)

    def _lose(self, unit: _Unit, why: str) -> None:
        """The instrument counts as gone: say so once."""
        unit.health.online, unit.health.note = False, why
        unit.begun = False
        if not unit.lost:
            unit.lost = True
            now = self._clock.now()
            points = [point for points in unit.points.values() for point in points]
            self._say([Reading.missing(point.name, now, Quality.STALE, why) for point in points])

    def _port_lost(self, why: str) -> None:
        if self._health.online:
            _log.warning("%s: %s", self._health.name, why)
            self._health.reconnects += 1
        self._health.online, self._health.note = False, why
        for unit in self._units:
            self._lose(unit, why)

    def _say(self, inputs: Sequence[FieldInput]) -> None:
        if inputs and self._emit is not None:
            self._emit(inputs)


def _unit(device: DeviceSettings) -> _Unit:
    options = device_options(device)
    unit = _Unit(options.instrument, options.poll, DeviceHealth(device.name))
    for point in device.points:
        unit.points.setdefault(point.source, []).append(point)
    options.instrument.want(tuple(unit.points))
    unit.silence = min((point.stale_after for point in device.points), default=math.inf)
    return unit


def _due(unit: _Unit) -> int:
    return 0 if unit.due is None else unit.due.mono_ns


def _seconds_to(unit: _Unit, now: Instant) -> float:
    return 0.0 if unit.due is None else unit.due.seconds_since(now)
