"""Settings: numbers written to devices that control by themselves.

The hard limits hold against everything. What is not known keeps the last number, and after its grace time the setting
goes to its safe one; so it does where no rule says anything. Nothing is written for a difference below the deadband,
but the safe number and the limits are reached exactly. A device keeps its number when the controller dies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from controller.model.commands import Cause, Command, Followed, Level, Report, Verb
from controller.model.events import Commanded
from controller.model.units import show
from controller.rules.compiler import Compiled

from .actuation import Explain, Following
from .alarms import AlarmBook
from .conditions import Blindness
from .network import NAN, Moment, Network
from .plan import SettingPlan
from .views import SettingView

_IDLE = Cause(Level.IDLE, "nothing asks for it")


@dataclass(frozen=True, slots=True)
class Choice:
    """What one rule sets, while its `when` holds."""

    rule: str
    value: Compiled
    when: Compiled | None
    explain: Explain

    def slots(self) -> set[int]:
        return set(self.value.slots | self.when.slots if self.when else self.value.slots)


class Setting:
    """One setting: decides, orders, and follows what its device says. `slot` is the number it was told."""

    def __init__(
        self, settings: Settings, book: AlarmBook, plan: SettingPlan, slot: int, choices: Sequence[Choice], grace: float
    ) -> None:
        self.key = f"setting {plan.name}"
        self.plan = plan
        self.slot = slot
        self.following = Following()
        self.cause = _IDLE
        self._settings, self._network, self._book = settings, settings.network, book
        self._choices = choices
        self._blindness = Blindness(grace)
        self._told: float | None = None
        self._resend = False
        self._alarm = book.own(f"actuator {plan.name}")
        self._network.add(self, set[int]().union(*(choice.slots() for choice in choices)))

    def update(self, now: Moment) -> None:
        wanted, cause = self._decide(now)
        if self.following.reachable:
            self._follow(wanted, cause, now)
        self._report_trouble()
        if (look := self.following.next_look()) is not None and look > now.t:
            self._network.wake(self, look)

    def _decide(self, now: Moment) -> tuple[float | None, Cause]:
        """The number it should have (None: the one it has), and why."""
        values = self._network.values
        for choice in self._choices:
            holds = 1.0 if choice.when is None else choice.when.run(values)
            if holds == 0.0:
                continue
            value = choice.value.run(values) if holds == 1.0 else NAN
            due = self._blindness.watch(value != value, now)
            if value == value:
                return self._bounded(value), Cause(Level.RULE, choice.rule, choice.explain())
            if self._blindness.too_long(now):
                return self.plan.safe, Cause(Level.RULE, f"safe position: {choice.rule} cannot know", choice.explain())
            assert due is not None
            self._network.wake(self, due)
            return None, self.cause
        self._blindness.watch(False, now)
        return self.plan.safe, _IDLE

    def _bounded(self, value: float) -> float:
        return min(max(value, self.plan.low), self.plan.high)

    def _follow(self, wanted: float | None, cause: Cause, now: Moment) -> None:
        if wanted is not None and self._worth_writing(wanted):
            self._told, self.cause = wanted, cause
            self._network.set(self.slot, wanted)
            values = ", ".join(f"{name} = {value}" for name, value in cause.values)
            text = f"set to {show(wanted, self.plan.unit)} by {cause.rule}" + (f" ({values})" if values else "")
            self._network.note(self.plan.name, text)
            self._write(now)
        elif self._told is not None and (self._resend or self.following.must_repeat(now.t)):
            self._write(now)

    def _worth_writing(self, wanted: float) -> bool:
        if self._told is None or wanted == self._told:
            return self._told is None
        exactly = wanted in (self.plan.low, self.plan.high, self.plan.safe)
        return exactly or abs(wanted - self._told) >= self.plan.deadband

    def _write(self, now: Moment) -> None:
        assert self._told is not None
        self._resend = False
        self.following.asked(now.t, False)
        self._settings.order(self, self._told)

    def rest(self, now: Moment) -> None:
        """Write the safe number: the controller is stopping."""
        if self.following.reachable and self._told is not None:
            self._follow(self.plan.safe, Cause(Level.SAFETY, "the controller is stopping"), now)

    def heard(self, report: Report, now: Moment) -> None:
        """Take a report of the device."""
        known = report.followed is Followed.RESTING and report.value is not None
        matches = known and self._told is not None and self._near(report.value or 0.0)
        if report.followed is Followed.BACK or (known and not matches and self.following.confirmed):
            self._resend = True
        self.following.heard(report.followed, matches, report.note)
        self._network.touch(self)

    def _near(self, value: float) -> bool:
        """Devices round: what lies within the deadband is what was written."""
        assert self._told is not None
        return abs(value - self._told) <= max(self.plan.deadband, 1e-9)

    def _report_trouble(self) -> None:
        self.following.review(self._network.now.t)
        if (trouble := self.following.trouble) or self._alarm in self._book.standing:
            self._book.report(self._alarm, bool(trouble), "high", f"{self.plan.name} {trouble}")

    def view(self) -> SettingView:
        value = NAN if self._told is None else self._told
        return SettingView(self.plan.name, value, show(value, self.plan.unit), self.cause, self.following.trouble)

    def state(self) -> object:
        return [self._told, self._blindness.since]

    def restore(self, state: object) -> None:
        assert isinstance(state, list)
        told, self._blindness.since = state
        if told is not None:
            self._told, self._resend = self._bounded(told), True
            self._network.set(self.slot, self._told)


class Settings:
    """All settings: gathers their commands within a step. `number` gives a command its id."""

    def __init__(self, network: Network, number: Callable[[], int]) -> None:
        self.all: dict[str, Setting] = {}
        self.network, self._number = network, number
        self._outputs: dict[str, Setting] = {}
        self._commands: list[Command] = []

    def add(self, setting: Setting) -> None:
        self.all[setting.plan.name] = self._outputs[setting.plan.output] = setting

    def hear(self, report: Report, now: Moment) -> None:
        """Take a device's report; reports on what is no setting's output mean nothing."""
        if (setting := self._outputs.get(report.output)) is not None:
            setting.heard(report, now)

    def rest(self, now: Moment) -> None:
        """Write the safe numbers before the process ends."""
        for setting in self.all.values():
            setting.rest(now)

    def commands(self) -> list[Command]:
        """What has been ordered since the last call."""
        commands, self._commands = self._commands, []
        return commands

    def order(self, setting: Setting, value: float) -> None:
        """Have a number written to the setting's device."""
        at, output = self.network.instant, setting.plan.output
        command = Command(self._number(), output, Verb.SET, at, setting.cause, value=value)
        setting.following.command_id = command.id
        self.network.events.append(Commanded(setting.plan.name, command))
        self._commands.append(command)
