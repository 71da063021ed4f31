"""What a schedule of faults does to the instruments and machines of the field. Times are UTC nanoseconds."""

from __future__ import annotations

import math
from random import Random

from controller.model.time import NS
from simulators.faults import Fault, Kind, Schedule


class Broken:
    """The faults of a field, by what they hit. A dice of its own throws for spikes and lost readings."""

    def __init__(self, schedule: Schedule, seed: int) -> None:
        self._random = Random(f"faults {seed}")
        self._by_target: dict[str, list[Fault]] = {}
        for fault in schedule.faults:
            self._by_target.setdefault(fault.target, []).append(fault)
        self._frozen: dict[Fault, float] = {}
        self._welded: set[Fault] = set()
        self._real: dict[str, float] = {}
        self._told: dict[str, float] = {}

    def shown(self, point: str, value: float, now: int) -> float:
        """What an instrument shows instead of this value; NaN for no answer."""
        for fault in self._standing(point, now):
            match fault.kind:
                case Kind.FROZEN:
                    value = self._frozen.setdefault(fault, value)
                case Kind.OFFSET:
                    value += fault.size
                case Kind.DRIFT:
                    value += fault.size * (now - fault.begin) / NS
                case Kind.SPIKES if self._random.random() < fault.chance:
                    value += fault.size
                case Kind.DROPOUT if self._random.random() < fault.chance:
                    return math.nan
                case _:
                    pass
        return value

    def real(self, actuator: str, told: float, full: float, now: int) -> float:
        """Where a machine really is that was moved to `told`; `full` is what it is told when all open or on."""
        moved = told - self._told.get(actuator, 0.0)
        self._told[actuator] = told
        real = told
        for fault in self._standing(actuator, now):
            match fault.kind:
                case Kind.BLOCKED:
                    real = 0.0
                case Kind.LEAKING:
                    real = max(real, fault.size * full)
                case Kind.WELDED:
                    if told > 0.0:
                        self._welded.add(fault)
                    real = full if fault in self._welded else real
                case Kind.SLIP:
                    real = min(max(self._real.get(actuator, 0.0) + moved * (1.0 - fault.size), 0.0), full)
                case _:
                    pass
        self._real[actuator] = real
        return real

    def door(self, now: int, compartment: str = "") -> bool:
        """Whether somebody has left that of a compartment open, or all."""
        return bool(self._standing(Kind.DOOR, now) or self._standing(f"{compartment}.{Kind.DOOR}", now))

    def hits(self, actuator: str) -> bool:
        """Whether anything is ever wrong with it."""
        return actuator in self._by_target

    def _standing(self, target: str, now: int) -> list[Fault]:
        return [fault for fault in self._by_target.get(target, ()) if fault.stands(now)]
