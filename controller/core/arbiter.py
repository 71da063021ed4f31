"""Who decides about an actuator: safety over a person's hand over irrigation and rules over the idle position.

(Interlocks and hard limits stand above and are applied afterwards, to all actuators together.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from controller.model.commands import Level
from controller.rules.parser import Demand

from .actuation import Explain, Want
from .conditions import Latch
from .demands import Proportional, Pulse
from .irrigation import Rounds
from .network import Moment, Network
from .plan import ActuatorPlan


@dataclass(frozen=True, slots=True)
class LatchedDemand:
    """One line of a rule's `do:` or `force:`."""

    rule: str
    latch: Latch
    demand: Demand
    pulse: Pulse | None
    explain: Explain


@dataclass(frozen=True, slots=True)
class DrivenDemand:
    """A P-band's claim."""

    rule: str
    drive: Proportional
    explain: Explain


@dataclass(slots=True)
class Hand:
    """A person's override: `value` % until `ends` (core seconds)."""

    value: float
    ends: float
    by: str


@dataclass(slots=True)
class Claims:
    """Everyone who may ask something of one actuator, in the order of the files."""

    rules: list[LatchedDemand | DrivenDemand] = field(default_factory=list)
    rounds: list[Rounds] = field(default_factory=list)
    safety: list[LatchedDemand] = field(default_factory=list)

    def slots(self) -> set[int]:
        """What a decision depends on."""
        slots: set[int] = set()
        for claim in (*self.rules, *self.safety):
            if isinstance(claim, DrivenDemand):
                slots |= {claim.drive.slot, claim.drive.blind}
            else:
                slots |= {claim.latch.active, claim.latch.blind}
                if claim.pulse:
                    slots.add(claim.pulse.slot)
        for rounds in self.rounds:
            slots |= {rounds.open, rounds.ends}
        return slots


class Arbiter:
    """Decides one actuator's `want`. `changed` tells the actuation stage that there is something to look at."""

    def __init__(self, network: Network, plan: ActuatorPlan, claims: Claims, changed: Callable[[str], None]) -> None:
        self.key = f"hand {plan.name}"
        self.plan = plan
        self.claims = claims
        self.hand: Hand | None = None
        self.want = Want(plan.idle, Level.IDLE, _IDLE)
        self.position = plan.idle
        self._network = network
        self._changed = changed
        network.add(self, claims.slots())

    def update(self, now: Moment) -> None:
        if self.hand and now.t >= self.hand.ends:
            self._network.note(self.plan.name, f"override by {self.hand.by} has ended")
            self.hand = None
        if self.hand:
            self._network.wake(self, self.hand.ends)
        self.want = self._decide()
        self._changed(self.plan.name)

    def _decide(self) -> Want:
        decision = _Decision(self._network.values, self)
        if self.hand:
            decision.take_hand(self.hand)
        else:
            decision.take_rules()
            decision.take_rounds()
        decision.take_safety()
        return decision.want

    def state(self) -> object:
        return None if self.hand is None else [self.hand.value, self.hand.ends, self.hand.by]

    def restore(self, state: object) -> None:
        assert isinstance(state, list)
        self.hand = Hand(*state)


_IDLE = "nothing asks for it"


class _Decision:
    """One pass over the claims, from the weakest to the strongest level."""

    def __init__(self, values: list[float], arbiter: Arbiter) -> None:
        self._values = values
        self._plan = arbiter.plan
        self._claims = arbiter.claims
        self._here = arbiter.position
        self.want = Want(arbiter.plan.idle, Level.IDLE, _IDLE)

    def take_rules(self) -> None:
        """The first rule of the file that names a position wins; the bounds of all active rules are then applied.

        A rule that cannot know whether it would have won sends the actuator to its safe position. One that only sets
        bounds does not: unknown opens nothing, so its "at least" does not hold and its "at most" does.
        """
        for claim in self._claims.rules:
            if _only_bounds(claim):
                continue
            if self._blind(claim):
                self._take_safe(Level.RULE, claim)
                return
            if self._decides(claim):
                self._take(Level.RULE, claim)
                break
        self._apply_bounds(self._claims.rules, Level.RULE)

    def take_rounds(self) -> None:
        for rounds in self._claims.rounds:
            if self._values[rounds.open] == 1.0:
                ends = self._values[rounds.ends]
                self.want = Want(100.0, Level.IRRIGATION, rounds.plan.name, rounds.reason, ends=ends)
                return

    def take_hand(self, hand: Hand) -> None:
        self.want = Want(hand.value, Level.HAND, hand.by)

    def take_safety(self) -> None:
        """Forced positions, then bounds, then the safe position for what safety rules cannot know."""
        for claim in self._claims.safety:
            if self._decides(claim):
                self._take(Level.SAFETY, claim)
                break
        low, high = self._apply_bounds(self._claims.safety, Level.SAFETY)
        if low > 0.0 or high < 100.0:
            self.want = replace(self.want, low=low, high=high)
        for claim in self._claims.safety:
            if self._blind(claim):
                self._take_safe(Level.SAFETY, claim)
                break

    def _decides(self, claim: LatchedDemand | DrivenDemand) -> bool:
        if isinstance(claim, DrivenDemand):
            target = self._values[claim.drive.slot]
            return target == target
        return self._active(claim) and not _only_bounds(claim)

    def _active(self, claim: LatchedDemand) -> bool:
        return self._values[claim.latch.active] == 1.0

    def _blind(self, claim: LatchedDemand | DrivenDemand) -> bool:
        node = claim.drive if isinstance(claim, DrivenDemand) else claim.latch
        return self._values[node.blind] == 1.0

    def _take(self, level: Level, claim: LatchedDemand | DrivenDemand) -> None:
        ends = None
        if isinstance(claim, DrivenDemand):
            target = self._values[claim.drive.slot]
        elif claim.pulse:
            on = self._values[claim.pulse.slot] == 1.0
            target, ends = (100.0, claim.pulse.ends) if on else (0.0, None)
        else:
            target = self._here if claim.demand.kind == "keep" else claim.demand.value
        self.want = Want(target, level, claim.rule, claim.explain, self.want.overruled_by(), ends=ends)

    def _take_safe(self, level: Level, claim: LatchedDemand | DrivenDemand) -> None:
        target = self._here if self._plan.safe is None else self._plan.safe
        rule, chain = f"safe position: {claim.rule} cannot know", self.want.overruled_by()
        self.want = Want(target, level, rule, claim.explain, chain, target, target)

    def _apply_bounds(self, claims: Sequence[LatchedDemand | DrivenDemand], level: Level) -> tuple[float, float]:
        """The strictest bounds of all active claims; whose clips the target becomes its cause."""
        low, high = 0.0, 100.0
        floor: LatchedDemand | None = None
        ceiling: LatchedDemand | None = None
        for claim in claims:
            if isinstance(claim, DrivenDemand) or not _only_bounds(claim):
                continue
            bound, blind = claim.demand.value, self._blind(claim)
            if claim.demand.kind == "at least" and self._active(claim) and not blind and bound > low:
                low, floor = bound, claim
            elif claim.demand.kind == "at most" and (self._active(claim) or blind) and bound < high:
                high, ceiling = bound, claim
        if floor and self.want.target < low:
            self._clip(level, floor, low)
        if ceiling and self.want.target > high:
            self._clip(level, ceiling, high)
        return min(low, high), high  # where two bounds clash, the closed side is the safe one

    def _clip(self, level: Level, claim: LatchedDemand, target: float) -> None:
        rule = f"{claim.rule} (cannot know)" if self._blind(claim) else claim.rule
        self.want = Want(target, level, rule, claim.explain, self.want.overruled_by())


def _only_bounds(claim: LatchedDemand | DrivenDemand) -> bool:
    return isinstance(claim, LatchedDemand) and claim.demand.kind in ("at least", "at most")
