"""A plan made ready for the checks: its moments, and who may be active when."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from controller.core.plan import Plan, RulePlan
from controller.rules.tree import Not, Tree, Window, Within, walk

from .moments import Moment, moments
from .scene import Scene, Truth
from .search import Verdict, Witness, search


class Survey:
    """One plan under analysis. `year` is the year whose days are looked at."""

    def __init__(self, plan: Plan, year: int) -> None:
        self.plan = plan
        self.year = year

    @cached_property
    def moments(self) -> list[Moment]:
        return moments(self.plan.site, self.plan.periods, self._windows(), self.year)

    def _windows(self) -> Iterator[Window]:
        for rule in self.plan.irrigation:
            if rule.window is not None:
                yield rule.window
        for tree in self._trees():
            yield from (node.window for node in walk(tree) if isinstance(node, Within))

    def _trees(self) -> Iterator[Tree]:
        plan = self.plan
        for rule in (*plan.rules, *plan.safety):
            if isinstance(rule, RulePlan):
                yield rule.when.tree
                if rule.until is not None:
                    yield rule.until.tree
            else:
                yield from (when.tree for when, _ in rule.band_when)
        for setpoint in plan.setpoints:
            yield from (value.tree for _, value in setpoint.by_period)
            if setpoint.value is not None:
                yield setpoint.value.tree
        for irrigation in plan.irrigation:
            parts = (irrigation.start, irrigation.skip_when, irrigation.stop_day_when)
            yield from (part.tree for part in parts if part is not None)
        yield from (alarm.when.tree for alarm in plan.alarms)

    def together(self, *trees: Tree) -> Witness | Verdict:
        """Values and a moment at which these conditions are true together."""
        return self.find(lambda scene: [scene.truth(tree) for tree in trees], trees)

    def find(self, conditions: Callable[[Scene], Sequence[Truth]], doubted: Sequence[Tree] = ()) -> Witness | Verdict:
        """The same for conditions made in each scene. NEVER is a proof over all moments.

        Points whose quality `doubted` asks for may be stale or bad.
        """
        undecided = False
        for moment in self.moments:
            scene = Scene(self.plan, moment)
            scene.doubt(doubted)
            found = search(scene, conditions(scene))
            if isinstance(found, Witness):
                return found
            undecided = undecided or found is Verdict.UNDECIDED
        return Verdict.UNDECIDED if undecided else Verdict.NEVER


def may_be_active(rule: RulePlan) -> Tree:
    """Where a rule can be active: wherever `until` is not true; without one, where `when` is."""
    return Not(rule.until.tree) if rule.until is not None else rule.when.tree
