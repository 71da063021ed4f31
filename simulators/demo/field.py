"""The greenhouse with everything that is wired to it: what devices measure and move. Time is an argument."""

from __future__ import annotations

import contextlib
import math
import random
from collections.abc import Mapping
from typing import Any, Protocol

from controller.core.plan import Plan
from controller.model.time import NS, Instant
from controller.model.units import quantity_of
from simulators.devices.ks_actuator import Travel
from simulators.faults import Schedule
from simulators.greenhouse import Twin

from .broken import Broken

# how much an instrument's readings scatter (standard deviation, in the unit of the quantity)
_SCATTER = {
    "temperature": 0.05,
    "humidity": 0.3,
    "co2": 3.0,
    "radiation": 1.0,
    "wind_speed": 0.1,
    "water_content": 0.1,
    "ec": 0.01,
}
_NEVER_NEGATIVE = ("radiation", "wind_speed")

_STRIDE = 1.0  # s: how exactly devices' own timers and the way of motors act on the greenhouse
_IDLE_STRIDE = 60.0


class Timed(Protocol):
    """A device in which something goes on while nobody asks it."""

    def advance(self, now: float) -> None: ...


class Field:
    """What virtual devices read from and write to; `devices` are moved on together with the greenhouse.

    Each compartment is a greenhouse of its own under the same sky; what the compartments share acts in all of them.
    Beside each stands an equal one in which nothing is ever switched or moved: where the two differ, the controller has
    been at work.
    """

    def __init__(
        self, plan: Plan, start: Instant, seed: int = 1, storm: bool = False, faults: Schedule | None = None
    ) -> None:
        self.devices: list[Timed] = []
        self._compartment_of = plan.compartment_of
        compartments = [each.name for each in plan.compartments] or [""]
        self._twins, self._idle = (
            {
                name: Twin(start.utc(), plan.site.latitude, plan.site.longitude, seed, storm=storm)
                for name in compartments
            }
            for _ in range(2)
        )
        self._now = self._idle_now = start.mono_ns / NS
        self._random = random.Random(seed)
        self._wall = start.wall_ns - start.mono_ns
        self._broken = None if faults is None else Broken(faults, seed)
        self._names: dict[str, str | None] = {}
        self.lies: dict[str, float] = {}
        self._outputs = {actuator.output: actuator for actuator in plan.actuators}
        self._measuring = {actuator.measured: actuator.name for actuator in plan.actuators if actuator.measured}
        self._kinds = {actuator.name: actuator.kind for actuator in plan.actuators}
        self._positions: dict[str, float] = {}
        self._moved: set[str] = set()
        self._open_seconds: dict[str, float] = {}

    def read(self, point: str) -> float:
        """What an instrument at this point shows; NaN where this greenhouse has nothing of the kind.

        One of which `lies` knows a value shows that, whatever the truth.
        """
        if point in self.lies:
            return self.lies[point]
        value = self._sound(point)
        return value if self._broken is None else self._broken.shown(point, value, self._wall_ns())

    def _sound(self, point: str) -> float:
        """What an instrument shows that has no fault."""
        if point in self._measuring:
            return self._positions.get(self._measuring[point], 0.0)
        name = self._measured(point)
        quantity = quantity_of(point)
        if name is None or quantity is None:
            return math.nan
        value = self._twin_of(point).read(name)
        scatter = _SCATTER.get(quantity.name)
        if scatter is None:
            return value
        least = 0.0 if quantity.name in _NEVER_NEGATIVE else quantity.low
        return min(max(value + self._random.gauss(0.0, scatter), least), quantity.high)

    def write(self, point: str, value: float) -> None:
        """What a device does at this output: 1.0 or 0.0 of a relay, the opening in % of a motor."""
        actuator = self._outputs.get(point)
        if actuator is None or value == self._positions.get(actuator.name):
            return
        if actuator.name in self._positions:
            self._moved.add(actuator.name)
        self._positions[actuator.name] = value
        self._act(actuator.name)

    def _act(self, name: str) -> None:
        """What a machine does where it was told to be, as far as it is not broken."""
        value = self._positions[name]
        if self._broken is not None:
            full = 100.0 if self._kinds[name] == "position" else 1.0
            value = self._broken.real(name, value, full, self._wall_ns())
        own = self._twins.get(self._compartment_of(name))
        for twin in self._twins.values() if own is None else (own,):
            # an actuator of which this greenhouse knows nothing changes nothing in it
            with contextlib.suppress(KeyError):
                twin.set(self._own(name), value)

    def _twin_of(self, point: str) -> Twin:
        """The greenhouse that a point is measured in; the weather is that of any."""
        return self._twins.get(self._compartment_of(point)) or next(iter(self._twins.values()))

    def _own(self, name: str) -> str:
        """A name without that of its compartment."""
        return name.removeprefix(f"{self._compartment_of(name)}.")

    def _break(self, broken: Broken) -> None:
        """Faults come and go between two commands."""
        for name in self._positions:
            if broken.hits(name):
                self._act(name)
        for compartment, twin in self._twins.items():
            twin.set_door(broken.door(self._wall_ns(), compartment))

    def _wall_ns(self) -> int:
        return round(self._now * NS) + self._wall

    def travel(self, point: str) -> Travel:
        """How long the motor at this output takes; a minute where the site does not say."""
        actuator = self._outputs.get(point)
        if actuator is None or not actuator.travel_open:
            return Travel(60.0, 60.0)
        return Travel(actuator.travel_open, actuator.travel_close)

    def advance(self, now: float) -> None:
        """Let everything go on until `now` (s)."""
        while self._now < now:
            step = min(_STRIDE, now - self._now)
            if self._broken is not None:
                self._break(self._broken)
            for twin in self._twins.values():
                twin.advance(step)
            self._now += step
            for name, position in self._positions.items():
                if position > 0:
                    self._open_seconds[name] = self._open_seconds.get(name, 0.0) + step
            for device in self.devices:
                device.advance(self._now)
        self._advance_idle(_IDLE_STRIDE)

    def state(self) -> dict[str, Any]:
        """The truth: climate, positions, what has moved, how long it was open (s), and the climate nobody changed."""
        self._advance_idle(0.0)
        return {
            "climate": _together(self._twins),
            "untouched": _together(self._idle),
            "positions": dict(self._positions),
            "moved": sorted(self._moved),
            "open_seconds": dict(self._open_seconds),
        }

    def _advance_idle(self, behind: float) -> None:
        if self._now - self._idle_now > behind:
            for twin in self._idle.values():
                twin.advance(self._now - self._idle_now)
            self._idle_now = self._now

    def _measured(self, point: str) -> str | None:
        """The greenhouse's own name of what this point measures, or else of something of the same kind and place."""
        if point not in self._names:
            offered, own = list(self._twin_of(point).snapshot()), self._own(point)
            place = own.partition(".")[0]
            alike = [name for name in offered if quantity_of(name) == quantity_of(own)]
            near = [name for name in alike if name.partition(".")[0] == place]
            self._names[point] = own if own in offered else next(iter(near + alike), None)
        return self._names[point]


def _together(twins: Mapping[str, Twin]) -> dict[str, float]:
    """What is true in all of them, each compartment's under its name."""
    return {
        f"{compartment}.{name}" if compartment else name: value
        for compartment, twin in twins.items()
        for name, value in twin.snapshot().items()
    }
