"""A plan made ready for the checks: its moments, and who may be active when."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from controller.core.plan import Expression, Plan, RulePlan, pieces
from controller.rules.tree import Not, Tree, Window, Within, walk

from .expand import without_definitions
from .moments import Moment, moments
from .reach import Reach
from .scene import Scene, Truth
from .search import Verdict, Witness, search


class Survey:
    """One plan under analysis. `year` is the year whose days are looked at."""

    def __init__(self, plan: Plan, year: int) -> None:
        self.plan = without_definitions(plan)
        self.year = year

    @cached_property
    def moments(self) -> list[Moment]:
        return moments(self.plan.site, self.plan.periods, self._windows(), self.year)

    @cached_property
    def reach(self) -> Reach:
        return Reach(self.plan, self.moments)

    def _windows(self) -> Iterator[Window]:
        for rule in self.plan.irrigation:
            if rule.window is not None:
                yield rule.window
        for tree in self._trees():
            yield from (node.window for node in walk(tree) if isinstance(node, Within))

    def _trees(self) -> Iterator[Tree]:
        for part in self._parts():
            yield from (expression.tree for expression in expressions(part))

    def _parts(self) -> Iterator[object]:
        plan = self.plan
        yield from (*plan.rules, *plan.safety, *plan.setpoints, *plan.irrigation, *plan.alarms)
        yield from (*plan.limits, *plan.controls, *plan.stages, *plan.sums, *plan.sets)

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


def expressions(part: object) -> Iterator[Expression]:
    """Every expression in a part of a plan."""
    return pieces(Expression, part)


def may_be_active(rule: RulePlan) -> Tree:
    """Where a rule can be active: wherever `until` is not true; without one, where `when` is."""
    return Not(rule.until.tree) if rule.until is not None else rule.when.tree
