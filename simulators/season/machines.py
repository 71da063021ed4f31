"""The machines behind a site's outputs: motors that take their time, relays that end their leases, and their faults.

They do what their devices do in the field, to the nanosecond of simulated time; what they report can be less than the
truth, for a relay does not know that its contacts are welded.
"""

from __future__ import annotations

from collections.abc import Sequence

from controller.core.plan import ActuatorPlan
from controller.model.commands import Command, Followed, Report, Verb
from controller.model.time import NS, Instant
from simulators.greenhouse import controls

from .house import Vector
from .wiring import Wiring


class Relay:
    """A switch or a valve. `welded` contacts stay closed once they have closed; a `leaking` valve passes that share of
    its flow while it is closed, a `blocked` line nothing."""

    def __init__(self, plan: ActuatorPlan) -> None:
        self.plan = plan
        self.welded = False
        self.leaking = 0.0
        self.blocked = False
        self.ends = 0
        self.starts = 0
        self.seconds = 0.0
        self._on = False
        self._stuck = False
        self._since = 0

    def effect(self) -> float:
        """What it does now, 0..1."""
        if self.blocked:
            return 0.0
        return 1.0 if self._on or self._stuck else self.leaking

    def position(self, now: int) -> float:
        """What it was told, 0..1."""
        return float(self._on)

    def mean(self, begin: int, end: int) -> float:
        return self.effect()

    def weld(self, welded: bool) -> None:
        """Its contacts weld, or are exchanged."""
        self.welded = welded
        self._stuck = welded and self._on

    def obey(self, command: Command, now: int) -> bool:
        """Whether it runs now."""
        on = command.verb is Verb.ON
        if on and not self._on:
            self.starts += 1
            self._since = now
        elif not on and self._on:
            self.seconds += (now - self._since) / NS
        self._on = on
        self._stuck = self.welded and (self._stuck or on)
        self.ends = now + round(command.seconds * NS) if on and command.seconds is not None else 0
        return on

    def run_out(self, now: int) -> bool:
        """Whether its time is over just now."""
        if not self.ends or self.ends > now:
            return False
        self.ends = 0
        self._on = False
        self.seconds += (now - self._since) / NS
        return True

    def moving(self) -> bool:
        return False


class Motor:
    """A vent or a screen. With `slip` it does only that much less of its way in the same time."""

    def __init__(self, plan: ActuatorPlan) -> None:
        self.plan = plan
        self.slip = 0.0
        self.ends = 0
        self.starts = 0
        self.seconds = 0.0
        self.way = 0.0
        self._position = 0.0  # 0..1
        self._direction = 0
        self._began = 0
        self._speed = {1: 1 / (plan.travel_open * NS), -1: 1 / (plan.travel_close * NS)}

    def effect(self) -> float:
        return self._position

    def position(self, now: int) -> float:
        """0..1."""
        if not self._direction:
            return self._position
        way = (now - self._began) * self._speed[self._direction] * (1.0 - self.slip)
        return min(max(self._position + self._direction * way, 0.0), 1.0)

    def mean(self, begin: int, end: int) -> float:
        """Between two times of which it neither starts nor stops in between."""
        if not self._direction:
            return self._position
        return 0.5 * (self.position(begin) + self.position(end))

    def obey(self, command: Command, now: int) -> bool:
        self._rest(now)
        if command.verb is Verb.STOP:
            return False
        self.starts += 1
        self._direction = 1 if command.verb is Verb.OPEN else -1
        self._began = now
        self.ends = now + round((command.seconds or 0.0) * NS)
        return True

    def run_out(self, now: int) -> bool:
        if not self.ends or self.ends > now:
            return False
        self._rest(self.ends)
        return True

    def moving(self) -> bool:
        return self._direction != 0

    def _rest(self, now: int) -> None:
        position = self.position(now)
        if self._direction:
            self.seconds += (now - self._began) / NS
            self.way += abs(position - self._position)
        self._position, self._direction, self.ends = position, 0, 0


class Machines:
    """All of them. Times are nanoseconds of simulated time.

    They act on the controls of one house behind those of the other, in the order of the wirings.
    """

    def __init__(self, actuators: Sequence[ActuatorPlan], wirings: Sequence[Wiring]) -> None:
        self.all: dict[str, Relay | Motor] = {
            plan.output: Motor(plan) if plan.kind == "position" else Relay(plan) for plan in actuators
        }
        self.by_name = {machine.plan.name: machine for machine in self.all.values()}
        self._acting: list[tuple[int, float, Relay | Motor]] = [
            (number * controls.SIZE + wire.place, wire.share, self.all[wire.plan.output])
            for number, wiring in enumerate(wirings)
            for wire in wiring.actuators
            if wire.place is not None
        ]
        self._places = len(wirings) * controls.SIZE
        self._changed = True
        self._moving = False
        self._next_end = 0

    def obey(self, command: Command, now: Instant) -> Report:
        """Carry out a command; what the device says of it. Numbers are taken, and change nothing in the greenhouse."""
        if command.verb is Verb.SET:
            return Report(command.output, Followed.RESTING, now, command.verb, command.id, value=command.value)
        running = self.all[command.output].obey(command, now.mono_ns)
        self._note_change()
        verb = command.verb if running else None
        return Report(command.output, Followed.RUNNING if running else Followed.RESTING, now, verb, command.id)

    def next_end(self) -> int:
        """When the next of them stops by itself; 0 for never."""
        return self._next_end

    def run_out(self, now: Instant) -> list[Report]:
        """What devices say whose time is over by now."""
        over = [output for output, machine in self.all.items() if machine.run_out(now.mono_ns)]
        self._note_change()
        return [Report(output, Followed.RESTING, now) for output in over]

    def touch(self) -> None:
        """A fault came or went."""
        self._note_change()

    def act(self, control: Vector, begin: int, end: int) -> None:
        """Set what they do on average between two times, none of them starting or stopping in between."""
        if not (self._changed or self._moving):
            return
        sums = [0.0] * self._places
        for place, share, machine in self._acting:
            sums[place] += share * machine.mean(begin, end)
        for place, _, _ in self._acting:
            control[place] = sums[place]
        self._changed = False

    def _note_change(self) -> None:
        self._changed = True
        self._moving = any(machine.moving() for machine in self.all.values())
        self._next_end = min((machine.ends for machine in self.all.values() if machine.ends), default=0)
