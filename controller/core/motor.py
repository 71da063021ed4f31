"""Motors of vents and screens without an encoder: the position is estimated from the running time.

Each run is ordered with its length, so that a device with a timer stops by itself. The estimate carries its own doubt:
it grows with every run and with everything a device may have missed, and runs to an end stop go on for so much longer,
which makes the estimate true again. Between two directions the motor rests for `dead_time`.
"""

from __future__ import annotations

from typing import Final

from controller.model.commands import Followed, Report, Verb

from .actuation import Following, Order, Want, first_after
from .plan import ActuatorPlan

OVERRUN: Final = 5.0
"""% of the way by which a run to an end stop is longer at least."""

DRIFT: Final = 1.0
"""% of doubt that each run between the end stops adds."""

_DOUBT: Final = 10.0
"""With so many % of doubt a motor that should be at an end stop is sent there again."""

_HOMING: Final = 1.1
"""A motor whose position nobody knows is closed for this many times its travel time."""

END: Final = 0.5
"""Within so many % of an end stop the motor counts as being there."""

LAG: Final = 15.0
"""Seconds by which a device may be behind: it got the command late, or was polled before it was through."""

_REFUSED_PAUSE: Final = 30.0
"""Seconds until a motor that refused is tried again."""


class Motor:
    def __init__(self, plan: ActuatorPlan) -> None:
        self.plan = plan
        self.following = Following(plan.delay)
        self.limited = ""
        self.exhausted = False
        self.basis = ""
        self._position: float | None = None
        self._doubt = 0.0
        self._direction = 0
        self._from = 0.0
        self._began = 0.0
        self._seconds = 0.0
        self._seen_running = False
        self._rest_until = 0.0
        self._resend = False
        self._now = 0.0

    @property
    def position(self) -> float:
        """%, as of the last call of `advance`. Unknown counts as fully open until it has been closed once."""
        if self._position is None:
            return 100.0
        if not self._direction:
            return self._position
        return self._under_way()

    def _under_way(self) -> float:
        """Where it is in its run."""
        way = 100 * min(self._now - self._began, self._seconds) / self._travel(self._direction)
        return min(max(self._from + self._direction * way, 0.0), 100.0)

    @property
    def on(self) -> bool:
        return self._direction != 0

    @property
    def trouble(self) -> str:
        """What is wrong with it or its device, or ""."""
        return self.following.trouble

    @property
    def moving(self) -> str:
        return {1: "opening", -1: "closing", 0: ""}[self._direction]

    def day_seconds(self, t: float) -> float:
        return 0.0

    def advance(self, want: Want, t: float, day: float) -> list[Order]:
        """What to order now. Called when the want changed, a report came, or `next_wake` is due."""
        self._now = t
        if self._direction and t >= self._began + self._seconds:
            self._finish(t)
        if not self.following.reachable:
            return []
        if self.following.review(t) or self._doubt >= 100:
            self._lose(t)
        orders = self._home(t) if self._position is None else self._follow(want, t)
        self._resend = False
        return orders

    def _home(self, t: float) -> list[Order]:
        """Close a motor of which nobody knows where it is, until it has said that it does."""
        if self._direction:
            if not (self._resend or self.following.must_repeat(t)):
                return []
        elif t < self._rest_until:
            return []
        return [self._run(-1, self.plan.travel_close * _HOMING, 100.0, t)]

    def _follow(self, want: Want, t: float) -> list[Order]:
        goal = want.goal
        if self._direction:
            if (goal - self.position) * self._direction < -END and not self._parking(goal):
                self._halt(t)
                self.following.asked(t, False)
                return [Order(Verb.STOP)]
            again = self._resend or self.following.must_repeat(t)
            if again or abs(goal - self._heading()) >= self.plan.deadband:
                return [self._run_to(goal, t)]
        elif t >= self._rest_until and self._worth_moving(goal, want):
            return [self._run_to(goal, t)]
        elif self.following.must_repeat(t):
            self.following.asked(t, False)
            return [Order(Verb.STOP)]
        return []

    def rest(self, want: Want, t: float, day: float) -> list[Order]:
        """What to order before the process ends. To be called again until it `rests`."""
        return self.advance(want, t, day)

    def rests(self, want: Want) -> bool:
        """Whether it has confirmed to be where it should be, or cannot be told."""
        there = self._position is not None and abs(self.position - want.goal) < max(self.plan.deadband, END)
        return not self.following.reachable or (there and not self._direction and self.following.confirmed)

    def next_wake(self, want: Want, t: float) -> float | None:
        """When `advance` must be called again if nothing happens; while running, often enough to show the position."""
        times = []
        if self._direction:
            times.append(self._began + self._seconds)
            times.append(t + max(self._travel(self._direction) / 40, 0.5))
        elif self._rest_until > t:
            times.append(self._rest_until)
        if (look := self.following.next_look()) is not None:
            times.append(look)
        return first_after(t, times)

    def heard(self, report: Report, t: float) -> None:
        """Take a report of the device."""
        self._now = t
        running, resting = report.followed is Followed.RUNNING, report.followed is Followed.RESTING
        expected = {1: Verb.OPEN, -1: Verb.CLOSE}.get(self._direction)
        answered = report.command_id is not None and report.command_id == self.following.command_id
        matches = (running and report.verb == expected) or (resting and (answered or not self._direction))
        confirmed = self.following.confirmed
        if report.followed is Followed.HELD:
            self._lose(t)  # somebody else moves it
        elif report.followed in (Followed.LOST, Followed.REFUSED) and not confirmed:
            self._lose(t)  # it may or may not have done what it was told
            if report.followed is Followed.REFUSED:
                self._rest_until = t + _REFUSED_PAUSE
        elif report.followed is Followed.BACK and self._direction:
            self._doubt += abs(self.position - self._from)  # it may have stopped anywhere on the way
            self._resend = True
        elif running and confirmed and not matches and (self._direction or t > self._rest_until + LAG):
            self._lose(t)  # it runs, and not because it was told to
        elif resting and self._seen_running and self._left(t) > LAG:
            self._halt(t)
        if running and matches:
            self._seen_running = True
        self.following.heard(report.followed, matches, report.note)

    def _worth_moving(self, goal: float, want: Want) -> bool:
        assert self._position is not None
        distance = abs(goal - self._position)
        if not want.low - END <= self._position <= want.high + END:
            return True
        if goal in (0.0, 100.0):
            return distance > END or self._doubt > _DOUBT
        return distance >= self.plan.deadband

    def _parking(self, goal: float) -> bool:
        """Whether it is in the overrun at an end stop where it should be anyway."""
        return goal in (0.0, 100.0) and abs(goal - self.position) <= END

    def _heading(self) -> float:
        """Where the present run ends."""
        way = 100 * self._seconds / self._travel(self._direction)
        return min(max(self._from + self._direction * way, 0.0), 100.0)

    def _left(self, t: float) -> float:
        return self._began + self._seconds - t if self._direction else 0.0

    def _run_to(self, goal: float, t: float) -> Order:
        here = self.position
        direction = 1 if goal > here or goal == 100.0 else -1
        way = abs(goal - here)
        if goal in (0.0, 100.0):
            way += max(OVERRUN, self._doubt)
        return self._run(direction, way / 100 * self._travel(direction), here, t)

    def _run(self, direction: int, seconds: float, start: float, t: float) -> Order:
        if direction != self._direction:
            self._seen_running = False
        self._direction, self._seconds, self._from, self._began = direction, seconds, start, t
        self.following.asked(t, False)
        return Order(Verb.OPEN if direction > 0 else Verb.CLOSE, seconds, value=self._heading())

    def _finish(self, t: float) -> None:
        """The run is over, as far as anybody knows."""
        heading = self._heading()
        followed = self.following.confirmed and self.following.reachable
        if self._position is None and not followed:
            self._direction, self._rest_until = 0, t + self.plan.dead_time
            return
        if not followed:
            self._doubt += abs(heading - self._from)
        elif heading in (0.0, 100.0):
            self._doubt = 0.0
        else:
            self._doubt += DRIFT
        self._position, self._direction = heading, 0
        self._rest_until = t + self.plan.dead_time

    def _halt(self, t: float) -> None:
        """It stops here."""
        if self._position is not None:
            self._position = self.position
        self._direction, self._rest_until = 0, t + self.plan.dead_time
        self._doubt += DRIFT

    def _lose(self, t: float) -> None:
        """Where it is, nobody knows any more."""
        self._position, self._doubt = None, 0.0
        self._direction, self._rest_until = 0, t + self.plan.dead_time

    def _travel(self, direction: int) -> float:
        return self.plan.travel_open if direction > 0 else self.plan.travel_close

    def state(self) -> object:
        return [
            self._position,
            self._doubt,
            self._direction,
            self._from,
            self._began,
            self._seconds,
            self._rest_until,
            self.following.confirmed,
        ]

    def restore(self, state: object, t: float) -> None:
        """Take over from a predecessor: a run it began has gone on, for its devices time runs themselves."""
        assert isinstance(state, list)
        (
            self._position,
            self._doubt,
            self._direction,
            self._from,
            self._began,
            self._seconds,
            self._rest_until,
            confirmed,
        ) = state
        self._now = t
        if not self._direction:
            return
        self._resend = not confirmed
        if t >= self._began + self._seconds:
            # a device without a timer ran on; one that never got the command did not run at all
            late = t - self._began - self._seconds if confirmed else self._seconds
            missed = 100 * late / self._travel(self._direction)
            self._finish(t)
            if not confirmed or self._position not in (0.0, 100.0):
                self._doubt = min(self._doubt + missed, 99.0)
