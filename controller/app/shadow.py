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
from controller.scenarios import IdealDevices

Input = FieldInput | Request

APART = 10.0  # % between two positions that count as different
FOR = 30.0  # s that a difference must last: both motors may be under way to the same place


class Difference(NamedTuple):
    """What the shadow would do with an actuator and what is done (%), each with its cause."""

    actuator: str
    would: float
    because: Cause
    is_at: float
    by: Cause

    def sentence(self) -> str:
        """One line for the journal."""
        return (
            f"{self.actuator} would be {self.would:.0f} % by {self.because.sentence()}; "
            f"it is {self.is_at:.0f} % by {self.by.sentence()}"
        )

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
        active = {view.name: view for view in self._active().actuators()}
        for view in self._core.actuators():
            is_now = active.get(view.name)
            if is_now is None or abs(view.target - is_now.target) < APART:
                self._since.pop(view.name, None)
                if self._told.pop(view.name, None) is not None:
                    notes.append(Noted("shadow", f"{view.name}: no difference any more", now))
            elif now.seconds_since(self._since.setdefault(view.name, now)) >= FOR:
                difference = Difference(view.name, view.target, view.cause, is_now.target, is_now.cause)
                told = self._told.get(view.name)
                self._told[view.name] = difference
                if told is None or told.rules() != difference.rules():
                    notes.append(Noted("shadow", difference.sentence(), now))
        return notes
