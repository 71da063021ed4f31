"""What other rules would have done with what was recorded: open loop.

The recorded readings stay as they are, whatever the other rules would have done to the climate: soon after the first
difference they answer a greenhouse that would not have been. What it shows is when rules would have decided otherwise
and why, not what would have come of it; that is what a backtest is for.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from controller.core.core import Core
from controller.core.plan import Plan, SensorPlan
from controller.model.commands import Cause, Report
from controller.model.events import Decided
from controller.model.points import Quality, Reading
from controller.model.time import NS, Instant
from controller.scenarios import IdealDevices
from controller.store.entries import DECISION, cause_of
from controller.store.history import History
from controller.store.rollup import MINUTE

OPEN_LOOP = (
    "open loop: the recorded climate stays as it was, so this shows when other rules would have decided otherwise and "
    "why, not what would have come of it"
)

APART = 10.0
"""% between two targets that count as different."""

LASTING = 30.0
"""s that a difference must last: both may be under way to the same."""

_WARM_UP = 3600.0
"""s before the first difference is counted: averages, sums and motors find their place."""

_MOST_ENTRIES = 10_000_000


class Choice(NamedTuple):
    """What is wanted of an actuator (%; None: not known), why, and since when (UTC nanoseconds).

    The values of the cause are those of that time.
    """

    target: float | None
    cause: Cause | None
    since: int | None = None


class Difference(NamedTuple):
    """From `begin` to `end` (UTC nanoseconds) the other rules would have wanted something else of an actuator."""

    begin: int
    end: int
    actuator: str
    would: Choice
    did: Choice

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "from_ns": self.begin,
            "to_ns": self.end,
            "actuator": self.actuator,
            "would": self.would.target,
            "because": self.would.cause.sentence() if self.would.cause else None,
            "since_ns": self.would.since,
            "did": self.did.target,
            "by": self.did.cause.sentence() if self.did.cause else None,
        }


def replay(
    plan: Plan, history: History, begin: int, end: int, progress: Callable[[float], None] = lambda done: None
) -> list[Difference]:
    """Where the plan's decisions differ from the recorded ones between two times (UTC nanoseconds), in order of time.

    After the last reading nothing is compared: nobody knows whether the controller ran on. Raises sqlite3.Error where
    the history cannot be read, ValueError where it has nothing of that time.
    """
    start = begin - round(_WARM_UP * NS)
    comparison = _Comparison(plan, history, begin, end)
    core, devices = Core(plan.unmeasured()), IdealDevices()
    readings = _Readings(plan, history, start, end)
    wake: int | None = start
    found, wanted = False, end
    while True:
        times = (readings.next(), wake, _wall(devices.next_end()))
        at = min((time for time in times if time is not None), default=end)
        if at >= end:
            break
        now = Instant(at - start, at)
        inputs: list[Reading | Report] = [*devices.run_out(now)]
        for reading in readings.until(at, start):
            inputs.append(reading)
            found = True
        if readings.next() is None:
            end = min(end, at + 1)
        step = core.step(now, inputs)
        comparison.hear(at, step.events)
        wake = _wall(step.wake_at)
        if step.commands:
            step = core.step(now, [devices.obey(command, now) for command in step.commands])
            comparison.hear(at, step.events)
            wake = now.wall_ns + NS if step.commands else _wall(step.wake_at)
        wake = None if wake is None else max(wake, at + 1)
        comparison.look(at)
        progress((at - begin) / (wanted - begin))
    if not found:
        raise ValueError("nothing was recorded at that time")
    return comparison.finish(end)


class _Readings:
    """The recorded readings of all points in order of time, as the devices sent them: without the calibration.

    Where the single readings are not kept any more, the means of the minutes are taken.
    """

    def __init__(self, plan: Plan, history: History, begin: int, end: int) -> None:
        series = [_recorded(sensor, history, begin, end) for sensor in plan.sensors]
        self._all: Iterator[tuple[int, str, float, Quality]] = heapq.merge(*series)
        self._head = next(self._all, None)

    def next(self) -> int | None:
        return None if self._head is None else self._head[0]

    def until(self, at: int, start: int) -> Iterator[Reading]:
        """Those that are due."""
        while self._head is not None and self._head[0] <= at:
            wall, point, value, quality = self._head
            yield Reading(point, value, Instant(wall - start, wall), quality)
            self._head = next(self._all, None)


def _recorded(sensor: SensorPlan, history: History, begin: int, end: int) -> Iterator[tuple[int, str, float, Quality]]:
    raw = history.raw(sensor.point, begin, end)
    kept = raw[0].at_ns if raw else end
    for span in history.minutes(sensor.point, begin // NS, kept // NS):
        at = (span.start + MINUTE) * NS
        if at <= kept:
            yield at, sensor.point, (span.mean - sensor.offset) / sensor.gain, Quality.GOOD
    for at, value, quality in raw:
        yield at, sensor.point, (value - sensor.offset) / sensor.gain, quality


class _Comparison:
    """Holds what the plan wants against what was wanted."""

    def __init__(self, plan: Plan, history: History, begin: int, end: int) -> None:
        self._begin = begin
        self._would: dict[str, Choice] = {}
        self._did: dict[str, Choice] = {}
        self._since: dict[str, tuple[int, Choice, Choice]] = {}
        self._found: list[Difference] = []
        self._recorded: list[tuple[int, str, Choice]] = []
        for actuator in plan.actuators:
            past = history.actuator(actuator.name, begin)
            self._did[actuator.name] = Choice(past.target, past.cause, past.since_ns)
        for entry in history.entries(begin, end, kind=DECISION, limit=_MOST_ENTRIES):
            data = entry.data()
            self._recorded.append(
                (entry.at_ns, entry.subject, Choice(data["target"], cause_of(data["cause"]), entry.at_ns))
            )
        self._recorded.reverse()

    def hear(self, at: int, events: Iterable[object]) -> None:
        """What the plan decides at a moment."""
        for event in events:
            if isinstance(event, Decided):
                self._would[event.actuator] = Choice(event.target, event.cause, at)

    def look(self, at: int) -> None:
        """Compare at a moment."""
        while self._recorded and self._recorded[-1][0] <= at:
            when, actuator, choice = self._recorded.pop()
            self._compare(when)
            self._did[actuator] = choice
        self._compare(at)

    def finish(self, end: int) -> list[Difference]:
        """What still differs ends here."""
        for actuator in list(self._since):
            self._close(actuator, end)
        return sorted(self._found)

    def _compare(self, at: int) -> None:
        if at < self._begin:
            return
        for actuator, would in self._would.items():
            did = self._did.get(actuator, Choice(None, None))
            if did.target is None or would.target is None:
                continue
            apart = abs(would.target - did.target) >= APART
            if apart and actuator not in self._since:
                self._since[actuator] = (at, would, did)
            elif not apart and actuator in self._since:
                self._close(actuator, at)

    def _close(self, actuator: str, at: int) -> None:
        begin, would, did = self._since.pop(actuator)
        if at - begin >= LASTING * NS:
            self._found.append(Difference(begin, at, actuator, would, did))


def _wall(at: Instant | None) -> int | None:
    return None if at is None else at.wall_ns
