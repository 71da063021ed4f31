"""One compartment run by what another one measures, although it has the same of its own."""

from __future__ import annotations

from collections.abc import Iterator

from controller.core.derived import MOIST_AIR
from controller.core.plan import (
    ControlPlan,
    DrivePlan,
    IrrigationPlan,
    LimitPlan,
    Plan,
    RulePlan,
    SetPlan,
    SetpointPlan,
    StagePlan,
)
from controller.rules.tree import names_in

from ..finding import Finding
from ..survey import Survey, expressions

_Part = RulePlan | DrivePlan | LimitPlan | StagePlan | IrrigationPlan | SetPlan


def crossed_compartments(survey: Survey) -> Iterator[Finding]:
    """Parts of the rules for one compartment that read another one's points and not their own of that name.

    Who compares both compartments reads both, and is not meant.
    """
    plan = survey.plan
    if not plan.compartments:
        return
    known = _known(plan)
    parts: list[_Part] = [*plan.rules, *plan.limits, *plan.stages, *plan.irrigation, *plan.safety, *plan.sets]
    for part in parts:
        moved = _moved(part)
        yield from _crossed(plan, f"{part.name!r} runs {' and '.join(moved)}", moved, part, known)
    values: list[SetpointPlan | ControlPlan] = [*plan.setpoints, *plan.controls]
    for value in values:
        yield from _crossed(plan, f"{value.name} goes", [value.name], value, known)


def _crossed(plan: Plan, what: str, moved: list[str], part: object, known: set[str]) -> Iterator[Finding]:
    homes = {plan.compartment_of(name) for name in moved}
    home = homes.pop() if len(homes) == 1 else ""
    if not home:
        return
    read = {name: expression for expression in expressions(part) for name in names_in(expression.tree)}
    for name, expression in read.items():
        other, rest = plan.placed(name)
        own = f"{home}.{rest}"
        if other and other != home and own in known and own not in read:
            yield Finding(
                "other compartment",
                f"{what} by {name}, of another compartment",
                expression.text.place.right(max(expression.text.text.find(name), 0)),
                suggestion=f"did you mean {own}?",
            )


def _moved(part: _Part) -> list[str]:
    match part:
        case RulePlan():
            return [name for name, _ in part.do]
        case StagePlan():
            return list(part.switches)
        case IrrigationPlan():
            return [part.valve, *part.then]
        case SetPlan():
            return [part.setting]
        case _:
            return [part.actuator]


def _known(plan: Plan) -> set[str]:
    """Every name that a compartment can have of its own, those of moist air included."""
    points = {sensor.point for sensor in plan.sensors} | {vote.point for vote in plan.votes}
    groups = {point.removesuffix(".temperature") for point in points if point.endswith(".temperature")}
    moist = {f"{group}.{key}" for group in groups if f"{group}.humidity" in points for key in MOIST_AIR}
    moved = {each.name for each in plan.actuators} | {each.name for each in plan.settings}
    values = {each.name for each in plan.setpoints} | {each.name for each in plan.sums}
    return points | moist | moved | values | {each.name for each in plan.controls}
