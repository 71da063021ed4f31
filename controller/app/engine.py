"""The asyncio shell of the core: inputs in, commands out at once, everything else behind them."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from controller.core.core import Core, Step
from controller.model.commands import Command, Followed, Report, Request
from controller.model.events import Alarmed, AlarmState, Event
from controller.model.points import Reading
from controller.model.ports import FieldInput
from controller.model.time import Clock, Instant

log = logging.getLogger("onsil.engine")

Send = Callable[[Command], None]
Observer = Callable[[Instant, Sequence[FieldInput | Request]], None]
INBOX = 10_000
SNAPSHOT_EVERY = 60.0  # seconds of the clock's time
RETRY = 1.0  # real seconds until the core is tried again after a fault


class Journal(Protocol):
    """Where events and snapshots go. Neither call waits for a disk, and neither raises."""

    def append(self, events: Sequence[Event]) -> None: ...

    def save_state(self, snapshot: bytes) -> None: ...


@dataclass(slots=True)
class Counters:
    """What the engine has done since the start of the process. `steps` are those that went well."""

    readings: int = 0
    commands: int = 0
    alarms: int = 0
    steps: int = 0
    dropped: int = 0
    faults: int = 0


class Engine:
    """Steps the core whenever something arrives or a timer of the core is due, always on the event loop's thread."""

    def __init__(self, core: Core, clock: Clock, outputs: Callable[[str], Send | None], journal: Journal) -> None:
        self.core = core  # not stepped before `adopt`
        self.counters = Counters()
        self._clock = clock
        self._outputs = outputs
        self._journal = journal
        self._loop = asyncio.get_running_loop()
        self._stepped_at = self._loop.time()
        self._inbox: deque[FieldInput | Request] = deque(maxlen=INBOX)
        self._scheduled = False
        self._timer: asyncio.TimerHandle | None = None
        self._snapshot_due = False
        self._saved_at: Instant | None = None
        self._awaited: set[int] = set()
        self._confirmed = asyncio.Event()
        self._stopping = False
        self._last_reports: deque[Report] = deque(maxlen=INBOX)
        self._listeners: list[Callable[[Step], None]] = []
        self._shadow: Observer | None = None

    def adopt(self, core: Core) -> None:
        """Start with a core, or go on with another one because the rules have changed.

        Its first step is taken here, where a snapshot that does not fit shows. Raises what the core raises, and the
        present core then goes on.
        """
        now, inputs = self._clock.now(), list(self._inbox)
        step = core.step(now, inputs)
        self.core = core
        self._inbox.clear()
        self._follow_up(step, now, inputs)

    def emit(self, inputs: Sequence[FieldInput | Request]) -> None:
        """Take what a driver has read or a person asks for. Never blocks: the oldest are dropped when it is full."""
        inbox = self._inbox
        excess = len(inbox) + len(inputs) - INBOX
        if excess > 0:
            self.counters.dropped += excess
        inbox.extend(inputs)
        self._schedule()

    def idle(self) -> float:
        """Real seconds since the last step that went well."""
        return self._loop.time() - self._stepped_at

    def listen(self, listener: Callable[[Step], None]) -> Callable[[], None]:
        """Have `listener` called after every step; the result ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def shadow(self, observer: Observer | None) -> None:
        """Have `observer`, which raises nothing, take the inputs of every step once the core's commands are out."""
        self._shadow = observer

    async def shut_down(self, patience: float, way: float = 0.0) -> bool:
        """Bring the outputs to where they are to stop. Whether all were confirmed within `patience` real seconds.

        Motors that have to move there get `way` real seconds before that.
        """
        self._step_now()
        # from here on the core decides nothing more: it would switch on again what is now switched off
        self._stopping = True
        if self._timer is not None:
            self._timer.cancel()
        end = self._loop.time() + way
        try:
            wait = self._rest()
            while wait is not None and self._loop.time() < end:
                await asyncio.sleep(min(wait, end - self._loop.time()))
                wait = self._rest()
            if self._awaited:
                self._confirmed.clear()
                await asyncio.wait_for(self._confirmed.wait(), patience)
        except TimeoutError:
            return False
        except Exception:
            log.exception("the safe positions could not be commanded")
            self.counters.faults += 1
            return False
        finally:
            self.save()
        return wait is None

    def _rest(self) -> float | None:
        """Order what is still to be ordered before the end; real seconds until there may be more."""
        now, reports = self._clock.now(), list(self._last_reports)
        self._last_reports.clear()
        step = self.core.shut_down(now, reports)
        self._awaited |= {command.id for command in step.commands}
        self._carry_out(step)
        return None if step.wake_at is None else self._clock.real_seconds(step.wake_at.seconds_since(now))

    def save(self) -> None:
        """Hand what must survive a restart to the journal."""
        self._snapshot_due = False
        self._saved_at = self._clock.now()
        try:
            self._journal.save_state(self.core.snapshot())
        except Exception:
            log.exception("the state could not be saved")
            self.counters.faults += 1

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._step_now)

    def _step_now(self) -> None:
        self._scheduled = False
        inputs = list(self._inbox)
        self._inbox.clear()
        if self._stopping:
            self._stepped()  # it may take as long as a vent, and the watchdog looks at this
            self._last_reports.extend(item for item in inputs if isinstance(item, Report))
            self._count(inputs)
            return
        now = self._clock.now()
        try:
            step = self.core.step(now, inputs)
        except Exception:
            # the core has a mistake: say so, and go on with the next input, for leases run out without us
            log.exception("the core failed on %d inputs", len(inputs))
            self.counters.faults += 1
            self._wake_in(RETRY)
            return
        self._follow_up(step, now, inputs)

    def _stepped(self) -> None:
        self.counters.steps += 1
        self._stepped_at = self._loop.time()

    def _follow_up(self, step: Step, now: Instant, inputs: Sequence[FieldInput | Request]) -> None:
        self._stepped()
        self._carry_out(step)
        if step.wake_at is not None:
            # seconds between two instants of this clock, never negative: a timer that is due runs in the next turn
            self._wake_in(self._clock.real_seconds(max(0.0, step.wake_at.seconds_since(now))))
        self._count(inputs)
        if self._saved_at is None or now.seconds_since(self._saved_at) >= SNAPSHOT_EVERY:
            self._save_soon()
        if self._shadow is not None:
            self._shadow(now, inputs)

    def _carry_out(self, step: Step) -> None:
        for command in step.commands:
            self._dispatch(command)
        if step.commands:
            self._save_soon()
        if step.events:
            self.counters.alarms += sum(
                isinstance(event, Alarmed) and event.state is AlarmState.RAISED for event in step.events
            )
            self._journal.append(step.events)
        for listener in tuple(self._listeners):
            listener(step)

    def _dispatch(self, command: Command) -> None:
        self.counters.commands += 1
        send = self._outputs(command.output)
        try:
            if send is None:
                raise LookupError(f"no bus has an output {command.output!r}")
            send(command)
        except Exception as error:
            log.exception("%s could not be commanded", command.output)
            self.counters.faults += 1
            lost = Report(command.output, Followed.LOST, command.at, command_id=command.id, note=str(error))
            self._loop.call_soon(self.emit, (lost,))

    def _save_soon(self) -> None:
        if not self._snapshot_due:
            self._snapshot_due = True
            self._loop.call_soon(self._save_if_due)

    def _save_if_due(self) -> None:
        if self._snapshot_due:
            self.save()

    def _wake_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, self._schedule)

    def _count(self, inputs: Sequence[FieldInput | Request]) -> None:
        for item in inputs:
            if isinstance(item, Reading):
                self.counters.readings += 1
            elif isinstance(item, Report) and item.command_id in self._awaited:
                self._awaited.discard(item.command_id)
                if not self._awaited:
                    self._confirmed.set()
