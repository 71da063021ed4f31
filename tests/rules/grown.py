"""A house whose sensors and actuators are those of the simulated greenhouse: rules run against physics."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from controller.core.plan import ActuatorPlan, Plan, SettingPlan
from controller.model.commands import Verb
from controller.model.units import unit
from simulators.greenhouse import parameters
from simulators.greenhouse.twin import Twin
from tests.core.house import House, turned
from tests.core.writing import GIMJE, motor, sensor, switch, valve

from .waterworks import Waterworks

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
    "slab_a.ec",
    "slab_a.drain",
    "pipe.temperature",
)
METERS = ("water.volume", "water.flow")
PRICE = "power.number"
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
        motor("slow_vent", travel_open=240.0, travel_close=120.0),
        motor("mixing_valve", 120, deadband=1.0),
        *(switch(name, min_on=120, min_off=120) for name in ("heater_1", "heater_2", "fan_1", "fan_2", "pad_pump")),
        *(switch(f"circulation_{number}", min_on=60, min_off=60) for number in (1, 2)),
        switch("pipe_pump", min_on=60, min_off=60),
        switch("main_pump"),
        *(valve(name, flow=24 / 60, max_on=900, max_per_day=5400) for name in ("bed_2", "bed_3")),
    )
}
PARTS = {
    "east_vent": ("roof_vent", 0.5),
    "west_vent": ("roof_vent", 0.5),
    "slow_vent": ("roof_vent", 1.0),
    "heater_1": ("heater", 0.5),
    "heater_2": ("heater", 0.5),
    "mixing_valve": ("heater", 1.0),  # a boiler that gives what the valve lets through
    "fan_1": ("fan", 0.5),
    "fan_2": ("fan", 0.5),
    "pad_pump": ("fogger", 1.0),  # water that evaporates into the air that comes in
    "lamp_dimmer": ("lamp", 1.0),
}
"""What is a part of one of the simulated greenhouse's actuators, and how much of it."""
APART = ("main_pump", "pipe_pump", "bed_2", "bed_3", "circulation_1", "circulation_2")
"""What does nothing in the simulated greenhouse."""
SETTINGS = {
    plan.name: plan
    for plan in (
        SettingPlan("nutrient_ec", "mixer.ec", unit("mS/cm"), 0.5, 4.0, 1.5, 0.05),
        SettingPlan("lamp_dimmer", "lamps.level", unit("%"), 0.0, 100.0, 0.0, 2.0),
    )
}
"""Numbers that devices are told: what the feed is mixed to, and how bright the lamps are."""
STEP = 30.0


class Shaft:
    """Where a motor really is (%), by the times for which its device ran it; shut at first."""

    def __init__(self, plan: ActuatorPlan) -> None:
        self.plan = plan
        self.at = 0.0
        self._spans = 0
        self._until = 0.0

    def turn(self, house: House) -> float:
        """Where it has got to by now."""
        device = house.device(self.plan.name)
        runs = device.spans[self._spans :]
        self._spans = len(device.spans)
        if device.verb is not None:
            runs = [*runs, (device.verb, device.began, min(house.t, device.ends))]
        for verb, began, ended in runs:
            self.at = turned(self.plan, self.at, verb, max(ended - max(began, self._until), 0.0))
        self._until = house.t
        return self.at


class Grown:
    """`plan` names what rules there are; sensors and actuators are those of the greenhouse, and those of `MORE`.

    `seen` is what points showed, `stood` where actuators really were (%), `told` what settings were, `aimed` what
    setpoints were: once a step. `price` makes the price of power out of the hour of the day. A point in `lost` is read
    no more; what is wrong with the `water` its own attributes say.
    """

    def __init__(
        self,
        date: str,
        structure: str = "venlo",
        storm: bool = False,
        seed: int = 1,
        more: tuple[str, ...] = (),
        settings: tuple[str, ...] = (),
        price: Callable[[float], float] = lambda hour: 100.0,
        **plan: object,
    ) -> None:
        start = datetime.fromisoformat(date).replace(tzinfo=ZoneInfo(GIMJE.timezone))
        self.twin = Twin(start, GIMJE.latitude, GIMJE.longitude, seed, structure, storm)
        self.lost: set[str] = set()
        self._price = price
        names = (*POINTS, *METERS, PRICE)
        self.seen: dict[str, list[float]] = {point: [] for point in names}
        sensors = tuple(sensor(point, max_rate=None) for point in names)
        actuators = (*ACTUATORS.values(), *(MORE[name] for name in more))
        self.stood: dict[str, list[float]] = {actuator.name: [] for actuator in actuators}
        numbers = tuple(SETTINGS[name] for name in settings)
        self.told: dict[str, list[float]] = {setting.name: [] for setting in numbers}
        made = Plan(GIMJE, sensors, actuators, settings=numbers, **plan)  # type: ignore[arg-type]
        self.aimed: dict[str, list[float]] = {setpoint.name: [] for setpoint in made.setpoints}
        self.water = Waterworks({plan.name: plan.flow for plan in actuators if plan.flow is not None})
        self._shafts = [Shaft(plan) for plan in actuators if plan.kind == "position"]
        self._hour = 0.0
        readings = {point.replace(".", "_"): value for point, value in self._readings().items()}
        self.house = House(made, date, poll=STEP, **readings)

    def _readings(self) -> dict[str, float]:
        values = {point: self.twin.read(point) for point in POINTS}
        values |= {"water.volume": self.water.litres, "water.flow": self.water.flow, PRICE: self._price(self._hour)}
        return values

    def days(self, days: float) -> Grown:
        """Let time pass for both. What is seen is kept once a step."""
        for _ in range(round(days * 86400 / STEP)):
            self._act()
            self.twin.advance(STEP)
            self._hour = (self.house.t + STEP) / 3600 % 24
            values = self._readings()
            self.house.values = {point: value for point, value in values.items() if point not in self.lost}
            self.house.after(f"{STEP} s")
            for point, value in values.items():
                self.seen[point].append(value)
            if self.aimed:
                for view in self.house.core.setpoints()[: len(self.aimed)]:
                    self.aimed[view.name].append(view.value)
        return self

    def _act(self) -> None:
        """The devices do to the greenhouse what they do now."""
        house, sums = self.house, dict[str, float]()
        shares = {shaft.plan.name: shaft.turn(house) for shaft in self._shafts}
        for name in self.stood.keys() - shares.keys():
            device = house.device(name)
            shares[name] = 100.0 if device.verb is Verb.ON and house.t < device.ends else 0.0
        self.water.run(STEP, {name for name in self.water.flows if shares[name] > 50})
        for name in self.stood:
            self.stood[name].append(shares[name])
        for name, told in self.told.items():
            number = house.device(name).number
            told.append(SETTINGS[name].safe if number is None else number)
            if name == "nutrient_ec":
                self.twin.model.parameters[parameters.IRRIGATION_EC] = told[-1]
            else:
                shares[name] = told[-1]
        for name, position in shares.items():
            if name not in APART:
                part, share = PARTS.get(name, (name, 1.0))
                sums[part] = sums.get(part, 0.0) + share * position
        for name, position in sums.items():
            self.twin.set(name, position if ACTUATORS[name].kind == "position" else position / 100)

    def between(self, point: str, start: float, end: float) -> list[float]:
        """What a point, setpoint or actuator showed between two times (h since the beginning)."""
        every = self.seen | self.aimed | self.stood | self.told
        return every[point][round(start * 3600 / STEP) : round(end * 3600 / STEP)]

    def moves(self, actuator: str) -> int:
        """How often its device was set going."""
        return sum(verb in (Verb.ON, Verb.OPEN, Verb.CLOSE) for verb, _, _ in self.house.device(actuator).spans)

    def writes(self, setting: str) -> int:
        """How often its device was told another number."""
        output = self.house.output(setting)
        values = [command.value for command in self.house.commands if command.output == output]
        return sum(later != earlier for earlier, later in pairwise(values))

    def starts(self, valve: str) -> list[float]:
        """The hours at which it opened."""
        return [start / 3600 for verb, start, _ in self.house.device(valve).spans if verb is Verb.ON]

    def where(self, name: str, flags: list[bool]) -> list[float]:
        """What `between` would give, at the steps that are flagged."""
        return [value for value, flag in zip(self.between(name, 0, 1e6), flags, strict=True) if flag]


def hours(values: list[float], condition: float) -> float:
    """For how long values lay above a bound."""
    return sum(value > condition for value in values) * STEP / 3600
