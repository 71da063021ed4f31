"""The last check: the core itself compiles every expression of the plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial
from typing import Any

from controller.core.core import Core
from controller.core.plan import Expression, Plan, pieces
from controller.model.errors import ConfigError, Place
from controller.rules.parser import Text
from controller.rules.tree import Call, names_in, walk

from .problems import Problems

_MOST = 20  # mistakes that are looked for: nobody reads more at once
_NAMED = ("defines", "setpoints", "sums", "controls")  # the sections whose parts expressions can name


def check(plan: Plan, problems: Problems) -> None:
    """Have the core built; what it refuses goes to `problems`.

    It stops at the first mistake: the part with the mistake is then left away and the rest is built again.
    """
    for _ in range(_MOST):
        try:
            Core(plan)
        except ConfigError as error:
            problems.add(error)
            smaller = _without(plan, error.place)
            if smaller is None:
                return
            plan = smaller
        else:
            return


def _without(plan: Plan, place: Place) -> Plan | None:
    """The plan without the part at this place, and without what names it. None where no part is there."""
    smaller = _only(plan, lambda part: not _stands_at(part, place))
    if smaller == plan:
        return None
    gone = _names(plan) - _names(smaller)
    while gone:
        left = _only(smaller, partial(_reads_none, gone))
        gone, smaller = _names(smaller) - _names(left), left
    return smaller


def _only(plan: Plan, fits: Callable[[object], bool]) -> Plan:
    """The plan with those parts of all sections that `fits` is true for."""
    sections = {field.name: getattr(plan, field.name) for field in fields(plan)}
    kept: dict[str, Any] = {
        name: tuple(filter(fits, parts)) for name, parts in sections.items() if type(parts) is tuple
    }
    return replace(plan, **kept)


def _names(plan: Plan) -> set[str]:
    return {part.name for section in _NAMED for part in getattr(plan, section)}


def _reads_none(names: set[str], part: object) -> bool:
    """Whether no expression of a part reads or calls one of these names."""
    trees = [expression.tree for expression in pieces(Expression, part)]
    called = (node.function for tree in trees for node in walk(tree) if isinstance(node, Call))
    return names.isdisjoint(called) and all(names.isdisjoint(names_in(tree)) for tree in trees)


def _stands_at(part: object, place: Place) -> bool:
    return any(
        text.place.file == place.file
        and text.place.line == place.line
        and text.place.column <= place.column <= text.place.column + len(text.text)
        for text in pieces(Text, part)
    )
