"""What rules ask of one actuator, in one shape for arbitration.

Every claim can be `blind` (it has not known for too long whether it asks for something) and gives `bounds`; one that
`decides` names a position. Truths and positions are read from the slots of the nodes behind it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.rules.parser import Demand

from .actuation import Explain
from .conditions import Latch
from .control import Proportional
from .irrigation import Turn
from .limits import Limit
from .pulse import Pulse
from .stages import Stages

Values = list[float]

FREE = 0.0, 100.0


@dataclass(frozen=True, slots=True)
class Claim:
    """One rule's say in one actuator."""

    rule: str
    explain: Explain

    @property
    def only_bounds(self) -> bool:
        """Whether it never names a position."""
        return False

    def slots(self) -> set[int]:
        """What it depends on."""
        raise NotImplementedError

    def blind(self, values: Values) -> bool:
        return False

    def decides(self, values: Values) -> bool:
        return False

    def position(self, values: Values, here: float) -> tuple[float, float | None]:
        """Where the actuator should be (%), and when that wish is over by itself, if known."""
        return here, None

    def bounds(self, values: Values) -> tuple[float, float]:
        """The lowest and the highest position that it allows now."""
        return FREE


@dataclass(frozen=True, slots=True)
class LatchedDemand(Claim):
    """One line of a rule's `do:` or `force:`."""

    latch: Latch
    demand: Demand
    pulse: Pulse | None

    @property
    def only_bounds(self) -> bool:
        return self.demand.kind in ("at least", "at most")

    def slots(self) -> set[int]:
        own = {self.latch.active, self.latch.blind}
        return own | {self.pulse.slot} if self.pulse else own

    def blind(self, values: Values) -> bool:
        return values[self.latch.blind] == 1.0

    def decides(self, values: Values) -> bool:
        return not self.only_bounds and values[self.latch.active] == 1.0

    def position(self, values: Values, here: float) -> tuple[float, float | None]:
        if self.pulse:
            return (100.0, self.pulse.ends) if values[self.pulse.slot] == 1.0 else (0.0, None)
        return here if self.demand.kind == "keep" else self.demand.value, None

    def bounds(self, values: Values) -> tuple[float, float]:
        """Unknown opens nothing: a blind "at least" does not hold, a blind "at most" does."""
        active, blind = values[self.latch.active] == 1.0, self.blind(values)
        if self.demand.kind == "at least" and active and not blind:
            return self.demand.value, 100.0
        if self.demand.kind == "at most" and (active or blind):
            return 0.0, self.demand.value
        return FREE


@dataclass(frozen=True, slots=True)
class DrivenDemand(Claim):
    """A P-band's claim."""

    drive: Proportional

    def slots(self) -> set[int]:
        return {self.drive.slot, self.drive.blind}

    def blind(self, values: Values) -> bool:
        return values[self.drive.blind] == 1.0

    def decides(self, values: Values) -> bool:
        target = values[self.drive.slot]
        return target == target

    def position(self, values: Values, here: float) -> tuple[float, float | None]:
        return values[self.drive.slot], None


@dataclass(frozen=True, slots=True)
class StagedDemand(Claim):
    """The claim of stages on one of their switches."""

    stages: Stages
    switch: str

    def slots(self) -> set[int]:
        return {self.stages.slots[self.switch], self.stages.blind}

    def blind(self, values: Values) -> bool:
        return values[self.stages.blind] == 1.0

    def decides(self, values: Values) -> bool:
        return values[self.stages.slots[self.switch]] == 1.0

    def position(self, values: Values, here: float) -> tuple[float, float | None]:
        return 100.0, None


@dataclass(frozen=True, slots=True)
class LimitedDemand(Claim):
    """What a limit allows."""

    limit: Limit

    @property
    def only_bounds(self) -> bool:
        return True

    def slots(self) -> set[int]:
        return {self.limit.low, self.limit.high, self.limit.paced}

    def bounds(self, values: Values) -> tuple[float, float]:
        return values[self.limit.low], values[self.limit.high]


@dataclass(slots=True)
class Claims:
    """Everyone who may ask something of one actuator, in the order of the files."""

    rules: list[Claim] = field(default_factory=list)
    rounds: list[Turn] = field(default_factory=list)
    safety: list[Claim] = field(default_factory=list)

    def slots(self) -> set[int]:
        """What a decision depends on."""
        slots = set[int]().union(*(claim.slots() for claim in (*self.rules, *self.safety)))
        for turn in self.rounds:
            slots |= {turn.open, turn.ends}
        return slots

    def limits(self) -> list[Limit]:
        return [claim.limit for claim in self.rules if isinstance(claim, LimitedDemand)]
