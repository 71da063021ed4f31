"""Which device has the line next. Pure: both times are arguments.

Poll periods and back-off run on the controller's clock (`Instant`), because a simulated clock may run fast; the time a
device needs to settle runs on the real one (seconds), because hardware does not hurry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from controller.model.time import NS, Instant

LOST_AFTER = 3  # failures in a row
RETRY = 1.0  # s until a device that failed once is asked again
LONGEST_BACKOFF = 30.0  # s: how long a repaired device may stay unnoticed
PROBE_SHARE = 20  # a probe that took 0.3 s is not repeated within 20 * 0.3 s: the dead get 5 % of the line at most
COMMANDS_IN_A_ROW = 8  # then one poll may pass, so that a flood of commands does not blind the controller


@dataclass(slots=True)
class Slot:
    """One device's place in the schedule. `period` in s of the clock, `settle` in s of real time."""

    period: float
    settle: float = 0.0
    due_ns: int | None = None  # None: at once
    free_at: float = 0.0
    commanded: bool = False
    polling: bool = False
    failures: int = 0
    lost: bool = False
    backoff: float = 0.0


class Turn(NamedTuple):
    """The line belongs to this device, for a command or for a poll."""

    who: int
    command: bool


class Rest(NamedTuple):
    """Nobody needs the line for so long: seconds of the clock and of real time, whichever ends first."""

    clock: float | None
    real: float | None


class Schedule:
    """Commands before polls, polls in the order in which they fell due, the lost now and then."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self.slots = list(slots)
        self._in_a_row = 0

    def pick(self, now: Instant, real: float) -> Turn | Rest:
        """Who is next, or how long nobody is."""
        ready = [(i, slot) for i, slot in enumerate(self.slots) if slot.free_at <= real]
        command = next((i for i, slot in ready if slot.commanded), None)
        waiting = [(i, slot) for i, slot in ready if slot.polling or _due(slot, now)]
        if command is not None and (self._in_a_row < COMMANDS_IN_A_ROW or not waiting):
            self._in_a_row += 1
            return Turn(command, True)
        self._in_a_row = 0
        if waiting:
            # a poll that has begun goes first: its values should be of one moment
            index, _ = min(waiting, key=lambda entry: (not entry[1].polling, entry[1].due_ns or 0))
            return Turn(index, False)
        return self._rest(now, real)

    def _rest(self, now: Instant, real: float) -> Rest:
        busy = [s.free_at - real for s in self.slots if s.free_at > real and (s.commanded or s.polling or _due(s, now))]
        later = [slot.due_ns - now.mono_ns for slot in self.slots if slot.due_ns is not None and not _due(slot, now)]
        return Rest(min(later) / NS if later else None, min(busy) if busy else None)

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

    def failed(self, index: int, now: Instant, cost: float) -> bool:
        """The device did not answer, which took `cost` seconds of the clock. True when it is lost from now on."""
        slot = self.slots[index]
        slot.polling = False
        slot.failures += 1
        if slot.failures < LOST_AFTER and not slot.lost:
            slot.due_ns = now.after(min(slot.period, RETRY)).mono_ns
            return False
        newly, slot.lost = not slot.lost, True
        least = PROBE_SHARE * cost
        slot.backoff = min(max(2 * slot.backoff, least), max(LONGEST_BACKOFF, least))
        slot.due_ns = now.after(slot.backoff).mono_ns
        return newly

    def gone(self, index: int) -> bool:
        """The line itself is gone, and with it the device. True when it was not lost before."""
        slot = self.slots[index]
        slot.polling = slot.commanded = False
        slot.due_ns, slot.free_at, slot.backoff = None, 0.0, 0.0
        newly, slot.lost = not slot.lost, True
        return newly


def _due(slot: Slot, now: Instant) -> bool:
    return slot.due_ns is None or slot.due_ns <= now.mono_ns
