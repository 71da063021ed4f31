"""Proves things about a plan before it runs: mistakes that are no errors, each with the values at which they happen.

Pure. A search over intervals (branch and prune) either finds such values, or proves that there are none within the
sensors' ranges, at any time of any day; where it can do neither in time it keeps silent, so that there are no false
alarms.
"""

from __future__ import annotations

from controller.core.plan import Plan

from .checks.chatter import chatter, self_defeating
from .checks.compartments import crossed_compartments
from .checks.conflicts import conflicts
from .checks.endless import never_ends, never_fires, never_starts_again
from .checks.guards import unbounded_irrigation, unguarded_vents, unmoved_actuators
from .checks.periods import gaps_and_overlaps, unknown_to_setpoints
from .checks.reach import out_of_reach
from .checks.safe_positions import unreachable_safe_positions
from .finding import Finding
from .survey import Survey

CHECKS = (
    conflicts,
    never_fires,
    never_starts_again,
    never_ends,
    out_of_reach,
    chatter,
    self_defeating,
    unguarded_vents,
    unbounded_irrigation,
    unmoved_actuators,
    crossed_compartments,
    gaps_and_overlaps,
    unknown_to_setpoints,
    unreachable_safe_positions,
)


def analyse(plan: Plan, year: int) -> list[Finding]:
    """Everything the checks find, in the order of the files. `year` is the year whose days are looked at."""
    survey = Survey(plan, year)
    findings = [finding for check in CHECKS for finding in check(survey)]
    return sorted(findings, key=lambda finding: finding.place)


__all__ = ["Finding", "analyse"]
