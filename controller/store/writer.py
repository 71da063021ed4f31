"""The only thread that writes to the file. Nobody ever waits for it, except at the end."""

from __future__ import annotations

import contextlib
import logging
import random
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from controller.model.events import Event, Measured, Moved
from controller.store.database import Committed, Database
from controller.store.limits import Limits
from controller.store.outbox import Outbox
from controller.store.recovery import Recovery, is_emptied, set_aside, whole
from controller.store.rollup import Rollup
from controller.store.samples import ACTUATOR, Series, unpack
from controller.store.schema import Damaged, is_damage
from controller.store.upkeep import Upkeep
from controller.store.work import Delivery, Encoder, RulesText, Work

log = logging.getLogger("onsil.store")

TICK = 0.8  # s between commits: with the commit itself an event waits for less than a second
EARLY = 5_000  # events that are not left waiting for the tick
QUEUE = 50_000  # events that may wait for the writer; more are thinned out at the door
VERSIONS = 100  # texts of the user's files that may wait for the writer
MARKS_EVERY = 10.0  # s between notes of how far the uplinks have come: after a crash so much is sent twice
MISTAKES = 5  # attempts at work that a mistake of ours, and not the disk, keeps from being written
LONGEST_PAUSE = 30.0  # s between attempts while the file cannot be written


@dataclass(slots=True)
class Counters:
    """In points, since the start of the process."""

    stored: int = 0
    delivered: int = 0
    lost: int = 0
    thinned: int = 0
    quarantined: int = 0
    failures: int = 0  # commits that did not succeed at once
    bytes_written: int = 0


class Writer:
    """Takes events from the control loop through a bounded queue and commits them in batches."""

    def __init__(self, path: Path, limits: Limits, boot: str) -> None:
        self.counters = Counters()
        self.note = ""
        self._path, self._limits, self._boot = path, limits, boot
        self._queue: deque[Sequence[Event]] = deque()
        self._put = 0  # counted by the control loop alone
        self._taken = 0  # counted by the writer alone
        self._refused = 0  # by the control loop alone
        self._snapshots: deque[bytes] = deque(maxlen=1)
        self._rules: deque[RulesText] = deque(maxlen=VERSIONS)
        self._deliveries: deque[tuple[Delivery, int]] = deque()
        self._outboxes: dict[str, Outbox] = {}
        self._wake = threading.Event()
        self._cycles = threading.Condition()
        self._cycle_number = 0
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)
        self._work = Work()
        self._encoder = Encoder()
        self._numbered = False
        self._newest_ns = 0
        self._last_note = ""
        self._rollup = Rollup()
        self._database: Database | None = None
        self._recovery: Recovery | None = None
        self._upkeep = Upkeep(limits)
        self._writing = False
        self._marks_due = 0.0
        self._mistakes = 0
        self._earlier_bytes = 0
        self._damaged = threading.Event()

    # called by others

    def start(self) -> bytes | None:
        """Open the file and begin. The last snapshot; None if there is none, or none can be read."""
        state = None
        for _ in range(2):  # the second time with a new file, where the first was damaged
            try:
                state = self._open()
                self._writing = True
                break
            except sqlite3.Error as error:
                self._failed(error)
        self._thread.start()
        return state

    def put(self, events: Sequence[Event]) -> None:
        """Hand events over. Where the writer has fallen behind too far, readings are refused before anything else."""
        waiting = self._put - self._taken
        if waiting + len(events) > QUEUE:
            kept = [event for event in events if not isinstance(event, Measured | Moved)]
            kept = kept if waiting + len(kept) <= 2 * QUEUE else []
            self._refused += len(events) - len(kept)
            events = kept
        if not events:
            return  # a writer that hangs must not leave a trace of every step in the queue
        self._put += len(events)
        self._queue.append(events)
        if waiting > EARLY:
            self._wake.set()

    def put_snapshot(self, snapshot: bytes) -> None:
        """Keep this snapshot instead of the one before."""
        self._snapshots.append(snapshot)

    def put_rules(self, version: RulesText) -> None:
        self._rules.append(version)

    def outbox(self, uplink: str) -> Outbox:
        """The outbox of this uplink. From now on nothing is deleted that it has not delivered."""
        found = self._outboxes.get(uplink)
        if found is None:
            found = self._outboxes[uplink] = Outbox(uplink, self._path, self._delivered, self._damaged.set)
            self._wake.set()
        return found

    def waiting(self) -> int:
        """Points that have not been committed yet."""
        return self._put - self._taken + self._work.count()

    @property
    def online(self) -> bool:
        """Whether the last attempt to write succeeded."""
        return self._writing

    @property
    def lost(self) -> int:
        return self.counters.lost + self._refused

    @property
    def pending(self) -> int:
        """Committed points that an uplink has not delivered."""
        return max((outbox.pending for outbox in self._outboxes.values()), default=0)

    def flush(self, patience: float) -> bool:
        """Have everything that was handed over before committed. Whether that succeeded within `patience` seconds."""
        with self._cycles:
            goal = self._cycle_number + 2  # the cycle that is running may have passed by already
            end = time.monotonic() + patience
            while True:
                self._wake.set()
                if self._cycle_number >= goal and not self._work and not self._queue:
                    return True
                left = end - time.monotonic()
                if left <= 0 or not self._thread.is_alive():
                    return False
                self._cycles.wait(min(left, 0.1))

    def close(self, patience: float) -> None:
        """Commit what is left, and end."""
        self._closing = True
        self._wake.set()
        self._thread.join(patience)
        if self._thread.is_alive():
            log.error("the store does not come to an end: %d points are not committed", self.waiting())

    def _delivered(self, delivery: Delivery, points: int, damaged: int) -> None:
        self.counters.delivered += points
        self._deliveries.append((delivery, damaged))

    # the thread

    def _run(self) -> None:
        pause = 0.0
        while not self._closing:
            self._wake.wait(max(TICK, pause) if self._recovery is None else 0.05)
            self._wake.clear()
            pause = min(max(TICK, 2 * pause), LONGEST_PAUSE) * random.uniform(0.8, 1.0) if not self._cycle() else 0.0
        self._cycle()
        if self._database is not None:
            try:
                self._database.set_meta("clean", 1)
                self._database.close()
            except sqlite3.Error as error:
                log.warning("the store could not be closed: %s", error)

    def _cycle(self) -> bool:
        """One round: encode, commit, look after the file. Whether the file took it."""
        self._encode()
        try:
            if self._damaged.is_set():
                raise Damaged("a check of all of it failed")
            if self._database is None:
                self._open()
            self._commit()
            self._look_after()
        except (sqlite3.Error, OSError) as error:
            self._failed(error)
            return False
        except Exception:
            # a mistake of ours must not end the thread: the events wait, and are counted if they have to go
            log.exception("the store failed")
            self.note = "the store failed, see the log"
            self.counters.failures += 1
            self._mistakes += 1
            self._writing = False
            if self._mistakes >= MISTAKES:
                self._give_up()
            return False
        finally:
            with self._cycles:
                self._cycle_number += 1
                self._cycles.notify_all()
        self._mistakes = 0
        self._writing = True
        return True

    def _give_up(self) -> None:
        """Go on without what cannot be written, and is nobody's fault but ours."""
        self.counters.lost += self._work.count()
        self._work, self._mistakes = Work(series=self._encoder.series), 0

    def _encode(self) -> None:
        work = self._work
        before = len(work.samples)
        while self._queue:
            events = self._queue.popleft()
            try:
                self._encoder.encode(events, work)
            except Exception:
                log.exception("%d events could not be encoded", len(events))
                self.counters.lost += len(events)
            self._taken += len(events)
        self._roll_up(work.samples[before:])
        work.rows += self._rollup.close()
        work.bound()
        if self._snapshots:
            work.state = self._snapshots.popleft()
        while self._rules:
            work.rules.append(self._rules.popleft())
        now = time.monotonic()
        if self._closing or now >= self._marks_due:
            self._marks_due = now + MARKS_EVERY
            self._take_deliveries(work)
        self.counters.lost += work.lost
        self.counters.thinned += work.thinned
        work.lost = work.thinned = 0

    def _take_deliveries(self, work: Work) -> None:
        while self._deliveries:
            delivery, damaged = self._deliveries.popleft()
            self.counters.quarantined += len(delivery.rejected)
            self.counters.lost += damaged
            work.deliver(delivery)

    def _roll_up(self, samples: bytes | bytearray) -> None:
        if not samples:
            return
        series = self._encoder.series
        for key, at_ns, value in unpack(samples):
            self._roll_up_one(series[key >> 2].kind, key >> 2, at_ns, value)
        self._newest_ns = at_ns

    def _roll_up_one(self, kind: str, number: int, at_ns: int, value: float) -> None:
        if kind == ACTUATOR:
            self._rollup.hold(number, at_ns, value)
        else:
            self._rollup.add(number, at_ns, value)

    def _open(self) -> bytes | None:
        """Open the file, and take over what it knows. The snapshot in it, or in the one that it replaces."""
        first = not self._numbered
        database = Database(self._path, self._boot)
        try:
            known, state = database.series(), database.state()
            if self._recovery is not None:
                known = self._recovery.series() | known
                state = state or self._recovery.state()
            self._number(known, database)
            if first and known and self._recovery is None and not database.meta("clean"):
                threading.Thread(target=self._check, name="store check", daemon=True).start()
            database.set_meta("clean", 0)
        except BaseException:
            database.close()
            raise
        self._database = database
        return state

    def _number(self, known: dict[int, Series], database: Database) -> None:
        """Agree with the file on the numbers of the series."""
        work = self._work
        if not self._numbered:
            self._numbered = True
            self._encoder.adopt(known, work)
            # the minute that was open when the last process ended, and what came in before the file could be opened
            self._rollup = Rollup()
            work.rows = []
            earlier = known if self._recovery is None else {}
            for key, at_ns, value in database.samples_since(database.meta("rolled_up")) if earlier else ():
                self._roll_up_one(known[key >> 2].kind, key >> 2, at_ns, value)
            self._roll_up(work.samples)
        in_file = database.series()
        work.series |= {number: name for number, name in self._encoder.series.items() if number not in in_file}

    def _check(self) -> None:
        """Read all of the file once, beside everything else, because the last process did not end in order."""
        if not whole(self._path):
            self._damaged.set()

    def _commit(self) -> None:
        database, work = self._database, self._work
        assert database is not None
        if self._recovery is not None:
            self._salvage(database, self._recovery)
        if work:
            done = database.commit(work, self._rollup.present_minute())
            self._work = Work()
            self._count(done)
            self._roll_up(done.dated)
        for outbox in self._outboxes.values():
            if not outbox.begun:
                mark = database.mark(outbox.uplink)
                outbox.begin(mark, database.pending(*mark))
        database.checkpoint()

    def _count(self, done: Committed) -> None:
        self.counters.stored += done.stored
        self.counters.lost += done.lost
        self._grown(done.stored)
        if self._database is not None:
            self.counters.bytes_written = self._earlier_bytes + self._database.bytes_written

    def _grown(self, points: int) -> None:
        for outbox in self._outboxes.values():
            if outbox.begun and points:
                outbox.grown(points)

    def _salvage(self, database: Database, recovery: Recovery) -> None:
        """Bring the next part of the damaged file into the new one."""
        part = recovery.next()
        if part is None:
            self._last_note = recovery.summary()
            log.warning("%s", self._last_note)
            recovery.close()
            self._recovery = None
            return
        done = database.commit(part, self._rollup.present_minute())
        self.counters.lost += done.lost
        self._grown(done.stored)

    def _look_after(self) -> None:
        database = self._database
        assert database is not None
        if self._recovery is None:
            done = self._upkeep.step(database, list(self._outboxes.values()), self._newest_ns, time.monotonic())
            self.counters.thinned += done.thinned
            self.counters.lost += done.lost
            self._grown(-done.thinned - done.lost)
            self.note = "; ".join(note for note in (self._last_note, self._upkeep.note) if note)

    def _failed(self, error: sqlite3.Error | OSError) -> None:
        """Say what is wrong, and get ready to try again: with a new file where this one is damaged."""
        self._writing = False
        self.counters.failures += 1
        if str(error) != self.note:
            log.error("the store cannot write: %s", error)
        self.note = str(error)
        if self._database is not None:
            self._earlier_bytes += self._database.bytes_written
            with contextlib.suppress(sqlite3.Error):
                self._database.close()
            self._database = None
        if is_damage(error) or is_emptied(error):
            try:
                self._replace(str(error))
            except OSError as failure:
                self.note = f"the file is damaged and cannot be set aside: {failure}"

    def _replace(self, reason: str) -> None:
        aside = set_aside(self._path)
        self._damaged.clear()
        self._last_note = self.note = f"the file was damaged ({reason}) and is kept as {aside.name}"
        log.error("%s", self.note)
        if self._recovery is not None:
            self._recovery.close()
        self._recovery = Recovery(aside, self._boot)
        self._deliveries.clear()
        self._work.deliveries.clear()
        for outbox in self._outboxes.values():
            outbox.moved()
