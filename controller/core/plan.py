"""The plan: site.yaml and rules.yaml after parsing, as the core runs them. Immutable.

Durations are in seconds, positions in % of opening, values in the unit of their quantity.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from controller.model.errors import NOWHERE, Place
from controller.model.units import Quantity
from controller.rules.parser import Demand, Text
from controller.rules.tree import Tree, Window


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
class SetpointPlan:
    """A named value: one expression, or one for each period with a ramp (per second) between them."""

    name: str
    text: Text
    value: Expression | None = None
    by_period: tuple[tuple[str, Expression], ...] = ()
    ramp: float | None = None


@dataclass(frozen=True, slots=True)
class RulePlan:
    """Asks for `do` while active: from when `when` is true until `until` is (without one: until `when` is not)."""

    name: str
    when: Expression
    until: Expression | None
    do: tuple[tuple[str, Demand], ...]


@dataclass(frozen=True, slots=True)
class DrivePlan:
    """Proportional control: 0 % where `by` equals `start`, 100 % a `band` above. The first true of `band_when` wins."""

    name: str
    actuator: str
    by: Expression
    start: Expression
    band: Expression
    band_when: tuple[tuple[Expression, Expression], ...] = ()


@dataclass(frozen=True, slots=True)
class IrrigationPlan:
    """Rounds of one valve. A round starts when `start` is true inside `window`, and lasts `give` seconds of open valve.

    `skip_when` true skips the round and counts as a start; `stop_day_when` true ends the rounds of the day; `rest` is
    the shortest time from the end of one of this rule's rounds to the start of the next.
    """

    name: str
    valve: str
    start: Expression
    window: Window | None
    give: float
    skip_when: Expression | None = None
    stop_day_when: Expression | None = None
    rest: float = 0.0


@dataclass(frozen=True, slots=True)
class AlarmPlan:
    name: str
    when: Expression
    priority: Literal["critical", "high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class ActuatorPlan:
    """One motor, switch or valve and its hard limits, which nothing can lift.

    `safe` is the position taken when what it depends on fails; None keeps the present one. `flow` is L/s.
    `travel_open` and `travel_close` are the motor's times for the whole way.
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
    place: Place = NOWHERE


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
