"""The shape of rules.yaml: how the greenhouse is run."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from .entry import Entry, File
from .fields import Address, Asked, Condition, DayWindow, Duration, DurationAboveZero, Label, Name, Setpoint, Value
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
    band: Value = Field(examples=["6 °C"])
    band_when: dict[Condition, Value] = Field(default={}, description="Other bands: the first true one wins.")


def _form(value: Any) -> str:
    return "<drive>" if isinstance(value, Mapping) and "drive" in value else "<rule>"


AnyRule = Annotated[Annotated[Rule, Tag("<rule>")] | Annotated[Drive, Tag("<drive>")], Discriminator(_form)]


class Irrigation(Entry):
    """Rounds of one valve."""

    name: Label = Field(examples=["Slab A by light"])
    valve: Label = Field(examples=["irrigation_a"])
    start: Condition = Field(examples=["radiation_sum since last start > 120 J/cm²"])
    window: DayWindow | None = Field(default=None, description="No round starts outside.")
    give: DurationAboveZero = Field(examples=["2 min"], description="How long the valve is open.")
    skip_when: Condition | None = Field(default=None, description="True: this round is left out.")
    stop_day_when: Condition | None = Field(default=None, description="True: no more rounds today.")
    rest: Duration = Field(default=0.0, description="Shortest time from the end of a round to the next one.")


class Safety(Entry):
    """Stands above every rule and every hand on the page."""

    name: Label = Field(examples=["Storm"])
    when: Condition = Field(examples=["outside.wind_speed > 15 m/s"])
    until: Condition | None = None
    force: dict[Name, Asked] = Field(min_length=1, examples=["{roof_vent: at most 5 %}"])


class Alarm(Entry):
    """Tells people."""

    name: Label = Field(examples=["Frost"])
    when: Condition = Field(examples=["air.temperature < 5 °C for 2 min"])
    priority: Priority = Field(default="high", examples=["high"])


class RulesFile(File):
    """rules.yaml: how the greenhouse is run. Save the file: it is checked, and used only if it is right."""

    onsil: Literal[1] = Field(examples=[1], description="Version of this format.")
    periods: dict[Name, DayWindow] = Field(default={}, description="Parts of the day.")
    setpoints: dict[Name, Setpoint] = Field(default={}, description="Named values.")
    rules: list[AnyRule] = Field(default=[], description="What is to happen when.")
    irrigation: list[Irrigation] = Field(default=[], description="When which valve waters.")
    safety: list[Safety] = Field(default=[], description="What stands above every rule and every hand.")
    alarms: list[Alarm] = Field(default=[], description="What people are told.")
    notify: dict[Priority, list[Address]] = Field(default={}, description="Apprise URLs for each priority.")
