"""Settings: numbers written to devices that control by themselves.

The hard limits hold against everything; below them safety stands over a person's hand and that over rules. What is not
known keeps the last number, and after its grace time the setting goes to its safe one; so it does where no rule says
anything. Nothing is written for a difference below the deadband, but the safe number, the limits and what a hand asks
for are reached exactly. A device keeps its number when the controller dies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from controller.model.commands import Cause, Command, Followed, Level, Report, Verb
from controller.model.events import Commanded, Decided
from controller.model.units import show
from controller.rules.compiler import Compiled

from .actuation import Explain, Following
from .alarms import AlarmBook
from .arbiter import Hand
from .conditions import Blindness
from .network import NAN, Moment, Network, Node
from .plan import SettingPlan
from .views import HandView, SettingView

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


class Ladder:
    """The rules of one level for one setting: the first that holds decides.

    While it is unknown which one holds, or what it says, no weaker one steps in; after `grace` seconds of that the
    safe number is asked for.
    """

    def __init__(self, level: Level, choices: Sequence[Choice], grace: float) -> None:
        self.level = level
        self.choices = choices
        self.blindness = Blindness(grace)

    def slots(self) -> set[int]:
        return set[int]().union(*(choice.slots() for choice in self.choices))

    def decide(self, values: list[float], safe: float, now: Moment) -> Wish | None:
        """What it asks for; None where no rule of it holds."""
        for choice in self.choices:
            holds = 1.0 if choice.when is None else choice.when.run(values)
            if holds == 0.0:
                continue
            value = choice.value.run(values) if holds == 1.0 else NAN
            due = self.blindness.watch(value != value, now)
            if value == value:
                return Wish(value, Cause(self.level, choice.rule, choice.explain()))
            cause = Cause(self.level, f"safe position: {choice.rule} cannot know", choice.explain())
            return Wish(safe, cause) if self.blindness.too_long(now) else Wish(None, cause, due)
        self.blindness.watch(False, now)
        return None


class Wish(NamedTuple):
    """The number that a setting should have (None: the one it has), why, and when to ask again, if known."""

    value: float | None
    cause: Cause
    until: float | None = None


class Setting(Node):
    """One setting: decides, orders, and follows what its device says. `slot` is the number it was told."""

    def __init__(
        self, settings: Settings, book: AlarmBook, plan: SettingPlan, slot: int, safety: Ladder, rules: Ladder
    ) -> None:
        self.key = f"setting {plan.name}"
        self.plan = plan
        self.slot = slot
        self.following = Following()
        self.cause = _IDLE
        self.hand: Hand | None = None
        self._settings, self._network, self._book = settings, settings.network, book
        self._safety, self._rules = safety, rules
        self._told: float | None = None
        self._resend = False
        self._alarm = book.own(f"actuator {plan.name}")
        self._network.add(self, safety.slots() | rules.slots())

    def update(self, now: Moment) -> None:
        if self.hand and now.t >= self.hand.ends:
            self._network.note(self.plan.name, f"override by {self.hand.by} has ended")
            self.hand = None
        wish = self._decide(now)
        if self.following.reachable:
            self._follow(wish, now)
        self._report_trouble()
        times = (wish.until, self.hand.ends if self.hand else None, self.following.next_look())
        for due in times:
            if due is not None and due > now.t:
                self._network.wake(self, due)

    def _decide(self, now: Moment) -> Wish:
        values, safe = self._network.values, self.plan.safe
        rules = self._rules.decide(values, safe, now)  # asked even where others decide: what is unknown is timed
        wish = self._safety.decide(values, safe, now)
        if wish is None and self.hand:
            wish = Wish(self.hand.value, Cause(Level.HAND, self.hand.by))
        wish = wish or rules or Wish(safe, _IDLE)
        return wish if wish.value is None else wish._replace(value=self._bounded(wish.value))

    def take(self, hand: Hand | None) -> str:
        """A person takes it in hand, or gives it back. Returns the number, written with its unit."""
        if hand is not None:
            hand.value = self._bounded(hand.value)
        self.hand = hand
        self._network.touch(self)
        return "" if hand is None else show(hand.value, self.plan.unit)

    def _bounded(self, value: float) -> float:
        return min(max(value, self.plan.low), self.plan.high)

    def _follow(self, wish: Wish, now: Moment) -> None:
        wanted, cause = wish.value, wish.cause
        if wanted is not None and self._worth_writing(wanted, cause):
            self._told, self.cause = wanted, cause
            self._network.set(self.slot, wanted)
            values = ", ".join(f"{name} = {value}" for name, value in cause.values)
            text = f"set to {show(wanted, self.plan.unit)} by {cause.rule}" + (f" ({values})" if values else "")
            self._network.note(self.plan.name, text)
            self._network.events.append(Decided(self.plan.name, wanted, cause, self._network.instant))
            self._write(now)
            return
        if wanted is not None and (cause.level, cause.rule) != (self.cause.level, self.cause.rule):
            self.cause = cause  # the number stays, and now for another reason
            self._network.events.append(Decided(self.plan.name, self._told or 0.0, cause, self._network.instant))
        if self._told is not None and (self._resend or self.following.must_repeat(now.t)):
            self._write(now)

    def _worth_writing(self, wanted: float, cause: Cause) -> bool:
        if self._told is None or wanted == self._told:
            return self._told is None
        exactly = cause.level is Level.HAND or wanted in (self.plan.low, self.plan.high, self.plan.safe)
        return exactly or abs(wanted - self._told) >= self.plan.deadband

    def _write(self, now: Moment) -> None:
        assert self._told is not None
        self._resend = False
        self.following.asked(now.t, False)
        self._settings.order(self, self._told)

    def rest(self, now: Moment) -> None:
        """Write the safe number: the controller is stopping."""
        if self.following.reachable and self._told is not None:
            self._follow(Wish(self.plan.safe, Cause(Level.SAFETY, "the controller is stopping")), now)

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
        value, hand = NAN if self._told is None else self._told, self.hand
        held = None if hand is None else HandView(hand.value, hand.ends - self._network.now.t, hand.by)
        return SettingView(self.plan.name, value, show(value, self.plan.unit), self.cause, self.following.trouble, held)

    def state(self) -> object:
        hand = None if self.hand is None else [self.hand.value, self.hand.ends, self.hand.by]
        return [self._told, self._rules.blindness.since, self._safety.blindness.since, hand]

    def restore(self, state: object) -> None:
        """Take over from a predecessor: the number is written again, for nobody knows whether it arrived."""
        assert isinstance(state, list)
        told, self._rules.blindness.since, self._safety.blindness.since, hand = state
        if hand is not None:
            self.hand = Hand(*hand)
            self.hand.value = self._bounded(self.hand.value)
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
