"""An I²C bus and its chips, asked in turn. Transfers happen in a thread: a chip may stretch the clock at will."""

from __future__ import annotations

import asyncio
import errno
import logging
from concurrent.futures import ThreadPoolExecutor

from controller.model.commands import Command, Followed, Report
from controller.model.ports import BusHealth, BusSettings, Emit
from controller.model.time import Clock
from drivers.opening import why_not
from drivers.polling import Rota, Trouble, Unit, Values

from .chips.chip import Job, Rest, Write
from .settings import ChipOptions, chip_options, port
from .wires import Open, Wires

_FIRST_REOPEN, _LAST_REOPEN = 0.2, 5.0  # real seconds between attempts to open the bus
_PATIENCE = 2.0  # real seconds for one transfer
_SILENT = (errno.ENXIO, errno.EREMOTEIO, errno.ETIMEDOUT, errno.EIO)  # what the kernel says where no chip answers

_log = logging.getLogger(__name__)


class BusLost(OSError):
    """The bus cannot be used any more."""


class I2cDriver:
    """Implements controller.model.ports.Driver."""

    def __init__(self, bus: BusSettings, clock: Clock, wires: Open) -> None:
        self._port = port(bus)
        self._open = wires
        self._clock = clock
        self._chips = [chip_options(device) for device in bus.devices]
        self._units = [Unit.of(device, chip.poll) for device, chip in zip(bus.devices, self._chips, strict=True)]
        self._health = BusHealth(bus.name, devices=[unit.health for unit in self._units])
        self._rota = Rota(self._units, clock)
        self._emit: Emit | None = None

    async def run(self, emit: Emit) -> None:
        """Serve the bus until cancelled; one that is gone is opened again for ever."""
        self._emit = self._rota.emit = emit
        wait = _FIRST_REOPEN
        try:
            while True:
                try:
                    await self._serve()
                except OSError as error:
                    if self._health.online:
                        wait = _FIRST_REOPEN
                    self._bus_lost(str(error))
                await asyncio.sleep(wait)
                wait = min(2 * wait, _LAST_REOPEN)
        finally:
            self._health.online = False
            self._emit = self._rota.emit = None

    def send(self, command: Command) -> None:
        """Sensors take no commands."""
        note = "a sensor has no outputs"
        report = Report(command.output, Followed.REFUSED, self._clock.now(), command.verb, command.id, note)
        asyncio.get_running_loop().call_soon(self._refuse, report)

    def health(self) -> BusHealth:
        return self._health

    async def _serve(self) -> None:
        try:
            wires = self._open(self._port)
        except OSError as error:
            raise BusLost(why_not(error, self._port, "is I²C switched on (raspi-config)?")) from error
        # a thread of its own: a bus that hangs must not take one that others wait for
        thread = ThreadPoolExecutor(1, f"i2c {self._health.name}")
        try:
            self._health.online, self._health.note = True, ""
            self._rota.restart()
            while self._units:
                index, seconds = self._rota.first()
                if seconds > 0:
                    await self._clock.sleep(seconds)
                    continue
                await self._measure(wires, thread, self._units[index], self._chips[index])
            await asyncio.Event().wait()
        finally:
            thread.shutdown(wait=False, cancel_futures=True)
            wires.close()

    async def _measure(self, wires: Wires, thread: ThreadPoolExecutor, unit: Unit, options: ChipOptions) -> None:
        started = self._clock.now()
        try:
            if not unit.begun:
                await self._talk(wires, thread, options.address, options.chip.begin())
                unit.begun = True
            measuring = options.chip.measure(tuple(unit.points))
            values = await self._talk(wires, thread, options.address, measuring)
        except Trouble as trouble:
            # whatever confused it, it is set up anew
            unit.begun = False
            self._rota.failed(unit, trouble)
        except OSError:
            raise
        except Exception:  # whatever a chip answered, it must not end the task
            _log.exception("%s: answer not understood", unit.health.name)
            self._rota.failed(unit, Trouble("answer not understood"))
        else:
            self._rota.found(unit, values, self._clock.now())
        self._rota.rest(unit, started)

    async def _talk(self, wires: Wires, thread: ThreadPoolExecutor, address: int, job: Job) -> Values:
        """Hold one conversation to its end. Raises Trouble and BusLost."""
        answer: bytes | None = None
        while True:
            try:
                # a generator that has not begun takes None only
                step = next(job) if answer is None else job.send(answer)
            except StopIteration as done:
                values: Values = done.value
                return values
            answer = b""
            if isinstance(step, Rest):
                await asyncio.sleep(step.seconds)
            else:
                data = step.data if isinstance(step, Write) else b""
                answer = await self._transfer(wires, thread, address, data, step.size)

    async def _transfer(self, wires: Wires, thread: ThreadPoolExecutor, address: int, data: bytes, count: int) -> bytes:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_PATIENCE):
                answer = await loop.run_in_executor(thread, wires.transfer, address, data, count)
        except TimeoutError:
            raise BusLost(f"{self._port} hangs") from None
        except OSError as error:
            if error.errno in _SILENT:
                raise Trouble(f"no answer from address 0x{address:02x}", silent=True) from None
            raise BusLost(str(error)) from error
        if len(answer) != count:
            raise Trouble(f"{len(answer)} bytes instead of {count}")
        return answer

    def _bus_lost(self, why: str) -> None:
        if self._health.online:
            _log.warning("%s: %s", self._health.name, why)
            self._health.reconnects += 1
        self._health.online, self._health.note = False, why
        self._rota.lose_all(why)

    def _refuse(self, report: Report) -> None:
        if self._emit is not None:
            self._emit([report])
