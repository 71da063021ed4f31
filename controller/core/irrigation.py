"""Rounds of irrigation: when they start, what they give, what stops them."""

from __future__ import annotations

from controller.model.units import show_duration
from controller.rules.compiler import Compiled

from .actuation import Explain
from .alarms import AlarmBook
from .calendar import WindowNode
from .network import NAN, Moment, Network, nan_if_none, none_if_unknown
from .plan import IrrigationPlan

_PATIENCE = 600.0
"""Seconds after which a round that its valve does not deliver is given up."""


class ValveHistory:
    """When a valve's last round started (`last_start`, core seconds; NaN: never), for all rules that use the valve."""

    def __init__(self, network: Network, valve: str) -> None:
        self.key = f"valve {valve} last start"
        self.last_start = network.slot()
        self._network = network
        network.add(self, ())

    def started(self, now: Moment) -> None:
        self._network.set(self.last_start, now.t)

    def update(self, now: Moment) -> None:
        """Written by the rounds."""

    def state(self) -> object:
        return none_if_unknown(self._network.values[self.last_start])

    def restore(self, state: object) -> None:
        assert isinstance(state, float)
        self._network.set(self.last_start, state)


class Rounds:
    """One irrigation rule. `open` is true while a round asks for the valve.

    A round counts the time that the valve really was open (slot `valve`, 100 %), and is over when that reaches `give`,
    when the window closes, or when the valve has refused for too long. A veto that is unknown does not veto: a dead
    slab probe must not dry out a crop; the hard limits bound what it can cost.
    """

    def __init__(
        self,
        network: Network,
        book: AlarmBook,
        plan: IrrigationPlan,
        history: ValveHistory,
        valve: int,
        day: int,
        window: WindowNode | None,
        start: Compiled,
        skip: Compiled | None,
        stop_day: Compiled | None,
        explain: Explain,
    ) -> None:
        self.key = f"irrigation {plan.name}"
        self.plan = plan
        self.open = network.slot(0.0)
        self.start, self.skip, self.stop_day = start, skip, stop_day
        self._network, self._book = network, book
        self._history, self._valve, self._day, self._window = history, valve, day, window
        self._explain = explain
        self._reason: tuple[tuple[str, str], ...] = ()
        self._began: float | None = None
        self._given = 0.0
        self._looked = 0.0
        self._was_open = False
        self._ended: float | None = None
        self._stopped_on = NAN
        slots = set(start.slots) | {valve, day}
        for part in (skip, stop_day):
            slots |= part.slots if part else set()
        if window:
            slots.add(window.slot)
        network.add(self, slots)

    def reason(self) -> tuple[tuple[str, str], ...]:
        """The values on which the present round was started."""
        return self._reason

    def remaining(self) -> float:
        """Seconds of open valve that the round still owes."""
        return self.plan.give - self._given

    def update(self, now: Moment) -> None:
        if self._began is not None:
            self._give(now)
        if self._began is None:
            self._consider(now)
        self._network.set(self.open, float(self._began is not None))

    def _give(self, now: Moment) -> None:
        values = self._network.values
        assert self._began is not None
        if self._was_open:
            self._given += now.t - self._looked
        self._was_open, self._looked = values[self._valve] > 0, now.t
        if self.remaining() <= 0.001:
            self._end(now, f"gave {show_duration(self._given)}")
            self._book.report(self.key, False, "high", "")
        elif self._window and values[self._window.slot] != 1.0:
            self._end(now, f"gave {show_duration(self._given)}: the window has closed")
        elif now.t - self._began >= self.plan.give + _PATIENCE:
            short = f"gave only {show_duration(self._given)} of {show_duration(self.plan.give)}"
            self._end(now, short)
            self._book.report(self.key, True, "high", f"{self.plan.name} {short}")
        elif self._was_open:
            self._network.wake(self, now.t + self.remaining())
        else:
            self._network.wake(self, self._began + self.plan.give + _PATIENCE)

    def _end(self, now: Moment, text: str) -> None:
        self._began, self._ended = None, now.t
        self._network.note(self.plan.name, text)

    def _consider(self, now: Moment) -> None:
        values, plan = self._network.values, self.plan
        if self.stop_day and self._stopped_on != values[self._day] and self.stop_day.run(values) == 1.0:
            self._stopped_on = values[self._day]
            self._network.note(plan.name, "no more rounds today")
        if self._stopped_on == values[self._day] or self.start.run(values) != 1.0:
            return
        if self._window and (values[self._window.slot] != 1.0 or self._window.left(now) < plan.give):
            return
        if self._ended is not None and now.t < self._ended + plan.rest:
            self._network.wake(self, self._ended + plan.rest)
            return
        self._reason = self._explain()
        self._history.started(now)
        if self.skip and self.skip.run(values) == 1.0:
            self._network.note(plan.name, "round skipped")
            self._ended = now.t
            return
        self._began, self._given, self._looked, self._was_open = now.t, 0.0, now.t, False
        self._network.note(plan.name, f"round started: {show_duration(plan.give)}")
        self._network.wake(self, now.t + plan.give + _PATIENCE)

    def state(self) -> object:
        stopped = none_if_unknown(self._stopped_on)
        return [self._began, self._given, self._looked, self._was_open, self._ended, stopped, self._reason]

    def restore(self, state: object) -> None:
        assert isinstance(state, list)
        self._began, self._given, self._looked, self._was_open, self._ended, stopped, reason = state
        self._reason = tuple((name, value) for name, value in reason)
        self._stopped_on = nan_if_none(stopped)
        self._network.set(self.open, float(self._began is not None))
