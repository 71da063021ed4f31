"""Motors of vents and screens without an encoder: the position is estimated from the running time.

Each run is ordered with its length, so that a device with a timer stops by itself. Runs to an end stop go on a little
longer, which makes the estimate true again. Between two directions the motor rests for `dead_time`.
"""

from __future__ import annotations

from controller.model.commands import Followed, Report, Verb

from .actuation import Following, Order, Want
from .plan import ActuatorPlan

_OVERRUN = 0.05
"""Part of the travel time that a run to an end stop is longer."""

_HOMING = 1.1
"""A motor whose position nobody knows is closed for this many times its travel time."""

_END = 0.5
"""Within so many % of an end stop the motor counts as being there."""


class Motor:
    def __init__(self, plan: ActuatorPlan) -> None:
        self.plan = plan
        self.following = Following()
        self.limited = ""
        self.exhausted = False
        self._position: float | None = None
        self._direction = 0
        self._from = 0.0
        self._began = 0.0
        self._seconds = 0.0
        self._rest_until = 0.0
        self._now = 0.0

    @property
    def position(self) -> float:
        """Estimated %, as of the last call of `advance`. Unknown counts as fully open until it has been closed once."""
        if self._position is None:
            return 100.0
        if not self._direction:
            return self._position
        way = 100 * min(self._now - self._began, self._seconds) / self._travel(self._direction)
        return min(max(self._from + self._direction * way, 0.0), 100.0)

    @property
    def on(self) -> bool:
        return self._direction != 0

    @property
    def moving(self) -> str:
        return {1: "opening", -1: "closing", 0: ""}[self._direction]

    def day_seconds(self) -> float:
        return 0.0

    def advance(self, want: Want, t: float, day: float) -> list[Order]:
        """What to order now. Called when the want changed, a report came, or `next_wake` is due."""
        self._now = t
        orders: list[Order] = []
        if self._direction and t >= self._began + self._seconds:
            self._finish(t)
        if not self.following.reachable:
            return []
        self.following.review(t)
        if self._position is None:
            if not self._direction and t >= self._rest_until:
                orders.append(self._run(-1, self.plan.travel_close * _HOMING, 100.0, t))
            return orders
        goal = want.goal
        if self._direction and (goal - self.position) * self._direction < -_END and not self._parking(goal):
            self._position, self._direction = self.position, 0
            self._rest_until = t + self.plan.dead_time
            self.following.asked(t, False)
            return [Order(Verb.STOP)]
        if self._direction:
            if abs(goal - self._heading()) >= self.plan.deadband or self.following.must_repeat(t):
                orders.append(self._run_to(goal, t))
        elif t >= self._rest_until and self._worth_moving(goal, want):
            orders.append(self._run_to(goal, t))
        elif self.following.must_repeat(t):
            self.following.asked(t, False)
            orders.append(Order(Verb.STOP))
        return orders

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
        return min((at for at in times if at > t), default=None)

    def heard(self, report: Report, t: float) -> None:
        """Take a report of the device."""
        self._now = t
        running = report.followed is Followed.RUNNING
        resting = report.followed is Followed.RESTING
        expected = {1: Verb.OPEN, -1: Verb.CLOSE}.get(self._direction)
        answered = report.command_id is not None and report.command_id == self.following.command_id
        matches = (running and report.verb == expected) or (resting and (answered or not self._direction))
        unsure = report.followed in (Followed.LOST, Followed.REFUSED) and not self.following.confirmed
        if report.followed is Followed.HELD or (unsure and self._direction):
            self._position, self._direction = None, 0  # somebody else moved it, or it may never have started
            self._rest_until = t + 30.0 if report.followed is Followed.REFUSED else t
        self.following.heard(report.followed, matches, report.note)

    def _worth_moving(self, goal: float, want: Want) -> bool:
        assert self._position is not None
        distance = abs(goal - self._position)
        if not want.low - _END <= self._position <= want.high + _END:
            return True
        if goal in (0.0, 100.0):
            return distance > _END
        return distance >= self.plan.deadband

    def _parking(self, goal: float) -> bool:
        """Whether it is in the overrun at an end stop where it should be anyway."""
        return goal in (0.0, 100.0) and abs(goal - self.position) <= _END

    def _heading(self) -> float:
        """Where the present run ends."""
        way = 100 * self._seconds / self._travel(self._direction)
        return min(max(self._from + self._direction * way, 0.0), 100.0)

    def _run_to(self, goal: float, t: float) -> Order:
        here = self.position
        direction = 1 if goal > here else -1
        seconds = abs(goal - here) / 100 * self._travel(direction)
        if goal in (0.0, 100.0):
            seconds += self._travel(direction) * _OVERRUN
        return self._run(direction, seconds, here, t)

    def _run(self, direction: int, seconds: float, start: float, t: float) -> Order:
        self._direction, self._seconds, self._from, self._began = direction, seconds, start, t
        self.following.asked(t, False)
        return Order(Verb.OPEN if direction > 0 else Verb.CLOSE, seconds)

    def _finish(self, t: float) -> None:
        self._position = self._heading()
        self._direction = 0
        self._rest_until = t + self.plan.dead_time

    def _travel(self, direction: int) -> float:
        return self.plan.travel_open if direction > 0 else self.plan.travel_close

    def state(self) -> object:
        return [self._position, self._direction, self._from, self._began, self._seconds]

    def restore(self, state: object, t: float) -> None:
        """Take over from a predecessor: a run it began has gone on, for its devices time runs themselves."""
        assert isinstance(state, list)
        self._position, self._direction, self._from, self._began, self._seconds = state
        self._now = t
        if self._direction and t >= self._began + self._seconds:
            self._finish(t)
