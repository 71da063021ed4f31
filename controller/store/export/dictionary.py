"""The data dictionary of an export: what each of its columns means, as a table of its own."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from controller.core.plan import Plan
from controller.model.units import Quantity
from controller.store.export.table import MINUTE


class Meaning(NamedTuple):
    """One column. `kind` is time, point or actuator; `unit` is "" for a plain number."""

    column: str
    kind: str
    name: str
    quantity: str
    unit: str
    meaning: str


def units(plan: Plan) -> Mapping[str, str]:
    """The unit of each point as it is written."""
    return {name: quantity.unit.symbol for name, quantity in _quantities(plan).items()}


def meanings(plan: Plan, points: Sequence[str], actuators: Sequence[str], step: int = MINUTE) -> list[Meaning]:
    """The columns of an export of these points and actuators in steps of `step` seconds."""
    return list(_meanings(plan, points, actuators, step))


def write_dictionary(found: Sequence[Meaning], path: Path) -> None:
    """Write it as CSV. Raises OSError."""
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(Meaning._fields)
        writer.writerows(found)


def _meanings(plan: Plan, points: Sequence[str], actuators: Sequence[str], step: int) -> Iterator[Meaning]:
    over = f"{step // MINUTE} min"
    text = f"beginning of the {over} that the row is about, in the zone {plan.site.timezone}, ISO 8601"
    yield Meaning("time", "time", "time", "", "", text)
    quantities = _quantities(plan)
    for name in points:
        quantity = quantities.get(name)
        unit = "" if quantity is None else quantity.unit.symbol
        text = f"mean of the good readings of {over} after treatment; empty: there was none"
        if quantity is not None and quantity.states is not None:
            text = f"share of {over}: 0 {quantity.states[0]}, 1 {quantity.states[1]}; empty: there was no good reading"
        elif quantity is not None and quantity.counter:
            text = f"mean count over {over}; it only counts up, resets apart; empty: there was no good reading"
        column = f"{name} [{unit}]" if unit else name
        yield Meaning(column, "point", name, "" if quantity is None else quantity.name, unit, _where(plan, name) + text)
    kinds = {actuator.name: actuator.kind for actuator in plan.actuators}
    for name in actuators:
        kind = kinds.get(name, "position")
        ends = "0 closed, 100 open" if kind in ("position", "valve") else "0 off, 100 on"
        text = f"mean position over {over}, measured or estimated from running times: {ends}"
        if kind != "position":
            text = f"share of {over}: {ends}"
        yield Meaning(f"{name} [%]", "actuator", name, kind, "%", _where(plan, name) + text)


def _where(plan: Plan, name: str) -> str:
    compartment = plan.compartment_of(name)
    return next((f"{each.en}: " for each in plan.compartments if each.name == compartment), "")


def _quantities(plan: Plan) -> dict[str, Quantity]:
    """The quantity of each point, voted ones included."""
    own = {sensor.point: sensor.quantity for sensor in plan.sensors}
    for vote in plan.votes:
        members = [own[member] for member in vote.members if member in own]
        if members:
            own.setdefault(vote.point, members[0])
    return own
