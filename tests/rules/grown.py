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
    "pipe.temperature",
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
MORE: dict[str, ActuatorPlan] = {
    plan.name: plan
    for plan in (
        *(motor(name, 180) for name in ("east_vent", "west_vent")),
        motor("mixing_valve", 120, deadband=1.0),
        *(switch(name, min_on=120, min_off=120) for name in ("heater_1", "heater_2", "fan_1", "fan_2", "pad_pump")),
        switch("pipe_pump", min_on=60, min_off=60),
        switch("main_pump"),
        *(valve(name, flow=24 / 60, max_on=900, max_per_day=5400) for name in ("bed_2", "bed_3")),
    )
}
PARTS = {
    "east_vent": ("roof_vent", 0.5),
    "west_vent": ("roof_vent", 0.5),
    "heater_1": ("heater", 0.5),
    "heater_2": ("heater", 0.5),
    "mixing_valve": ("heater", 1.0),  # a boiler that gives what the valve lets through
    "fan_1": ("fan", 0.5),
    "fan_2": ("fan", 0.5),
    "pad_pump": ("fogger", 1.0),  # water that evaporates into the air that comes in
}
"""What is a part of one of the simulated greenhouse's actuators, and how much of it."""
APART = ("main_pump", "pipe_pump", "bed_2", "bed_3")
"""What does nothing in the simulated greenhouse."""
STEP = 30.0


class Grown:
    """`plan` names what rules there are; sensors and actuators are those of the greenhouse, and those of `MORE`.

    `seen` is what points showed, `stood` where actuators were (%), once a step.
    """

    def __init__(
        self,
        date: str,
        structure: str = "venlo",
        storm: bool = False,
        seed: int = 1,
        more: tuple[str, ...] = (),
        **plan: object,
    ) -> None:
        start = datetime.fromisoformat(date).replace(tzinfo=ZoneInfo(GIMJE.timezone))
        self.twin = Twin(start, GIMJE.latitude, GIMJE.longitude, seed, structure, storm)
        self.seen: dict[str, list[float]] = {point: [] for point in POINTS}
        sensors = tuple(sensor(point, max_rate=None) for point in POINTS)
        actuators = (*ACTUATORS.values(), *(MORE[name] for name in more))
        self.stood: dict[str, list[float]] = {actuator.name: [] for actuator in actuators}
        made = Plan(GIMJE, sensors, actuators, **plan)  # type: ignore[arg-type]
        self.house = House(made, date, poll=STEP, **self._readings())

    def _readings(self) -> dict[str, float]:
        return {point.replace(".", "_"): self.twin.read(point) for point in POINTS}

    def days(self, days: float) -> Grown:
        """Let time pass for both. What is seen is kept once a step."""
        for _ in range(round(days * 86400 / STEP)):
            self._act()
            self.twin.advance(STEP)
            self.house.values.update({point: self.twin.read(point) for point in POINTS})
            self.house.after(f"{STEP} s")
            for point in POINTS:
                self.seen[point].append(self.twin.read(point))
        return self

    def _act(self) -> None:
        """The actuators do to the greenhouse what they do now."""
        sums: dict[str, float] = {}
        for view in self.house.core.actuators():
            self.stood[view.name].append(view.position)
            if view.name not in APART:
                name, share = PARTS.get(view.name, (view.name, 1.0))
                sums[name] = sums.get(name, 0.0) + share * view.position
        for name, position in sums.items():
            self.twin.set(name, position if ACTUATORS[name].kind == "position" else position / 100)

    def between(self, point: str, start: float, end: float) -> list[float]:
        """What a point showed between two times (h since the beginning)."""
        return self.seen[point][round(start * 3600 / STEP) : round(end * 3600 / STEP)]

    def moves(self, actuator: str) -> int:
        """How often its device was set going."""
        return sum(verb in (Verb.ON, Verb.OPEN, Verb.CLOSE) for verb, _, _ in self.house.device(actuator).spans)
