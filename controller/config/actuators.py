"""Actuators and interlocks of site.yaml, against the outputs that the devices have."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from controller.core.plan import ActuatorPlan, Atom, InterlockPlan
from controller.model.errors import one_of
from controller.model.units import PERCENT
from controller.rules.parser import Text, parse_condition
from controller.rules.tree import And, Compare, Is, Name, Not, Number, Tree

from .problems import Problems
from .site_file import Interlock, Position, Setting, SiteFile, Switch, Valve
from .treatment import Points
from .wiring import Wiring

_TAKES = {"position": "motor", "switch": "switch", "valve": "switch", "setting": "number"}
_FITTING = {"motor": "position", "switch": "switch or valve", "number": "setting"}
_HALF = 50.0  # a switch at this or above counts as on
_CRACK = 0.5  # %: a motor at this or above counts as open
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def actuators(site: SiteFile, wiring: Wiring, points: Points, problems: Problems) -> tuple[ActuatorPlan, ...]:
    """The actuators with their outputs and the sensors of their positions; what does not fit goes to `problems`."""
    made = []
    used: dict[str, str] = {}
    told: dict[str, str] = {}
    for name, actuator in site.actuators.items():
        if isinstance(actuator, Setting):
            continue
        assert isinstance(actuator, (Position, Switch, Valve))
        output = actuator.output
        if output.text in wiring.refused:
            continue
        with problems.caught():
            check_output(name, actuator.kind, output, used, wiring)
            used[output.text] = name.text
            if isinstance(actuator, Position) and actuator.measured is not None:
                _check_measured(actuator.measured, told, points)
                told[actuator.measured.text] = name.text
                points.move(actuator.measured.text, min(actuator.travel_time))
            made.append(replace(_actuator(name, actuator), delay=wiring.points[output.text].source.delay))
    return tuple(made)


def _check_measured(point: Text, told: Mapping[str, str], points: Points) -> None:
    """Whether a point exists, measures a position, and that of no other motor. Raises ConfigError."""
    if (found := points.quantity(point)) is None:
        return
    if found.name != "position":
        hint = f"write {point.text}: {{quantity: position}} under sensors:, if it is one"
        raise point.error(f"{point.text} is a {found.name}, not a position", 0, hint)
    if point.text in told:
        raise point.error(f"{point.text} tells where {told[point.text]} is already", 0, "each needs its own sensor")


def check_output(name: Text, kind: str, output: Text, used: Mapping[str, str], wiring: Wiring) -> None:
    """Whether an output exists, takes what an actuator of this kind orders, and is free. Raises ConfigError."""
    if name.text in wiring.points:
        raise name.error(f"{name.text} is the name of a point already", 0, "choose another name")
    outputs = [point for point, delivered in wiring.points.items() if delivered.source.output is not None]
    delivered = wiring.points.get(output.text)
    if delivered is None:
        raise output.error(f"no device has the output {output.text!r}", 0, one_of(output.text, outputs))
    offered = delivered.source.output
    if offered is None:
        raise output.error(f"{output.text} is measured: it cannot be commanded", 0, one_of(output.text, outputs))
    if offered != _TAKES[kind]:
        raise output.error(
            f"{output.text} is a {offered}: it cannot move a {kind}", 0, f"write kind: {_FITTING[offered]}"
        )
    if output.text in used:
        raise output.error(f"{output.text} moves {used[output.text]} already", 0, "each needs its own output")


def _actuator(name: Text, actuator: Position | Switch | Valve) -> ActuatorPlan:
    if isinstance(actuator, Position):
        travel_open, travel_close = actuator.travel_time
        return ActuatorPlan(
            name.text,
            "position",
            actuator.output.text,
            actuator.safe,
            travel_open=travel_open,
            travel_close=travel_close,
            deadband=actuator.deadband,
            dead_time=actuator.dead_time,
            stop=actuator.stop,
            measured=None if actuator.measured is None else actuator.measured.text,
            place=name.place,
        )
    if actuator.safe not in (None, 0.0, 100.0):
        words = "open or closed" if isinstance(actuator, Valve) else "on or off"
        raise name.error(f"{name.text} cannot be at {actuator.safe:g} %", 0, f"safe: must be {words}")
    return ActuatorPlan(
        name.text,
        actuator.kind,
        actuator.output.text,
        actuator.safe,
        min_on=actuator.min_on,
        min_off=actuator.min_off,
        max_on=actuator.max_on,
        max_per_day=actuator.max_per_day,
        flow=actuator.flow if isinstance(actuator, Valve) else None,
        stop=actuator.stop,
        place=name.place,
    )


def interlocks(site: SiteFile, known: Mapping[str, ActuatorPlan], problems: Problems) -> tuple[InterlockPlan, ...]:
    """The interlocks as parts of the actuators' ranges; what cannot be one goes to `problems`."""
    made = []
    for interlock in site.interlocks:
        with problems.caught():
            made.append(_interlock(interlock, known))
    return tuple(made)


def _interlock(interlock: Interlock, known: Mapping[str, ActuatorPlan]) -> InterlockPlan:
    text = interlock.never
    ranges: dict[str, Atom] = {}
    for atom in _atoms(text, parse_condition(text), known):
        before = ranges.get(atom.actuator, Atom(atom.actuator, 0.0, 100.0))
        both = Atom(atom.actuator, max(before.low, atom.low), min(before.high, atom.high))
        if both.low > both.high:
            raise text.error(f"{atom.actuator} can never be so", 0, "look at the two bounds")
        ranges[atom.actuator] = both
    if len(ranges) < 2:
        hint = "to bound one actuator, use safety:"
        raise text.error("an interlock is between two actuators or more", 0, hint)
    if interlock.keep.text not in ranges:
        hint = one_of(interlock.keep.text, ranges)
        raise interlock.keep.error(f"{interlock.keep.text} is no part of this interlock", 0, hint)
    return InterlockPlan(text, tuple(ranges.values()), interlock.keep.text)


def _atoms(text: Text, tree: Tree, known: Mapping[str, ActuatorPlan]) -> list[Atom]:
    match tree:
        case And(left, right):
            return [*_atoms(text, left, known), *_atoms(text, right, known)]
        case Not(Is() as inner):
            atom = _state(text, inner, known)
            low, high = (0.0, _below(atom.low)) if atom.low > 0 else (_above(atom.high), 100.0)
            return [Atom(atom.actuator, low, high)]
        case Is():
            return [_state(text, tree, known)]
        case Compare(op, Name(name, at), Number() as number):
            return [_compared(text, op, name, at, number, known)]
        case Compare(op, Number() as number, Name(name, at)):
            return [_compared(text, _MIRRORED[op], name, at, number, known)]
        case _:
            hint = "write 'heater on and roof_vent > 30 %': actuators joined by 'and'"
            raise text.error("an interlock cannot be made of this", tree.at, hint)


def _state(text: Text, tree: Is, known: Mapping[str, ActuatorPlan]) -> Atom:
    actuator = _actuator_named(text, tree.subject, tree.at, known)
    open_words: tuple[str, ...] = ("open",) if actuator.kind == "position" else ("open", "on")
    closed_words: tuple[str, ...] = ("closed",) if actuator.kind == "position" else ("closed", "off")
    border = _CRACK if actuator.kind == "position" else _HALF
    if tree.state in open_words:
        return Atom(actuator.name, border, 100.0)
    if tree.state in closed_words:
        return Atom(actuator.name, 0.0, _below(border))
    hint = one_of(tree.state, (*open_words, *closed_words))
    raise text.error(f"{actuator.name} cannot be {tree.state!r}", tree.at, hint)


def _compared(text: Text, op: str, name: str, at: int, number: Number, known: Mapping[str, ActuatorPlan]) -> Atom:
    actuator = _actuator_named(text, name, at, known)
    if actuator.kind != "position":
        raise text.error(f"{name} is on or off: it has no part way", at, f"write {name} on")
    if number.unit.dimension != PERCENT:
        raise text.error(f"the position of {name} is in %", number.at, f"write {number.value:g} %")
    bound = number.value
    low, high = {
        "<": (0.0, _below(bound)),
        "<=": (0.0, bound),
        ">": (_above(bound), 100.0),
        ">=": (bound, 100.0),
    }[op]
    if low > 100 or high < 0:
        raise text.error(f"{name} is never {op} {bound:g} %", at, "a position is 0 % to 100 %")
    return Atom(name, low, min(high, 100.0))


def _actuator_named(text: Text, name: str, at: int, known: Mapping[str, ActuatorPlan]) -> ActuatorPlan:
    found = known.get(name)
    if found is None:
        raise text.error(f"there is no actuator {name!r}", at, one_of(name, known))
    return found


def _below(bound: float) -> float:
    return math.nextafter(bound, -math.inf)


def _above(bound: float) -> float:
    return math.nextafter(bound, math.inf)
