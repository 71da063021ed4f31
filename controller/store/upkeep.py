"""Keeps the file within its bounds: what has been delivered goes first, then readings are thinned, never silently."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from controller.model.time import NS
from controller.store.database import Database
from controller.store.limits import Limits
from controller.store.outbox import Outbox
from controller.store.rollup import DAY, MINUTE, QUARTER
from controller.store.schema import FOREVER_NS

SIZE_EVERY = 10.0  # real seconds between looks at the size
AGES_EVERY = 600.0  # and at the ages
FIRST = 60.0  # after the start, when the uplinks have said that they are there
AT_ONCE = 2000  # blocks deleted in one go
LOOKS = 6  # looks at the ages that must agree on the time: a clock that was wrong for a moment must not empty the store


@dataclass(frozen=True, slots=True)
class Done:
    """What one step of the upkeep cost, in samples and entries that have not been delivered."""

    thinned: int = 0
    lost: int = 0


class Upkeep:
    """Called after every commit; does a little at a time, so that commits stay in time.

    `note` says what had to go since the start of the process.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._size_due: float | None = None
        self._ages_due: float | None = None
        self._times: deque[int] = deque(maxlen=LOOKS)
        self._thinned = 0
        self._given_up = 0
        self.note = ""

    def step(self, database: Database, outboxes: Sequence[Outbox], newest_ns: int, now: float) -> Done:
        """`newest_ns` is the time of the newest sample, `now` monotonic seconds. Raises sqlite3.Error."""
        if self._ages_due is None or self._size_due is None:
            self._size_due, self._ages_due = now + SIZE_EVERY, now + FIRST
        marks = [outbox.delivered for outbox in outboxes]
        if any(not outbox.begun for outbox in outboxes):
            return Done()
        if now >= self._ages_due:
            self._ages_due = now + AGES_EVERY
            self._times.append(newest_ns)
            done = self._by_age(database, marks, min(self._times))
            self._say()
            return done
        if now >= self._size_due:
            made_room = self._by_size(database, marks)
            if made_room is not None:
                self._say()
                return made_room
            self._size_due = now + SIZE_EVERY
        return Done()

    def _by_age(self, database: Database, marks: Sequence[tuple[int, int]], now_ns: int) -> Done:
        limits, now = self._limits, now_ns // NS
        block = min((mark[0] for mark in marks), default=FOREVER_NS)
        entry = min((mark[1] for mark in marks), default=None)
        while database.forget_delivered(block, now_ns - round(limits.raw_age * NS), AT_ONCE) == AT_ONCE:
            pass
        lost = database.give_up(block, now_ns - round(limits.outbox_age * NS))
        lost += database.trim_journal(limits.journal_entries, entry)
        database.trim_history(
            (
                (MINUTE, now - round(limits.minutes_age)),
                (QUARTER, now - round(limits.quarters_age)),
                (DAY, now - round(limits.days_age)),
            )
        )
        database.trim_quarantine(limits.quarantined_lines)
        self._given_up += lost
        return Done(lost=lost)

    def _by_size(self, database: Database, marks: Sequence[tuple[int, int]]) -> Done | None:
        """Make some room if there is none left; None if there is."""
        if database.used_bytes() <= self._limits.bytes:
            return None
        block = min((mark[0] for mark in marks), default=FOREVER_NS)
        if database.forget_delivered(block, FOREVER_NS, AT_ONCE):
            return Done()
        thinned = database.thin(block)
        if thinned is not None:
            self._thinned += thinned
            return Done(thinned=thinned)
        lost = database.give_up_oldest(block, AT_ONCE)
        if not lost:
            entry = min((mark[1] for mark in marks), default=None)
            lost = database.trim_journal(self._limits.journal_entries // 2, entry)
        self._given_up += lost
        return Done(lost=lost) if lost else None

    def _say(self) -> None:
        parts = (
            f"{self._thinned} of the oldest undelivered readings were thinned out" if self._thinned else "",
            f"{self._given_up} undelivered points were given up" if self._given_up else "",
        )
        text = ", ".join(part for part in parts if part)
        self.note = f"the store is full: {text}" if text else ""
