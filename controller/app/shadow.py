"""A shadow: other rules beside the active ones, fed with the same readings and doing nothing.

Its actuators are imagined: ideal devices do what the shadow asks, so that its rules see their own positions. What it
would do differently is noted as it begins and as it ends. Its alarms reach nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, NamedTuple

from pydantic import GetPydanticSchema
from pydantic_core.core_schema import no_info_after_validator_function

from controller.core.core import Core
from controller.core.plan import Plan
from controller.model.commands import Cause, Level, Report, Request
from controller.model.ports import FieldInput
from controller.model.time import Instant
from controller.model.units import show
from controller.scenarios import IdealDevices

Input = FieldInput | Request

APART = 10.0  # % between two positions that count as different; two numbers differ by their setting's deadband
FOR = 30.0  # s that a difference must last: both motors may be under way to the same place
LOOK_EVERY = 1.0  # s between two comparisons
MOST_KEPT = 100  # differences that are over; of more the oldest go, and stay counted


# compiled, the class of a cause does not say what its tuples are of; its file is read all the same
_Cause = Annotated[
    Cause,
    GetPydanticSchema(
        lambda _, handler: no_info_after_validator_function(
            Cause._make, handler.generate_schema(tuple[Level, str, tuple[tuple[str, str], ...], tuple[str, ...]])
        )
    ),
]


@dataclass(frozen=True, slots=True)
class Side:
    """Where an actuator or a setting is to be, in % of opening or in the setting's unit, and why.

    `text` is the value with its unit.
    """

    value: float
    text: str
    cause: _Cause


@dataclass(frozen=True, slots=True)
class Difference:
    """What the rules in force did with an actuator or a setting, and what the shadow would have done.

    Both are as they were when it began, `since_ns` (UTC nanoseconds). `until_ns` is when it ended; None while it lasts.
    """

    name: str
    here: Side
    there: Side
    since_ns: int
    until_ns: int | None = None

    def rules(self) -> tuple[str, str]:
        """The rules that disagree: while they stay the same, it is the same difference."""
        return self.here.cause.rule, self.there.cause.rule


@dataclass(frozen=True, slots=True)
class Findings:
    """What a shadow has found: how many differences there were, and those that are still known, oldest first."""

    count: int = 0
    differences: tuple[Difference, ...] = ()


class Standing(NamedTuple):
    """An actuator or a setting now, by the rules in force and by the shadow; whether that is a difference."""

    name: str
    here: Side
    there: Side
    differs: bool

    def sentence(self) -> str:
        """One line for the journal."""
        return _sentence(self.name, self.here, self.there)


class Shadow:
    """Runs beside the core that `active` gives: from that core's present state on, or from a `state` of its own."""

    def __init__(
        self,
        plan: Plan,
        active: Callable[[], Core],
        now: Instant,
        state: bytes | None = None,
        before: Findings = Findings(),
    ) -> None:
        """`before` is what it had found by then. Raises ConfigError, and whatever a core raises at its first step."""
        self._core = Core.restore(plan.unmeasured(), active().snapshot() if state is None else state)
        self._active = active
        self._devices = IdealDevices()
        self._reports: list[Report] = []
        self._new_since: dict[str, Instant] = {}
        self._looked: Instant | None = None
        self._count = before.count
        self._over = [each for each in before.differences if each.until_ns is not None]
        self._lasting = {each.name: each for each in before.differences if each.until_ns is None}
        self._imagine(now, ())

    def step(self, now: Instant, inputs: Sequence[Input]) -> list[str]:
        """Take the inputs of a step of the active core, or none as time goes by; what to note about differences."""
        own: list[Input] = [item for item in inputs if not isinstance(item, Report)]
        self._imagine(now, own)
        if self._looked is not None and now.seconds_since(self._looked) < LOOK_EVERY:
            return []
        self._looked = now
        return self._compare(now)

    def snapshot(self) -> bytes:
        """The state from which another shadow can go on."""
        return self._core.snapshot()

    def findings(self) -> Findings:
        """What was found so far."""
        known = sorted((*self._over, *self._lasting.values()), key=lambda each: each.since_ns)
        return Findings(self._count, tuple(known))

    def standings(self) -> list[Standing]:
        """Everything that both have, as it is now."""
        active = _sides(self._active())
        return [
            Standing(name, active[name][0], there, name in self._lasting)
            for name, (there, _) in _sides(self._core).items()
            if name in active
        ]

    def _imagine(self, now: Instant, inputs: Sequence[Input]) -> None:
        step = self._core.step(now, [*inputs, *self._reports, *self._devices.run_out(now)])
        self._reports = [self._devices.obey(command, now) for command in step.commands]

    def _compare(self, now: Instant) -> list[str]:
        notes: list[str] = []
        different = self._different(now)
        for name in [name for name in self._lasting if name not in different]:
            self._end(name, now)
            notes.append(f"{name}: no difference any more")
        for name in [name for name in self._new_since if name not in different]:
            del self._new_since[name]
        for name, difference in different.items():
            known = self._lasting.get(name)
            if known is not None and known.rules() == difference.rules():
                self._new_since.pop(name, None)
            elif now.seconds_since(self._new_since.setdefault(name, now)) >= FOR:
                del self._new_since[name]
                self._end(name, now)
                self._lasting[name] = difference
                self._count += 1
                notes.append(_sentence(name, difference.here, difference.there))
        return notes

    def _different(self, now: Instant) -> dict[str, Difference]:
        active = _sides(self._active())
        return {
            name: Difference(name, active[name][0], there, now.wall_ns)
            for name, (there, apart) in _sides(self._core).items()
            # what nobody has been told yet is no number, and differs from nothing
            if name in active and abs(there.value - active[name][0].value) >= apart
        }

    def _end(self, name: str, now: Instant) -> None:
        known = self._lasting.pop(name, None)
        if known is not None:
            self._over.append(replace(known, until_ns=now.wall_ns))
            del self._over[:-MOST_KEPT]


def _sentence(name: str, here: Side, there: Side) -> str:
    return f"{name} would be {there.text} by {there.cause.sentence()}; it is {here.text} by {here.cause.sentence()}"


def _sides(core: Core) -> dict[str, tuple[Side, float]]:
    """Actuators, and behind them settings, each with the distance from which on another value differs."""
    found = {view.name: (Side(view.target, f"{view.target:.0f} %", view.cause), APART) for view in core.actuators()}
    plans = {plan.name: plan for plan in core.plan.settings}
    for view in core.settings():
        plan = plans[view.name]
        side = Side(view.value, show(view.value, plan.unit), view.cause)
        found[view.name] = side, max(plan.deadband, 1e-9)
    return found
