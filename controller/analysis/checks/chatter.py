"""Rules that would switch an actuator back and forth at the noise of a sensor."""

from __future__ import annotations

from collections.abc import Iterator

from controller.core.plan import ActuatorPlan, RulePlan
from controller.model.units import UNITS
from controller.rules.parser import Demand
from controller.rules.tree import Compare, Held, Name, Not, Number, Tree, names_in, walk

from ..finding import Finding
from ..search import Verdict, Witness
from ..survey import Survey

NOISE = {
    # what a good sensor in a greenhouse shows from one reading to the next: its quantity's unit
    "temperature": 0.1,
    "humidity": 0.5,
    "co2": 10.0,
    "radiation": 10.0,
    "ppfd": 20.0,
    "wind_speed": 0.3,
    "water_content": 0.2,
    "ec": 0.02,
    "ph": 0.02,
    "flow": 0.2,
}

_CALM = 120.0
"""Seconds: an actuator that changes no more often than this does not chatter."""


def chatter(survey: Survey) -> Iterator[Finding]:
    """Each rule whose end lies within the noise of its beginning, and that nothing slows down."""
    actuators = {actuator.name: actuator for actuator in survey.plan.actuators}
    for rule in survey.plan.rules:
        if not isinstance(rule, RulePlan):
            continue
        when, end = rule.when.tree, rule.until.tree if rule.until else Not(rule.when.tree)
        quick = [name for name, demand in rule.do if _slowest(actuators[name], demand, when, end) < _CALM]
        if not quick:
            continue
        found = _apart_by_noise(survey, when, end)
        if isinstance(found, Witness) and any(name.startswith("a change of ") for name in _names(found)):
            yield Finding(
                "chatter",
                f"{rule.name!r} can switch {' and '.join(quick)} on and off at the noise of a sensor",
                rule.when.text.place,
                str(found),
                "give it an 'until' further away, a 'for 5 min', or the actuator a min_on and min_off",
            )


def _apart_by_noise(survey: Survey, when: Tree, end: Tree) -> Witness | Verdict:
    return survey.find(lambda scene: [scene.truth(when), scene.shaken(NOISE).truth(end)])


def self_defeating(survey: Survey) -> Iterator[Finding]:
    """A rule without `until` that is ended by what it does."""
    for rule in survey.plan.rules:
        if not isinstance(rule, RulePlan) or rule.until is not None:
            continue
        for name, demand in rule.do:
            if name in names_in(rule.when.tree) and demand.kind in ("exactly", "at least", "at most"):
                if _survives(survey, rule.when.tree, name, demand):
                    continue
                yield Finding(
                    "chatter",
                    f"{rule.name!r} ends itself: it moves {name} to where {rule.when.text.text!r} is no longer true",
                    rule.when.text.place,
                    suggestion=f"give it an 'until', or do not let it depend on {name}",
                )


def _survives(survey: Survey, when: Tree, name: str, demand: Demand) -> bool:
    """Whether `when` can still be true once the actuator is where the rule wants it."""
    there = Number(demand.value, UNITS["%"])
    op = {"exactly": (">=", "<="), "at least": (">=",), "at most": ("<=",)}[demand.kind]
    found = survey.together(when, *(Compare(o, Name(name), there) for o in op))
    return isinstance(found, Witness)


def _slowest(actuator: ActuatorPlan, demand: Demand, when: Tree, end: Tree) -> float:
    """Seconds that one cycle of on and off lasts at the least."""
    if demand.kind == "pulse":
        return demand.every_s
    held = sum(node.seconds for tree in (when, end) for node in walk(tree) if isinstance(node, Held))
    if actuator.kind == "position":
        return held + actuator.travel_open + actuator.travel_close
    return held + actuator.min_on + actuator.min_off


def _names(witness: Witness) -> list[str]:
    return [variable.name for variable in witness.values]
