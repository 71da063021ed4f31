"""Switches and valves: on and off within their hard limits.

The limits hold against everything, safety and a person's hand included: at least `min_on` on and `min_off` off, never
longer than `max_on` at a stretch (then off until nobody asks for it any more), never more than `max_per_day`.
"""

from __future__ import annotations

from controller.model.commands import Followed, Report, Verb

from .actuation import Following, Order, Want
from .plan import ActuatorPlan

LEASE = 300.0
"""Seconds for which ON is ordered at the longest; it is renewed while it holds, so that a device with a timer of its
own switches off when the controller dies."""

_RENEW_AT = 2 / 3
"""A lease is renewed when this part of it is still left."""

_ROUNDING = 1e-6

_LEASE_SLACK = 2.0
"""Seconds by which a device may end a lease early without being told to go on."""


class Switch:
    def __init__(self, plan: ActuatorPlan) -> None:
        self.plan = plan
        self.following = Following()
        self.on = False
        self.limited = ""
        self.exhausted = False
        self._known = False
        self._since = 0.0
        self._lease_ends = 0.0
        self._lease = 0.0
        self._today = 0.0
        self._day = -1.0
        self._counted_to = 0.0
        self._spent = False
        self._resend = False

    @property
    def position(self) -> float:
        return 100.0 if self.on else 0.0

    @property
    def moving(self) -> str:
        return ""

    def day_seconds(self) -> float:
        """Seconds on since the day began."""
        return self._today

    def advance(self, want: Want, t: float, day: float) -> list[Order]:
        """What to order now. Called when the want changed, a report came, or `next_wake` is due."""
        self._count(t, day)
        wanted = want.target >= 50
        if not wanted:
            self._spent = False
        if not self._known:  # nobody knows how the last owner left it
            self._known, self._since = True, t
            return [self._switch_off(t)]
        if not self.following.reachable:
            if self.on and t >= self._lease_ends:
                self.on, self._since = False, self._lease_ends
            return []
        orders = self._decide(wanted, want, t)
        if not orders and (self._resend or self.following.must_repeat(t)):
            orders = [self._order_on(want, t, renews=False) if self.on else self._order(Order(Verb.OFF), t)]
        self._resend = False
        self.following.review(t)
        return orders

    def _decide(self, wanted: bool, want: Want, t: float) -> list[Order]:
        plan, self.limited, self.exhausted = self.plan, "", False
        if self.on:
            if self._allowance(t) <= _ROUNDING:
                self._spent = self.exhausted = True
                self.limited = "longest time on reached"
                return [self._switch_off(t)]
            if not wanted:
                if t - self._since >= plan.min_on - _ROUNDING:
                    return [self._switch_off(t)]
                self.limited = "kept on for its shortest time on"
            if self._must_renew(want, t) and t >= self._renew_at():
                return [self._order_on(want, t, renews=True)]
            return []
        if not wanted:
            return []
        if self._spent:
            self.limited, self.exhausted = "longest time on reached", True
        elif t - self._since < plan.min_off - _ROUNDING:
            self.limited = "kept off for its shortest time off"
        elif self._today_left() <= max(plan.min_on, _ROUNDING):
            self.limited, self.exhausted = "its time of the day is used up", True
        else:
            self.on, self._since = True, t
            return [self._order_on(want, t, renews=False)]
        return []

    def next_wake(self, want: Want, t: float) -> float | None:
        """When `advance` must be called again if nothing happens."""
        times = []
        if (look := self.following.next_look()) is not None:
            times.append(look)
        if self.on:
            times.append(self._must_end(t))
            if self._must_renew(want, t):
                times.append(self._renew_at())
            if want.target < 50:
                times.append(self._since + self.plan.min_on)
            if not self.following.reachable:
                times.append(self._lease_ends)
        elif want.target >= 50 and not self._spent:
            times.append(self._since + self.plan.min_off)
        return min((at for at in times if at > t), default=None)

    def heard(self, report: Report, t: float) -> None:
        """Take a report of the device."""
        running = report.followed is Followed.RUNNING
        known = running or report.followed is Followed.RESTING
        matches = known and running == self.on
        expired = report.followed is Followed.RESTING and t >= self._lease_ends - _LEASE_SLACK
        if report.followed is Followed.BACK or (known and not matches and self.following.confirmed and not expired):
            self._resend = True
        self.following.heard(report.followed, matches, report.note)

    def _must_renew(self, want: Want, t: float) -> bool:
        """Whether it is to stay on beyond the present lease."""
        ends = self._must_end(t)
        if want.target >= 50 and want.ends is not None:
            ends = min(ends, want.ends)
        return self._lease_ends < ends - _ROUNDING

    def _renew_at(self) -> float:
        return self._lease_ends - self._lease * _RENEW_AT

    def _must_end(self, t: float) -> float:
        """When a hard limit will switch it off."""
        return t + self._allowance(t)

    def _allowance(self, t: float) -> float:
        """Seconds that it may still stay on."""
        stretch = LEASE * 1e6 if self.plan.max_on is None else self._since + self.plan.max_on - t
        return min(stretch, self._today_left())

    def _today_left(self) -> float:
        return LEASE * 1e6 if self.plan.max_per_day is None else self.plan.max_per_day - self._today

    def _order_on(self, want: Want, t: float, renews: bool) -> Order:
        bounds = [LEASE, self._allowance(t)]
        if want.ends is not None and want.target >= 50:
            bounds.append(max(want.ends - t, self._since + self.plan.min_on - t, 1.0))
        self._lease = max(min(bounds), 0.0)
        self._lease_ends = t + self._lease
        return self._order(Order(Verb.ON, self._lease, renews), t)

    def _switch_off(self, t: float) -> Order:
        self.on, self._since = False, t
        return self._order(Order(Verb.OFF), t)

    def _order(self, order: Order, t: float) -> Order:
        self.following.asked(t, order.renews)
        return order

    def _count(self, t: float, day: float) -> None:
        if self.on:
            self._today += t - self._counted_to
        self._counted_to = t
        if day != self._day:
            self._day, self._today = day, 0.0

    def state(self) -> object:
        return [
            self.on,
            self._since,
            self._lease_ends,
            self._lease,
            self._today,
            self._day,
            self._counted_to,
            self._spent,
        ]

    def restore(self, state: object, t: float) -> None:
        """Take over from a predecessor: what it switched on with a lease that has run out since is off."""
        assert isinstance(state, list)
        (self.on, self._since, self._lease_ends, self._lease, self._today, self._day, self._counted_to, self._spent) = (
            state
        )
        self._known = self._resend = True
        if self.on and t >= self._lease_ends:
            self._today += max(self._lease_ends - self._counted_to, 0.0)
            self.on, self._since = False, self._lease_ends
            self._counted_to = t
