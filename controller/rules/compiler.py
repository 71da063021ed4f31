"""From a tree to plain Python, with every unit checked on the way.

Values live in one flat list of floats, `v`; a name becomes a slot of it. Unknown is NaN, and the generated code follows
Kleene's three-valued logic: a comparison with unknown is unknown, `false and unknown` is false, `true or unknown` is
true. Conditions with a memory ("for 5 min", "since last start") are slots of their own, filled by the core.

The code that is compiled holds only slot numbers, numbers and operators that this module writes: no text of a user's
file ever reaches it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple, Protocol

from controller.model.errors import one_of
from controller.model.units import (
    NUMBER,
    TEMPERATURE,
    TIME,
    UNITS,
    Unit,
    best_unit,
)

from .parser import Text
from .tree import (
    And,
    Binary,
    Call,
    Compare,
    ElapsedSinceStart,
    Held,
    Is,
    Name,
    Negate,
    Not,
    Number,
    Or,
    Over,
    SinceStart,
    Tree,
    Window,
    Within,
)

Values = list[float]
Function = Callable[[Values], float]

QUALITY_TESTS = {"good": "== 0", "stale": "== 1", "bad": ">= 1"}
"""`is bad` means: there is no trustworthy value, be it implausible or stale."""

KNOWN_TESTS = {"good": "==", "bad": "!="}
"""The same for what is calculated and has no sensor of its own. Nothing but NaN (unknown) differs from itself."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """What a name stands for: its slot, its unit, and the tests behind the words it can be compared with by `is`."""

    slot: int
    unit: Unit
    states: Mapping[str, str] = field(default_factory=dict)
    quality_slot: int | None = None
    absolute: bool | None = True
    """For temperatures: one on the scale, or (False) a difference between two; None: it can be taken as either."""


class Scope(Protocol):
    """Resolves names and gives slots to the parts of an expression that have a memory."""

    def symbol(self, name: str) -> Symbol | None: ...

    def names(self) -> Iterable[str]: ...

    def held(self, condition: Compiled, seconds: float) -> int:
        """The slot that is true once `condition` has been true for `seconds`."""

    def over(self, function: str, value: Compiled, seconds: float) -> int:
        """The slot of what `value` did during the last `seconds`: see `tree.Over`."""

    def within(self, window: Window) -> int:
        """The slot that is true inside a part of the day."""

    def sum_since_start(self, name: str) -> int | None:
        """The slot of a sum since the valve's last start; None where there is no valve or no such sum."""

    def elapsed_since_start(self, seconds: float) -> int | None:
        """The slot that is true once `seconds` have passed since the valve's last start."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """An expression ready to run. `slots` are what it reads; `unit` is None for a condition."""

    run: Function
    slots: frozenset[int]
    unit: Unit | None
    absolute: bool | None
    code: str = field(compare=False)


@dataclass(slots=True)
class _Part:
    """Code of a subexpression. `unit` None: a condition. `absolute` as in `Symbol`; a literal can be either."""

    code: str
    unit: Unit | None = None
    absolute: bool | None = None


_LONGEST = 2000
"""Parts of an expression with all definitions put in: a definition that doubles itself must not fill the memory."""

_NO_DIMENSION = UNITS[""]

_SUMS: dict[str, dict[tuple[bool, bool], bool]] = {
    "+": {(True, False): True, (False, True): True, (False, False): False},
    "-": {(True, False): True, (True, True): False, (False, False): False},
}
"""Whether the sum or difference of two temperatures (True) or differences of temperatures (False) is a temperature."""


def _readings(absolute: bool | None) -> tuple[bool, ...]:
    """How a part can be understood."""
    return (True, False) if absolute is None else (absolute,)


class Definition(NamedTuple):
    """What a user-defined name or function stands for."""

    text: Text
    tree: Tree
    parameters: tuple[str, ...] = ()


Definitions = Mapping[str, Definition]


class _Argument(NamedTuple):
    """What a parameter stands for: a tree, in the text and among the parameters of the caller."""

    text: Text
    tree: Tree
    arguments: Mapping[str, _Argument]


def compile_expression(text: Text, tree: Tree, scope: Scope, definitions: Definitions | None = None) -> Compiled:
    """Check and compile. Raises ConfigError at the column of the mistake, with a suggestion."""
    work = _Compilation(text, scope, definitions or {})
    part = work.part(tree)
    return work.finish(part)


class _Compilation:
    def __init__(self, text: Text, scope: Scope, definitions: Definitions) -> None:
        self.text = text
        self.scope = scope
        self.definitions = definitions
        self.arguments: Mapping[str, _Argument] = {}
        self.inside: list[str] = []
        self.slots: set[int] = set()
        self.temporaries = 0
        self.parts = count(1)

    def inner(self) -> _Compilation:
        """For a part that becomes a node of its own."""
        inner = _Compilation(self.text, self.scope, self.definitions)
        inner.arguments, inner.inside, inner.parts = self.arguments, self.inside, self.parts
        return inner

    def finish(self, part: _Part) -> Compiled:
        try:
            run: Function = eval(f"lambda v: {part.code}", {"nan": float("nan"), "__builtins__": {}, **_MEANINGS})
        except (SyntaxError, RecursionError, MemoryError):
            raise self.text.error("this is too deeply nested", 0, "make a setpoint of a part of it") from None
        return Compiled(run, frozenset(self.slots), part.unit, part.absolute, part.code)

    def temporary(self) -> str:
        self.temporaries += 1
        return f"t{self.temporaries}"

    def slot(self, slot: int) -> str:
        self.slots.add(slot)
        return f"v[{slot}]"

    def part(self, tree: Tree) -> _Part:
        if next(self.parts) > _LONGEST:
            raise self.text.error("this becomes too long when its definitions are put in", 0, "make setpoints of them")
        match tree:
            case Number(value, unit):
                return _Part(repr(value), unit, False if unit.symbol == "K" else None)
            case Name(name, at):
                return self.name(name, at)
            case Binary(op, left, right, at):
                return self.binary(op, left, right, at)
            case Negate(operand):
                inner = self.number(operand)
                return _Part(f"(-{inner.code})", inner.unit, inner.absolute)
            case Compare(op, left, right, at):
                return self.compare(op, left, right, at)
            case Is(subject, state, at):
                return self.state(subject, state, at)
            case Not(operand):
                return _Part(f"(1.0 - {self.truth(operand).code})")
            case And(left, right):
                return self.both("0.0", "*", left, right)
            case Or(left, right):
                return self.both("1.0", "+", left, right)
            case Held(operand, seconds):
                return self.held(operand, seconds)
            case Call(function, arguments, at):
                return self.call(function, arguments, at)
            case Over(function, operand, seconds):
                return self.over(function, operand, seconds)
            case Within(window):
                return _Part(self.slot(self.scope.within(window)))
            case SinceStart(operand, at):
                return self.since_start(operand, at)
            case ElapsedSinceStart(seconds, at):
                slot = self.scope.elapsed_since_start(seconds)
                if slot is None:
                    raise self.text.error("'since last start' belongs to irrigation", at)
                return _Part(self.slot(slot))

    # definitions

    def expand(self, name: str, given: tuple[Tree, ...], at: int) -> _Part:
        definition = self.definitions[name]
        if name in self.inside:
            circle = " -> ".join([*self.inside[self.inside.index(name) :], name])
            raise self.text.error(f"{name} is defined by itself: {circle}", at, "break the circle")
        if len(given) != len(definition.parameters):
            shape = f"{name}({', '.join(definition.parameters)})" if definition.parameters else name
            raise self.text.error(f"{name} takes {len(definition.parameters)} values, not {len(given)}", at, shape)
        arguments = {
            parameter: _Argument(self.text, tree, self.arguments)
            for parameter, tree in zip(definition.parameters, given, strict=True)
        }
        self.inside.append(name)
        try:
            return self.elsewhere(_Argument(definition.text, definition.tree, arguments))
        finally:
            self.inside.pop()

    def elsewhere(self, what: _Argument) -> _Part:
        """A part that stands in another text, where other parameters are known."""
        here = self.text, self.arguments
        self.text, self.arguments = what.text, what.arguments
        try:
            return self.part(what.tree)
        finally:
            self.text, self.arguments = here

    # conditions

    def truth(self, tree: Tree) -> _Part:
        part = self.part(tree)
        if part.unit is not None:
            raise self.text.error("a condition is expected here, not a number", tree.at, "compare it with < or >")
        return part

    def both(self, decisive: str, operator: str, left: Tree, right: Tree) -> _Part:
        first, second = self.truth(left), self.truth(right)
        a, b = self.temporary(), self.temporary()
        return _Part(
            f"({decisive} if ({a} := {first.code}) == {decisive} else "
            f"{decisive} if ({b} := {second.code}) == {decisive} else {a} {operator} {b})"
        )

    def compare(self, op: str, left: Tree, right: Tree, at: int) -> _Part:
        first, second = self.same_dimension(left, right, right.at)
        self.same_kind(first.absolute, second.absolute, right.at)
        difference = self.temporary()
        code = f"({first.code}) - ({second.code})"
        return _Part(f"(nan if ({difference} := {code}) != {difference} else 1.0 if {difference} {op} 0.0 else 0.0)")

    def state(self, subject: str, state: str, at: int) -> _Part:
        symbol = self.lookup(subject, at)
        if state in QUALITY_TESTS and symbol.quality_slot is not None:
            return _Part(f"(1.0 if {self.slot(symbol.quality_slot)} {QUALITY_TESTS[state]} else 0.0)")
        test = symbol.states.get(state)
        if test is None and not symbol.states and symbol.quality_slot is None and state in KNOWN_TESTS:
            value = self.temporary()
            return _Part(f"(1.0 if ({value} := {self.slot(symbol.slot)}) {KNOWN_TESTS[state]} {value} else 0.0)")
        if test is None:
            words = [*symbol.states, *self.quality_words(symbol)]
            where = self.text.text.find(state, at + len(subject))
            raise self.text.error(
                f"{subject} cannot be '{state}'",
                max(where, 0),
                one_of(state, words) if words else "compare it with < or >",
            )
        value = self.temporary()
        return _Part(f"(nan if ({value} := {self.slot(symbol.slot)}) != {value} else 1.0 if {value} {test} else 0.0)")

    @staticmethod
    def quality_words(symbol: Symbol) -> Iterable[str]:
        if symbol.quality_slot is not None:
            return QUALITY_TESTS
        return () if symbol.states else KNOWN_TESTS

    def held(self, operand: Tree, seconds: float) -> _Part:
        inner = self.inner()
        condition = inner.finish(inner.truth(operand))
        return _Part(self.slot(self.scope.held(condition, seconds)))

    # numbers

    def number(self, tree: Tree) -> _Part:
        part = self.part(tree)
        if part.unit is None:
            raise self.text.error("a number is expected here, not a condition", tree.at)
        return part

    def lookup(self, name: str, at: int) -> Symbol:
        symbol = self.scope.symbol(name)
        if symbol is None:
            known = [*self.scope.names(), *self.definitions, *self.arguments]
            raise self.text.error(f"there is no point {name!r}", at, one_of(name, known))
        return symbol

    def name(self, name: str, at: int) -> _Part:
        if name in self.arguments:
            return self.elsewhere(self.arguments[name])
        if name in self.definitions:
            return self.expand(name, (), at)
        symbol = self.lookup(name, at)
        if symbol.unit == _NO_DIMENSION and symbol.states:
            raise self.text.error(f"{name} has no number", at, f"write '{name} is {next(iter(symbol.states))}'")
        return _Part(self.slot(symbol.slot), symbol.unit, symbol.absolute)

    def same_dimension(self, left: Tree, right: Tree, at: int) -> tuple[_Part, _Part]:
        """Both sides as numbers in one unit: the right one is converted to the left one's."""
        first, second = self.number(left), self.number(right)
        assert first.unit is not None
        assert second.unit is not None
        if first.unit.dimension != second.unit.dimension:
            raise self.text.error(
                f"{_named(left, first.unit)} and {_named(right, second.unit)} cannot go together",
                at,
                f"write it in {best_unit(first.unit.dimension).symbol or 'a plain number'}",
            )
        if second.unit.scale != first.unit.scale:
            ratio = second.unit.scale / first.unit.scale
            second = _Part(f"{second.code} * {ratio!r}", first.unit, second.absolute)
        return first, second

    def same_kind(self, first: bool | None, second: bool | None, at: int) -> bool | None:
        """What two values that are compared both are: temperatures, differences, or (None) either."""
        if None not in (first, second) and first != second:
            raise self.text.error(
                "a temperature is compared with a difference of temperatures", at, "write both in °C or both in K"
            )
        return second if first is None else first

    def binary(self, op: str, left: Tree, right: Tree, at: int) -> _Part:
        if op in "+-":
            first, second = self.same_dimension(left, right, right.at)
            absolute = self.sum_is_absolute(op, first, second, right.at)
            return _Part(f"(({first.code}) {op} ({second.code}))", first.unit, absolute)
        first, second = self.number(left), self.number(right)
        assert first.unit is not None
        assert second.unit is not None
        if op == "*":
            dimension, scale = first.unit.dimension.times(second.unit.dimension), first.unit.scale * second.unit.scale
            code = f"({first.code} * {second.code})"
        else:
            dimension, scale = first.unit.dimension.per(second.unit.dimension), first.unit.scale / second.unit.scale
            divisor = self.temporary()
            code = f"(({first.code}) / {divisor} if ({divisor} := {second.code}) != 0.0 else nan)"
        unit = _NO_DIMENSION if dimension == NUMBER else best_unit(dimension)
        if abs(scale / unit.scale - 1) > 1e-9:
            code = f"({code} * {scale / unit.scale!r})"
        return _Part(code, unit, False if dimension == TEMPERATURE else None)

    def sum_is_absolute(self, op: str, first: _Part, second: _Part, at: int) -> bool | None:
        """Temperature ± difference is a temperature, temperature - temperature a difference, their sum nothing."""
        if first.unit is None or first.unit.dimension != TEMPERATURE:
            return None
        possible = {
            result
            for left in _readings(first.absolute)
            for right in _readings(second.absolute)
            if (result := _SUMS[op].get((left, right))) is not None
        }
        if not possible:
            if op == "+":
                raise self.text.error("two temperatures cannot be added", at, "add a difference like 4 K")
            raise self.text.error("a temperature cannot be taken from a difference", at, "write the temperature first")
        return None if len(possible) == 2 else possible.pop()

    def call(self, function: str, arguments: tuple[Tree, ...], at: int) -> _Part:
        if function in self.definitions:
            return self.expand(function, arguments, at)
        shape = FUNCTIONS.get(function)
        if shape is None:
            known = [*FUNCTIONS, *(name for name, found in self.definitions.items() if found.parameters)]
            raise self.text.error(f"there is no function {function!r}", at, one_of(function, known))
        least, most = shape
        if not least <= len(arguments) <= most:
            raise self.text.error(f"{function} takes {least if least == most else 'several'} values", at)
        first = self.number(arguments[0])
        codes, absolute = [first.code], first.absolute
        for argument in arguments[1:]:
            part = self.same_dimension(arguments[0], argument, argument.at)[1]
            absolute = self.same_kind(absolute, part.absolute, argument.at)
            codes.append(part.code)
        code = f"{function}_({', '.join(codes)})"
        if function in _PURE:
            return _Part(code, _NO_DIMENSION)
        return _Part(code, first.unit, absolute)

    def over(self, function: str, operand: Tree, seconds: float) -> _Part:
        inner = self.inner()
        value = inner.finish(inner.number(operand))
        assert value.unit is not None
        slot = self.slot(self.scope.over(function, value, seconds))
        if function == "rate":
            return _Part(slot, Unit(f"{value.unit}/s", value.unit.dimension.per(TIME), value.unit.scale), False)
        return _Part(slot, value.unit, value.absolute)

    def since_start(self, operand: Tree, at: int) -> _Part:
        if not isinstance(operand, Name):
            raise self.text.error("only a sum can be counted since the last start", at, "write radiation_sum")
        symbol = self.lookup(operand.name, operand.at)
        slot = self.scope.sum_since_start(operand.name)
        if slot is None:
            raise self.text.error(f"{operand.name} cannot be counted since the last start of a valve", at)
        return _Part(self.slot(slot), symbol.unit)


def _named(tree: Tree, unit: Unit) -> str:
    shown = unit.symbol or best_unit(unit.dimension).symbol
    name = tree.name if isinstance(tree, Name) else "this"
    if isinstance(tree, Number):
        return f"{tree.value:g} {tree.unit}".rstrip()
    return f"{name} (in {shown})" if shown else f"{name} (a plain number)"


FUNCTIONS = {
    "clamp": (3, 3),
    "min": (2, 9),
    "max": (2, 9),
    "abs": (1, 1),
    "ramp": (3, 3),
    "smooth": (3, 3),
    "angle": (2, 2),
}
"""Functions and how many values they take at least and at most."""

_PURE = ("ramp", "smooth")
"""Functions whose result is a plain number whatever they are given."""


def _clamp(value: float, low: float, high: float) -> float:
    return low if value < low else high if value > high else value


def _unknown_or(choose: Callable[..., float]) -> Callable[..., float]:
    """Python's min and max ignore NaN or not by its place in the list: here one unknown makes the result unknown."""

    def function(*values: float) -> float:
        return float("nan") if any(value != value for value in values) else choose(values)

    return function


def _ramp(value: float, start: float, end: float) -> float:
    """0 up to `start`, 1 from `end` on, a straight line between; `end` may lie below `start`."""
    if start == end:
        return float(value >= end) if value == value else value
    return _clamp((value - start) / (end - start), 0.0, 1.0)


def _smooth(value: float, start: float, end: float) -> float:
    """As `_ramp`, with the first half of a cosine for the line."""
    return (1 - math.cos(math.pi * _ramp(value, start, end))) / 2


def _angle(one: float, other: float) -> float:
    """The angle between two directions, 0 to 180°."""
    return abs((one - other + 180.0) % 360.0 - 180.0)


_MEANINGS: dict[str, object] = {
    "clamp_": _clamp,
    "min_": _unknown_or(min),
    "max_": _unknown_or(max),
    "abs_": abs,
    "ramp_": _ramp,
    "smooth_": _smooth,
    "angle_": _angle,
}
