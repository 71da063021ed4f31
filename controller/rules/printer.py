"""From tree to text: what is printed parses to the same tree."""

from __future__ import annotations

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
    Within,
)

_OR, _AND, _NOT, _HELD, _COMPARE, _SUM, _PRODUCT, _UNARY, _POSTFIX, _ATOM = range(10)
"""How tightly each form binds, from the loosest."""


def print_tree(tree: Tree) -> str:
    """The text of a tree, with no more parentheses than it needs."""
    return _text(tree)[0]


def _text(tree: Tree) -> tuple[str, int]:
    match tree:
        case Number(value, unit):
            return f"{_digits(value)} {unit}".rstrip(), _ATOM
        case Name(name):
            return name, _ATOM
        case Binary(op, left, right):
            level = _SUM if op in "+-" else _PRODUCT
            return f"{_at(left, level)} {op} {_at(right, level + 1)}", level
        case Negate(operand):
            return f"-{_at(operand, _UNARY)}", _UNARY
        case Compare(op, left, right):
            return f"{_at(left, _SUM)} {op} {_at(right, _SUM)}", _COMPARE
        case Is(subject, state):
            return f"{subject} is {state}", _COMPARE
        case Within(window):
            return f"time is {window}", _COMPARE
        case Not(Is(subject, state)):
            return f"{subject} is not {state}", _COMPARE
        case Not(operand):
            return f"not {_at(operand, _NOT)}", _NOT
        case And(left, right):
            return f"{_at(left, _AND)} and {_at(right, _NOT)}", _AND
        case Or(left, right):
            return f"{_at(left, _OR)} or {_at(right, _AND)}", _OR
        case Held(operand, seconds):
            return f"{_at(operand, _COMPARE)} for {_duration(seconds)}", _HELD
        case Call(function, arguments):
            return f"{function}({', '.join(print_tree(argument) for argument in arguments)})", _ATOM
        case Over("ago", Name(name), seconds):
            return f"{name} {_duration(seconds)} ago", _ATOM
        case Over(function, operand, seconds):
            return f"{function}({print_tree(operand)}, {_duration(seconds)})", _ATOM
        case SinceStart(operand):
            return f"{_at(operand, _POSTFIX)} since last start", _POSTFIX
        case ElapsedSinceStart(seconds):
            return f"{_duration(seconds)} since last start", _POSTFIX


def _at(tree: Tree, level: int) -> str:
    text, own = _text(tree)
    return text if own >= level else f"({text})"


def _digits(value: float) -> str:
    text = repr(value)
    return text.removesuffix(".0")


def _duration(seconds: float) -> str:
    for symbol, length in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= length and seconds % length == 0:
            return f"{_digits(seconds / length)} {symbol}"
    return f"{_digits(seconds)} s"
