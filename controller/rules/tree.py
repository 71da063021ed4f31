"""The syntax tree of the farmer's language. `at` is the offset in the text where a node begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from controller.model.units import Unit


@dataclass(frozen=True, slots=True)
class Number:
    """A literal: `value` is as written, in `unit`."""

    value: float
    unit: Unit
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A point, a derived point, an actuator, or a setpoint."""

    name: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """`left op right` with op one of + - * /."""

    op: str
    left: Tree
    right: Tree
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Negate:
    operand: Tree
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """`left op right` with op one of < <= > >=."""

    op: str
    left: Tree
    right: Tree
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Is:
    """`subject is state`: a state of a point or actuator, a quality (good, stale, bad), or the period of the day."""

    subject: str
    state: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    operand: Tree
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    left: Tree
    right: Tree
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Or:
    left: Tree
    right: Tree
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Held:
    """`operand for seconds`: true once the operand has been true that long without a break."""

    operand: Tree
    seconds: float
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """`function(arguments)` with function one of clamp, min, max, abs."""

    function: str
    arguments: tuple[Tree, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Over:
    """`function(operand, seconds)`: what a value did during the last `seconds`.

    `function` is average, minimum, maximum, rate (per second) or ago (the value `seconds` ago).
    """

    function: str
    operand: Tree
    seconds: float
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Within:
    """`time is start .. end`: whether it is now inside a part of the day."""

    window: Window
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class SinceStart:
    """`point since last start`: what a sum has gathered since the valve last opened."""

    operand: Tree
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ElapsedSinceStart:
    """`3 h since last start`: whether that much time has passed since the valve last opened."""

    seconds: float
    at: int = field(default=0, compare=False)


Tree = (
    Number
    | Name
    | Binary
    | Negate
    | Compare
    | Is
    | Not
    | And
    | Or
    | Held
    | Call
    | Over
    | Within
    | SinceStart
    | ElapsedSinceStart
)


def children(tree: Tree) -> tuple[Tree, ...]:
    """The direct parts of a node."""
    match tree:
        case Binary(_, left, right) | Compare(_, left, right) | And(left, right) | Or(left, right):
            return (left, right)
        case Negate(operand) | Not(operand) | Held(operand, _) | Over(_, operand, _) | SinceStart(operand):
            return (operand,)
        case Call(_, arguments):
            return arguments
        case _:
            return ()


def walk(tree: Tree) -> Iterator[Tree]:
    """A node and everything below it, parents first, left to right."""
    yield tree
    for child in children(tree):
        yield from walk(child)


def names_in(tree: Tree) -> list[str]:
    """Every name a tree reads, each once, in the order of the text."""
    found: dict[str, None] = {}
    for node in walk(tree):
        match node:
            case Name(name):
                found[name] = None
            case Is(subject, _):
                found[subject] = None
            case _:
                pass
    return list(found)


@dataclass(frozen=True, slots=True)
class DayTime:
    """A time of day: `anchor` is "clock" (offset from midnight), "sunrise" or "sunset" (offset from it), seconds."""

    anchor: str
    offset: float

    def __str__(self) -> str:
        if self.anchor == "clock":
            hours, minutes = divmod(round(self.offset / 60), 60)
            return f"{hours:02d}:{minutes:02d}"
        if not self.offset:
            return self.anchor
        sign = "+" if self.offset > 0 else "-"
        length, symbol = next((s, u) for s, u in ((3600, "h"), (60, "min"), (1, "s")) if self.offset % s == 0 or s == 1)
        return f"{self.anchor} {sign} {abs(self.offset) / length:g} {symbol}"


@dataclass(frozen=True, slots=True)
class Window:
    """A part of every day, from `start` to before `end`; it may cross midnight."""

    start: DayTime
    end: DayTime

    def __str__(self) -> str:
        return f"{self.start} .. {self.end}"
