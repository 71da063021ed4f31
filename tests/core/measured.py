"""A vent with a sensor of its position, in the hands of a test: it jams, is cranked, and its sensor lies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from controller.core.plan import Plan
from controller.model.commands import Verb
from controller.model.units import parse_duration

from .house import House, turned
from .writing import GIMJE, motor, sensor

POINT = "vent.position"

Sensor = Callable[[float], float | None]
"""What is shown of the true opening (%); None: nothing."""


def truly(opening: float) -> float:
    return opening


class MeasuredVent(House):
    """`opening` is where it truly is. `jammed` it runs without moving; `speed` is that of its motor, 1 as is said."""

    def __init__(self, opening: float = 0.0, poll: float = 5.0, travel: float = 100.0, **limits: Any) -> None:
        self.opening = opening
        self.jammed = False
        self.speed = 1.0
        self.sensor: Sensor = truly
        self.widest = opening
        self._gone_to = 0.0
        vent = motor("vent", travel, measured=POINT, **limits)
        super().__init__(Plan(GIMJE, (sensor(POINT, stale_after=60.0),), (vent,)), poll=poll)

    def _turn(self) -> None:
        self._go(self.t)
        self._show()
        super()._turn()

    def _go(self, until: float) -> None:
        """Let the motor go on until then."""
        device = self.device("vent")
        seconds = min(until, device.ends) - self._gone_to
        if device.verb is not None and seconds > 0 and not self.jammed:
            self.opening = turned(self.plan.actuators[0], self.opening, device.verb, seconds * self.speed)
            self.widest = max(self.widest, self.opening)
        self._gone_to = until

    def _show(self) -> None:
        shown = self.sensor(self.opening)
        self.values.pop(POINT, None)
        if shown is not None:
            self.values[POINT] = shown

    def restart(self, down: str = "0 s", *rest: Any, **more: Any) -> Self:
        self._go(self.t + parse_duration(down))
        return super().restart(down, *rest, **more)

    def move(self, opening: float) -> Self:
        """Somebody turns the crank."""
        self.opening = opening
        return self

    def senses(self, sensor: Sensor) -> Self:
        """From now on this is what the sensor makes of the opening."""
        self.sensor = sensor
        return self

    def jam(self, jammed: bool = True) -> Self:
        self.jammed = jammed
        return self

    def catch_up(self) -> Self:
        """The core looks at the vent now, and at no sensor."""
        self._go(self.t)
        self.look_again().step()
        return self

    def put(self, opening: float, time: str = "5 min") -> Self:
        return self.override("vent", opening, "20 h").after(time)

    @property
    def fastest(self) -> float:
        """% that it can go in a second."""
        return 100 / self.plan.actuators[0].travel_open

    @property
    def position(self) -> float:
        return self.view("vent").position

    def starts(self, within: float = 3600.0) -> int:
        """The most runs that began in so many seconds."""
        began = sorted(start for verb, start, _ in self.device("vent").spans if verb in (Verb.OPEN, Verb.CLOSE))
        return max((sum(a <= b < a + within for b in began) for a in began), default=0)
