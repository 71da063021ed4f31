"""Plans and trees with something put in the place of something else: definitions, so that the analysis meets none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from controller.core.plan import DefinePlan, Expression, Plan
from controller.rules.tree import Call, Is, Name, Tree

Part = TypeVar("Part")


def without_definitions(plan: Plan) -> Plan:
    """The plan with every definition put in where it is named. The plan must have been built: nothing is checked."""
    if not plan.defines:
        return plan
    known = {define.name: define for define in plan.defines}
    expanded = mapped(plan, lambda expression: replace(expression, tree=_expand(expression.tree, known, {})))
    return replace(expanded, defines=())


def mapped(part: Part, change: Callable[[Expression], Expression]) -> Part:
    """The same part of a plan with every expression in it changed."""
    made: Any = part
    if isinstance(part, Expression):
        made = change(part)
    elif isinstance(part, tuple) and not hasattr(part, "_fields"):
        made = tuple(mapped(item, change) for item in part)
    elif is_dataclass(part) and not isinstance(part, type):
        values = {field.name: getattr(part, field.name) for field in fields(part)}
        changed = {name: new for name, value in values.items() if (new := mapped(value, change)) is not value}
        made = replace(part, **changed) if changed else part
    return made  # type: ignore[no-any-return]


def _expand(tree: Tree, known: Mapping[str, DefinePlan], arguments: Mapping[str, Tree]) -> Tree:
    match tree:
        case Name(name) if name in arguments:
            return arguments[name]
        case Name(name) if name in known:
            return _expand(known[name].expression.tree, known, {})
        case Call(function, given) if function in known:
            definition = known[function]
            bound = [_expand(argument, known, arguments) for argument in given]
            return _expand(definition.expression.tree, known, dict(zip(definition.parameters, bound, strict=True)))
        case Is(subject, state) if isinstance(argument := arguments.get(subject), Name):
            return Is(argument.name, state, tree.at)
    return rebuilt(tree, lambda child: _expand(child, known, arguments))


def rebuilt(tree: Tree, change: Callable[[Tree], Tree]) -> Tree:
    """The same node over changed children."""
    values = {field.name: getattr(tree, field.name) for field in fields(tree)}
    changed: dict[str, Any] = {
        name: tuple(change(item) for item in value) if isinstance(value, tuple) else change(value)
        for name, value in values.items()
        if isinstance(value, Tree) or (isinstance(value, tuple) and all(isinstance(item, Tree) for item in value))
    }
    return replace(tree, **changed)
