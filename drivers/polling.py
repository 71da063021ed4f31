"""What drivers that ask their devices in turn have in common: whose turn it is, who is lost, values as readings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from controller.model.points import Quality, Reading
from controller.model.ports import DeviceHealth, DeviceSettings, Emit, FieldInput, PointSettings
from controller.model.time import Clock, Instant

Values = Sequence[tuple[str, float]]
"""What was measured, by source; NaN where the device says that it has no value."""

ATTEMPTS = 3
"""So many failures in a row, and a device is lost."""

LONGEST_REST = 60.0
"""Seconds of the clock between attempts on one that is lost, or its own period where that is longer."""


class Trouble(Exception):
    """A device does not answer, answers nonsense, or says that it cannot; the text says which."""

    def __init__(self, text: str, *, silent: bool = False) -> None:
        super().__init__(text)
        self.silent = silent


@dataclass(slots=True)
class Unit:
    """A device at work. `begun`: what must be said to it once has been said."""

    health: DeviceHealth
    poll: float
    points: dict[str, list[PointSettings]] = field(default_factory=dict)
    due: Instant | None = None  # None: at once
    begun: bool = False
    failures: int = 0
    lost: bool = False

    @classmethod
    def of(cls, device: DeviceSettings, poll: float) -> Unit:
        unit = cls(DeviceHealth(device.name), poll)
        for point in device.points:
            unit.points.setdefault(point.source, []).append(point)
        return unit


class Rota:
    """The devices of one bus. It emits nothing after `emit` is None."""

    def __init__(self, units: Sequence[Unit], clock: Clock) -> None:
        self.emit: Emit | None = None
        self._units = units
        self._clock = clock

    def first(self) -> tuple[int, float]:
        """Whose turn it is next, and in how many seconds of the clock. ValueError where there is nobody."""
        index = min(range(len(self._units)), key=lambda index: _due(self._units[index]))
        due = self._units[index].due
        return index, 0.0 if due is None else max(0.0, due.seconds_since(self._clock.now()))

    def restart(self) -> None:
        """The bus has just been opened: everybody's turn is now, and everything is to be said again."""
        for unit in self._units:
            unit.due, unit.begun = None, False

    def found(self, unit: Unit, values: Values, now: Instant) -> None:
        """A device has answered."""
        unit.failures, unit.lost = 0, False
        unit.health.online, unit.health.note = True, ""
        said: list[FieldInput] = []
        for name, value in values:
            for point in unit.points.get(name, ()):
                if math.isfinite(value):
                    said.append(Reading(point.name, value * point.factor + point.shift, now))
                else:
                    said.append(Reading.missing(point.name, now, Quality.BAD, "the device has no value"))
        self._say(said)

    def failed(self, unit: Unit, trouble: Trouble) -> None:
        """A device has not answered as it should."""
        unit.failures += 1
        unit.health.note = str(trouble)
        if trouble.silent:
            unit.health.timeouts += 1
        else:
            unit.health.errors += 1
        if unit.failures >= ATTEMPTS:
            self.lose(unit, str(trouble))

    def rest(self, unit: Unit, started: Instant) -> None:
        """Its turn is over; those that are there must not wait for one that is gone."""
        unit.health.requests += 1
        rest = unit.poll
        if unit.lost:
            rest = min(unit.poll * 2 ** min(max(unit.failures - ATTEMPTS, 0), 6), max(unit.poll, LONGEST_REST))
        unit.due = started.after(rest)

    def lose(self, unit: Unit, why: str) -> None:
        """A device counts as gone: say so once."""
        unit.health.online, unit.health.note = False, why
        unit.begun = False
        if not unit.lost:
            unit.lost = True
            now = self._clock.now()
            points = [point for points in unit.points.values() for point in points]
            self._say([Reading.missing(point.name, now, Quality.STALE, why) for point in points])

    def lose_all(self, why: str) -> None:
        for unit in self._units:
            self.lose(unit, why)

    def _say(self, inputs: Sequence[FieldInput]) -> None:
        if inputs and self.emit is not None:
            self.emit(inputs)


def _due(unit: Unit) -> int:
    return 0 if unit.due is None else unit.due.mono_ns
