"""From text to tree. Every mistake becomes a ConfigError at the column where it stands."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken, VisitError

from controller.model.errors import NOWHERE, ConfigError, Place, one_of
from controller.model.units import PERCENT, SECOND, TIME, UNITS, Unit, UnitError, factor, unit

from .tree import (
    And,
    Binary,
    Call,
    Compare,
    DayTime,
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


class Text(NamedTuple):
    """A value of a YAML file and where it begins there."""

    text: str
    place: Place = NOWHERE

    def error(self, message: str, at: int = 0, suggestion: str = "") -> ConfigError:
        """A mistake at offset `at` of this text."""
        return ConfigError(message, self.place.right(at), suggestion)


@dataclass(frozen=True, slots=True)
class Demand:
    """What a rule asks of an actuator; `value` is % (0 and 100 for off and on).

    A pulse is on for `on_s` out of every `every_s` seconds.
    """

    kind: Literal["exactly", "at least", "at most", "pulse", "keep"]
    value: float
    on_s: float = 0.0
    every_s: float = 0.0


OVER_TIME = ("average", "minimum", "maximum", "rate")
"""Functions of a value and a length of time: what the value did during that time up to now."""

STATES = {"on": 100.0, "off": 0.0, "open": 100.0, "closed": 0.0}
_MINUS_SIGNS = str.maketrans({"−": "-", "≤": "<=", "≥": ">="})


class _Mistake(Exception):
    """A mistake found while building the tree, before the place of the text is known."""

    def __init__(self, message: str, at: int, suggestion: str = "") -> None:
        super().__init__(message)
        self.message, self.at, self.suggestion = message, at, suggestion


def _measure(token: Token) -> tuple[float, Unit, int]:
    at = token.start_pos or 0
    digits = len(token)
    for index, char in enumerate(token):
        if not (char.isdigit() or char == "."):
            digits = index
            break
    symbol, value = token[digits:].strip(), float(token[:digits])
    if not math.isfinite(value):
        raise _Mistake(f"{token[:10]}... is too large a number", at)
    try:
        return value, unit(symbol), at
    except UnitError as error:
        raise _Mistake(str(error), at + len(token) - len(symbol), error.suggestion) from None


def _duration(token: Token) -> float:
    value, written, at = _measure(token)
    if written.dimension != TIME:
        raise _Mistake(f"{token!s} is not a length of time", at, "write it like 5 min")
    return value * factor(written, SECOND)


def _percent(token: Token) -> float:
    value, written, at = _measure(token)
    if written.dimension != PERCENT:
        raise _Mistake(f"{token!s} is not a position", at, "write it like 70 %")
    if value > 100:
        raise _Mistake(f"{token!s} is beyond fully open", at, "a position is 0 % to 100 %")
    return value


@v_args(inline=True)
class _Builder(Transformer[Token, Any]):
    """Each method is the grammar rule of the same name."""

    def condition(self, tree: Tree) -> Tree:
        return tree

    def or_(self, first: Tree, *rest: Tree) -> Tree:
        for tree in rest:
            first = Or(first, tree, first.at)
        return first

    def and_(self, first: Tree, *rest: Tree) -> Tree:
        for tree in rest:
            first = And(first, tree, first.at)
        return first

    def not_(self, operand: Tree) -> Tree:
        return Not(operand, operand.at)

    def held(self, operand: Tree, duration: Token) -> Tree:
        return Held(operand, _duration(duration), operand.at)

    def compare(self, left: Tree, op: Token, right: Tree) -> Tree:
        return Compare(op.translate(_MINUS_SIGNS), left, right, left.at)

    def is_(self, subject: Tree, state: Token) -> Tree:
        if not isinstance(subject, Name):
            raise _Mistake(f"only a name can be '{state}'", subject.at)
        return Is(subject.name, str(state), subject.at)

    def is_not(self, subject: Tree, state: Token) -> Tree:
        return Not(self.is_(subject, state), subject.at)

    def within(self, subject: Tree, window: Window) -> Tree:
        if subject != Name("time"):
            hint = "write 'time is 08:00 .. 17:30'"
            raise _Mistake("only the time can be inside a part of the day", subject.at, hint)
        return Within(window, subject.at)

    def ago(self, name: Token, duration: Token) -> Tree:
        at = name.start_pos or 0
        return Over("ago", Name(str(name), at), _duration(duration), at)

    def add(self, left: Tree, right: Tree) -> Tree:
        return Binary("+", left, right, left.at)

    def subtract(self, left: Tree, right: Tree) -> Tree:
        return Binary("-", left, right, left.at)

    def multiply(self, left: Tree, right: Tree) -> Tree:
        return Binary("*", left, right, left.at)

    def divide(self, left: Tree, right: Tree) -> Tree:
        return Binary("/", left, right, left.at)

    def negate(self, operand: Tree) -> Tree:
        return Negate(operand, operand.at)

    def since(self, operand: Tree) -> Tree:
        if isinstance(operand, Number):
            if operand.unit.dimension != TIME:
                raise _Mistake("only a time or a sum can be counted since the last start", operand.at)
            return ElapsedSinceStart(operand.value * factor(operand.unit, SECOND), operand.at)
        return SinceStart(operand, operand.at)

    def number(self, token: Token) -> Tree:
        return Number(*_measure(token))

    def name(self, token: Token) -> Tree:
        return Name(str(token), token.start_pos or 0)

    def call(self, function: Token, *arguments: Tree | None) -> Tree:
        at = function.start_pos or 0
        given = tuple(a for a in arguments if a is not None)
        if function not in OVER_TIME:
            return Call(str(function), given, at)
        match given:
            case (operand, Number(value, written)) if written.dimension == TIME:
                return Over(str(function), operand, value * factor(written, SECOND), at)
            case _:
                raise _Mistake(f"{function!s} takes a value and a time", at, f"write {function!s}(..., 10 min)")

    def bounds(self, low: Tree, high: Tree) -> tuple[Tree, Tree]:
        return low, high

    def pace(self, step: Token, every: Token) -> tuple[float, float]:
        step_percent, every_s = _percent(step), _duration(every)
        if not (step_percent and every_s):
            raise _Mistake("a pace of nothing goes nowhere", step.start_pos or 0, "write it like 5 % every 3 min")
        return step_percent, every_s

    def signed(self, *parts: Token) -> tuple[float, Unit, int]:
        value, written, at = _measure(parts[-1])
        return (-value if parts[0] == "-" else value), written, at

    def range(self, low: tuple[float, Unit, int], high: tuple[float, Unit, int]) -> Any:
        return low, high

    def clock(self, token: Token) -> DayTime:
        hours, minutes = (int(part) for part in token.split(":"))
        if hours > 24 or minutes > 59 or (hours == 24 and minutes):
            raise _Mistake(f"there is no time {token!s}", token.start_pos or 0, "write it like 08:00")
        return DayTime("clock", hours * 3600.0 + minutes * 60)

    def sun(self, anchor: Token, sign: Token | None = None, offset: Token | None = None) -> DayTime:
        if anchor not in ("sunrise", "sunset"):
            raise _Mistake(
                f"{anchor!s} is not a time of day",
                anchor.start_pos or 0,
                one_of(anchor, ("sunrise", "sunset")) + ", or a clock time like 08:00",
            )
        seconds = _duration(offset) if offset is not None else 0.0
        return DayTime(str(anchor), -seconds if sign == "-" else seconds)

    def window(self, start: DayTime, end: DayTime) -> Window:
        return Window(start, end)

    def at_least(self, value: Token) -> Demand:
        return Demand("at least", _percent(value))

    def at_most(self, value: Token) -> Demand:
        return Demand("at most", _percent(value))

    def exactly(self, value: Token) -> Demand:
        return Demand("exactly", _percent(value))

    def state(self, word: Token) -> Demand:
        if word == "keep":
            return Demand("keep", 0.0)
        if word not in STATES:
            raise _Mistake(f"an actuator cannot be '{word}'", word.start_pos or 0, one_of(word, [*STATES, "keep"]))
        return Demand("exactly", STATES[word])

    def pulse(self, word: Token, on: Token, every: Token) -> Demand:
        if word not in ("on", "open"):
            raise _Mistake(f"a pulse is 'on for ...', not '{word}'", word.start_pos or 0)
        on_s, every_s = _duration(on), _duration(every)
        if not 0 < on_s < every_s:
            raise _Mistake("a pulse must be shorter than its interval", on.start_pos or 0)
        return Demand("pulse", 100.0, on_s, every_s)


_WHAT = {
    "QUANTITY": "a number with its unit",
    "NAME": "a name",
    "TIME": "a time like 08:00",
    "COMPARE": "a comparison (<, >)",
    "SIGN": "+ or -",
    "RPAR": ")",
    "$END": "the end",
}


@cache
def _parser() -> Lark:
    grammar = files(__package__).joinpath("grammar.lark").read_text(encoding="utf-8")
    starts = ["condition", "range", "window", "daytime", "bounds", "pace", "demand"]
    return Lark(grammar, parser="lalr", start=starts, maybe_placeholders=False)


def _expected(error: UnexpectedInput) -> str:
    terminals = getattr(error, "accepts", None) or getattr(error, "expected", None) or ()
    words = sorted({_WHAT[name] for name in terminals if name in _WHAT})
    return "expected " + " or ".join(words) if words else ""


def _parse(text: Text, start: str) -> Any:
    try:
        return _Builder().transform(_parser().parse(text.text, start=start))
    except VisitError as error:
        mistake = error.orig_exc
        if not isinstance(mistake, _Mistake):
            raise
        raise text.error(mistake.message, mistake.at, mistake.suggestion) from None
    except UnexpectedEOF as error:
        raise text.error("this ends too early", len(text.text), _expected(error)) from None
    except UnexpectedToken as error:
        if error.token.type == "$END":
            raise text.error(f"{text.text!r} ends too early", len(text.text), _expected(error)) from None
        raise text.error(f"cannot read {str(error.token)!r} here", error.pos_in_stream or 0, _expected(error)) from None
    except UnexpectedCharacters as error:
        at = error.pos_in_stream or 0
        raise text.error(f"cannot read {text.text[at]!r} here", at, _symbol_hint(text.text, at)) from None


def _symbol_hint(text: str, at: int) -> str:
    if text[at] == "=":
        return "compare with < or >, or write 'is' for a state"
    if text[at] in "&|":
        return "write 'and' or 'or'"
    return ""


def parse_condition(text: Text) -> Tree:
    """A condition or a calculation, e.g. "air.temperature < 5 °C for 2 min". Raises ConfigError."""
    tree: Tree = _parse(text, "condition")
    return tree


def parse_window(text: Text) -> Window:
    """A part of the day, e.g. "sunrise + 2 h .. sunset". Raises ConfigError."""
    window: Window = _parse(text, "window")
    return window


def parse_daytime(text: Text) -> DayTime:
    """A time of day, e.g. "sunrise + 2 h" or "08:00". Raises ConfigError."""
    time: DayTime = _parse(text, "daytime")
    return time


def parse_bounds(text: Text) -> tuple[Tree, Tree]:
    """Two calculations, e.g. "-1 K .. 2 K" or "5 % .. 100 % - drain". Raises ConfigError."""
    bounds: tuple[Tree, Tree] = _parse(text, "bounds")
    return bounds


def parse_pace(text: Text) -> tuple[float, float]:
    """A step in % and its time in seconds, e.g. "5 % every 3 min". Raises ConfigError."""
    pace: tuple[float, float] = _parse(text, "pace")
    return pace


def parse_demand(text: Text) -> Demand:
    """What is asked of an actuator, e.g. "at least 10 %" or "on for 30 s every 5 min". Raises ConfigError."""
    demand: Demand = _parse(text, "demand")
    return demand


def parse_range(text: Text, target: Unit) -> tuple[float, float]:
    """Two bounds, e.g. "-30 .. 60 °C", in `target`; one unit may serve for both. Raises ConfigError."""
    (low, low_unit, low_at), (high, high_unit, high_at) = _parse(text, "range")
    if low_unit == UNITS[""]:
        low_unit = high_unit
    try:
        bounds = low * factor(low_unit, target), high * factor(high_unit, target)
    except UnitError as error:
        raise text.error(str(error), high_at, error.suggestion) from None
    if not bounds[0] < bounds[1]:
        raise text.error("the lower bound must stand first", low_at, "exchange the two")
    return bounds
