"""Two rules that ask opposite things of one actuator at the same time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from controller.core.plan import ActuatorPlan, DrivePlan, RulePlan, SetPlan
from controller.model.errors import Place
from controller.model.units import UNITS
from controller.rules.parser import Demand
from controller.rules.tree import Binary, Call, Compare, Number, Tree

from ..finding import Finding
from ..search import Verdict, Witness
from ..survey import Survey, may_be_active

_APART = 5.0
"""Positions (%) that lie this far apart are two different wishes."""


def conflicts(survey: Survey) -> Iterator[Finding]:
    """Pairs of rules of one level that clash, each with the values where they do."""
    yield from _against_stages(survey)
    yield from _of_settings(survey)
    for rules in (survey.plan.rules, survey.plan.safety):
        for actuator in survey.plan.actuators:
            for (first, a), (second, b) in combinations(_asking(rules, actuator.name), 2):
                yield from _clash(survey, actuator, (first, a), (second, b))


def _against_stages(survey: Survey) -> Iterator[Finding]:
    """Switches that go by a stage and by a rule: the stage decides always, so the rule never does."""
    for stage in survey.plan.stages:
        for rule in survey.plan.rules:
            asked = {name for name, _ in rule.do} if isinstance(rule, RulePlan) else {rule.actuator}
            for switch in stage.switches:
                if switch in asked:
                    yield Finding(
                        "conflict",
                        f"{rule.name!r} and the stages {stage.name!r} both move {switch}",
                        _place(rule),
                        suggestion="leave it to one of them",
                    )


def _of_settings(survey: Survey) -> Iterator[Finding]:
    """Rules that set one setting at the same time. One that always holds may stand last, for whenever no other does."""
    for first, second in combinations(survey.plan.sets, 2):
        if (first.setting, first.safety) != (second.setting, second.safety):
            continue
        if first.when is None:
            message = f"{first.name!r} always sets {first.setting}: {second.name!r} never does"
            yield Finding("conflict", message, _place_of(second), suggestion="put the one without when: last")
        elif second.when is not None:
            found = survey.together(first.when.tree, second.when.tree)
            if isinstance(found, Witness):
                yield Finding(
                    "conflict",
                    f"{first.name!r} and {second.name!r} set {first.setting} at the same time",
                    _place_of(second),
                    str(found),
                    "the first in the file wins; make one of them wait with 'and not ...'",
                )


def _place_of(rule: SetPlan) -> Place:
    return rule.value.text.place


Asking = tuple[RulePlan | DrivePlan, Demand | None]


def _asking(rules: Sequence[RulePlan | DrivePlan], actuator: str) -> list[Asking]:
    asking: list[Asking] = []
    for rule in rules:
        if isinstance(rule, DrivePlan):
            if rule.actuator == actuator:
                asking.append((rule, None))
        else:
            asking += [(rule, demand) for name, demand in rule.do if name == actuator]
    return asking


def _clash(survey: Survey, actuator: ActuatorPlan, one: Asking, other: Asking) -> Iterator[Finding]:
    (first, a), (second, b) = one, other
    apart = max(_APART, actuator.deadband)
    if a is not None and b is not None and not _opposed(a, b, apart):
        return
    if None in (a, b) and (_bound(a) or _bound(b)):
        return  # bounds are there to hold a P-band in

    found = _found(survey, one, other, apart)
    if isinstance(found, Witness):
        yield Finding(
            "conflict",
            f"{first.name!r} and {second.name!r} ask opposite things of {actuator.name}"
            f" ({_wish(a)} and {_wish(b)}) at the same time",
            _place(second),
            str(found),
            "let their bounds meet, or make one of them wait"
            if _bound(a) and _bound(b)
            else "the first in the file wins; make one of them wait with 'and not ...'",
        )


def _found(survey: Survey, one: Asking, other: Asking, apart: float) -> Witness | Verdict:
    """Two rules meet when one of them begins while the other is active: that is what is looked for, both ways."""
    (first, a), (second, b) = one, other
    if isinstance(first, DrivePlan) and isinstance(second, DrivePlan):
        return survey.together()  # two P-bands on one actuator: the first always decides
    if isinstance(first, DrivePlan):
        assert isinstance(second, RulePlan)
        assert b is not None
        return survey.together(second.when.tree, _far_from(first, b.value, apart))
    if isinstance(second, DrivePlan):
        assert a is not None
        return survey.together(first.when.tree, _far_from(second, a.value, apart))
    found = survey.together(first.when.tree, may_be_active(second))
    return found if isinstance(found, Witness) else survey.together(may_be_active(first), second.when.tree)


def _opposed(a: Demand, b: Demand, apart: float) -> bool:
    kinds = {a.kind, b.kind}
    if kinds == {"at least", "at most"}:
        low, high = (a, b) if a.kind == "at least" else (b, a)
        return low.value > high.value
    if kinds <= {"exactly", "pulse"}:
        return abs(a.value - b.value) > apart
    return False


def _far_from(drive: DrivePlan, position: float, apart: float) -> Tree:
    """The P-band asks for a position that is not near `position`."""
    ends = (drive.start.tree, drive.by.tree) if drive.reverse else (drive.by.tree, drive.start.tree)
    share = Binary("/", Binary("-", *ends), drive.band.tree)
    asked: Tree = Call("clamp", (Binary("*", share, _percent(100.0)), _percent(0.0), _percent(100.0)))
    if drive.low is not None:
        asked = Call("max", (asked, drive.low.tree))
    if drive.high is not None:
        asked = Call("min", (asked, drive.high.tree))
    if position < 50:
        return Compare(">", asked, _percent(position + apart))
    return Compare("<", asked, _percent(position - apart))


def _percent(value: float) -> Tree:
    return Number(value, UNITS["%"])


def _bound(demand: Demand | None) -> bool:
    return demand is not None and demand.kind in ("at least", "at most")


def _wish(demand: Demand | None) -> str:
    if demand is None:
        return "its P-band"
    if demand.kind == "pulse":
        return "pulses"
    return f"{demand.kind} {demand.value:.0f} %"


def _place(rule: RulePlan | DrivePlan) -> Place:
    return rule.start.text.place if isinstance(rule, DrivePlan) else rule.when.text.place
