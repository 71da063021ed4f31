"""A house whose sensors and actuators are those of the simulated greenhouse: rules run against physics."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from controller.core.plan import ActuatorPlan, Plan
from controller.model.commands import Verb
from simulators.greenhouse.twin import Twin
from tests.core.house import House
from tests.core.writing import GIMJE, motor, sensor, switch, valve

POINTS = (
    "air.temperature",
    "air.humidity",
    "air.co2",
    "air.ppfd",
    "outside.temperature",
    "outside.wind_speed",
    "outside.wind_direction",
    "outside.radiation",
    "outside.rain",
    "slab_a.water_content",
    "slab_a.drain",
)
ACTUATORS: dict[str, ActuatorPlan] = {
    plan.name: plan
    for plan in (
        motor("roof_vent", 180),
        motor("side_vent", 180),
        motor("thermal_screen", 240, deadband=2.0),
        motor("shade_screen", 240),
        *(switch(name, min_on=60, min_off=60) for name in ("heater", "fan", "co2", "lamp")),
        switch("fogger", max_on=120, min_off=60),
        valve("irrigation_a", flow=24 / 60, max_on=900, max_per_day=5400),
    )
}
STEP = 30.0


class Grown:
    """`plan` names what rules there are; sensors and actuators are those of the greenhouse."""

    def __init__(self, date: str, structure: str = "venlo", storm: bool = False, seed: int = 1, **plan: object) -> None:
        start = datetime.fromisoformat(date).replace(tzinfo=ZoneInfo(GIMJE.timezone))
        self.twin = Twin(start, GIMJE.latitude, GIMJE.longitude, seed, structure, storm)
        self.seen: dict[str, list[float]] = {point: [] for point in POINTS}
        sensors = tuple(sensor(point, max_rate=None) for point in POINTS)
        made = Plan(GIMJE, sensors, tuple(ACTUATORS.values()), **plan)  # type: ignore[arg-type]
        self.house = House(made, date, poll=STEP, **self._readings())

    def _readings(self) -> dict[str, float]:
        return {point.replace(".", "_"): self.twin.read(point) for point in POINTS}

    def days(self, days: float) -> Grown:
        """Let time pass for both. What is seen is kept once a step."""
        for _ in range(round(days * 86400 / STEP)):
            for view in self.house.core.actuators():
                self.twin.set(view.name, view.position if view.kind == "position" else float(view.on))
            self.twin.advance(STEP)
            self.house.values.update({point: self.twin.read(point) for point in POINTS})
            self.house.after(f"{STEP} s")
            for point in POINTS:
                self.seen[point].append(self.twin.read(point))
        return self

    def between(self, point: str, start: float, end: float) -> list[float]:
        """What a point showed between two times (h since the beginning)."""
        return self.seen[point][round(start * 3600 / STEP) : round(end * 3600 / STEP)]

    def moves(self, actuator: str) -> int:
        """How often its device was set going."""
        return sum(verb in (Verb.ON, Verb.OPEN, Verb.CLOSE) for verb, _, _ in self.house.device(actuator).spans)
