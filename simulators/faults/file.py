"""faults.yaml: what goes wrong, when, and how badly.

faults:
  - {what: frozen,   point: air.temperature, from: 2026-02-03 04:00, for: 6 h}
  - {what: offset,   point: air.humidity, by: -8 %, after: 2 d}
  - {what: spikes,   point: air.co2, by: 900 ppm, chance: 2 %, after: 1 d, for: 12 h}
  - {what: dropout,  point: outside.wind_speed, chance: 50 %, after: 1 d}
  - {what: drift,    point: air.temperature_2, by: 0.4 °C, every: 1 d}
  - {what: slip,     actuator: roof_vent, by: 30 %}
  - {what: welded,   actuator: heater, after: 3 d, for: 2 h}
  - {what: leaking,  actuator: irrigation_a, by: 5 %}
  - {what: blocked,  actuator: irrigation_a, after: 5 d}      # or a heater that does not heat
  - {what: door,     after: 6 d, for: 3 h}                    # somebody has left it open; compartment: east for one
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from controller.config import read, variables
from controller.config.document import parse
from controller.config.entry import Entry, File, validate
from controller.config.fields import Duration, DurationAboveZero, Label, Name
from controller.config.problems import Problems
from controller.core.plan import ActuatorPlan, Plan
from controller.model.errors import one_of
from controller.model.time import NS
from controller.model.units import UNITS, Unit, UnitError, parse_measure
from controller.rules.parser import Text

from .schedule import OF_SENSORS, Fault, Kind, Schedule

_PERCENT = UNITS["%"]
_SIZED = (Kind.OFFSET, Kind.SPIKES, Kind.DRIFT, Kind.SLIP, Kind.LEAKING)
_CHANCED = (Kind.SPIKES, Kind.DROPOUT)


class FaultEntry(Entry):
    """One fault. It begins at a time (`from`) or so long `after` the start, and lasts `for` a time or for good."""

    what: Label
    point: Name | None = None
    actuator: Name | None = None
    compartment: Name | None = None
    at: Label | None = Field(default=None, alias="from")
    after: Duration = 0.0
    lasting: DurationAboveZero | None = Field(default=None, alias="for")
    by: Label | None = None
    every: DurationAboveZero = 86400.0
    chance: Label | None = None


class FaultsFile(File):
    """faults.yaml."""

    onsil: Literal[1] = Field(default=1, description="Version of this format.")
    faults: list[FaultEntry] = Field(min_length=1)


def load(path: Path, plan: Plan, start: datetime) -> Schedule:
    """The faults of a file; `start` (with a time zone) is when the run begins.

    Raises ConfigError with the first mistake, OSError where the file cannot be read.
    """
    problems = Problems()
    document = parse(read(path), str(path), variables.lookup, problems)
    file = None if document is None else validate(FaultsFile, document, problems)
    faults: list[Fault] = []
    for entry in file.faults if file is not None else ():
        with problems.caught():
            faults.append(_fault(entry, plan, start))
    if problems.errors:
        raise sorted(problems.errors, key=lambda error: error.place)[0]
    return Schedule(faults)


def _fault(entry: FaultEntry, plan: Plan, start: datetime) -> Fault:
    word = entry.what.text.strip()
    if word not in list(Kind):
        raise entry.what.error(f"nothing can be {word!r}", 0, one_of(word, Kind))
    kind = Kind(word)
    target, unit = _target(entry, kind, plan)
    begin = round(start.timestamp() * NS) + round(entry.after * NS)
    if entry.at is not None:
        begin = _moment(entry.at, plan)
    end = None if entry.lasting is None else begin + round(entry.lasting * NS)
    size = _size(entry, kind, unit)
    if kind is Kind.DRIFT:
        size /= entry.every
    chance = 1.0
    if entry.chance is not None:
        if kind not in _CHANCED:
            raise entry.chance.error(f"{kind} knows no chance", 0, "leave it away")
        chance = _measure(entry.chance, _PERCENT) / 100
    return Fault(kind, target, begin, end, size, chance)


def _target(entry: FaultEntry, kind: Kind, plan: Plan) -> tuple[str, Unit]:
    """What is hit, and the unit of the size."""
    if kind is Kind.DOOR:
        for named in (entry.point, entry.actuator):
            if named is not None:
                raise named.error("a door is no point and no actuator", 0, "leave it away")
        return _door(entry, plan), _PERCENT
    if entry.compartment is not None:
        raise entry.compartment.error(f"{kind} is not said of a compartment", 0, "leave it away")
    wanted, other = (entry.point, entry.actuator) if kind in OF_SENSORS else (entry.actuator, entry.point)
    word = "point" if kind in OF_SENSORS else "actuator"
    if wanted is None or other is not None:
        raise entry.what.error(f"{kind} is said of one {word}", 0, f"write {word}: and its name")
    if kind in OF_SENSORS:
        units = {sensor.point: sensor.quantity.unit for sensor in plan.sensors}
    else:
        units = {actuator.name: _PERCENT for actuator in plan.actuators if _can(actuator, kind)}
    if wanted.text not in units:
        raise wanted.error(f"there is no {word} {wanted.text!r} that could be {kind}", 0, one_of(wanted.text, units))
    return wanted.text, units[wanted.text]


def _door(entry: FaultEntry, plan: Plan) -> str:
    """That of one compartment, or those of all."""
    named, known = entry.compartment, [each.name for each in plan.compartments]
    if named is None:
        return str(Kind.DOOR)
    if named.text not in known:
        hint = one_of(named.text, known, "the site has none: leave it away")
        raise named.error(f"there is no compartment {named.text!r}", 0, hint)
    return f"{named.text}.{Kind.DOOR}"


def _can(actuator: ActuatorPlan, kind: Kind) -> bool:
    if kind is Kind.SLIP:
        return actuator.kind == "position"
    return actuator.kind == "valve" if kind is Kind.LEAKING else actuator.kind != "position"


def _size(entry: FaultEntry, kind: Kind, unit: Unit) -> float:
    if kind not in _SIZED:
        if entry.by is not None:
            raise entry.by.error(f"{kind} knows no size", 0, "leave it away")
        return 0.0
    if entry.by is None:
        raise entry.what.error(f"by how much is missing for {kind}", 0, f"write by: 5 {unit}")
    size = _measure(entry.by, unit)
    return size if kind in OF_SENSORS else min(max(size / 100, 0.0), 1.0)


def _measure(text: Text, unit: Unit) -> float:
    try:
        return parse_measure(text.text, unit)
    except UnitError as error:
        raise text.error(str(error), 0, error.suggestion) from None


def _moment(text: Text, plan: Plan) -> int:
    try:
        moment = datetime.fromisoformat(text.text.strip())
    except ValueError:
        raise text.error(f"{text.text!r} is no time", 0, "write it like 2026-02-03 04:00") from None
    return round(moment.replace(tzinfo=moment.tzinfo or ZoneInfo(plan.site.timezone)).timestamp()) * NS
