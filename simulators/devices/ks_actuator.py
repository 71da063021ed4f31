"""A switch or a motor of a virtual KS X 3267 node: operations, timers, and the way a motor goes. No I/O."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from .ks_map import RETRACTABLE

OFF, ON, TIMED_ON, OPEN, CLOSE, TIMED_OPEN, TIMED_CLOSE, SET_POSITION = 0, 201, 202, 301, 302, 303, 304, 305
_READY, _BY_HAND_SWITCH, _BY_HAND_MOTOR = 0, 299, 399

_OPERATIONS = {True: (OFF, OPEN, CLOSE, TIMED_OPEN, TIMED_CLOSE), False: (OFF, ON, TIMED_ON)}
_TIMED = {TIMED_ON: ON, TIMED_OPEN: OPEN, TIMED_CLOSE: CLOSE}
_WAYS = {OPEN: 1, CLOSE: -1}


@dataclass(frozen=True, slots=True)
class Travel:
    """Seconds a motor takes from one end stop to the other."""

    opening: float
    closing: float


class Actuator:
    """`tell` hears what it does to the greenhouse: 1.0 or 0.0 of a switch, % of opening of a motor.

    A motor stops at its end stops by limit switches of its own, of which the node knows nothing: its status goes on.
    One of `level_2` knows its position, and finds one by itself. `jammed` it runs and does not move.
    """

    def __init__(self, code: int, travel: Travel, tell: Callable[[float], None], level_2: bool = False) -> None:
        self.opid = 0
        self.by_hand = False
        self.jammed = False
        self.level_2 = level_2
        self.position = 0.0
        self._motor = code == RETRACTABLE
        self._travel = travel
        self._tell = tell
        self._doing = _READY
        self._until = math.inf
        self._seen = 0.0
        tell(0.0)

    @property
    def status(self) -> int:
        """The status word; without timers of its own a timed operation looks like an untimed one."""
        if self.by_hand:
            return _BY_HAND_MOTOR if self._motor else _BY_HAND_SWITCH
        return self._doing

    def remaining(self, now: float) -> int:
        """Whole seconds until a timed operation ends."""
        return math.ceil(self._until - now) if self._until < math.inf else 0

    def knows(self, operation: int) -> bool:
        return operation in _OPERATIONS[self._motor] or (operation == SET_POSITION and self.level_2)

    def obey(self, operation: int, opid: int, seconds: int, now: float, position: int = 0) -> None:
        """Carry out an operation, unless it has this opid already; where a person holds it, only say so."""
        self.advance(now)
        if opid == self.opid:
            return
        self.opid = opid
        if self.by_hand:
            return
        if operation == SET_POSITION:
            way = position - self.position
            whole = self._travel.opening if way > 0 else self._travel.closing
            self._start(OPEN if way > 0 else CLOSE, now + abs(way) / 100 * whole, now)
        else:
            self._start(_TIMED.get(operation, operation), now + seconds if operation in _TIMED else math.inf, now)

    def take(self, now: float) -> None:
        """A person turns the switch on the panel from "automatic" to "hand": what runs stops."""
        self.advance(now)
        self._start(_READY, math.inf, now)
        self.by_hand = True

    def crank(self, position: float, now: float) -> None:
        """A person turns the crank of a motor until it is there (%)."""
        self.advance(now)
        self.position = position
        self._tell(position)

    def give_back(self) -> None:
        """The panel is on "automatic" again."""
        self.by_hand = False

    def power_cycle(self, now: float) -> None:
        """The node starts anew: nothing runs, no opid is known; a motor stays where it is."""
        self.advance(now)
        self.opid = 0
        self._start(_READY, math.inf, now)

    def advance(self, now: float) -> None:
        """Let time pass until `now`."""
        if self._doing == _READY:
            self._seen = now
            return
        end = min(now, self._until)
        way = _WAYS.get(self._doing, 0)
        if way and end > self._seen and not self.jammed:
            whole = self._travel.opening if way > 0 else self._travel.closing
            moved = way * 100 * (end - self._seen) / whole if whole > 0 else way * 100.0
            position = min(max(self.position + moved, 0.0), 100.0)
            if position != self.position:
                self.position = position
                self._tell(position)
        self._seen = now
        if now >= self._until:
            self._start(_READY, math.inf, now)

    def _start(self, doing: int, until: float, now: float) -> None:
        was, self._doing, self._until, self._seen = self._doing, doing, until, now
        if not self._motor and (was == ON) != (doing == ON):
            self._tell(float(doing == ON))
