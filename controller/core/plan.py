"""The plan: site.yaml and rules.yaml after parsing, as the core runs them. Immutable.

Durations are in seconds, positions in % of opening, values in the unit of their quantity.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Literal, TypeVar

from controller.model.errors import NOWHERE, Place
from controller.model.units import Quantity, Unit
from controller.rules.parser import Demand, Text
from controller.rules.tree import DayTime, Tree, Window

Piece = TypeVar("Piece")


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition or calculation with the text it came from (for errors and explanations)."""

    text: Text
    tree: Tree


@dataclass(frozen=True, slots=True)
class SitePlan:
    """Where the greenhouse stands: degrees north and east, IANA time zone."""

    name: str
    latitude: float
    longitude: float
    timezone: str
    language: Literal["ko", "en"] = "en"


@dataclass(frozen=True, slots=True)
class CompartmentPlan:
    """A part of the site with a climate of its own. What belongs to it has a name that begins with `<name>.`

    `ko` and `en` are what people call it; `area` (m²) is where site.yaml says so.
    """

    name: str
    ko: str
    en: str
    area: float | None = None


@dataclass(frozen=True, slots=True)
class SensorPlan:
    """How one point's readings are treated before anybody believes them.

    The value is calibrated (`value * gain + offset`), then must lie in `low .. high`, must not change faster than
    `max_rate` (per second), must be younger than `stale_after`, and must not stay the same for `stuck_after`.
    `grace` is how long what depends on the point may go on without it.
    """

    point: str
    quantity: Quantity
    low: float
    high: float
    max_rate: float | None
    stale_after: float
    stuck_after: float | None = None
    gain: float = 1.0
    offset: float = 0.0
    grace: float = 120.0
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class VotePlan:
    """`point` becomes the median of the good ones of `members` (which may name `point` itself: its own sensor)."""

    point: str
    members: tuple[str, ...]
    disagree: float | None = None


@dataclass(frozen=True, slots=True)
class PeriodPlan:
    name: str
    window: Window
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class DefinePlan:
    """A name for an expression, or for a function of `parameters`; it is put in wherever it is named.

    define:
      stormy: outside.wind_speed > 12 m/s
      by_sun(most): most * ramp(outside.radiation, 200 W/m², 800 W/m²)
    """

    name: str
    expression: Expression
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SumPlan:
    """A named sum over time of the rate `of` (a value per second): degree hours, light, VPD, a heat bank.

    It begins anew at `reset`: each local "day", at the "start" of a valve's round where it is used there (then the
    name needs `since last start`), or "never". It stays between `low` and `high`, and with `forget` (s) what is
    old fades: after so many seconds 37 % of it are left.

        sums:
          degree_days: {of: "max(air.temperature - 10 °C, 0 K)", reset: never}
          vpd_sum: {of: air.vpd}
          heat_bank: {of: air.temperature - mean_temperature, within: -60 .. 60 °C·h, forget: 3 d, reset: never}
    """

    name: str
    of: Expression
    reset: Literal["day", "never"] = "day"
    low: Expression | None = None
    high: Expression | None = None
    forget: float | None = None


@dataclass(frozen=True, slots=True)
class SetpointPlan:
    """A named value: one expression, or one for each period; then corrections, then bounds.

    Between periods it moves at `ramp` per second (down at `ramp_down`, where that differs), or takes `over` seconds,
    in a straight line or like the first half of a cosine (`shape` "sine").
    `corrections` are added, as far as they are known, and their sum is kept between `correction_low` and
    `correction_high`; the result stays between `low` and `high`.

        setpoints:
          ventilation_temperature:
            value: heating_temperature + 4 °C           # or {night: 20 °C, day: 22 °C, over: 1 h, shape: sine}
            add:
              - 2 K * ramp(outside.radiation, 200 W/m², 800 W/m²)
              - -1.5 K * ramp(air.humidity, 85 %, 95 %)
            add_within: -1 K .. 2 K
            within: 15 °C .. 30 °C
    """

    name: str
    text: Text
    value: Expression | None = None
    by_period: tuple[tuple[str, Expression], ...] = ()
    ramp: float | None = None
    ramp_down: float | None = None
    over: float | None = None
    shape: Literal["linear", "sine"] = "linear"
    corrections: tuple[Expression, ...] = ()
    correction_low: Expression | None = None
    correction_high: Expression | None = None
    low: Expression | None = None
    high: Expression | None = None


@dataclass(frozen=True, slots=True)
class ControlPlan:
    """A need in %, as a name for other rules: proportional, or PI with an `integral` time (s).

    It is `low` where `by` equals `start` and grows to `high` within a `band` above, or below it with `reverse`
    (heating). The integral part stops growing while the need is at its bounds.

        controls:
          heat_need: {by: air.temperature, from: heating_temperature, band: 4 K below, integral: 30 min}
    """

    name: str
    text: Text
    by: Expression
    start: Expression
    band: Expression
    band_when: tuple[tuple[Expression, Expression], ...] = ()
    reverse: bool = False
    integral: float | None = None
    low: Expression | None = None
    high: Expression | None = None


@dataclass(frozen=True, slots=True)
class RulePlan:
    """Asks for `do` while active: from when `when` is true until `until` is (without one: until `when` is not)."""

    name: str
    when: Expression
    until: Expression | None
    do: tuple[tuple[str, Demand], ...]


@dataclass(frozen=True, slots=True)
class DrivePlan:
    """Proportional control: 0 % where `by` equals `start`, 100 % a `band` above. The first true of `band_when` wins.

    With `reverse` the band lies below `start`. `integral` (s) makes it PI; the integral part stands still while the
    actuator is elsewhere, for whatever reason. The result stays between `low` and `high`.

        - name: Mix the water of the pipes
          drive: mixing_valve
          by: pipe.temperature
          from: pipe_temperature
          band: 10 K below
          integral: 5 min
          within: 0 % .. 80 %
    """

    name: str
    actuator: str
    by: Expression
    start: Expression
    band: Expression
    band_when: tuple[tuple[Expression, Expression], ...] = ()
    reverse: bool = False
    integral: float | None = None
    low: Expression | None = None
    high: Expression | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """A target moves by at most `step` % every `every` seconds."""

    step: float
    every: float


@dataclass(frozen=True, slots=True)
class LimitPlan:
    """Bounds and pace of what rules (not hands, not safety) ask of an actuator, while `when` is true or not given.

    A `high` that is unknown keeps its last value, a `low` that is unknown does not hold: unknown opens nothing.

        limits:
          - {name: Gap against damp, of: thermal_screen, at_most: "100 % - 4 % * ramp(air.humidity, 88 %, 94 %)"}
          - {name: Against a cold shock, of: thermal_screen, falling: 5 % every 3 min}
    """

    name: str
    actuator: str
    when: Expression | None = None
    low: Expression | None = None
    high: Expression | None = None
    rising: Pace | None = None
    falling: Pace | None = None


@dataclass(frozen=True, slots=True)
class StagePlan:
    """Several switches in turn for one need: so many are on as `on_at` (%, ascending) says, each until the need is
    `hysteresis` % below its mark again.

    `delay` is the shortest time from one change to the next. With `rotate` the one that has rested longest comes next
    and the one that has run longest goes first; `rotate_every` also exchanges them while the need stays the same.

        stages:
          - name: Heaters by need
            by: heat_need
            switches: [heater_1, heater_2, heater_3]
            on_at: [20 %, 50 %, 80 %]
            hysteresis: 15 %
            delay: 3 min
            rotate_every: 12 h
    """

    name: str
    by: Expression
    switches: tuple[str, ...]
    on_at: tuple[float, ...]
    hysteresis: float = 10.0
    delay: float = 0.0
    rotate: bool = False
    rotate_every: float | None = None


@dataclass(frozen=True, slots=True)
class IrrigationPlan:
    """Rounds of one valve. A round starts when `start` is true inside `window`, and lasts `give` seconds of open valve.

    `skip_when` true skips the round and counts as a start; `stop_day_when` true ends the rounds of the day; `rest` is
    the shortest time from the end of one of this rule's rounds to the start of the next.

    A round also starts at each time of `times`, once a day. `then` are valves that get the same after `valve`, one
    after the other; "last start" is that of `valve`. With `volume` (L) a valve is closed when the point `meter` has
    counted so much, and `give` is the longest that may take; without a meter config turns litres into `give` by the
    valve's flow.

        - name: Three beds, one after the other
          valve: [bed_1, bed_2, bed_3]
          at: [sunrise + 1 h, 11:00, 14:00]
          start: vpd_sum since last start > 4 kPa·h or 4 h since last start
          window: sunrise + 1 h .. sunset - 3 h
          give: 60 L by water.volume within 5 min
    """

    name: str
    valve: str
    start: Expression | None
    window: Window | None
    give: float
    skip_when: Expression | None = None
    stop_day_when: Expression | None = None
    rest: float = 0.0
    times: tuple[DayTime, ...] = ()
    then: tuple[str, ...] = ()
    volume: float | None = None
    meter: str | None = None


@dataclass(frozen=True, slots=True)
class PumpPlan:
    """A pump or master valve that runs while one of `valves` has a round, and how much flow it can feed (L/s).

    Rounds wait until there is flow enough for their valve.

        pumps:
          - {pump: main_pump, valves: [bed_1, bed_2, bed_3], capacity: 40 L/min}
    """

    switch: str
    valves: tuple[str, ...]
    capacity: float | None = None


@dataclass(frozen=True, slots=True)
class AlarmPlan:
    name: str
    when: Expression
    priority: Literal["critical", "high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class ActuatorPlan:
    """One motor, switch or valve and its hard limits, which nothing can lift.

    `safe` is the position taken when what it depends on fails; None keeps the present one. `stop` says whether it also
    goes there when the controller is stopped, or stays as it is. `flow` is L/s.
    `travel_open` and `travel_close` are the motor's times for the whole way, `delay` the time by which its device may
    follow late (s). `measured` is the point (%) that tells where a motor is, where there is one.
    """

    name: str
    kind: Literal["position", "switch", "valve"]
    output: str
    safe: float | None
    idle: float = 0.0
    travel_open: float = 0.0
    travel_close: float = 0.0
    deadband: float = 2.0
    dead_time: float = 1.0
    min_on: float = 0.0
    min_off: float = 0.0
    max_on: float | None = None
    max_per_day: float | None = None
    flow: float | None = None
    stop: Literal["safe", "keep"] = "safe"
    delay: float = 0.0
    measured: str | None = None
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class SettingPlan:
    """A number written to a device that controls by itself: the EC a mixer aims at, a dimmer, a mixing valve.

    Numbers are in `unit`. Nothing lifts the hard limits `low .. high`; changes smaller than `deadband` are not written.
    """

    name: str
    output: str
    unit: Unit
    low: float
    high: float
    safe: float
    deadband: float
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class SetPlan:
    """Sets a setting to `value`, while `when` is true or not given. The first of the file that holds decides.

    Those of `safety` stand above every hand and every other rule.

    - name: Feed by light
      set: nutrient_ec
      to: 2.4 mS/cm - 0.4 mS/cm * ramp(outside.radiation, 200 W/m², 800 W/m²)
    """

    name: str
    setting: str
    value: Expression
    when: Expression | None = None
    safety: bool = False


@dataclass(frozen=True, slots=True)
class Atom:
    """One actuator inside a part of its range: low <(=) position <(=) high, in %."""

    actuator: str
    low: float
    high: float

    def holds(self, position: float) -> bool:
        return self.low <= position <= self.high


@dataclass(frozen=True, slots=True)
class InterlockPlan:
    """Never may all `atoms` hold at once. `keep` gets its way; the first of the others yields."""

    text: Text
    atoms: tuple[Atom, ...]
    keep: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the core needs to know, checked."""

    site: SitePlan
    sensors: tuple[SensorPlan, ...]
    actuators: tuple[ActuatorPlan, ...]
    votes: tuple[VotePlan, ...] = ()
    interlocks: tuple[InterlockPlan, ...] = ()
    periods: tuple[PeriodPlan, ...] = ()
    setpoints: tuple[SetpointPlan, ...] = ()
    rules: tuple[RulePlan | DrivePlan, ...] = ()
    irrigation: tuple[IrrigationPlan, ...] = ()
    safety: tuple[RulePlan, ...] = ()
    alarms: tuple[AlarmPlan, ...] = ()
    drains: tuple[tuple[str, str], ...] = field(default=())
    """Which drain point belongs to which valve, where site.yaml says so."""
    defines: tuple[DefinePlan, ...] = ()
    sums: tuple[SumPlan, ...] = ()
    controls: tuple[ControlPlan, ...] = ()
    limits: tuple[LimitPlan, ...] = ()
    stages: tuple[StagePlan, ...] = ()
    pumps: tuple[PumpPlan, ...] = ()
    settings: tuple[SettingPlan, ...] = ()
    sets: tuple[SetPlan, ...] = ()
    compartments: tuple[CompartmentPlan, ...] = ()

    def compartment_of(self, name: str) -> str:
        """The compartment that a point, an actuator or a setpoint belongs to by its name; "" for what is shared."""
        return self.placed(name)[0]

    def placed(self, name: str) -> tuple[str, str]:
        """That compartment, and what the name is without it."""
        return placed(name, [compartment.name for compartment in self.compartments])

    def unmeasured(self) -> Plan:
        """The same for devices that are only imagined: no sensor sees their motors move."""
        if all(actuator.measured is None for actuator in self.actuators):
            return self
        return replace(self, actuators=tuple(replace(actuator, measured=None) for actuator in self.actuators))


def placed(name: str, compartments: Container[str]) -> tuple[str, str]:
    """The compartment that a name belongs to, and the rest of it: east.dli is the dli of east, dli that of what is
    shared, which is "".
    """
    first, dot, rest = name.partition(".")
    return (first, rest) if dot and first in compartments else ("", name)


def pieces(kind: type[Piece], part: object) -> Iterator[Piece]:
    """Everything of a kind that a part of a plan is made of."""
    if isinstance(part, kind):
        yield part
    elif isinstance(part, tuple):
        for item in part:
            yield from pieces(kind, item)
    elif is_dataclass(part):
        for each in fields(part):
            yield from pieces(kind, getattr(part, each.name))
