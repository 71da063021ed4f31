"""The core: a deterministic state machine from readings and time to commands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from controller.model.commands import Acknowledge, Command, Notice, Override, Release, Report, Request
from controller.model.events import AlarmState, Event
from controller.model.points import Quality, Reading
from controller.model.time import NS, Instant, later
from controller.model.units import show_duration
from controller.rules.tree import Name, SinceStart, walk

from . import snapshot
from .arbiter import Hand
from .build import Builder
from .network import Moment
from .plan import IrrigationPlan, Plan
from .views import ActuatorView, AlarmView, PointView, RoundView, SettingView

_CLOCK_SET: Final = 2 * NS
"""Nanoseconds by which the wall clock must leave the monotonic one before it counts as having been set."""

CLOCK_KNOWN: Final = round(datetime(2025, 1, 1, tzinfo=UTC).timestamp()) * NS
"""A wall clock before this has not been set: a machine without a clock of its own starts in 1970."""

_PASSES: Final = 16
"""Actuators and rules see each other's changes within one step; a circle of them goes on a second later."""

LONGEST_OVERRIDE = 24 * 3600.0
"""Seconds after which every override ends, whatever was asked for."""

_SHORTEST_WAIT: Final = 1e-6
"""Seconds."""


class Step(NamedTuple):
    """What came of one step. `wake_at` is when the next is due even without input."""

    commands: list[Command]
    events: list[Event]
    wake_at: Instant | None


class Core:
    """Same plan, same inputs, same commands: it reads no clock and does no I/O.

    `telling`: every reading comes back as an event, `Measured`; a season has no use for them.
    Raises ConfigError when the plan's expressions do not fit together.
    """

    def __init__(self, plan: Plan, *, telling: bool = True) -> None:
        self.plan = plan
        self._builder = Builder(plan, telling)
        self._network = self._builder.network
        self._stage, self._settings = self._builder.stage, self._builder.settings
        self._clock_alarm = self._builder.book.own("clock")
        self._snapshot: dict[str, object] | None = None
        self._origin: tuple[int, float] | None = None
        self._offset = 0
        self._behind = 0

    # time

    def step(self, now: Instant, inputs: Sequence[Reading | Report | Request]) -> Step:
        """Take what happened, decide, and say what to do. A request for what the plan does not have is only noted."""
        moment = self._begin(now)
        for item in inputs:
            self._take(item, moment)
        commands: list[Command] = []
        for _ in range(_PASSES):
            self._network.sweep(moment)
            if self._stage.settled():
                break
            commands += self._stage.run(moment)
        commands += self._settings.commands()
        # as a tuple is made: the constructor of a named one is a function in Python
        return tuple.__new__(Step, (commands, self._events(), self._wake_at(now, moment)))

    def shut_down(self, now: Instant, reports: Sequence[Report] = ()) -> Step:
        """Commands that bring everything to where it is to stop before the process ends.

        Nothing else is decided any more. To be called again, with what devices have reported, when `wake_at` says so.
        """
        moment = self._begin(now)
        for report in reports:
            self._take(report, moment)
        commands, due = self._stage.rest(moment)
        self._settings.rest(moment)
        commands += self._settings.commands()
        wake_at = None if due is None else now.after(max(due - moment.t, _SHORTEST_WAIT))
        return Step(commands, self._events(), wake_at)

    def _begin(self, now: Instant) -> Moment:
        if self._origin is None:
            self._origin = now.mono_ns, self._resume(now)
            self._offset = now.wall_ns - now.mono_ns
        if now.wall_ns >= CLOCK_KNOWN:
            self._behind = 0
        mono, t = self._origin
        moment = Moment(t + _seconds(now.mono_ns - mono), now.wall_ns + self._behind)
        self._network.instant, self._network.now = now, moment
        if self._snapshot is not None:
            self._restore_nodes(self._snapshot)
            self._snapshot = None
        self._watch_clock(now)
        return moment

    def _watch_clock(self, now: Instant) -> None:
        offset = now.wall_ns - now.mono_ns
        if abs(offset - self._offset) > _CLOCK_SET:
            self._network.note("clock", f"the clock was set by {_seconds(offset - self._offset):.0f} s")
            self._builder.clockwork.clock_was_set()
            self._offset = offset
        unset, book = now.wall_ns < CLOCK_KNOWN, self._builder.book
        if unset or self._clock_alarm in book.standing:
            book.report(self._clock_alarm, unset, "high", "the clock is not set: times of day may be wrong")

    def _events(self) -> list[Event]:
        events, self._network.events = self._network.events, []
        return events

    def _wake_at(self, now: Instant, moment: Moment) -> Instant | None:
        if not (self._stage.settled() and self._network.idle()):
            return now.after(1.0)
        due = self._network.next_wake()
        # seconds are rounded to nanoseconds: a timer that seems due already is not, by the core's own arithmetic
        return None if due is None else later(now, max(due - moment.t, _SHORTEST_WAIT))

    # inputs

    def _take(self, item: Reading | Report | Request, now: Moment) -> None:
        match item:
            case Reading():
                channel = self._builder.channels.get(item.point)
                if channel is not None:
                    channel.receive(item, now)
            case Report():
                self._stage.hear(item, now)
                self._settings.hear(item, now)
            case Override(name, value, seconds, by):
                if not (math.isfinite(value) and math.isfinite(seconds)):
                    self._network.note(name, f"override by {by} refused: it is no number")
                    return
                self._hand(name, Hand(value, now.t + min(max(seconds, 0.0), LONGEST_OVERRIDE), by), by)
            case Release(name, by):
                self._hand(name, None, by)
            case Acknowledge(alarm, by):
                self._builder.book.acknowledge(alarm, by)
            case Notice(alarm, active, priority, text):
                self._builder.book.report(alarm, active, priority, text)

    def _hand(self, name: str, hand: Hand | None, by: str) -> None:
        """A person takes an actuator or a setting in hand, or gives it back."""
        setting, node = self._settings.all.get(name), self._stage.actuators.get(name)
        value = ""
        if setting is not None:
            value = setting.take(hand)
        elif hand is not None:
            hand.value = min(max(hand.value, 0.0), 100.0)
            value = f"{hand.value:.0f} %"
        if node is not None:
            node.arbiter.hand = hand
            self._network.touch(node.arbiter)
        text = f"released by {by}"
        if hand is not None:
            seconds = round(hand.ends - self._network.now.t, 3)
            text = f"override to {value} by {by} for {show_duration(seconds)}"
        unknown = setting is None and node is None
        self._network.note(name, f"{text}: there is no such actuator" if unknown else text)

    # restart

    def snapshot(self) -> bytes:
        """Everything that must survive a restart or a change of rules, as JSON."""
        nodes = {node.key: state for node in self._network.nodes() if (state := node.state()) is not None}
        now = self._network.now
        return snapshot.write(now.t, now.wall_ns, self._stage.command_id, nodes)

    @classmethod
    def restore(cls, plan: Plan, taken: bytes) -> Core:
        """A core that carries on: timers, totals and positions of everything that the plan still has.

        What of an earlier version does not fit begins anew, as if it were new in the plan. Raises ValueError where the
        snapshot cannot be read.
        """
        document = snapshot.read(taken)
        core = cls(plan)
        core._snapshot = document
        return core

    @staticmethod
    def taken_at(taken: bytes) -> int:
        """What the wall clock showed when the snapshot was taken (ns). Raises ValueError where it cannot be read."""
        wall_ns: int = snapshot.read(taken)["wall_ns"]
        return wall_ns

    def _resume(self, now: Instant) -> float:
        """Core time at the first step: that of the snapshot plus the time that passed on the wall meanwhile.

        Where one of the two clocks was not set nobody knows how long that was: no time passes then, and the time of
        day goes on from that of the snapshot until the clock is set.
        """
        if self._snapshot is None:
            return 0.0
        t, wall_ns = self._snapshot["t"], self._snapshot["wall_ns"]
        assert isinstance(t, float)
        assert isinstance(wall_ns, int)
        if now.wall_ns < CLOCK_KNOWN <= wall_ns:
            self._behind = wall_ns - now.wall_ns
        elapsed = max(now.wall_ns - wall_ns, 0) if wall_ns >= CLOCK_KNOWN else 0
        return t + _seconds(elapsed)

    def _restore_nodes(self, document: dict[str, object]) -> None:
        states, command = document["nodes"], document["command"]
        assert isinstance(states, dict)
        assert isinstance(command, int)
        self._stage.command_id = command
        for node in self._network.nodes():
            state = states.get(node.key)
            if state is None:
                continue
            try:
                node.restore(state)
            except (AssertionError, LookupError, TypeError, ValueError):
                self._network.note(node.key, "begins anew: what was kept of it does not fit")
        self._stage.publish_restored()
        self._builder.book.drop_orphans()

    # views

    @property
    def period(self) -> str | None:
        index = int(self._network.values[self._builder.period.slot])
        return None if index < 0 else self.plan.periods[index].name

    def points(self) -> list[PointView]:
        """Every point, voted ones after the vote."""
        return [self._point(name) for name in {**self._builder.channels, **self._builder.votes}]

    def setpoints(self) -> list[PointView]:
        """Setpoints, and behind them the settings as they were written."""
        names = [plan.name for plan in self.plan.setpoints] + [plan.name for plan in self.plan.settings]
        return [self._point(name) for name in names]

    def _point(self, name: str) -> PointView:
        scope = self._builder.scope
        symbol = scope.symbol(name)
        assert symbol is not None
        value = self._network.values[symbol.slot]
        if symbol.quality_slot is not None:
            quality = Quality(int(self._network.values[symbol.quality_slot]))
        else:
            quality = Quality.GOOD if value == value else Quality.STALE
        owner = self._builder.votes.get(name) or self._builder.channels.get(name)
        age = owner.age(self._network.now.t) if owner else None
        return PointView(name, value, scope.shown(symbol), quality, age)

    def actuators(self) -> list[ActuatorView]:
        return [node.view() for node in self._stage.actuators.values()]

    def settings(self) -> list[SettingView]:
        """The numbers that devices were told."""
        return [node.view() for node in self._settings.all.values()]

    def rounds(self) -> list[RoundView]:
        """What the irrigation rules wait for."""
        return [self._round(plan) for plan in self.plan.irrigation]

    def _round(self, plan: IrrigationPlan) -> RoundView:
        values, scope = self._network.values, self._builder.scope
        last = values[scope.valve(plan.valve).last_start]
        sums = []
        for node in walk(plan.start.tree) if plan.start else ():
            match node:
                case SinceStart(Name(name)):
                    with scope.compiling("", plan.valve):
                        slot = scope.sum_since_start(name)  # the rule itself has asked for it: it is there
                    sums.append((name, math.nan if slot is None else values[slot]))
                case _:
                    pass
        since = None if last != last else self._network.now.t - last
        return RoundView(plan.name, plan.valve, since, tuple(sums))

    def alarms(self) -> list[AlarmView]:
        """Alarms that stand, the oldest first."""
        return [
            AlarmView(
                name,
                AlarmState.ACKNOWLEDGED if standing.acknowledged else AlarmState.RAISED,
                standing.priority,
                standing.text,
                standing.since,
            )
            for name, standing in self._builder.book.standing.items()
        ]


def _seconds(ns: int) -> float:
    """Whole seconds apart: 104 days of nanoseconds are more than a float tells apart."""
    return ns // NS + ns % NS / NS
