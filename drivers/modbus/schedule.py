"""Which device has the line next. Pure: both times are arguments.

Poll periods and back-off run on the controller's clock (`Instant`), because a simulated clock may run fast. What the
hardware needs, to settle or to answer, runs on the real one (seconds), because hardware does not hurry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from controller.model.time import NS, Instant

LOST_AFTER = 3  # failures in a row
RETRY = 1.0  # s until a device that failed once is asked again
FIRST_BACKOFF, LONGEST_BACKOFF = 1.0, 30.0  # s: how long a repaired device may stay unnoticed on a line with time
PROBE_SHARE = (
    30  # a probe that took 0.3 s is followed by none for 30 * 0.3 s: all the dead together get 3 % of a full line
)
COMMANDS_IN_A_ROW = 8  # then one poll may pass, so that a flood of commands does not blind the controller


class Work(Enum):
    """What a device has the line for, the most urgent first."""

    COMMAND = "a command that has not begun"
    CONFIRM = "the rest of a command"
    POLL = "a poll"


@dataclass(slots=True)
class Slot:
    """One device's place in the schedule. `period` in s of the clock, `settle` in s of real time.

    `fresh` is the number of the oldest command that has not begun; commands are numbered as they come. `confirm_at` is
    when (real time, s) a command that has begun wants the line again.
    """

    period: float
    settle: float = 0.0
    due_ns: int | None = None  # None: at once
    free_at: float = 0.0
    fresh: int | None = None
    confirm_at: float | None = None
    polling: bool = False
    failures: int = 0
    lost: bool = False
    backoff: float = 0.0


class Turn(NamedTuple):
    """The line belongs to this device, for this."""

    who: int
    work: Work


class Rest(NamedTuple):
    """Nobody needs the line for so long: seconds of the clock and of real time, whichever ends first."""

    clock: float | None
    real: float | None


class Cost(NamedTuple):
    """What waiting for nothing took, in seconds of the clock and of real time."""

    clock: float
    real: float


class Schedule:
    """Commands before polls, polls in the order in which they fell due, the lost when there is time."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self.slots = list(slots)
        self._in_a_row = 0
        self._probe = Cost(0.0, 0.0)  # the last one
        self._probes_from = 0.0  # real time: before that, the lost are probed only while nobody else needs the line

    def pick(self, now: Instant, real: float) -> Turn | Rest:
        """Who is next, or how long nobody is."""
        ready = [(i, slot) for i, slot in enumerate(self.slots) if slot.free_at <= real]
        waiting = self._waiting(ready, now, real)
        command = _command(ready, real)
        if command is not None and (self._in_a_row < COMMANDS_IN_A_ROW or not waiting):
            self._in_a_row += 1
            return command
        self._in_a_row = 0
        if waiting:
            # a poll that has begun goes first: its values should be of one moment
            index, _ = min(waiting, key=lambda entry: (not entry[1].polling, entry[1].due_ns or 0))
            return Turn(index, Work.POLL)
        return self._rest(now, real)

    def _waiting(self, ready: Sequence[tuple[int, Slot]], now: Instant, real: float) -> list[tuple[int, Slot]]:
        due = [(i, slot) for i, slot in ready if slot.polling or _due(slot, now)]
        living = [(i, slot) for i, slot in due if not slot.lost]
        if len(living) == len(due) or real >= self._probes_from:
            return due
        return living or (due if self._idle_for(now) >= self._probe.clock else [])

    def _idle_for(self, now: Instant) -> float:
        """Until when (s of the clock) no living device is due."""
        dues = [slot.due_ns for slot in self.slots if not slot.lost]
        return min((0.0 if due is None else (due - now.mono_ns) / NS for due in dues), default=float("inf"))

    def _rest(self, now: Instant, real: float) -> Rest:
        clock: list[float] = []
        wall: list[float] = []
        for slot in self.slots:
            if slot.fresh is not None:
                wall.append(slot.free_at)
            if slot.confirm_at is not None:
                wall.append(max(slot.free_at, slot.confirm_at))
            if not (slot.polling or _due(slot, now)):
                assert slot.due_ns is not None
                clock.append((slot.due_ns - now.mono_ns) / NS)
            elif slot.lost:
                wall.append(max(slot.free_at, self._probes_from))
            else:
                wall.append(slot.free_at)
        return Rest(min(clock, default=None), max(0.0, min(wall) - real) if wall else None)

    def used(self, index: int, real: float, pause: float = 0.0) -> None:
        """A request to the device has ended; it is left alone until it has settled."""
        slot = self.slots[index]
        slot.free_at = real + max(slot.settle, pause)

    def answered(self, index: int) -> bool:
        """The device answered. True when it had been lost."""
        slot = self.slots[index]
        slot.failures, slot.backoff = 0, 0.0
        was_lost, slot.lost = slot.lost, False
        return was_lost

    def polled(self, index: int, now: Instant) -> None:
        """A poll is complete: when is the next? Periods keep their phase unless the line cannot keep up."""
        slot = self.slots[index]
        slot.polling = False
        due = now.mono_ns if slot.due_ns is None else slot.due_ns
        slot.due_ns = max(due + round(slot.period * NS), now.mono_ns)

    def postponed(self, index: int, now: Instant) -> None:
        """A probe was given up before it could tell anything."""
        slot = self.slots[index]
        slot.polling = False
        slot.due_ns = now.after(slot.backoff).mono_ns

    def failed(self, index: int, now: Instant, real: float, cost: Cost) -> bool:
        """The device did not answer. True when it is lost from now on."""
        slot = self.slots[index]
        slot.polling = False
        slot.failures += 1
        if slot.failures < LOST_AFTER and not slot.lost:
            slot.due_ns = now.after(min(slot.period, RETRY)).mono_ns
            return False
        newly, slot.lost = not slot.lost, True
        self._probe = cost
        self._probes_from = real + PROBE_SHARE * cost.real
        slot.backoff = min(max(2 * slot.backoff, FIRST_BACKOFF), LONGEST_BACKOFF)
        slot.due_ns = now.after(slot.backoff).mono_ns
        return newly

    def gone(self, index: int) -> bool:
        """The line itself is gone, and with it the device. True when it was not lost before."""
        slot = self.slots[index]
        slot.polling = False
        slot.fresh = slot.confirm_at = slot.due_ns = None
        slot.free_at, slot.backoff = 0.0, 0.0
        self._probes_from = 0.0
        newly, slot.lost = not slot.lost, True
        return newly


def _command(ready: Sequence[tuple[int, Slot]], real: float) -> Turn | None:
    """The command that goes next: what has not begun in the order of its coming, then what is to be confirmed."""
    fresh = [(slot.fresh, i) for i, slot in ready if slot.fresh is not None]
    if fresh:
        return Turn(min(fresh)[1], Work.COMMAND)
    begun = [(slot.confirm_at, i) for i, slot in ready if slot.confirm_at is not None and slot.confirm_at <= real]
    return Turn(min(begun)[1], Work.CONFIRM) if begun else None


def _due(slot: Slot, now: Instant) -> bool:
    return slot.due_ns is None or slot.due_ns <= now.mono_ns
