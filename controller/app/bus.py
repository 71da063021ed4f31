"""The buses of site.yaml at run time: a driver each, made again when it fails, exchanged when its settings change."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Callable, Sequence
from typing import Any

from controller.app.supervisor import Part
from controller.model.commands import Command, Followed, Report
from controller.model.errors import NOWHERE
from controller.model.ports import BusHealth, BusSettings, Driver, DriverFactory, Emit, FieldInput
from controller.model.time import Clock, Instant

log = logging.getLogger("onsil.bus")

PATIENCE = 3.0  # times the longest stale time of a bus's points
LOOK_EVERY = 5.0  # real seconds between two looks for drivers that hang


class Bus:
    """Owns the driver of one bus. While there is none, its outputs count as lost."""

    def __init__(self, settings: BusSettings, factory: DriverFactory, clock: Clock, emit: Emit) -> None:
        self.name = settings.name
        self.settings = settings
        self._factory = factory
        self._clock = clock
        self._emit = emit
        self._driver: Driver | None = None
        self._failure = "not started yet"
        self._spoke, self._heard = False, clock.now()

    @property
    def patience(self) -> float:
        """Seconds without a word after which the driver counts as hung: all its points have long been stale by then."""
        return PATIENCE * max((point.stale_after for d in self.settings.devices for point in d.points), default=60.0)

    def hangs(self, now: Instant) -> bool:
        """Whether the driver runs and has said nothing at all for too long. To be asked again and again."""
        if self._spoke:
            self._spoke, self._heard = False, now
        return self._driver is not None and now.seconds_since(self._heard) > self.patience

    def points(self) -> list[str]:
        """The names of all points on this bus, outputs among them."""
        return [point.name for device in self.settings.devices for point in device.points]

    async def run(self) -> None:
        """Make the driver and serve the bus until cancelled. Raises what the driver raises."""
        try:
            driver = self._driver = self._factory.open(self.settings, self._clock)
            self._spoke, self._heard = False, self._clock.now()
            await driver.run(self._take)
        except Exception as error:
            self._failure = str(error) or type(error).__name__
            raise
        finally:
            self._driver = None

    def _take(self, inputs: Sequence[FieldInput]) -> None:
        self._spoke = True  # when is noted as soon as somebody asks: a command may be waiting for these inputs
        self._emit(inputs)

    def send(self, command: Command) -> None:
        """Pass a command to the driver, or say at once that the output is lost."""
        if self._driver is not None:
            self._driver.send(command)
            return
        lost = Report(command.output, Followed.LOST, self._clock.now(), command_id=command.id, note=self._failure)
        self._emit((lost,))

    def health(self) -> BusHealth:
        """The driver's own account, or why there is no driver."""
        if self._driver is None:
            return BusHealth(self.name, online=False, note=self._failure)
        return self._driver.health()


class Buses:
    """All buses. A bus whose settings stay the same runs on through a change of the files."""

    def __init__(self, factory: Callable[[str], DriverFactory], clock: Clock, emit: Emit) -> None:
        self._factory, self._clock, self._emit = factory, clock, emit
        self._running: dict[str, tuple[Bus, str, Part]] = {}
        self._outputs: dict[str, Bus] = {}

    async def apply(self, wanted: Sequence[tuple[str, BusSettings]]) -> None:
        """Have exactly these buses running; each is given as its driver's name and its settings."""
        kept = {
            settings.name
            for driver, settings in wanted
            if (known := self._running.get(settings.name)) is not None
            and known[1] == driver
            and _essence(known[0].settings) == _essence(settings)
        }
        await asyncio.gather(*(self._running.pop(name)[2].stop() for name in [*self._running] if name not in kept))
        for driver, settings in wanted:
            if settings.name not in kept:
                self._run(driver, settings)
        self._running = {settings.name: self._running[settings.name] for _, settings in wanted}
        self._connect()
        await asyncio.sleep(0)  # the new drivers exist from here on, and take commands

    async def watch(self) -> None:
        """Exchange drivers that hang, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await self.exchange_hung()

    async def exchange_hung(self) -> None:
        """Give each bus whose driver hangs a new one."""
        now = self._clock.now()
        for name, (bus, driver, part) in list(self._running.items()):
            if bus.hangs(now):
                log.error("the driver of bus %s has said nothing for %.0f s and is exchanged", name, bus.patience)
                await part.stop()
                self._run(driver, bus.settings)
        self._connect()

    async def stop(self) -> None:
        """End every driver."""
        await self.apply(())

    def _run(self, driver: str, settings: BusSettings) -> None:
        bus = Bus(settings, self._factory(driver), self._clock, self._emit)
        self._running[settings.name] = bus, driver, Part(f"bus {settings.name}", bus.run)

    def _connect(self) -> None:
        self._outputs = {point: bus for bus, _, _ in self._running.values() for point in bus.points()}

    def output(self, name: str) -> Callable[[Command], None] | None:
        """Where commands for an output go."""
        bus = self._outputs.get(name)
        return None if bus is None else bus.send

    def health(self) -> list[BusHealth]:
        return [bus.health() for bus, _, _ in self._running.values()]

    def complaints(self) -> list[dict[str, Any]]:
        """Every device, as in order (`online`) as it says it is, for a `Watchman`."""
        devices = [device for bus in self.health() for device in bus.devices]
        return [{"name": f"device {d.name}", "online": not d.complaint, "note": d.complaint} for d in devices]


def _essence(settings: BusSettings) -> BusSettings:
    """The settings without the lines where they stand: a comment added above them changes nothing."""
    devices = tuple(
        dataclasses.replace(
            device,
            place=NOWHERE,
            places={},
            points=tuple(dataclasses.replace(point, place=NOWHERE) for point in device.points),
        )
        for device in settings.devices
    )
    return dataclasses.replace(settings, place=NOWHERE, places={}, devices=devices)
