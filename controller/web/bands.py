"""Between which setpoints a point is kept, as far as the rules say. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from controller.core.plan import ControlPlan, DrivePlan, Expression, Plan, RulePlan
from controller.rules.tree import Binary, Compare, Name, Over, Tree, names_in, walk


class Band(NamedTuple):
    """Names of the setpoints below which, and above which, rules act on a point."""

    low: tuple[str, ...]
    high: tuple[str, ...]


def bands(plan: Plan) -> dict[str, Band]:
    """The band of each point that some rule compares with a setpoint."""
    setpoints = {setpoint.name for setpoint in plan.setpoints}
    low: dict[str, dict[str, None]] = {}
    high: dict[str, dict[str, None]] = {}
    for point, setpoint, below in _comparisons(plan, setpoints):
        (low if below else high).setdefault(point, {})[setpoint] = None
    return {point: Band(tuple(low.get(point, ())), tuple(high.get(point, ()))) for point in {**low, **high}}


def _comparisons(plan: Plan, setpoints: set[str]) -> Iterator[tuple[str, str, bool]]:
    """(point, setpoint, whether something acts when the point is below it)."""
    for rule in plan.rules:
        match rule:
            case RulePlan():
                yield from _in_condition(rule.when, setpoints)
            case DrivePlan():
                yield from _driven(rule, setpoints)
    for control in plan.controls:
        yield from _driven(control, setpoints)
    for watering in plan.irrigation:
        if watering.start is not None:
            yield from _in_condition(watering.start, setpoints)


def _in_condition(condition: Expression, setpoints: set[str]) -> Iterator[tuple[str, str, bool]]:
    for node in walk(condition.tree):
        if isinstance(node, Compare):
            yield from _compared(node, setpoints)


def _compared(node: Compare, setpoints: set[str]) -> Iterator[tuple[str, str, bool]]:
    below = node.op in ("<", "<=")
    for one, other, is_below in ((node.left, node.right, below), (node.right, node.left, not below)):
        point = _point(one)
        if point and point not in setpoints:
            yield from ((point, name, is_below) for name in _leading(other, setpoints))


def _driven(plan: DrivePlan | ControlPlan, setpoints: set[str]) -> Iterator[tuple[str, str, bool]]:
    point = _point(plan.by.tree)
    if point:
        yield from ((point, name, plan.reverse) for name in _leading(plan.start.tree, setpoints))


def _point(tree: Tree) -> str:
    """The point that is read here, as it is or as it was over a time; "" where it is something else."""
    match tree:
        case Name(name) | Over("average" | "minimum" | "maximum", Name(name)):
            return name
        case _:
            return ""


def _leading(tree: Tree, setpoints: set[str]) -> list[str]:
    """The setpoints a value is near: the first of a sum, not what is added to it."""
    match tree:
        case Name(name):
            return [name] if name in setpoints else []
        case Binary("+" | "-", left, right):
            return _leading(left, setpoints) or _leading(right, setpoints)
        case _:
            return [name for name in names_in(tree) if name in setpoints]
