"""Numbers out of reach: a threshold, a setpoint or a band beyond all that what it is compared with can ever be.

Nothing is searched for: the intervals of both sides, over all that the sensors may report at any hour of a period,
either meet or do not. Where they do not, somebody has probably slipped by a digit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from controller.core.plan import Expression, Plan
from controller.model.errors import Place
from controller.model.units import Unit, show
from controller.rules.printer import print_tree
from controller.rules.tree import Binary, Compare, Name, Negate, Number, Over, Tree, walk

from .expand import mapped, rebuilt
from .interval import INFINITY, Interval
from .moments import Moment
from .scene import Scene

_SLIPS = (0.1, 0.01, 10.0, 100.0)
"""What a number is multiplied by when its decimal point has moved."""

_DIGITS = re.compile(r"\d+(\.\d+)?")


@dataclass(frozen=True, slots=True)
class OutOfReach:
    """A number that cannot be reached.

    It stands at `place` in `home`. `of` is what never comes to the `threshold`, which is `value`; it is only ever
    within `bounds`. `meant` is the number that was probably meant, "" where no slip explains it.
    """

    home: Expression
    place: Place
    of: str
    threshold: str
    value: str
    bounds: str
    meant: str

    @property
    def advice(self) -> str:
        said = f"{self.of} is only ever {self.bounds}"
        return f"{said}; did you mean {self.meant}?" if self.meant else said


@dataclass(frozen=True, slots=True)
class _Term:
    """A number that is added (or taken away, with `sign` -1) to make a threshold, and the expression it stands in."""

    home: Expression
    number: Number
    sign: float

    @property
    def size(self) -> float:
        """In coherent SI units."""
        return self.number.value * self.number.unit.scale


class Reach:
    """What each side of a plan's comparisons can be, in one period after the other."""

    def __init__(self, plan: Plan, moments: list[Moment]) -> None:
        self._setpoints = {setpoint.name: setpoint for setpoint in plan.setpoints}
        # the bounds of a setpoint are left out: they would hide that the value they bound is a slip
        free = replace(plan, setpoints=tuple(replace(each, low=None, high=None) for each in plan.setpoints))
        steady = mapped(free, lambda expression: replace(expression, tree=_steady(expression.tree)))
        periods = {moment.period: moment for moment in moments}
        if len(periods) > 1:
            periods.pop(-1, None)  # where no period holds, the value of one of the others stays
        self._scenes = [
            (plan.periods[period].name if period >= 0 else "", Scene(steady, replace(moment, brightest=INFINITY)))
            for period, moment in periods.items()
        ]

    def thresholds(self, condition: Expression) -> Iterator[OutOfReach]:
        """Of the comparisons in a condition, one for each number that is wrong."""
        for node in walk(condition.tree):
            if isinstance(node, Compare):
                of, threshold = sorted((node.left, node.right), key=self._set_by_hand)
                if self._reads(of):
                    yield from self._apart(of, threshold, condition)

    def starts(self, by: Expression, start: Expression) -> Iterator[OutOfReach]:
        """Of what is controlled in proportion."""
        if self._reads(by.tree):
            yield from self._apart(by.tree, start.tree, start)

    def setting(self, name: str, value: Expression) -> Iterator[OutOfReach]:
        """Of the number for a setting."""
        yield from self._apart(Name(name), value.tree, value)

    def bands(self, by: Expression, band: Expression) -> Iterator[OutOfReach]:
        """Of a band that is wider than all that `by` can be."""
        if self._reads(by.tree):
            yield from self._apart(by.tree, band.tree, band, width=True)

    def _reads(self, tree: Tree) -> bool:
        return any(isinstance(node, Name) and node.name not in self._setpoints for node in walk(tree))

    def _set_by_hand(self, tree: Tree) -> tuple[bool, int]:
        """Orders the sides of a comparison: what is measured, then what it is held against."""
        numbers = sum(isinstance(node, Number) or self._is_setpoint(node) for node in walk(tree))
        return not self._reads(tree), numbers

    def _is_setpoint(self, node: Tree) -> bool:
        return isinstance(node, Name) and node.name in self._setpoints

    def _apart(self, of: Tree, threshold: Tree, home: Expression, width: bool = False) -> Iterator[OutOfReach]:
        found: dict[Place, OutOfReach] = {}
        for period, scene in self._scenes:
            can, asked = _enclosure(scene, _steady(of)), _enclosure(scene, _steady(threshold))
            room = Interval(0.0, can.high - can.low) if width else can
            if not (asked.low > room.high or asked.high < room.low):
                continue
            terms = list(self._terms(home, threshold, period))
            term, meant = _slip(terms, asked, room)
            stands, place = (term.home, _place(term)) if term else (home, home.text.place)
            unit = _unit(scene, of, terms)
            found.setdefault(
                place,
                OutOfReach(
                    stands,
                    place,
                    print_tree(of),
                    print_tree(threshold),
                    _shown(asked, unit),
                    _shown(can, unit),
                    meant,
                ),
            )
        yield from found.values()

    def _terms(self, home: Expression, tree: Tree, period: str, sign: float = 1.0) -> Iterator[_Term]:
        """The numbers whose sum a threshold is in a period, those of its setpoints among them."""
        match tree:
            case Number():
                yield _Term(home, tree, sign)
            case Negate(Number() as number):
                yield _Term(home, replace(number, value=-number.value), sign)
            case Negate(operand):
                yield from self._terms(home, operand, period, -sign)
            case Binary("+" | "-" as op, left, right):
                yield from self._terms(home, left, period, sign)
                yield from self._terms(home, right, period, sign if op == "+" else -sign)
            case Name(name) if name in self._setpoints:
                plan = self._setpoints[name]
                value = plan.value or dict(plan.by_period).get(period)
                if value is not None:
                    yield from self._terms(value, value.tree, period, sign)


def _enclosure(scene: Scene, tree: Tree) -> Interval:
    value = scene.number(tree)
    return value([Interval(variable.low, variable.high) for variable in scene.variables])


def _steady(tree: Tree) -> Tree:
    """Averages, extremes and values of before lie within what their operand can be."""
    if isinstance(tree, Over) and tree.function != "rate":
        return _steady(tree.operand)
    return rebuilt(tree, _steady)


def _slip(terms: list[_Term], asked: Interval, room: Interval) -> tuple[_Term | None, str]:
    """The number that is probably wrong, the largest where none explains it, and what it was meant to be.

    Of a number that is only a little beyond, a tenth is no better guess.
    """
    largest_first = sorted(terms, key=lambda term: -abs(term.size))
    far = max(asked.low - room.high - abs(room.high) / 2, room.low - asked.high - abs(room.low) / 2) >= 0
    for term in largest_first if far else ():
        for slip in _SLIPS:
            shift = term.sign * term.size * (slip - 1.0)
            if room.low <= asked.low + shift and asked.high + shift <= room.high:
                return term, show(term.number.value * slip, term.number.unit)
    return (largest_first[0] if largest_first else None), ""


def _place(term: _Term) -> Place:
    """Where the number stands; what came from a definition stands elsewhere, and its expression is named instead."""
    text, at = term.home.text.text, term.number.at
    digits = _DIGITS.match(text, at)
    own = digits is not None and float(digits[0]) == abs(term.number.value)
    return term.home.text.place.right(at if own else 0)


def _unit(scene: Scene, of: Tree, terms: list[_Term]) -> Unit:
    """The unit in which the grower thinks of it."""
    if terms:
        return terms[0].number.unit
    units = {variable.name: variable.unit for variable in scene.variables}
    return next(units[node.name] for node in walk(of) if isinstance(node, Name) and node.name in units)


def _shown(values: Interval, unit: Unit) -> str:
    return " .. ".join(dict.fromkeys(show(edge / unit.scale, unit) for edge in (values.low, values.high)))
