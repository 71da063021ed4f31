"""Rules, alarms and rounds that can never begin, or never end."""

from __future__ import annotations

from collections.abc import Iterator

from controller.core.plan import Expression, Plan, RulePlan
from controller.rules.tree import Name, Not, walk

from ..finding import Finding
from ..search import Verdict
from ..survey import Survey


def never_fires(survey: Survey) -> Iterator[Finding]:
    """What can never become true, within the ranges of its sensors and on any day of the year."""
    for when, name in _beginnings(survey.plan).items():
        if _never(survey, when):
            yield Finding(
                "never fires",
                f"{name} can never begin: {when.text.text!r} is never true",
                when.text.place,
                suggestion=_ranges(survey, when),
            )


def never_starts_again(survey: Survey) -> Iterator[Finding]:
    """`until` holds wherever `when` does: the rule ends in the instant in which it begins."""
    for rule in _latched(survey):
        assert rule.until is not None
        when, until = rule.when.tree, rule.until.tree
        if _never(survey, rule.when):
            continue
        if survey.together(when, Not(until)) is Verdict.NEVER:
            yield Finding(
                "never fires",
                f"{rule.name!r} never does anything: whenever {rule.when.text.text!r} is true,"
                f" {rule.until.text.text!r} is true already",
                rule.until.text.place,
                suggestion="'until' must lie on the other side of 'when'",
            )


def never_ends(survey: Survey) -> Iterator[Finding]:
    """`until` can never come true, or `when` is true always."""
    for rule in _latched(survey):
        assert rule.until is not None
        if _never(survey, rule.until):
            yield Finding(
                "never ends",
                f"{rule.name!r} can never end: {rule.until.text.text!r} is never true",
                rule.until.text.place,
                suggestion=_ranges(survey, rule.until),
            )
    for rule in _rules(survey.plan):
        if rule.until is None and survey.together(Not(rule.when.tree)) is Verdict.NEVER:
            yield Finding(
                "never ends",
                f"{rule.name!r} is always active: {rule.when.text.text!r} is always true",
                rule.when.text.place,
                suggestion="make it depend on something, or set the actuator's idle position",
            )


def awaited(plan: Plan) -> Iterator[Expression]:
    """The conditions that these checks speak of where they can never come true."""
    yield from _beginnings(plan)
    yield from (rule.until for rule in _rules(plan) if rule.until is not None)


def _beginnings(plan: Plan) -> dict[Expression, str]:
    """What something waits for, and what that is."""
    named = [(rule.when, f"rule {rule.name!r}") for rule in plan.rules if isinstance(rule, RulePlan)]
    named += [(rule.when, f"safety rule {rule.name!r}") for rule in plan.safety]
    named += [(limit.when, f"limit {limit.name!r}") for limit in plan.limits if limit.when]
    named += [(alarm.when, f"alarm {alarm.name!r}") for alarm in plan.alarms]
    named += [(rule.start, f"irrigation {rule.name!r}") for rule in plan.irrigation if rule.start]
    return dict(named)


def _latched(survey: Survey) -> list[RulePlan]:
    return [rule for rule in _rules(survey.plan) if rule.until is not None]


def _rules(plan: Plan) -> list[RulePlan]:
    return [rule for rule in (*plan.rules, *plan.safety) if isinstance(rule, RulePlan)]


def _never(survey: Survey, condition: Expression) -> bool:
    return survey.together(condition.tree) is Verdict.NEVER


def _ranges(survey: Survey, condition: Expression) -> str:
    """What the named sensors can report, or the number in the condition that none of them comes to."""
    beyond = [found.advice for found in survey.reach.thresholds(condition) if found.home is condition]
    if beyond:
        return beyond[0]
    named = {node.name for node in walk(condition.tree) if isinstance(node, Name)}
    ranges = [
        f"{sensor.point} reports {sensor.low:g} .. {sensor.high:g} {sensor.quantity.unit}".rstrip()
        for sensor in survey.plan.sensors
        if sensor.point in named and not sensor.quantity.states
    ]
    return "; ".join(ranges) or "its parts exclude each other"
