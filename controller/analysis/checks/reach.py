"""Setpoints, thresholds and bands that nothing ever comes to: 160 °C written for 16.0 °C."""

from __future__ import annotations

from collections.abc import Iterator

from controller.core.plan import ControlPlan, DrivePlan
from controller.model.errors import Place

from ..finding import Finding
from ..reach import OutOfReach
from ..search import Verdict
from ..survey import Survey, expressions
from .endless import awaited


def out_of_reach(survey: Survey) -> Iterator[Finding]:
    """Each number that lies beyond all that it is compared with, once, at the place where it stands."""
    told: set[Place] = set()
    for found, message in _found(survey):
        if found.place not in told:
            told.add(found.place)
            witness = "" if found.value == found.threshold else f"{found.threshold} = {found.value}"
            yield Finding("out of reach", message, found.place, witness, found.advice)


def _found(survey: Survey) -> Iterator[tuple[OutOfReach, str]]:
    plan, reach = survey.plan, survey.reach
    spoken_for = set(awaited(plan))
    for condition in expressions(plan):
        for found in reach.thresholds(condition):
            here = found.home is condition and condition in spoken_for
            if not (here and survey.together(condition.tree) is Verdict.NEVER):  # which is said already
                yield found, _never(found)
    proportional: list[DrivePlan | ControlPlan] = [rule for rule in plan.rules if isinstance(rule, DrivePlan)]
    for rule in (*proportional, *plan.controls):
        for found in reach.starts(rule.by, rule.start):
            yield found, _never(found)
        for band in (rule.band, *(band for _, band in rule.band_when)):
            for found in reach.bands(rule.by, band):
                yield found, f"{found.of} never changes by {found.threshold}"
    for setting in plan.sets:
        for found in reach.setting(setting.setting, setting.value):
            yield found, _never(found)


def _never(found: OutOfReach) -> str:
    return f"{found.of} never comes to {found.threshold}"
