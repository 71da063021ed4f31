"""Rounds of irrigation: when they start, what they give, what stops them."""

from __future__ import annotations

from controller.model.units import show_duration
from controller.rules.compiler import Compiled

from .actuation import Explain
from .alarms import AlarmBook
from .calendar import WindowNode
from .network import NAN, Moment, Network, nan_if_none, none_if_unknown
from .plan import IrrigationPlan
from .switch import Switch

_PATIENCE = 600.0
"""Seconds after which a round that its valve does not deliver is given up."""

_ENOUGH = 0.001
"""A round that owes no more seconds than this is over."""


class Valve:
    """What all rounds of one valve share: when the last one started, whether one is under way, what has flowed.

    `last_start` is in core seconds (NaN: never); `busy` and `flowing` (the device has confirmed to be open) are truths.
    """

    def __init__(self, network: Network, name: str, switch: Switch) -> None:
        self.key = f"valve {name} last start"
        self.last_start = network.slot()
        self.busy = network.slot(0.0)
        self.flowing = network.slot(0.0)
        self._network = network
        self._switch = switch
        network.add(self, ())

    def started(self, now: Moment) -> None:
        self._network.set(self.last_start, now.t)

    def delivered(self, now: Moment) -> float:
        """Seconds for which it has certainly been open, ever."""
        return self._switch.delivered(now.t)

    def update(self, now: Moment) -> None:
        """Written by the rounds and by the stage."""

    def state(self) -> object:
        return none_if_unknown(self._network.values[self.last_start])

    def restore(self, state: object) -> None:
        assert isinstance(state, float)
        self._network.set(self.last_start, state)


class Rounds:
    """One irrigation rule. `open` is true while a round asks for the valve; `ends` is when it expects to be done.

    A round counts the time for which the valve has confirmed to be open, and is over when that reaches `give`, when the
    window closes, or when the valve has refused for too long. A veto that is unknown does not veto: a dead slab probe
    must not dry out a crop; the hard limits bound what it can cost. Two rules of one valve take turns.
    """

    def __init__(
        self,
        network: Network,
        book: AlarmBook,
        plan: IrrigationPlan,
        valve: Valve,
        day: int,
        window: WindowNode | None,
        start: Compiled,
        skip: Compiled | None,
        stop_day: Compiled | None,
        explain: Explain,
    ) -> None:
        self.key = book.own(f"irrigation {plan.name}")
        self.plan = plan
        self.open = network.slot(0.0)
        self.ends = network.slot(0.0)
        self.start, self.skip, self.stop_day = start, skip, stop_day
        self._network, self._book = network, book
        self._valve, self._day, self._window = valve, day, window
        self._explain = explain
        self._reason: tuple[tuple[str, str], ...] = ()
        self._began: float | None = None
        self._base = 0.0
        self._next: float | None = None
        self._stopped_on = NAN
        slots = start.slots | {valve.flowing, valve.busy, day}
        for part in (skip, stop_day):
            slots |= part.slots if part else set()
        network.add(self, slots | {window.slot} if window else slots)

    def reason(self) -> tuple[tuple[str, str], ...]:
        """The values on which the present round was started."""
        return self._reason

    def update(self, now: Moment) -> None:
        if self._began is not None:
            self._give(now)
        if self._began is None:
            self._consider(now)
        self._network.set(self.open, float(self._began is not None))

    def _given(self, now: Moment) -> float:
        delivered = self._valve.delivered(now)
        self._base = min(self._base, delivered)  # another actuator goes by the valve's name since
        return delivered - self._base

    def _give(self, now: Moment) -> None:
        values, given = self._network.values, self._given(now)
        assert self._began is not None
        remaining, give_up = self.plan.give - given, self._began + self.plan.give + _PATIENCE
        if remaining <= _ENOUGH:
            self._end(now, f"gave {show_duration(given)}")
            self._book.report(self.key, False, "high", "")
        elif self._window and values[self._window.slot] != 1.0:
            self._end(now, f"gave {show_duration(given)}: the window has closed")
        elif now.t >= give_up:
            short = f"gave only {show_duration(given)} of {show_duration(self.plan.give)}"
            self._end(now, short)
            self._book.report(self.key, True, "high", f"{self.plan.name} {short}")
        else:
            ends = now.t + remaining
            self._network.set(self.ends, ends)
            self._network.wake(self, min(ends, give_up))

    def _end(self, now: Moment, text: str) -> None:
        self._began, self._next = None, now.t + self.plan.rest
        self._network.set(self._valve.busy, 0.0)
        self._network.note(self.plan.name, text)

    def _consider(self, now: Moment) -> None:
        values, plan = self._network.values, self.plan
        if self.stop_day and self._stopped_on != values[self._day] and self.stop_day.run(values) == 1.0:
            self._stopped_on = values[self._day]
            self._network.note(plan.name, "no more rounds today")
        if self._stopped_on == values[self._day] or self.start.run(values) != 1.0:
            return
        if values[self._valve.busy] == 1.0:
            return
        if self._window and (values[self._window.slot] != 1.0 or self._window.left(now) < plan.give):
            return
        if self._next is not None and now.t < self._next:
            self._network.wake(self, self._next)
            return
        self._reason = self._explain()
        self._valve.started(now)
        if self.skip and self.skip.run(values) == 1.0:
            self._network.note(plan.name, "round skipped")
            self._next = now.t + plan.give + plan.rest  # as if it had been given
            self._network.wake(self, self._next)
            return
        self._began, self._base = now.t, self._valve.delivered(now)
        self._network.set(self._valve.busy, 1.0)
        self._network.note(plan.name, f"round started: {show_duration(plan.give)}")
        self._network.set(self.ends, now.t + plan.give)
        self._network.wake(self, now.t + plan.give)

    def state(self) -> object:
        stopped = none_if_unknown(self._stopped_on)
        return [self._began, self._base, self._next, stopped, self._reason]

    def restore(self, state: object) -> None:
        assert isinstance(state, list)
        self._began, self._base, self._next, stopped, reason = state
        self._reason = tuple((name, value) for name, value in reason)
        self._stopped_on = nan_if_none(stopped)
        under_way = float(self._began is not None)
        self._network.set(self.open, under_way)
        if under_way:
            self._network.set(self._valve.busy, 1.0)
