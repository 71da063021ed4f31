"""Rounds of irrigation: when they start, what they give, what stops them."""

from __future__ import annotations

from dataclasses import dataclass

from controller.model.units import UNITS, show, show_duration
from controller.rules.compiler import Compiled

from .actuation import Explain
from .alarms import AlarmBook
from .calendar import WindowNode
from .network import NAN, Moment, Network, Node, nan_if_none, none_if_unknown
from .plan import IrrigationPlan
from .start_times import StartTimes
from .switch import Switch

_PATIENCE = 600.0
"""Seconds after which a valve that does not open is given up."""

_ENOUGH = 0.001
"""A round that owes no more seconds than this is over."""

_SHORT = 0.9
"""A valve that gave less than this part of its litres in all its time is blocked, or its pipe is empty."""

_LITRE = UNITS["L"]


class Pump:
    """What the valves of one pump share: `load` is the flow (L/s) of those that have their turn."""

    def __init__(self, network: Network, capacity: float | None) -> None:
        self.load = network.slot(0.0)
        self._network = network
        self._capacity = capacity

    def has_left(self, flow: float) -> bool:
        """Whether one more valve of this flow can be fed. One alone always is."""
        load = self._network.values[self.load]
        return self._capacity is None or load <= 0 or load + flow <= self._capacity + 1e-9

    def feed(self, flow: float) -> None:
        """A valve takes (or, with a negative flow, leaves) its part."""
        self._network.set(self.load, max(self._network.values[self.load] + flow, 0.0))


class Valve(Node):
    """What all rounds of one valve share: when the last one started, whether one is under way, what has flowed.

    `last_start` is in core seconds (NaN: never); `busy` and `flowing` (the device has confirmed to be open) are truths.
    """

    def __init__(self, network: Network, name: str, switch: Switch, pump: Pump | None) -> None:
        self.key = f"valve {name} last start"
        self.name = name
        self.last_start = network.slot()
        self.busy = network.slot(0.0)
        self.flowing = network.slot(0.0)
        self.pump = pump
        self._network = network
        self._switch = switch
        network.add(self, ())

    def free(self) -> bool:
        """Whether it can have a turn now."""
        if self._network.values[self.busy] == 1.0:
            return False
        return self.pump is None or self.pump.has_left(self._flow())

    def take(self) -> None:
        """It has its turn."""
        self._network.set(self.busy, 1.0)
        if self.pump:
            self.pump.feed(self._flow())

    def leave(self) -> None:
        """Its turn is over."""
        self._network.set(self.busy, 0.0)
        if self.pump:
            self.pump.feed(-self._flow())

    def started(self, now: Moment) -> None:
        self._network.set(self.last_start, now.t)

    def delivered(self, now: Moment) -> float:
        """Seconds for which it has certainly been open, ever."""
        return self._switch.delivered(now.t)

    def slots(self) -> set[int]:
        """What decides whether it is free and flows."""
        own = {self.busy, self.flowing}
        return own | {self.pump.load} if self.pump else own

    def _flow(self) -> float:
        return self._switch.plan.flow or 0.0

    def update(self, now: Moment) -> None:
        """Written by the rounds and by the stage."""

    def state(self) -> object:
        return none_if_unknown(self._network.values[self.last_start])

    def restore(self, state: object) -> None:
        assert isinstance(state, float)
        self._network.set(self.last_start, state)


@dataclass(frozen=True, slots=True)
class Turn:
    """A valve's or a pump's part in the rounds of a rule: `open` while it should be, until `ends` (NaN: not known)."""

    rule: str
    open: int
    ends: int
    explain: Explain


@dataclass(frozen=True, slots=True)
class Parts:
    """What an irrigation rule is made of, compiled. `meter` is the slot of a point that counts litres."""

    valves: tuple[Valve, ...]
    day: int
    start: Compiled | None
    skip: Compiled | None
    stop_day: Compiled | None
    window: WindowNode | None
    times: StartTimes | None
    meter: int | None
    explain: Explain

    def slots(self) -> set[int]:
        slots = {self.day}.union(*(valve.slots() for valve in self.valves))
        for condition in (self.start, self.skip, self.stop_day):
            slots |= condition.slots if condition else set()
        nodes = [self.window.slot if self.window else None, self.times.due if self.times else None, self.meter]
        return slots | {slot for slot in nodes if slot is not None}


class Rounds(Node):
    """One irrigation rule: its valves have their turns one after the other.

    A turn counts the time for which the valve has confirmed to be open (and the litres of a meter), and is over when
    that reaches what should be given, when the window closes, or when the valve has refused for too long. A veto that
    is unknown does not veto: a dead slab probe must not dry out a crop; the hard limits bound what it can cost. Rules
    that use the same valve, or a pump that cannot feed both, take turns as well.
    """

    def __init__(self, network: Network, book: AlarmBook, plan: IrrigationPlan, parts: Parts) -> None:
        self.key = book.own(f"irrigation {plan.name}")
        self.plan = plan
        self.running = network.slot(0.0)
        self.ends = network.slot()
        self.turns = {valve.name: Turn(plan.name, network.slot(0.0), self.ends, self.reason) for valve in parts.valves}
        self.pump_turn = Turn(plan.name, self.running, network.slot(), self.reason)
        self._network, self._book, self._parts = network, book, parts
        self._reason: tuple[tuple[str, str], ...] = ()
        self._began: float | None = None
        self._number = 0
        self._open = False
        self._turn_began = 0.0
        self._base = 0.0
        self._litres = 0.0
        self._count = NAN
        self._given: list[str] = []
        self._short = False
        self._next: float | None = None
        self._stopped_on = NAN
        network.add(self, parts.slots())

    def reason(self) -> tuple[tuple[str, str], ...]:
        """The values on which the present round was started."""
        return self._reason

    def update(self, now: Moment) -> None:
        while self._began is not None and self._go_on(now):
            pass
        if self._began is None and self._consider(now):
            self._go_on(now)
        self._show()

    def _show(self) -> None:
        valve = self._valve().name if self._open else ""
        for name, turn in self.turns.items():
            self._network.set(turn.open, float(name == valve))
        self._network.set(self.running, float(self._open))

    def _valve(self) -> Valve:
        return self._parts.valves[self._number]

    def _go_on(self, now: Moment) -> bool:
        """Begin, go on with or end the turn of the present valve. Whether another turn may begin at once."""
        assert self._began is not None
        if self._parts.window and self._network.values[self._parts.window.slot] != 1.0:
            self._end(now, ": the window has closed")
            return False
        if not self._open:
            if self._valve().free():
                self._begin_turn(now)
            elif now.t >= self._turn_began + 3 * _PATIENCE:
                self._short = True
                self._end(now, ": no valve or pump was free")
                return False
            else:
                self._network.wake(self, self._turn_began + 3 * _PATIENCE)
        return self._open and self._give(now)

    def _begin_turn(self, now: Moment) -> None:
        valve = self._valve()
        valve.take()
        self._open, self._turn_began = True, now.t
        self._base, self._litres = valve.delivered(now), 0.0
        self._count = NAN

    def _give(self, now: Moment) -> bool:
        delivered = self._valve().delivered(now)
        self._base = min(self._base, delivered)  # another actuator goes by the valve's name since
        given, give_up = delivered - self._base, self._turn_began + self.plan.give + _PATIENCE
        enough = self._enough()
        if enough or self.plan.give - given <= _ENOUGH:
            too_little = self.plan.volume is not None and self._count == self._count and not enough
            return self._end_turn(now, given, too_little and self._litres < _SHORT * (self.plan.volume or 0.0))
        if now.t >= give_up:
            return self._end_turn(now, given, True)
        ends = now.t + self.plan.give - given
        self._network.set(self.ends, ends)
        self._network.wake(self, min(ends, give_up))
        return False

    def _enough(self) -> bool:
        """Whether the meter has counted what should be given."""
        if self._parts.meter is None or self.plan.volume is None:
            return False
        count = self._network.values[self._parts.meter]
        if count == count:
            if self._count == self._count:
                self._litres += count - self._count if count >= self._count else count
            self._count = count
        return self._litres >= self.plan.volume

    def _end_turn(self, now: Moment, given: float, short: bool) -> bool:
        valve = self._valve()
        valve.leave()
        self._open, self._turn_began = False, now.t
        self._given.append(show(self._litres, _LITRE) if self._count == self._count else show_duration(given))
        self._short = self._short or short
        if self._number + 1 < len(self._parts.valves):
            self._number += 1
            return True
        self._end(now, "")
        return False

    def _end(self, now: Moment, why: str) -> None:
        if self._open:
            self._given.append(show_duration(self._valve().delivered(now) - self._base))
            self._valve().leave()
            self._open = False
        self._began, self._next = None, now.t + self.plan.rest
        wanted = show_duration(self.plan.give) if self.plan.volume is None else show(self.plan.volume, _LITRE)
        given = " + ".join(self._given) or "nothing"
        text = f"gave only {given} of {wanted}" if self._short else f"gave {given}"
        self._network.note(self.plan.name, text + why)
        if self._short or not why:
            self._book.report(self.key, self._short, "high", f"{self.plan.name} {text}")

    def _consider(self, now: Moment) -> bool:
        """Begin a round if it is time for one. Whether one has begun."""
        values, plan, parts = self._network.values, self.plan, self._parts
        if parts.stop_day and self._stopped_on != values[parts.day] and parts.stop_day.run(values) == 1.0:
            self._stopped_on = values[parts.day]
            self._network.note(plan.name, "no more rounds today")
        if self._stopped_on == values[parts.day] or not self._due():
            return False
        if not self._fits_in(now):
            return False
        if self._next is not None and now.t < self._next:
            self._network.wake(self, self._next)
            return False
        if not parts.valves[0].free():
            return False
        self._reason = parts.explain()
        if parts.times and (times := parts.times.serve(now)):
            self._reason = (("start time", times), *self._reason)
        parts.valves[0].started(now)
        if parts.skip and parts.skip.run(values) == 1.0:
            self._network.note(plan.name, "round skipped")
            self._next = now.t + plan.give + plan.rest  # as if it had been given
            self._network.wake(self, self._next)
            return False
        self._began, self._turn_began, self._number = now.t, now.t, 0
        self._given, self._short = [], False
        why = ", ".join(f"{name} = {value}" for name, value in self._reason)
        self._network.note(plan.name, f"round started ({why})")
        return True

    def _fits_in(self, now: Moment) -> bool:
        """Whether a whole round would end before the window does."""
        window = self._parts.window
        if window is None:
            return True
        needed = self.plan.give * len(self._parts.valves)
        return self._network.values[window.slot] == 1.0 and window.left(now) >= needed

    def _due(self) -> bool:
        values, parts = self._network.values, self._parts
        if parts.times and values[parts.times.due] == 1.0:
            return True
        return parts.start is not None and parts.start.run(values) == 1.0

    def state(self) -> object:
        return [
            list(self.turns),
            self._began,
            self._number,
            self._open,
            self._turn_began,
            self._base,
            self._litres,
            none_if_unknown(self._count),
            self._given,
            self._short,
            self._next,
            none_if_unknown(self._stopped_on),
            self._reason,
        ]

    def restore(self, state: object) -> None:
        assert isinstance(state, list)
        (
            valves,
            self._began,
            self._number,
            self._open,
            self._turn_began,
            self._base,
            self._litres,
            count,
            self._given,
            self._short,
            self._next,
            stopped,
            reason,
        ) = state
        self._count, self._stopped_on = nan_if_none(count), nan_if_none(stopped)
        self._reason = tuple((name, value) for name, value in reason)
        if valves != list(self.turns):  # the rule has other valves since: what they are owed nobody knows
            self._began, self._number, self._open = None, 0, False
        if self._open:
            self._valve().take()
        self._show()
