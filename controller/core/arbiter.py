"""Who decides about an actuator: safety over a person's hand over irrigation and rules over the idle position.

(Interlocks and hard limits stand above and are applied afterwards, to all actuators together.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from controller.model.commands import Level

from .actuation import Want
from .claims import Claim, Claims
from .limits import Gait
from .network import Moment, Network, Node
from .plan import ActuatorPlan


@dataclass(slots=True)
class Hand:
    """A person's override: `value` % until `ends` (core seconds)."""

    value: float
    ends: float
    by: str


class Arbiter(Node):
    """Decides one actuator's `want`. `changed` tells the actuation stage that there is something to look at."""

    def __init__(self, network: Network, plan: ActuatorPlan, claims: Claims, changed: Callable[[str], None]) -> None:
        self.key = f"hand {plan.name}"
        self.plan = plan
        self.claims = claims
        self.hand: Hand | None = None
        self.want = self._idle = Want(plan.idle, Level.IDLE, _IDLE)
        self.position = plan.idle
        self._network = network
        self._changed = changed
        self._gait = Gait(limits) if (limits := claims.limits()) else None
        network.add(self, claims.slots())

    def update(self, now: Moment) -> None:
        if self.hand and now.t >= self.hand.ends:
            self._network.note(self.plan.name, f"override by {self.hand.by} has ended")
            self.hand = None
        if self.hand:
            self._network.wake(self, self.hand.ends)
        self.want = self._decide(now)
        self._changed(self.plan.name)

    def _decide(self, now: Moment) -> Want:
        decision = _Decision(self._network.values, self.plan, self.claims, self.position, self._idle)
        if self.hand:
            decision.take_hand(self.hand)
        else:
            decision.take_rules()
            if self._gait:
                self._slow_down(decision, self._gait, now)
            decision.take_rounds()
        decision.take_safety()
        if self._gait and decision.want.level in (Level.HAND, Level.SAFETY):
            self._gait.at = None  # afterwards it goes on in steps from where it then is
        return decision.want

    def _slow_down(self, decision: _Decision, gait: Gait, now: Moment) -> None:
        want = decision.want
        if want.low == want.high:
            return
        target, again = gait.let(want.target, self.position, self._network.values, now.t)
        if again is not None:
            self._network.wake(self, again)
        if target != want.target:
            chain = f"on the way to {want.target:.0f} %", *want.chain
            decision.want = want._replace(target=target, chain=chain)

    def state(self) -> object:
        hand = None if self.hand is None else [self.hand.value, self.hand.ends, self.hand.by]
        gait = None if self._gait is None else [self._gait.at, self._gait.stepped]
        return None if hand is None and gait is None else [hand, gait]

    def restore(self, state: object) -> None:
        assert isinstance(state, list)
        hand, gait = state
        if hand is not None:
            self.hand = Hand(*hand)
        if gait is not None and self._gait is not None:
            self._gait.at, self._gait.stepped = gait


_IDLE = "nothing asks for it"


class _Decision:
    """One pass over the claims, from the weakest to the strongest level."""

    def __init__(self, values: list[float], plan: ActuatorPlan, claims: Claims, here: float, idle: Want) -> None:
        self._values = values
        self._plan, self._claims, self._here = plan, claims, here
        self.want = idle

    def take_rules(self) -> None:
        """The first rule of the file that names a position wins; the bounds of all active rules are then applied.

        A rule that cannot know whether it would have won sends the actuator to its safe position. One that only sets
        bounds does not: unknown opens nothing, so its "at least" does not hold and its "at most" does.
        """
        for claim in self._claims.rules:
            if claim.only_bounds:
                continue
            if claim.blind(self._values):
                self._take_safe(Level.RULE, claim, self._claims.rules)
                return
            if claim.decides(self._values):
                self._take(Level.RULE, claim)
                break
        self._apply_bounds(self._claims.rules, Level.RULE)

    def take_rounds(self) -> None:
        for turn in self._claims.rounds:
            if self._values[turn.open] == 1.0:
                ends = self._values[turn.ends]
                self.want = Want(100.0, Level.IRRIGATION, turn.rule, turn.explain, ends=ends if ends == ends else None)
                return

    def take_hand(self, hand: Hand) -> None:
        self.want = Want(hand.value, Level.HAND, hand.by, ends=hand.ends)

    def take_safety(self) -> None:
        """Forced positions, then bounds, then the safe position for what safety rules cannot know."""
        for claim in self._claims.safety:
            if claim.decides(self._values):
                self._take(Level.SAFETY, claim)
                break
        low, high = self._apply_bounds(self._claims.safety, Level.SAFETY)
        if low > 0.0 or high < 100.0:
            self.want = self.want._replace(low=low, high=high)
        for claim in self._claims.safety:
            if claim.blind(self._values):
                self._take_safe(Level.SAFETY, claim, self._claims.safety)
                break

    def _take(self, level: Level, claim: Claim) -> None:
        target, ends = claim.position(self._values, self._here)
        self.want = Want(target, level, claim.rule, claim.explain, self.want.overruled_by(), ends=ends)

    def _take_safe(self, level: Level, claim: Claim, claims: Sequence[Claim]) -> None:
        """The safe position, but none beyond what others of `claims` allow that do know.

        In a storm that is measured a lost rain detector opens nothing.
        """
        target = self._here if self._plan.safe is None else self._plan.safe
        rule, chain = f"safe position: {claim.rule} cannot know", self.want.overruled_by()
        self.want = Want(target, level, rule, claim.explain, chain, target, target)
        for other in claims:
            most = 100.0 if other.blind(self._values) else other.bounds(self._values)[1]
            if most < self.want.target:
                self.want = Want(most, level, other.rule, other.explain, self.want.overruled_by(), most, most)

    def _apply_bounds(self, claims: Sequence[Claim], level: Level) -> tuple[float, float]:
        """The strictest bounds of all active claims; whose clips the target becomes its cause."""
        low, high = 0.0, 100.0
        floor: Claim | None = None
        ceiling: Claim | None = None
        for claim in claims:
            if not claim.only_bounds:
                continue
            least, most = claim.bounds(self._values)
            if least > low:
                low, floor = least, claim
            if most < high:
                high, ceiling = most, claim
        if floor and self.want.target < low:
            self._clip(level, floor, low)
        if ceiling and self.want.target > high:
            self._clip(level, ceiling, high)
        return min(low, high), high  # where two bounds clash, the closed side is the safe one

    def _clip(self, level: Level, claim: Claim, target: float) -> None:
        rule = f"{claim.rule} (cannot know)" if claim.blind(self._values) else claim.rule
        self.want = Want(target, level, rule, claim.explain, self.want.overruled_by())
