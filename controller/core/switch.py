"""Switches and valves: on and off within their hard limits.

The limits hold against everything, safety and a person's hand included: at least `min_on` on and `min_off` off, never
longer than `max_on` at a stretch (then off until nobody asks for it any more), never more than `max_per_day`.
"""

from __future__ import annotations

from typing import Final

from controller.model.commands import Followed, Report, Verb

from .actuation import Following, Order, Want, first_after
from .plan import ActuatorPlan

LEASE: Final = 300.0
"""Seconds for which ON is ordered at the longest; it is renewed while it holds, so that a device with a timer of its
own switches off when the controller dies."""

_RENEW_AT: Final = 2 / 3
"""A lease is renewed when this part of it is still left."""

_ROUNDING: Final = 1e-6

_AGAIN: Final = 1.0
"""Seconds until a switch that has just changed may change back, its own limits allowing: rules that chase each other
within one step must not make it rattle."""

_LEASE_SLACK: Final = 2.0
"""Seconds by which a device may end a lease early without being told to go on."""


class Switch:
    """`on` is what the device was told; `sure` says that it has confirmed to be on."""

    def __init__(self, plan: ActuatorPlan) -> None:
        self.plan = plan
        self.following = Following(plan.delay)
        self.on = False
        self.sure = False
        self.limited = ""
        self.exhausted = False
        self.basis = ""
        self._known = False
        self._since = 0.0
        self._changed: float | None = None
        self._lease_ends = 0.0
        self._lease = 0.0
        self._today = 0.0
        self._delivered = 0.0
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

    @property
    def trouble(self) -> str:
        """What is wrong with its device, or ""."""
        return self.following.trouble

    def day_seconds(self, t: float) -> float:
        """Seconds on since the day began, whether confirmed or not: what hard limits go by."""
        return self._today + (t - self._counted_to if self.on else 0.0)

    def delivered(self, t: float) -> float:
        """Seconds for which it was certainly on, ever: what a round of irrigation goes by."""
        return self._delivered + (t - self._counted_to if self.on and self.sure else 0.0)

    def advance(self, want: Want, t: float, day: float) -> list[Order]:
        """What to order now. Called when the want changed, a report came, or `next_wake` is due."""
        self._count(t)
        if day != self._day:
            self._day, self._today = day, 0.0
        wanted = want.goal >= 50
        if not wanted:
            self._spent = False
        if not self._known:  # nobody knows how the last owner left it
            self._known = True
            return [self._switch_off(t)]
        if not self.following.reachable:
            if self.on and t >= self._lease_ends:
                self.on, self.sure, self._since = False, False, self._lease_ends
            return []
        orders = self._decide(wanted, want, t)
        if not orders and (self._resend or self.following.must_repeat(t)):
            orders = [self._order_on(want, t, renews=False) if self.on else self._order(Order(Verb.OFF), t)]
        self._resend = False
        self.following.review(t)
        return orders

    def _decide(self, wanted: bool, want: Want, t: float) -> list[Order]:
        self.limited, self.exhausted = "", False
        if self.on:
            if self._allowance(t) <= _ROUNDING:
                self._spent = self.exhausted = True
                self.limited = "longest time on reached"
                return [self._switch_off(t)]
            if not wanted:
                if t >= self._may_end(t) - _ROUNDING:
                    return [self._switch_off(t)]
                self.limited = "kept on for its shortest time on"
            if self._must_renew(want, self._must_end(t)) and t >= self._renew_at():
                return [self._order_on(want, t, renews=True)]
            return []
        if not wanted:
            return []
        if self._spent:
            self.limited, self.exhausted = "longest time on reached", True
        elif t < self._may_start(t) - _ROUNDING:
            self.limited = "kept off for its shortest time off"
        elif self._today_left() <= max(self.plan.min_on, _ROUNDING):
            self.limited, self.exhausted = "its time of the day is used up", True
        else:
            self.on, self.sure, self._since, self._changed = True, False, t, t
            return [self._order_on(want, t, renews=False)]
        return []

    def rest(self, want: Want, t: float, day: float) -> list[Order]:
        """What to order before the process ends: off even within the shortest time on, for nobody is left to wait."""
        if want.goal >= 50:
            return [] if self.on else self.advance(want, t, day)
        if not (self.on and self.following.reachable):
            return []
        self._count(t)
        return [self._switch_off(t)]

    def rests(self, want: Want) -> bool:
        """Whether nothing more is to come of `rest`."""
        return True

    def next_wake(self, want: Want, t: float) -> float | None:
        """When `advance` must be called again if nothing happens."""
        times, wanted = [], want.goal >= 50
        if (look := self.following.next_look()) is not None:
            times.append(look)
        if self.on:
            must_end = self._must_end(t)
            times.append(must_end)
            if self._must_renew(want, must_end):
                times.append(self._renew_at())
            if not wanted:
                times.append(self._may_end(t))
            if not self.following.reachable:
                times.append(self._lease_ends)
        elif wanted and not self._spent:
            times.append(self._may_start(t))
        return first_after(t, times)

    def heard(self, report: Report, t: float) -> None:
        """Take a report of the device."""
        running = report.followed is Followed.RUNNING
        known = running or report.followed is Followed.RESTING
        matches = known and running == self.on
        expired = report.followed is Followed.RESTING and t >= self._lease_ends - _LEASE_SLACK
        if report.followed is Followed.BACK or (known and not matches and self.following.confirmed and not expired):
            self._resend = True
        self._count(t)
        if self.on and matches and not self.sure:
            # it has been on since it got the command that this confirms
            self._delivered += t - max(self.following.asked_at(t), self._since)
            self.sure = True
        elif not matches and self.following.confirmed and (known or report.followed is Followed.BACK):
            self.sure = False
        self.following.heard(report.followed, matches, report.note)

    def _may_end(self, t: float) -> float:
        return max(self._since + self.plan.min_on, self._settled(t))

    def _may_start(self, t: float) -> float:
        return max(self._since + self.plan.min_off, self._settled(t))

    def _settled(self, t: float) -> float:
        return t + _AGAIN if t == self._changed else t

    def _must_renew(self, want: Want, must_end: float) -> bool:
        """Whether it is to stay on beyond the present lease."""
        ends = must_end if want.ends is None or want.goal < 50 else min(must_end, want.ends)
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
        if want.ends is not None and want.goal >= 50:
            bounds.append(max(want.ends - t, self._since + self.plan.min_on - t, 1.0))
        self._lease = max(min(bounds), 0.0)
        self._lease_ends = t + self._lease
        return self._order(Order(Verb.ON, self._lease, renews), t)

    def _switch_off(self, t: float) -> Order:
        if self.on:
            self._changed = t
        self.on, self.sure, self._since = False, False, t
        return self._order(Order(Verb.OFF), t)

    def _order(self, order: Order, t: float) -> Order:
        self.following.asked(t, order.renews)
        return order

    def _count(self, t: float) -> None:
        """Time passes."""
        if self.on:
            self._today += t - self._counted_to
            if self.sure:
                self._delivered += t - self._counted_to
        self._counted_to = t

    def state(self) -> object:
        return [
            self.on,
            self.sure,
            self._known,
            self._since,
            self._changed,
            self._lease_ends,
            self._lease,
            self._today,
            self._delivered,
            self._day,
            self._counted_to,
            self._spent,
        ]

    def restore(self, state: object, t: float) -> None:
        """Take over from a predecessor: what it switched on with a lease that has run out since is off."""
        assert isinstance(state, list)
        (
            self.on,
            self.sure,
            self._known,
            self._since,
            self._changed,
            self._lease_ends,
            self._lease,
            self._today,
            self._delivered,
            self._day,
            self._counted_to,
            self._spent,
        ) = state
        self._resend = True
        if self.on and t >= self._lease_ends:
            self._count(max(self._lease_ends, self._counted_to))
            self.on, self.sure, self._since = False, False, self._lease_ends
            self._counted_to = t
