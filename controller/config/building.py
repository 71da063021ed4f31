"""The last check: the core itself compiles every expression of the plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from controller.core.core import Core
from controller.core.plan import AlarmPlan, DrivePlan, IrrigationPlan, Plan, RulePlan, SetPlan, SetpointPlan
from controller.model.errors import ConfigError, Place
from controller.rules.tree import names_in

from .language import expressions_of
from .problems import Problems

_MOST = 20  # mistakes that are looked for: nobody reads more at once

Part = TypeVar("Part", RulePlan | DrivePlan, RulePlan, SetPlan, IrrigationPlan, AlarmPlan, SetpointPlan)


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
    setpoints = _others(plan.setpoints, place)
    gone = {part.name for part in plan.setpoints} - {part.name for part in setpoints}
    smaller = replace(
        plan,
        setpoints=setpoints,
        rules=_others(plan.rules, place),
        sets=_others(plan.sets, place),
        irrigation=_others(plan.irrigation, place),
        safety=_others(plan.safety, place),
        alarms=_others(plan.alarms, place),
    )
    while gone:
        smaller = replace(
            smaller,
            rules=_not_naming(smaller.rules, gone),
            sets=_not_naming(smaller.sets, gone),
            irrigation=_not_naming(smaller.irrigation, gone),
            safety=_not_naming(smaller.safety, gone),
            alarms=_not_naming(smaller.alarms, gone),
        )
        left = _not_naming(smaller.setpoints, gone)
        gone = {part.name for part in smaller.setpoints} - {part.name for part in left}
        smaller = replace(smaller, setpoints=left)
    return None if smaller == plan else smaller


def _others(parts: tuple[Part, ...], place: Place) -> tuple[Part, ...]:
    return tuple(part for part in parts if not _stands_at(part, place))


def _stands_at(part: RulePlan | DrivePlan | SetPlan | IrrigationPlan | AlarmPlan | SetpointPlan, place: Place) -> bool:
    texts = [expression.text for expression in expressions_of(part)]
    if isinstance(part, SetpointPlan):
        texts.append(part.text)
    return any(
        text.place.file == place.file
        and text.place.line == place.line
        and text.place.column <= place.column <= text.place.column + len(text.text)
        for text in texts
    )


def _not_naming(parts: tuple[Part, ...], gone: set[str]) -> tuple[Part, ...]:
    return tuple(
        part
        for part in parts
        if not any(gone.intersection(names_in(expression.tree)) for expression in expressions_of(part))
    )
