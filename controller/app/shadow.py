"""Shadow mode: other rules beside the active ones, fed with the same readings and doing nothing.

Its actuators are imagined: ideal devices do what the shadow asks, so that its rules see their own positions. What it
would do differently is noted as it begins and as it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from controller.core.core import Core
from controller.core.plan import Plan
from controller.model.commands import Cause, Report, Request
from controller.model.events import Event, Noted
from controller.model.ports import FieldInput
from controller.model.time import Instant
from controller.model.units import Unit, show
from controller.scenarios import IdealDevices

Input = FieldInput | Request

APART = 10.0  # % between two positions that count as different; two numbers differ by their setting's deadband
FOR = 30.0  # s that a difference must last: both motors may be under way to the same place


class Difference(NamedTuple):
    """What the shadow would do with an actuator or a setting and what is done, each with its cause.

    Numbers are in % of opening, or in the `unit` of the setting.
    """

    actuator: str
    would: float
    because: Cause
    is_at: float
    by: Cause
    unit: Unit | None = None

    def sentence(self) -> str:
        """One line for the journal."""
        return (
            f"{self.actuator} would be {self._shown(self.would)} by {self.because.sentence()}; "
            f"it is {self._shown(self.is_at)} by {self.by.sentence()}"
        )

    def _shown(self, number: float) -> str:
        return f"{number:.0f} %" if self.unit is None else show(number, self.unit)

    def rules(self) -> tuple[str, str]:
        """The rules that disagree: while they stay the same, it is the same difference."""
        return self.because.rule, self.by.rule


class Shadow:
    """Runs beside the core that `active` gives, from that core's present state on."""

    def __init__(self, plan: Plan, active: Callable[[], Core]) -> None:
        self._core = Core.restore(plan, active().snapshot())
        self._active = active
        self._devices = IdealDevices()
        self._reports: list[Report] = []
        self._since: dict[str, Instant] = {}
        self._told: dict[str, Difference] = {}

    def step(self, now: Instant, inputs: Sequence[Input]) -> list[Event]:
        """Take the inputs of a step of the active core; what there is to note about the difference."""
        own: list[Input] = [item for item in inputs if not isinstance(item, Report)]
        own += [*self._reports, *self._devices.run_out(now)]
        step = self._core.step(now, own)
        self._reports = [self._devices.obey(command, now) for command in step.commands]
        return self._compare(now)

    def differences(self) -> list[Difference]:
        """What would be different now."""
        return list(self._told.values())

    def _compare(self, now: Instant) -> list[Event]:
        notes: list[Event] = []
        active = _standings(self._active())
        for name, there in _standings(self._core).items():
            here = active.get(name)
            # what nobody has been told yet is no number, and differs from nothing
            if here is None or not abs(there.number - here.number) >= there.apart:
                self._since.pop(name, None)
                if self._told.pop(name, None) is not None:
                    notes.append(Noted("shadow", f"{name}: no difference any more", now))
            elif now.seconds_since(self._since.setdefault(name, now)) >= FOR:
                difference = Difference(name, there.number, there.cause, here.number, here.cause, there.unit)
                told = self._told.get(name)
                self._told[name] = difference
                if told is None or told.rules() != difference.rules():
                    notes.append(Noted("shadow", difference.sentence(), now))
        return notes


class _Standing(NamedTuple):
    """Where an actuator or a setting is to be, and by how much another must differ from that to count."""

    number: float
    cause: Cause
    apart: float
    unit: Unit | None


def _standings(core: Core) -> dict[str, _Standing]:
    """Actuators, and behind them settings."""
    found = {view.name: _Standing(view.target, view.cause, APART, None) for view in core.actuators()}
    plans = {plan.name: plan for plan in core.plan.settings}
    for view in core.settings():
        plan = plans[view.name]
        found[view.name] = _Standing(view.value, view.cause, max(plan.deadband, 1e-9), plan.unit)
    return found
