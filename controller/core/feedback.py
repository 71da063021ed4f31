"""Motors with a sensor of their position: where it is, is what is measured, as long as that can be trusted.

Between two readings the position goes on from the last one by the time the motor runs. Each run is ordered by the way
that is left, and is not prolonged by what is measured meanwhile: what is missing then is made up for by a run of its
own, which waits until the readings are later than the motor. Without readings everything is as it is without a sensor.

Nobody can tell a motor that stands still from a sensor that does. So what was run and not seen is remembered: before
such a motor is opened again it is closed by as much, and it is not tried again and again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from controller.model.commands import Level, Verb
from controller.model.points import Quality

from .actuation import Order, Want, first_after
from .motor import DRIFT, END, LAG, OVERRUN, Motor
from .network import NAN, Moment, Network, Node
from .plan import ActuatorPlan
from .sensors import Channel, Vote

MEASURED: Final = "measured"
ESTIMATED: Final = "estimated"
"""What a position is based on, where there is a sensor."""

_SEATED: Final = 3.0
"""% by which a sensor may be wrong at an end stop: after a run there, a reading so near is that of the end stop."""

_SEEN: Final = 0.3
"""A run has been seen when the measured position changes by this part of its way..."""

_LEAST: Final = 2.0
"""... and by so many % at least."""

_UNMOVED: Final = 5.0
"""So many % run and not seen, and something is broken."""

_PAUSE: Final = 120.0
"""Seconds before the second run to the same goal. Each further pause is twice as long..."""

_LONGEST_OPENING: Final = 1800.0
"""... up to this (s)..."""

_LONGEST_CLOSING: Final = 300.0
"""... or this (s) where it is to close: that side is the safe one."""

_CALM: Final = 3600.0
"""Seconds without a repeated run after which the pauses begin anew."""

_FIRST: Final = 30.0
"""Seconds for which the first reading is waited for, before a motor is closed to learn where it is."""

_LOOK: Final = 5.0
"""Seconds between two looks for a reading that is late enough: one that stays the same wakes nobody."""

_IS_GOOD: Final = float(Quality.GOOD)


class Feedback(Node):
    """The sensor of a motor: `changed` is told whenever the motor has something new to look at."""

    def __init__(
        self, network: Network, motor: MeasuredMotor, source: Channel | Vote, changed: Callable[[str], None]
    ) -> None:
        self.key = f"measured {motor.plan.name}"
        self._network, self._motor, self._source, self._changed = network, motor, source, changed
        motor.feedback = self
        network.add(self, (source.value, source.quality))

    def value(self) -> float:
        """The position (%); NaN where there is no good reading."""
        values = self._network.values
        if values[self._source.quality] != _IS_GOOD:
            return NAN
        return _within(values[self._source.value])

    def measured_at(self, t: float) -> float | None:
        """When the last good reading was taken; None before the first one."""
        age = self._source.age(t)
        return None if age is None else t - age

    def update(self, now: Moment) -> None:
        self._changed(self._motor.plan.name)

    def state(self) -> object:
        return self._motor.memory()

    def restore(self, state: object) -> None:
        self._motor.remember(state)


class MeasuredMotor(Motor):
    """A motor with a sensor. What it knows of that outlives a restart by way of its `Feedback`, which gives itself."""

    def __init__(self, plan: ActuatorPlan) -> None:
        super().__init__(plan)
        self.basis = ESTIMATED
        self.feedback: Feedback | None = None
        self._seen = 0.0  # the last good reading (%)
        self._seen_at = -1.0
        self._first = 0.0  # where and when the run began: the present one, or else the last
        self._first_at = 0.0
        self._ended = 0.0
        self._unjudged = 0  # the direction of a run of which no reading has yet told whether it was one
        self._wanted: float | None = None  # where it should be, smaller changes apart,
        self._fresh = False  # and whether it has been ordered there yet
        self._ordered = 0.0  # where the last run should have ended
        self._reckoned = 0.0  # where it is by the time it ran since it was last seen to run (%)
        self._stuck = 0  # the direction in which it has not been seen to move
        self._unmoved = ""
        self._backing = False  # it is closed by what was not seen,
        self._backed = False  # and then opened again
        self._tries = 0
        self._tried_at = 0.0
        self._not_before = 0.0
        self._waiting_since: float | None = None

    def _under_way(self) -> float:
        return self._reached(min(self._now, self._began + self._seconds))

    @property
    def trouble(self) -> str:
        return self.following.trouble or self._unmoved

    def advance(self, want: Want, t: float, day: float) -> list[Order]:
        self._look(t)
        return super().advance(want, t, day)

    def next_wake(self, want: Want, t: float) -> float | None:
        times = [] if (due := super().next_wake(want, t)) is None else [due]
        if not self._direction:
            times += [self._late(), self._may_close_at(), self._not_before]
            if self._unjudged and self.basis == MEASURED:
                times.append(t + _LOOK)
            if self._position is None and self._waiting_since is not None:
                times.append(self._waiting_since + _FIRST)
        return first_after(t, times)

    # where it is

    def _look(self, t: float) -> None:
        """Take what is measured, if it can be trusted."""
        feedback = self.feedback
        value = NAN if feedback is None else feedback.value()
        at = None if feedback is None else feedback.measured_at(t)
        self.basis = ESTIMATED
        if value != value or at is None:
            return
        self.basis = MEASURED
        rested = self._seen_at >= self._ended
        self._seen, self._seen_at = value, at
        if self._position is None:
            if not self._direction or at >= self._began:
                self._position = self._reckoned = value
        elif not self._direction and at >= self._ended:
            self._move(value, rested)
        if self._direction:
            return
        if self._unjudged and at >= self._late():
            self._judge(value, t)

    def _move(self, value: float, rested: bool) -> None:
        """It rests, and stands there; with `rested` it did so before: what has changed was somebody else's doing."""
        assert self._position is not None
        self._doubt = min(self._doubt, DRIFT)
        if abs(value - self._position) > (_SEATED if self._position in (0.0, 100.0) else END):
            if rested:
                self._reckoned = _within(self._reckoned + value - self._position)
            self._position = value

    def _late(self) -> float:
        """From when on a reading certainly shows where the last run has ended."""
        return self._ended + LAG + self.plan.delay

    def _reached(self, t: float) -> float:
        """Where the present run is at `t`, by the last reading, or from its beginning where there has been none."""
        seen = self._seen_at >= self._began
        start, since = (self._seen, self._seen_at) if seen else (self._from, self._began)
        way = 100 * max(t - since, 0.0) / self._travel(self._direction)
        return _within(start + self._direction * way)

    def _possible(self) -> float:
        """By the time it has run it may be so far open, and no further."""
        if not self._direction:
            return self._reckoned
        return _within(self._reckoned + self._direction * self._way(self._now))

    def _way(self, t: float) -> float:
        """% that the present run has gone by `t` since it was ordered last."""
        return 100 * (min(t, self._began + self._seconds) - self._began) / self._travel(self._direction)

    def _unseen(self) -> float:
        """% by which it may be further open than is measured."""
        return self._possible() - self.position

    def _judge(self, value: float, t: float) -> None:
        """Whether the last run has been seen."""
        direction, self._unjudged = self._unjudged, 0
        run = 100 * (self._ended - self._first_at) / self._travel(direction)
        way = abs(_within(self._first + direction * run) - self._first)
        moved = (value - self._first) * direction
        if moved >= max(way * _SEEN, _LEAST):
            self._reckoned, self._stuck, self._unmoved = self.position, 0, ""
        elif max(way - max(moved, 0.0), (self._reckoned - value) * direction) >= _UNMOVED:
            self._stuck = direction
            self._unmoved = f"does not move: ordered {self._ordered:.0f} %, measured {value:.0f} %"
            self._tries, self._tried_at = max(self._tries, 1), t
            self._not_before = max(self._not_before, t + self._pause(direction))

    # whether it may run

    def _home(self, t: float) -> list[Order]:
        if self.feedback is not None and self.feedback.measured_at(t) is None:
            if self._waiting_since is None:
                self._waiting_since = t
            if t < self._waiting_since + _FIRST:
                return []
        return super()._home(t)

    def _worth_moving(self, goal: float, want: Want) -> bool:
        if self._may_be_further_open(goal):
            return self._may_start(-1, want.level)
        direction = 1 if goal > self.position else -1
        return super()._worth_moving(goal, want) and self._may_start(direction, want.level)

    def _may_be_further_open(self, goal: float) -> bool:
        """Whether it must be closed whatever is measured: a sensor that stands still keeps nothing open."""
        unseen = self._unseen()
        if goal == 0.0:
            return unseen > END
        return self._suspects() and unseen >= _UNMOVED and goal <= self._reckoned - max(self.plan.deadband, END)

    def _suspects(self) -> bool:
        """Whether it has been opened, and something is measured that does not show it."""
        return self._stuck > 0 and self.basis == MEASURED

    def _may_start(self, direction: int, level: Level) -> bool:
        if self._backed or not self._repeats(direction):
            return True
        if self._stuck == direction and self._fresh and level not in (Level.RULE, Level.IDLE):
            return True  # whoever stands above the rules need not wait
        if direction < 0 and not self.following.confirmed:
            return True  # a device that cannot be reached is told to close until it hears
        due = self._not_before if direction > 0 else self._may_close_at()
        known = self._now >= self._late() and not (self._unjudged and self.basis == MEASURED)
        return known and self._now >= due

    def _may_close_at(self) -> float:
        return min(self._not_before, self._tried_at + _LONGEST_CLOSING)

    def _repeats(self, direction: int) -> bool:
        """Whether a run that way would be a further try of what a run has not done."""
        return not self._fresh or (self._stuck == direction and self.basis == MEASURED)

    def _pause(self, direction: int) -> float:
        longest = _LONGEST_OPENING if direction > 0 else _LONGEST_CLOSING
        return min(_PAUSE * float(1 << min(max(self._tries - 1, 0), 8)), longest)

    # its runs

    def _follow(self, want: Want, t: float) -> list[Order]:
        if self._wanted is None or abs(want.goal - self._wanted) >= max(self.plan.deadband, END):
            self._wanted, self._fresh = want.goal, True
        if self._direction > 0 and want.goal <= min(self.position + END, self._possible() - END):
            return self._stop(t)
        if not (self._backing and self._direction) or want.goal < self.position - END:
            return super()._follow(want, t)
        if self._seen_at >= self._began and self._first - self._seen >= _UNMOVED:
            orders = self._stop(t)  # the sensor moves: what it had not seen there never was
            self._reckoned = self._seen
            return orders
        if self._resend or self.following.must_repeat(t):
            return [self._run(-1, self._left(t), self.position, t)]
        return []

    def _run_to(self, goal: float, t: float) -> Order:
        unseen, backed = self._unseen(), self._backed
        self._backing = self._backed = False
        if not self._direction and not backed:
            self._count(goal, t)
            self._backing = self._suspects() and unseen >= _UNMOVED and goal >= max(self.position - END, END)
        self._ordered, self._fresh = goal, False
        if self._backing:
            return self._run(-1, (unseen + OVERRUN) / 100 * self.plan.travel_close, self.position, t)
        if goal == 0.0 and unseen > 0.0:
            way = self.position + unseen + max(OVERRUN, self._doubt)
            return self._run(-1, way / 100 * self.plan.travel_close, self.position, t)
        return super()._run_to(goal, t)

    def _stop(self, t: float) -> list[Order]:
        self._halt(t)
        self.following.asked(t, False)
        return [Order(Verb.STOP)]

    def _count(self, goal: float, t: float) -> None:
        """Put off the next try, if this is one."""
        direction = 1 if goal > self.position else -1
        if not self._repeats(direction):
            return
        if t > self._tried_at + _CALM:
            self._tries = 0
        self._tries, self._tried_at = self._tries + 1, t
        way = abs(goal - self.position)
        self._not_before = t + way / 100 * self._travel(direction) + self._pause(direction)

    def _run(self, direction: int, seconds: float, start: float, t: float) -> Order:
        if self._direction:
            self._reckon(t)
        if direction != self._direction:
            self._first, self._first_at, self._unjudged = self.position, t, 0
        return super()._run(direction, seconds, start, t)

    def _finish(self, t: float) -> None:
        direction, ended, heading = self._direction, self._began + self._seconds, self._heading()
        there = self._reached(ended)
        self._reckon(ended)
        super()._finish(t)
        if self._position is not None and (heading not in (0.0, 100.0) or abs(there - heading) > _SEATED):
            self._position = there
        self._end(direction, ended)
        self._look(t)

    def _halt(self, t: float) -> None:
        direction = self._direction
        self._reckon(t)
        super()._halt(t)
        self._end(direction, t)

    def _lose(self, t: float) -> None:
        if self._direction:
            self._reckon(t)
        super()._lose(t)
        self._ended, self._unjudged, self._backing, self._backed = t, 0, False, False
        self._look(t)

    def _end(self, direction: int, ended: float) -> None:
        """A run is over. What its device has not confirmed, may not have been one."""
        followed = self.following.confirmed and self.following.reachable
        self._ended, self._unjudged = ended, direction if followed and not self._backing else 0
        if self._backing:
            self._backing, self._backed = False, followed

    def _reckon(self, t: float) -> None:
        """Count the way of a run. What its device has not confirmed may have opened it, and closed nothing."""
        if self._direction > 0 or self.following.confirmed:
            self._reckoned = _within(self._reckoned + self._direction * self._way(t))

    # restart

    def memory(self) -> object:
        """What it knows because of its sensor (JSON)."""
        return [
            self._seen,
            self._seen_at,
            self._first,
            self._first_at,
            self._ended,
            self._unjudged,
            self._wanted,
            self._fresh,
            self._ordered,
            self._reckoned,
            self._stuck,
            self._unmoved,
            self._backing,
            self._backed,
            self._tries,
            self._tried_at,
            self._not_before,
            self._waiting_since,
        ]

    def remember(self, memory: object) -> None:
        """Take over from a predecessor."""
        assert isinstance(memory, list)
        (
            self._seen,
            self._seen_at,
            self._first,
            self._first_at,
            self._ended,
            self._unjudged,
            self._wanted,
            self._fresh,
            self._ordered,
            self._reckoned,
            self._stuck,
            self._unmoved,
            self._backing,
            self._backed,
            self._tries,
            self._tried_at,
            self._not_before,
            self._waiting_since,
        ) = memory


def _within(position: float) -> float:
    return min(max(position, 0.0), 100.0)
