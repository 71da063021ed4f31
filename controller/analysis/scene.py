"""What a plan's expressions can be at one moment: every name becomes a variable with its range, or what it stands for.

All numbers are in coherent SI units while they are calculated with; a variable keeps the unit in which it is shown.
Points are as free as their sensors' ranges, save that the sun bounds the light. What has a memory is taken as steady: a
condition "for 5 min" is its condition, and what is averaged or summed is a variable of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, replace

from controller.core.derived import MOIST_AIR
from controller.core.plan import ActuatorPlan, ControlPlan, Expression, Plan, SensorPlan, SetpointPlan
from controller.model.units import QUANTITIES, UNITS, Unit, show
from controller.rules.printer import print_tree
from controller.rules.tree import (
    And,
    Binary,
    Call,
    Compare,
    Held,
    Is,
    Name,
    Negate,
    Not,
    Number,
    Or,
    Tree,
    Within,
    walk,
)

from . import interval
from .interval import FALSE, TRUE, UNKNOWN, Interval, exactly
from .moments import Moment

_PLAIN = UNITS[""]
_PERCENT = UNITS["%"]
_ANY = 1e9
_QUALITIES = {"good": (0.0, 0.0), "stale": (1.0, 1.0), "bad": (1.0, 2.0)}
_SWITCH = {"on": (50.0, 100.0), "off": (0.0, 49.9), "open": (0.5, 100.0), "closed": (0.0, 0.4)}
_OPENING = {"open": (0.5, 100.0), "closed": (0.0, 0.49)}
_LIGHT = {"radiation": 1.0, "ppfd": 2.1}
"""Quantities that the sun bounds, in their unit per W/m² of global radiation (2.1 µmol/J: McCree 1972)."""


@dataclass(frozen=True, slots=True)
class Variable:
    """Something free: its name, unit and range. `steps` are its only values where it has few."""

    name: str
    unit: Unit
    low: float
    high: float
    steps: tuple[float, ...] = ()
    words: tuple[str, ...] = ()

    def shown(self, value: float) -> str:
        """ "air.temperature = 18.7 °C", "outside.rain is wet"."""
        if self.words:
            return f"{self.name} is {self.words[self.steps.index(value)]}"
        return f"{self.name} = {show(value, self.unit)}"


Box = list[Interval]
Value = Callable[[Box], Interval]
Truth = Callable[[Box], int]


class Scene:
    """One moment of one plan. Variables are made when an expression first names them; `variables[i]` is `box[i]`."""

    def __init__(self, plan: Plan, moment: Moment) -> None:
        self.moment = moment
        self.variables: list[Variable] = []
        self._plan = plan
        self._index: dict[str, int] = {}
        self._sensors: dict[str, SensorPlan] = {sensor.point: sensor for sensor in plan.sensors}
        for vote in plan.votes:  # a voted point need not have a sensor of its own
            self._sensors.setdefault(vote.point, replace(self._sensors[vote.members[0]], point=vote.point))
        self._actuators: dict[str, ActuatorPlan] = {actuator.name: actuator for actuator in plan.actuators}
        self._setpoints: dict[str, SetpointPlan] = {setpoint.name: setpoint for setpoint in plan.setpoints}
        self._controls: dict[str, ControlPlan] = {control.name: control for control in plan.controls}
        self._settings = {setting.name: setting for setting in plan.settings}
        self._periods = {period.name: index for index, period in enumerate(plan.periods)}
        self._doubted: set[str] = set()
        self._noise: Mapping[str, float] = {}

    def shaken(self, noise: Mapping[str, float]) -> Scene:
        """The same scene a moment later: each point may have changed by the noise of its quantity, in its unit."""
        later = copy(self)  # variables are shared, so that boxes of one are boxes of the other
        later._noise = noise
        return later

    def doubt(self, trees: Iterable[Tree]) -> None:
        """Let the points whose quality these trees ask for be stale or bad."""
        for tree in trees:
            for node in walk(tree):
                if isinstance(node, Is) and node.state in _QUALITIES and node.subject in self._sensors:
                    self._doubted.add(node.subject)

    # variables

    def variable(self, variable: Variable) -> int:
        if variable.name not in self._index:
            self._index[variable.name] = len(self.variables)
            self.variables.append(variable)
        return self._index[variable.name]

    def free(self, tree: Tree, unit: Unit, low: float, high: float) -> Value:
        """A variable for a part of an expression that is not looked into."""
        return self._read(Variable(print_tree(tree), unit, low, high))

    def _read(self, variable: Variable) -> Value:
        index, scale = self.variable(variable), variable.unit.scale
        if scale == 1.0:
            return lambda box: box[index]

        def scaled(box: Box) -> Interval:
            low, high, known = box[index]
            return Interval(low * scale, high * scale, known)

        return scaled

    def _point(self, sensor: SensorPlan) -> Variable:
        quantity = sensor.quantity
        if quantity.states:
            return Variable(sensor.point, quantity.unit, 0.0, 1.0, (0.0, 1.0), quantity.states)
        high = sensor.high
        if quantity.name in _LIGHT:
            high = min(high, self.moment.brightest * _LIGHT[quantity.name])
        return Variable(sensor.point, quantity.unit, max(sensor.low, -_ANY), min(high, _ANY))

    def _quality(self, point: str) -> int:
        name = f"the quality of {point}"
        return self.variable(Variable(name, _PLAIN, 0.0, 2.0, (0.0, 1.0, 2.0), ("good", "stale", "bad")))

    def _actuator(self, actuator: ActuatorPlan) -> Variable:
        if actuator.kind == "position":
            return Variable(actuator.name, _PERCENT, 0.0, 100.0)
        words = ("closed", "open") if actuator.kind == "valve" else ("off", "on")
        return Variable(actuator.name, _PERCENT, 0.0, 100.0, (0.0, 100.0), words)

    # conditions

    def truth(self, tree: Tree) -> Truth:
        """The truth values that a condition can have over a box."""
        match tree:
            case Compare(op, left, right):
                return self._compare(op, left, right)
            case Is(subject, state):
                return self._is(subject, state)
            case Not(operand):
                inner = self.truth(operand)
                return lambda box: interval.not_(inner(box))
            case And(left, right):
                a, b = self.truth(left), self.truth(right)
                return lambda box: interval.and_(a(box), b(box))
            case Or(left, right):
                a, b = self.truth(left), self.truth(right)
                return lambda box: interval.or_(a(box), b(box))
            case Held(operand, _):
                return self.truth(operand)
            case Within(window):
                constant = TRUE if window in self.moment.open else FALSE
                return lambda _: constant
            case _:
                index = self.variable(Variable(print_tree(tree), _PLAIN, 0.0, 1.0, (0.0, 1.0), ("not so", "so")))
                return lambda box: _among(box[index], 1.0, 1.0)

    def _compare(self, op: str, left: Tree, right: Tree) -> Truth:
        a, b = self.number(left), self.number(right)
        if op in (">", ">="):
            a, b = b, a
        or_equal = op in ("<=", ">=")
        return lambda box: interval.below(a(box), b(box), or_equal)

    def _is(self, subject: str, state: str) -> Truth:
        if subject == "period":
            constant = TRUE if self._periods.get(state) == self.moment.period else FALSE
            return lambda _: constant
        if subject in self._sensors:
            return self._point_is(self._sensors[subject], state)
        if subject in self._actuators:
            actuator = self._actuators[subject]
            index = self.variable(self._actuator(actuator))
            low, high = (_OPENING if actuator.kind == "position" else _SWITCH)[state]
            return lambda box: _among(box[index], low, high)
        return lambda _: TRUE | FALSE | UNKNOWN

    def _point_is(self, sensor: SensorPlan, state: str) -> Truth:
        if state in _QUALITIES:
            if sensor.point not in self._doubted:
                constant = TRUE if state == "good" else FALSE
                return lambda _: constant
            quality, (low, high) = self._quality(sensor.point), _QUALITIES[state]
            return lambda box: _among(box[quality], low, high)
        states = sensor.quantity.states or ()
        wanted = float(states.index(state)) if state in states else -1.0
        read = self.number(Name(sensor.point))
        return lambda box: _among(read(box), wanted, wanted)

    # numbers

    def number(self, tree: Tree) -> Value:
        """The numbers that a calculation can give over a box, in coherent SI units."""
        match tree:
            case Number(value, unit):
                constant = exactly(value * unit.scale)
                return lambda _: constant
            case Name(name):
                return self._name(name)
            case Binary(op, left, right):
                a, b, apply = self.number(left), self.number(right), _BINARY[op]
                return lambda box: apply(a(box), b(box))
            case Negate(operand):
                inner = self.number(operand)
                return lambda box: interval.negate(inner(box))
            case Call(function, arguments) if function in _CALLS:
                parts, apply_all = [self.number(argument) for argument in arguments], _CALLS[function]
                return lambda box: apply_all(*[part(box) for part in parts])
            case _:
                return self.free(tree, _PLAIN, -_ANY, _ANY)

    def _name(self, name: str) -> Value:
        if name in self._sensors:
            read = self._shake(self._sensors[name], self._read(self._point(self._sensors[name])))
            return self._doubtful(name, read) if name in self._doubted else read
        if name in self._actuators:
            return self._read(self._actuator(self._actuators[name]))
        if name in self._settings:
            setting = self._settings[name]
            return self._read(Variable(name, setting.unit, setting.low, setting.high))
        if name in self._setpoints:
            return self._setpoint(self._setpoints[name])
        if name in self._controls:
            return self._control(self._controls[name])
        group, _, key = name.rpartition(".")
        if key in MOIST_AIR and f"{group}.temperature" in self._sensors and f"{group}.humidity" in self._sensors:
            return self._moist_air(group, key)
        quantity = QUANTITIES.get(key, QUANTITIES["number"])  # dli, and the east.dli of a compartment
        return self._read(Variable(name, quantity.unit, max(quantity.low, -_ANY), min(quantity.high, _ANY)))

    def _shake(self, sensor: SensorPlan, read: Value) -> Value:
        noise = self._noise.get(sensor.quantity.name, 0.0)
        if not noise:
            return read
        change = self._read(Variable(f"a change of {sensor.point}", sensor.quantity.unit, -noise, noise))
        return lambda box: interval.add(read(box), change(box))

    def _doubtful(self, point: str, read: Value) -> Value:
        """A point that has no value while its quality is not good."""
        quality = self._quality(point)

        def value(box: Box) -> Interval:
            good = _among(box[quality], 0.0, 0.0)
            low, high, _ = read(box)
            return Interval(low, high, (TRUE if good & TRUE else 0) | (FALSE if good & FALSE else 0))

        return value

    def _setpoint(self, plan: SetpointPlan) -> Value:
        value = self.number(plan.value.tree) if plan.value is not None else self._by_period(plan)
        if plan.corrections:
            correction = self._sum([self.number(expression.tree) for expression in plan.corrections])
            bounded = self._bounded(correction, plan.correction_low, plan.correction_high)
            value = self._sum([value, bounded])
        return self._bounded(value, plan.low, plan.high)

    def _by_period(self, plan: SetpointPlan) -> Value:
        targets = {self._periods.get(period): expression for period, expression in plan.by_period}
        target = targets.get(self.moment.period)
        if target is not None:
            return self.number(target.tree)
        # where no period holds, the value stays at that of any other
        values = [self.number(expression.tree) for expression in targets.values()]

        def hull(box: Box) -> Interval:
            parts = [value(box) for value in values]
            return Interval(min(part.low for part in parts), max(part.high for part in parts))

        return hull

    def _sum(self, parts: list[Value]) -> Value:
        def total(box: Box) -> Interval:
            result = exactly(0.0)
            for part in parts:
                result = interval.add(result, part(box))
            return result

        return total

    def _bounded(self, value: Value, low: Expression | None, high: Expression | None) -> Value:
        if low is not None:
            value = self._pair(interval.greatest, value, self.number(low.tree))
        if high is not None:
            value = self._pair(interval.least, value, self.number(high.tree))
        return value

    def _pair(self, both: Callable[[Interval, Interval], Interval], one: Value, other: Value) -> Value:
        return lambda box: both(one(box), other(box))

    def _control(self, plan: ControlPlan) -> Value:
        """A proportional need follows from its input; what a PI need has gathered may be anything."""
        if plan.integral is not None or plan.band_when:
            return self._read(Variable(plan.name, _PERCENT, 0.0, 100.0))
        by, start, band = (self.number(part.tree) for part in (plan.by, plan.start, plan.band))
        sign = -100.0 if plan.reverse else 100.0

        def need(box: Box) -> Interval:
            share = interval.divide(interval.subtract(by(box), start(box)), band(box))
            scaled = interval.multiply(share, exactly(sign))
            return interval.least(interval.greatest(scaled, exactly(0.0)), exactly(100.0))

        return self._bounded(need, plan.low, plan.high)

    def _moist_air(self, group: str, key: str) -> Value:
        temperature, humidity = self._name(f"{group}.temperature"), self._name(f"{group}.humidity")
        formula, scale = MOIST_AIR[key], QUANTITIES[key].unit.scale
        falls = key in _FALL_WITH_HUMIDITY

        def value(box: Box) -> Interval:
            t, h = temperature(box), humidity(box)
            dry, wet = (h.high, h.low) if falls else (h.low, h.high)
            return Interval(formula(t.low, dry) * scale, formula(t.high, wet) * scale, interval.both_known(t, h))

        return value


_FALL_WITH_HUMIDITY = {"vpd", "humidity_deficit"}
"""All four grow with temperature; these two fall with humidity, the others grow with it too."""

_BINARY = {"+": interval.add, "-": interval.subtract, "*": interval.multiply, "/": interval.divide}


def _clamp(value: Interval, low: Interval, high: Interval) -> Interval:
    return interval.least(interval.greatest(value, low), high)


def _fold(pair: Callable[[Interval, Interval], Interval]) -> Callable[..., Interval]:
    def fold(first: Interval, *rest: Interval) -> Interval:
        for other in rest:
            first = pair(first, other)
        return first

    return fold


def _ramp(value: Interval, start: Interval, end: Interval) -> Interval:
    """Only grows with the value where both ends are fixed, or only falls where they are turned round."""
    known = interval.both_known(value, interval.add(start, end))
    if start.low != start.high or end.low != end.high:
        return Interval(0.0, 1.0, known)
    bounds = [_share(edge, start.low, end.low) for edge in (value.low, value.high)]
    return Interval(min(bounds), max(bounds), known)


def _share(value: float, start: float, end: float) -> float:
    if start == end:
        return float(value >= end)
    return min(max((value - start) / (end - start), 0.0), 1.0)


def _smooth(value: Interval, start: Interval, end: Interval) -> Interval:
    return _ramp(value, start, end).map(lambda share: (1 - math.cos(math.pi * share)) / 2)


def _angle(one: Interval, other: Interval) -> Interval:
    known = interval.both_known(one, other)
    if one.low == one.high and other.low == other.high:
        apart = abs((one.low - other.low + 180.0) % 360.0 - 180.0)
        return Interval(apart, apart, known)
    return Interval(0.0, 180.0, known)


_CALLS: dict[str, Callable[..., Interval]] = {
    "ramp": _ramp,
    "smooth": _smooth,
    "angle": _angle,
    "clamp": _clamp,
    "min": _fold(interval.least),
    "max": _fold(interval.greatest),
    "abs": interval.absolute,
}


def _among(value: Interval, low: float, high: float) -> int:
    """Whether a value lies in low .. high."""
    truth = UNKNOWN if value.known & FALSE else 0
    if value.known & TRUE:
        if value.high >= low and value.low <= high:
            truth |= TRUE
        if value.low < low or value.high > high:
            truth |= FALSE
    return truth
