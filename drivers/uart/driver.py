"""A serial port and its instruments: asked in turn, or listened to."""

from __future__ import annotations

import asyncio
import logging
import math

from controller.model.commands import Command, Followed, Report
from controller.model.ports import BusHealth, BusSettings, Emit
from controller.model.time import Clock
from drivers.polling import Rota, Trouble, Unit, Values

from .instruments.instrument import Ask, Instrument, Job, Rest
from .port import Port, PortLost
from .settings import device_options, port_options

_FIRST_REOPEN, _LAST_REOPEN = 0.2, 5.0  # real seconds between attempts to open the port
_NOTHING_TO_DO = 3600.0  # real seconds
_LOOK = 0.2  # real seconds between looks at the time while nothing is heard
_LONGEST_ANSWER = 4096  # bytes

_log = logging.getLogger(__name__)


class UartDriver:
    """Implements controller.model.ports.Driver."""

    def __init__(self, bus: BusSettings, clock: Clock) -> None:
        self._options = port_options(bus)
        self._clock = clock
        self._units: list[Unit] = []
        self._instruments: list[Instrument] = []
        for device in bus.devices:
            options = device_options(device)
            unit = Unit.of(device, options.poll)
            options.instrument.want(tuple(unit.points))
            self._units.append(unit)
            self._instruments.append(options.instrument)
        # s without a word after which one that speaks by itself is lost
        self._silence = min((point.stale_after for device in bus.devices for point in device.points), default=math.inf)
        self._health = BusHealth(bus.name, devices=[unit.health for unit in self._units])
        self._rota = Rota(self._units, clock)
        self._emit: Emit | None = None

    async def run(self, emit: Emit) -> None:
        """Serve the port until cancelled; one that is gone is opened again for ever."""
        self._emit = self._rota.emit = emit
        wait = _FIRST_REOPEN
        try:
            while True:
                try:
                    with Port(self._options) as port:
                        wait = _FIRST_REOPEN
                        self._health.online, self._health.note = True, ""
                        self._rota.restart()
                        await self._serve(port)
                except PortLost as error:
                    self._port_lost(str(error))
                await asyncio.sleep(wait)
                wait = min(2 * wait, _LAST_REOPEN)
        finally:
            self._health.online = False
            self._emit = self._rota.emit = None

    def send(self, command: Command) -> None:
        """Instruments take no commands."""
        note = "an instrument has no outputs"
        report = Report(command.output, Followed.REFUSED, self._clock.now(), command.verb, command.id, note)
        asyncio.get_running_loop().call_soon(self._refuse, report)

    def health(self) -> BusHealth:
        return self._health

    async def _serve(self, port: Port) -> None:
        loop = asyncio.get_running_loop()
        while not self._units:
            await port.read(loop.time() + _NOTHING_TO_DO)
        if self._instruments[0].listens:
            await self._listen(port, self._units[0], self._instruments[0])
        while True:
            index, seconds = self._rota.first()
            if seconds > 0:
                # what is said without being asked is no answer, but that the port is lost shows at once
                await port.read(loop.time() + self._clock.real_seconds(seconds))
                continue
            port.examine()
            await self._measure(port, self._units[index], self._instruments[index])

    async def _listen(self, port: Port, unit: Unit, instrument: Instrument) -> None:
        loop = asyncio.get_running_loop()
        instrument.begin()
        heard_at = self._clock.now()
        while True:
            data = await port.read(loop.time() + min(_LOOK, self._clock.real_seconds(self._silence)))
            now = self._clock.now()
            if data:
                values, nonsense = instrument.hear(data)
                unit.health.errors += nonsense
                if values:
                    heard_at = now
                    self._rota.found(unit, values, now)
                continue
            port.examine()
            if now.seconds_since(heard_at) > self._silence:
                unit.health.timeouts += not unit.lost
                self._rota.lose(unit, "it says nothing")

    async def _measure(self, port: Port, unit: Unit, instrument: Instrument) -> None:
        started = self._clock.now()
        try:
            if not unit.begun:
                await self._talk(port, instrument.begin())
                unit.begun = True
            values = await self._talk(port, instrument.measure())
        except Trouble as trouble:
            self._rota.failed(unit, trouble)
        except PortLost:
            raise
        except Exception:  # whatever an instrument answered, it must not end the task
            _log.exception("%s: answer not understood", unit.health.name)
            self._rota.failed(unit, Trouble("answer not understood"))
        else:
            self._rota.found(unit, values, self._clock.now())
        self._rota.rest(unit, started)

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
            received = (received + data)[-_LONGEST_ANSWER:]
            if (answer := ask.whole(received)) is not None:
                return answer
            if loop.time() >= until:
                break
        return None

    def _port_lost(self, why: str) -> None:
        if self._health.online:
            _log.warning("%s: %s", self._health.name, why)
            self._health.reconnects += 1
        self._health.online, self._health.note = False, why
        self._rota.lose_all(why)

    def _refuse(self, report: Report) -> None:
        if self._emit is not None:
            self._emit([report])
