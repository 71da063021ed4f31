"""The shape of rules.yaml: how the greenhouse is run."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from .entry import Entry, File
from .fields import (
    Address,
    Asked,
    BandOf,
    Bounds,
    Condition,
    DayWindow,
    Definition,
    Duration,
    DurationAboveZero,
    Flow,
    Given,
    Label,
    Name,
    PaceOf,
    Setpoint,
    Share,
    TimeOfDay,
    Value,
)
from .nodes import Mapping

Priority = Literal["critical", "high", "medium", "low"]


class Rule(Entry):
    """Asks for what stands under `do` from when `when` is true until `until` is (without one: while `when` is)."""

    name: Label = Field(examples=["Heat up to the setpoint"])
    when: Condition = Field(examples=["air.temperature < 16 °C"])
    until: Condition | None = None
    do: dict[Name, Asked] = Field(min_length=1, examples=["{heater: on}"], description="Actuators and their positions.")


class Drive(Entry):
    """Moves an actuator in proportion: 0 % at `from`, 100 % one `band` above."""

    name: Label = Field(examples=["Ventilate in proportion"])
    drive: Label = Field(examples=["roof_vent"], description="The actuator.")
    by: Value = Field(examples=["air.temperature"])
    start: Value = Field(alias="from", examples=["24 °C"])
    band: BandOf = Field(examples=["6 °C"])
    band_when: dict[Condition, Value] = Field(default={}, description="Other bands: the first true one wins.")
    integral: DurationAboveZero | None = Field(default=None, description="Makes it PI: the integral time.")
    within: Bounds | None = Field(default=None, description="The least and the most that it moves to.")


class SetRule(Entry):
    """Sets a number: the first of the file whose `when` holds, or that has none, decides."""

    name: Label = Field(examples=["Feed by light"])
    set: Label = Field(examples=["nutrient_ec"], description="The setting.")
    to: Value = Field(examples=["2.4 mS/cm - 0.4 mS/cm * ramp(outside.radiation, 200 W/m², 800 W/m²)"])
    when: Condition | None = None


def _form(value: Any) -> str:
    keys = value if isinstance(value, Mapping) else ()
    return "<drive>" if "drive" in keys else "<set>" if "set" in keys else "<rule>"


AnyRule = Annotated[
    Annotated[Rule, Tag("<rule>")] | Annotated[Drive, Tag("<drive>")] | Annotated[SetRule, Tag("<set>")],
    Discriminator(_form),
]


class Irrigation(Entry):
    """Rounds of one valve, or of several one after the other."""

    name: Label = Field(examples=["Slab A by light"])
    valve: Label | list[Label] = Field(examples=["irrigation_a"], description="One valve, or a list of them.")
    start: Condition | None = Field(default=None, examples=["radiation_sum since last start > 120 J/cm²"])
    at: list[TimeOfDay] = Field(default=[], description="Times at which a round starts, once a day each.")
    window: DayWindow | None = Field(default=None, description="No round starts outside.")
    give: Given = Field(examples=["2 min"])
    skip_when: Condition | None = Field(default=None, description="True: this round is left out.")
    stop_day_when: Condition | None = Field(default=None, description="True: no more rounds today.")
    rest: Duration = Field(default=0.0, description="Shortest time from the end of a round to the next one.")


class Safety(Entry):
    """Stands above every rule and every hand on the page."""

    name: Label = Field(examples=["Storm"])
    when: Condition = Field(examples=["outside.wind_speed > 15 m/s"])
    until: Condition | None = None
    force: dict[Name, Asked] = Field(min_length=1, examples=["{roof_vent: at most 5 %}"])


class SafetySet(SetRule):
    """Sets a number above every other rule and every hand, while `when` holds."""

    when: Condition = Field(examples=["slab.ec > 5 mS/cm for 10 min"])


AnySafety = Annotated[
    Annotated[Safety, Tag("<safety>")] | Annotated[SafetySet, Tag("<set>")],
    Discriminator(lambda value: "<set>" if isinstance(value, Mapping) and "set" in value else "<safety>"),
]


class Alarm(Entry):
    """Tells people."""

    name: Label = Field(examples=["Frost"])
    when: Condition = Field(examples=["air.temperature < 5 °C for 2 min"])
    priority: Priority = Field(default="high", examples=["high"])


class Sum(Entry):
    """A sum over time of a rate, as a name for conditions and setpoints."""

    of: Value = Field(examples=["max(air.temperature - 10 °C, 0 K)"])
    reset: Literal["day", "never"] = Field(default="day", description="When it begins anew.")
    within: Bounds | None = Field(default=None, description="What it stays between.")
    forget: DurationAboveZero | None = Field(default=None, description="After this time 37 % are left of what is old.")


class Control(Entry):
    """A need in %, as a name for conditions, setpoints and stages."""

    by: Value = Field(examples=["air.temperature"])
    start: Value = Field(alias="from", examples=["heating_temperature"])
    band: BandOf = Field(examples=["4 K below"])
    band_when: dict[Condition, Value] = Field(default={}, description="Other bands: the first true one wins.")
    integral: DurationAboveZero | None = Field(default=None, description="Makes it PI: the integral time.")
    within: Bounds | None = Field(default=None, description="The least and the most that it becomes.")


class Limit(Entry):
    """Bounds and pace of what rules ask of an actuator; hands and safety are free of it."""

    name: Label = Field(examples=["Gap against damp"])
    of: Label = Field(examples=["thermal_screen"], description="The actuator.")
    when: Condition | None = None
    at_least: Value | None = Field(default=None, examples=["10 %"])
    at_most: Value | None = Field(default=None, examples=["100 % - 4 % * ramp(air.humidity, 88 %, 94 %)"])
    rising: PaceOf | None = None
    falling: PaceOf | None = None


class Stages(Entry):
    """Several switches in turn for one need."""

    name: Label = Field(examples=["Heaters by need"])
    by: Value = Field(examples=["heat_need"])
    switches: list[Label] = Field(min_length=1, examples=["[heater_1, heater_2]"])
    on_at: list[Share] = Field(min_length=1, examples=["[20 %, 60 %]"])
    hysteresis: Share = Field(default=10.0, description="How far below its mark each goes off.")
    delay: Duration = Field(default=0.0, description="Shortest time between two changes.")
    rotate: bool = Field(default=False, description="The one that rested longest comes next.")
    rotate_every: DurationAboveZero | None = Field(default=None, description="They are exchanged after this time.")


class Pump(Entry):
    """A pump or master valve that runs with its valves."""

    pump: Label = Field(examples=["main_pump"])
    valves: list[Label] = Field(min_length=1, examples=["[bed_1, bed_2]"])
    capacity: Flow | None = Field(default=None, description="What it can feed: others wait.")


class RulesFile(File):
    """rules.yaml: how the greenhouse is run. Save the file: it is checked, and used only if it is right."""

    onsil: Literal[1] = Field(examples=[1], description="Version of this format.")
    define: dict[Definition, Value] = Field(default={}, description="Names and functions for expressions.")
    periods: dict[Name, DayWindow] = Field(default={}, description="Parts of the day.")
    setpoints: dict[Name, Setpoint] = Field(default={}, description="Named values.")
    sums: dict[Name, Sum] = Field(default={}, description="Sums over time.")
    controls: dict[Name, Control] = Field(default={}, description="Needs in %.")
    rules: list[AnyRule] = Field(default=[], description="What is to happen when.")
    limits: list[Limit] = Field(default=[], description="What bounds and slows the rules.")
    stages: list[Stages] = Field(default=[], description="Several switches for one need.")
    irrigation: list[Irrigation] = Field(default=[], description="When which valve waters.")
    pumps: list[Pump] = Field(default=[], description="Pumps and master valves.")
    safety: list[AnySafety] = Field(default=[], description="What stands above every rule and every hand.")
    alarms: list[Alarm] = Field(default=[], description="What people are told.")
    notify: dict[Priority, list[Address]] = Field(default={}, description="Apprise URLs for each priority.")
