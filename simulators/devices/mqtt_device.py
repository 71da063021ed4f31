"""What all virtual MQTT devices are: points that are relays, motors or measured, and a connection of their own."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import ClassVar

import aiomqtt

from controller.model.ports import DeviceSettings, PointSettings
from controller.model.time import Clock

from .mqtt_link import Broker, Journal, Link
from .mqtt_parts import Changed, Cover, Relay


class VirtualDevice:
    """`read` gives a point's value in the unit of its quantity; `write` takes 1.0 or 0.0 for a relay's point and % of
    opening for a motor's.

    A kind of device says which points are what, what it says when it has connected, and how it obeys.
    """

    PERIOD: ClassVar[float | None] = None
    """Seconds of the clock from one report to the next; None for one that reports what changes."""

    def __init__(
        self,
        settings: DeviceSettings,
        broker: Broker,
        clock: Clock,
        read: Callable[[str], float],
        write: Callable[[str, float], None],
    ) -> None:
        self._settings = settings
        self._topic = str(settings.options["topic"])
        self._clock, self._read = clock, read
        self._relays: dict[str, Relay] = {}
        self._covers: dict[str, Cover] = {}
        self._values: list[PointSettings] = []
        for point in settings.points:
            kind = self._kind(point.source)
            if kind is Relay:
                self._relays[point.source] = Relay(point.name, clock, write, self._teller(point.source))
            elif kind is Cover:
                self._covers[point.source] = Cover(point.name, clock, write, self._teller(point.source))
            else:
                self._values.append(point)
        will = self._will()
        self._link = Link(broker, settings.name, None if will is None else aiomqtt.Will(*will, retain=True))

    @property
    def journal(self) -> Journal:
        return self._link.journal

    async def run(self) -> None:
        """Serve until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._link.run(self._orders(), self._greet, self._obey))
                if self.PERIOD is not None:
                    tasks.create_task(self._report_every(self.PERIOD))
        finally:
            for relay in self._relays.values():
                relay.stop()
            for cover in self._covers.values():
                cover.halt()

    async def report(self) -> None:
        """Say what it measures, and whatever else is due with that."""
        raise NotImplementedError

    def _kind(self, source: str) -> type[Relay | Cover] | None:
        """What a point with this source is; None for something measured."""
        return None

    def _will(self) -> tuple[str, str] | None:
        """Topic and payload of its last will."""
        return None

    def _orders(self) -> str | None:
        """The topic of its commands."""
        return None

    def _teller(self, source: str) -> Changed:
        """What to do when this relay or motor has changed by itself."""
        return self.report

    async def _greet(self) -> None:
        await self.report()

    async def _obey(self, topic: str, text: str) -> None:
        """Take a message on a topic of its commands."""

    def _measured(self, point: PointSettings, digits: int = 2) -> float | None:
        """A point's value in the unit of the device; None where there is none."""
        value = (self._read(point.name) - point.shift) / point.factor
        return round(value, digits) if math.isfinite(value) else None

    async def _report_every(self, period: float) -> None:
        while True:
            await self._clock.sleep(period)
            await self.report()
