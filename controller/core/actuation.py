"""What arbitration wants of an actuator, and what an actuator's model orders of its device."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, NamedTuple

from controller.model.commands import Cause, Followed, Level, Verb

CONFIRM_AFTER: Final = 30.0
"""Seconds after which an unconfirmed command is sent again."""

ALARM_AFTER: Final = 90.0
"""Seconds after which a device that does not follow raises an alarm, where it is not known to be slower."""

_DEAF: Final = "does not follow"

Explain = Callable[[], tuple[tuple[str, str], ...]]
"""Gives the values that something was decided on, written with their units."""


class Want(NamedTuple):
    """Where an actuator should be: `target` inside `low .. high` (all %), and who says so.

    `ends` is the core time at which the wish is over by itself (a pulse, a round of irrigation), if known. The values
    behind it are only written out when somebody asks for the `cause`.
    """

    target: float
    level: Level
    rule: str
    explain: Explain | None = None
    chain: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 100.0
    ends: float | None = None

    @property
    def goal(self) -> float:
        """The target within its bounds."""
        target, high = self.target, self.high
        if target < self.low:
            target = self.low
        return high if target > high else target

    def cause(self) -> Cause:
        return Cause(self.level, self.rule, self.explain() if self.explain else (), self.chain)

    def overruled_by(self) -> tuple[str, ...]:
        """This want as a link in the chain of the one that beats it."""
        if self.level is Level.IDLE:
            return self.chain
        return (f"instead of {self.target:.0f} % by {self.rule}", *self.chain)


class Order(NamedTuple):
    """A command in the making."""

    verb: Verb
    seconds: float | None = None
    renews: bool = False
    value: float | None = None


def first_after(t: float, times: list[float]) -> float | None:
    """The earliest of the times that lie after `t`."""
    first = math.inf
    for at in times:
        if t < at < first:
            first = at
    return None if first == math.inf else first


class Following:
    """Whether a device does what it was told: confirmation, refusal, a person's hand, a lost line.

    `delay` is how much later than others it may do so (s).
    """

    def __init__(self, delay: float = 0.0) -> None:
        self._patience = ALARM_AFTER + delay
        self.lost = False
        self.held = False
        self.trouble = ""
        self.command_id: int | None = None
        self._asked: float | None = None
        self._first_asked: float | None = None

    @property
    def reachable(self) -> bool:
        return not (self.lost or self.held)

    @property
    def confirmed(self) -> bool:
        return self._asked is None

    def asked_at(self, t: float) -> float:
        """When the command was sent that is not confirmed yet; `t` where there is none."""
        return t if self._asked is None else self._asked

    def asked(self, t: float, renews: bool) -> None:
        """A command is being sent; the stage sets `command_id` when it has one."""
        if renews and self._asked is None:
            return
        self._asked = t
        if self._first_asked is None:
            self._first_asked = t

    def heard(self, followed: Followed, matches: bool, note: str) -> None:
        """A report came; `matches` when it shows what was ordered."""
        self.held = followed is Followed.HELD
        self.lost = followed is Followed.LOST
        if followed is Followed.LOST:
            self.trouble = note or "cannot be reached"
        elif followed is Followed.HELD:
            self.trouble = note or "is held by hand at the device"
        elif followed is Followed.REFUSED:
            self.trouble = note or "refuses"
        else:
            if matches:
                self._asked = self._first_asked = None
            self.trouble = ""

    def must_repeat(self, t: float) -> bool:
        """Whether the last command stayed unconfirmed long enough to be sent again."""
        return self.reachable and self._asked is not None and t >= self._asked + CONFIRM_AFTER

    def review(self, t: float) -> bool:
        """Notice a device that has not followed for too long. Whether it is noticed just now."""
        if not self.reachable or self._first_asked is None or t < self._first_asked + self._patience:
            return False
        if self.trouble == _DEAF:
            return False
        self.trouble = _DEAF
        return True

    def next_look(self) -> float | None:
        """When `must_repeat` may turn true."""
        return None if self._asked is None or not self.reachable else self._asked + CONFIRM_AFTER
