"""Reads thermometers one after the other. Each takes up to 0.75 s, in a thread: the kernel lets its reader wait."""

from __future__ import annotations

import asyncio
from pathlib import Path

from controller.model.commands import Command, Followed, Report
from controller.model.ports import BusHealth, BusSettings, Emit
from controller.model.time import Clock
from drivers.polling import Rota, Trouble, Unit

from .reading import from_slave, from_temperature
from .settings import folder, thermometer

_LOOK = 1.0  # real seconds between looks for a bus that is not there
_PATIENCE = 5.0  # real seconds for one reading


class OneWireDriver:
    """Implements controller.model.ports.Driver."""

    def __init__(self, bus: BusSettings, clock: Clock) -> None:
        self._folder = folder(bus)
        self._clock = clock
        self._ids = [thermometer(device).id for device in bus.devices]
        self._units = [Unit.of(device, thermometer(device).poll) for device in bus.devices]
        self._health = BusHealth(bus.name, devices=[unit.health for unit in self._units])
        self._rota = Rota(self._units, clock)
        self._emit: Emit | None = None

    async def run(self, emit: Emit) -> None:
        """Read until cancelled."""
        self._emit = self._rota.emit = emit
        try:
            while True:
                if self._there() and self._units:
                    await self._turn()
                else:
                    await asyncio.sleep(_LOOK)
        finally:
            self._health.online = False
            self._emit = self._rota.emit = None

    def send(self, command: Command) -> None:
        """Thermometers take no commands."""
        note = "a thermometer has no outputs"
        report = Report(command.output, Followed.REFUSED, self._clock.now(), command.verb, command.id, note)
        asyncio.get_running_loop().call_soon(self._refuse, report)

    def health(self) -> BusHealth:
        return self._health

    def _there(self) -> bool:
        there = self._folder.is_dir()
        if there and not self._health.online:
            self._health.online, self._health.note = True, ""
            self._rota.restart()
        elif not there:
            if self._health.online:
                self._health.reconnects += 1
            note = f"there is no {self._folder}: is the w1 kernel module loaded?"
            self._health.online, self._health.note = False, note
            self._rota.lose_all(note)
        return there

    async def _turn(self) -> None:
        index, seconds = self._rota.first()
        if seconds > 0:
            # not longer than a look, so that a bus that has gone shows
            await asyncio.sleep(min(self._clock.real_seconds(seconds), _LOOK))
            return
        unit, started = self._units[index], self._clock.now()
        try:
            async with asyncio.timeout(_PATIENCE):
                value = await asyncio.to_thread(_read, self._folder / self._ids[index])
        except Trouble as trouble:
            self._rota.failed(unit, trouble)
        except TimeoutError:
            self._rota.failed(unit, Trouble("no answer", silent=True))
        except OSError as error:
            self._rota.failed(unit, Trouble(error.strerror or str(error), silent=True))
        else:
            self._rota.found(unit, (("temperature", value),), self._clock.now())
        self._rota.rest(unit, started)

    def _refuse(self, report: Report) -> None:
        if self._emit is not None:
            self._emit([report])


def _read(device: Path) -> float:
    """°C. Raises Trouble and OSError."""
    simple = device / "temperature"
    if simple.exists():
        return from_temperature(simple.read_bytes().decode("ascii", "replace"))
    return from_slave((device / "w1_slave").read_bytes().decode("ascii", "replace"))
