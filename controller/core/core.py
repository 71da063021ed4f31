"""The core: a deterministic state machine from readings and time to commands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from controller.model.commands import (
    Acknowledge,
    Cause,
    Command,
    Level,
    Override,
    Release,
    Report,
    Request,
    Verb,
)
from controller.model.events import AlarmState, Commanded, Decided, Event, Moved
from controller.model.points import Quality, Reading
from controller.model.time import NS, Instant

from .actuation import Order, Want
from .arbiter import Arbiter, Hand
from .build import Builder
from .interlocks import resolve
from .motor import Motor
from .network import Moment, Network
from .plan import InterlockPlan, Plan
from .switch import Switch
from .views import ActuatorView, AlarmView, PointView

_CLOCK_SET = 2.0
"""Seconds by which the wall clock must leave the monotonic one before it counts as having been set."""

_PASSES = 16
"""Actuators and rules see each other's changes within one step; a circle of them goes on in the next one."""

_LONGEST_OVERRIDE = 24 * 3600.0


class Step(NamedTuple):
    """What came of one step. `wake_at` is when the next is due even without input."""

    commands: list[Command]
    events: list[Event]
    wake_at: Instant | None


class _Actuator:
    """One actuator in the network: run when its timers are due or the day changes."""

    def __init__(self, core: Core, model: Switch | Motor, arbiter: Arbiter, group: tuple[str, ...]) -> None:
        self.name = model.plan.name
        self.key = f"actuator {self.name}"
        self.model = model
        self.arbiter = arbiter
        self.group = group
        self.shown: Want | None = None
        self.moved_to: float | None = None
        self._core = core

    def update(self, now: Moment) -> None:
        self._core.look_at(self.name)

    def state(self) -> object:
        return self.model.state()

    def restore(self, state: object) -> None:
        self.model.restore(state, self._core.network.now.t)


class Core:
    """Same plan, same inputs, same commands: it reads no clock and does no I/O.

    Raises ConfigError when the plan's expressions do not fit together.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._changed: set[str] = set()
        self._builder = Builder(plan, self._changed.add)
        self.network: Network = self._builder.network
        self._actuators: dict[str, _Actuator] = {}
        self._outputs: dict[str, _Actuator] = {}
        self._interlocks: dict[str, list[InterlockPlan]] = {}
        self._command_id = 0
        self._snapshot: dict[str, object] | None = None
        self._origin: tuple[int, float] | None = None
        self._offset = 0
        for actuator in plan.actuators:
            self._add(Motor(actuator) if actuator.kind == "position" else Switch(actuator))

    def _add(self, model: Switch | Motor) -> None:
        name = model.plan.name
        locks = [lock for lock in self.plan.interlocks if any(atom.actuator == name for atom in lock.atoms)]
        group = {name, *(atom.actuator for lock in locks for atom in lock.atoms)}
        ordered = tuple(actuator.name for actuator in self.plan.actuators if actuator.name in group)
        node = _Actuator(self, model, self._builder.arbiters[name], ordered)
        self._actuators[name] = self._outputs[model.plan.output] = node
        self._interlocks[name] = locks
        self.network.add(node, (self._builder.day.slot,))

    # time

    def step(self, now: Instant, inputs: Sequence[Reading | Report | Request]) -> Step:
        """Take what happened, decide, and say what to do."""
        moment = self._begin(now)
        for item in inputs:
            self._take(item, moment)
        commands: list[Command] = []
        for _ in range(_PASSES):
            self.network.sweep(moment)
            if not self._changed:
                break
            self._actuate(moment, commands)
        events, self.network.events = self.network.events, []
        return Step(commands, events, self._wake_at(now, moment))

    def _begin(self, now: Instant) -> Moment:
        if self._origin is None:
            self._origin = now.mono_ns, self._resume(now)
            self._offset = now.wall_ns - now.mono_ns
        mono, t = self._origin
        moment = Moment(t + (now.mono_ns - mono) / NS, now.wall_ns)
        self.network.instant, self.network.now = now, moment
        if self._snapshot is not None:
            self._restore_nodes(self._snapshot)
            self._snapshot = None
        offset = now.wall_ns - now.mono_ns
        if abs(offset - self._offset) > _CLOCK_SET * NS:
            self.network.note("clock", f"the clock was set by {(offset - self._offset) / NS:.0f} s")
            self._builder.clockwork.clock_was_set()
            self._offset = offset
        return moment

    def _wake_at(self, now: Instant, moment: Moment) -> Instant | None:
        if self._changed or not self.network.idle():
            return now
        due = self.network.next_wake()
        return None if due is None else now.after(max(due - moment.t, 0.0))

    # inputs

    def _take(self, item: Reading | Report | Request, now: Moment) -> None:
        match item:
            case Reading():
                channel = self._builder.channels.get(item.point)
                if channel is not None:
                    channel.receive(item, now)
            case Report():
                self._hear(item, now)
            case Override(actuator, value, seconds, by):
                arbiter = self._builder.arbiters[actuator]
                seconds = min(max(seconds, 0.0), _LONGEST_OVERRIDE)
                arbiter.hand = Hand(min(max(value, 0.0), 100.0), now.t + seconds, by)
                self.network.note(actuator, f"override to {value:.0f} % by {by} for {seconds:.0f} s")
                self.network.touch(arbiter)
            case Release(actuator, by):
                arbiter = self._builder.arbiters[actuator]
                arbiter.hand = None
                self.network.note(actuator, f"released by {by}")
                self.network.touch(arbiter)
            case Acknowledge(alarm, by):
                self._builder.book.acknowledge(alarm, by)

    def _hear(self, report: Report, now: Moment) -> None:
        node = self._outputs.get(report.output)
        if node is not None:
            node.model.heard(report, now.t)
            self.look_at(node.name)

    def look_at(self, name: str) -> None:
        """Have an actuator looked at before the step is over."""
        self._changed.add(name)

    # actuators

    def _actuate(self, now: Moment, commands: list[Command]) -> None:
        names, handled = sorted(self._changed), set[str]()
        self._changed.clear()
        for name in names:
            if name in handled:
                continue
            group = self._actuators[name].group
            handled.update(group)
            allowed = self._allowed(group)
            for member in group:
                self._advance(self._actuators[member], allowed[member], now, commands)

    def _allowed(self, group: tuple[str, ...]) -> dict[str, Want]:
        wants = {name: self._actuators[name].arbiter.want for name in group}
        locks = list(dict.fromkeys(lock for name in group for lock in self._interlocks[name]))
        if not locks:
            return wants
        return resolve(locks, wants, {name: self._actuators[name].model.position for name in group})

    def _advance(self, node: _Actuator, want: Want, now: Moment, commands: list[Command]) -> None:
        model, network = node.model, self.network
        day = network.values[self._builder.day.slot]
        before = model.position
        for order in model.advance(want, now.t, day):
            commands.append(self._command(node, order, want))
        self._publish(node, want)
        if model.position != before and len(node.group) > 1:
            self._changed.update(node.group)
        wake = model.next_wake(want.target >= 50, now.t)
        if wake is not None:
            network.wake(node, wake)
        trouble = model.following.trouble
        self._builder.book.report(f"actuator {node.name}", bool(trouble), "high", f"{node.name} {trouble}")

    def _publish(self, node: _Actuator, want: Want) -> None:
        """Make the new position and decision visible to rules, journal and page."""
        model, network = node.model, self.network
        position = model.position
        node.arbiter.position = position
        network.set(self._builder.actuator_slots[node.name], position)
        given = self._builder.given_slots.get(node.name)
        if given is not None and model.plan.flow is not None:
            network.set(given, model.day_seconds() * model.plan.flow)
        if node.moved_to is None or abs(position - node.moved_to) >= 1 or (position != node.moved_to and not model.on):
            node.moved_to = position
            network.events.append(Moved(node.name, position, network.instant))
        shown = node.shown
        if (
            shown is None
            or (shown.level, shown.rule) != (want.level, want.rule)
            or abs(shown.goal - want.goal) >= max(model.plan.deadband, 1.0)
        ):
            node.shown = want
            network.events.append(Decided(node.name, want.goal, want.cause(), network.instant))

    def _command(self, node: _Actuator, order: Order, want: Want) -> Command:
        self._command_id += 1
        cause = want.cause()
        if node.model.limited and order.verb is Verb.OFF:
            cause = Cause(Level.LIMIT, f"{node.name}: {node.model.limited}", (), want.overruled_by())
        command = Command(
            self._command_id,
            node.model.plan.output,
            order.verb,
            self.network.instant,
            cause,
            order.seconds,
            order.renews,
        )
        self.network.events.append(Commanded(node.name, command))
        return command

    def shut_down(self, now: Instant) -> Step:
        """Commands that bring switches and valves to their safe position before the process ends.

        Motors finish the timed run they are on.
        """
        moment = self._begin(now)
        commands: list[Command] = []
        for node in self._actuators.values():
            safe = node.model.plan.safe
            if isinstance(node.model, Switch) and node.model.on and safe is not None and safe < 50:
                want = Want(safe, Level.SAFETY, "the controller is stopping")
                for order in node.model.advance(want, moment.t, self.network.values[self._builder.day.slot]):
                    commands.append(self._command(node, order, want))
        events, self.network.events = self.network.events, []
        return Step(commands, events, None)

    # restart

    def snapshot(self) -> bytes:
        """Everything that must survive a restart or a change of rules, as JSON."""
        nodes = {node.key: state for node in self.network.nodes() if (state := node.state()) is not None}
        now = self.network.now
        document = {"version": 1, "t": now.t, "wall_ns": now.wall_ns, "command": self._command_id, "nodes": nodes}
        return json.dumps(document, separators=(",", ":")).encode()

    @classmethod
    def restore(cls, plan: Plan, snapshot: bytes) -> Core:
        """A core that carries on: timers, totals and positions of everything that the plan still has.

        Raises ValueError where the snapshot cannot be read.
        """
        document = json.loads(snapshot)
        if not isinstance(document, dict) or document.get("version") != 1:
            raise ValueError("not a snapshot of this version")
        core = cls(plan)
        core._snapshot = document
        return core

    def _resume(self, now: Instant) -> float:
        """Core time at the first step: that of the snapshot plus the time that passed on the wall meanwhile."""
        if self._snapshot is None:
            return 0.0
        t, wall_ns = self._snapshot["t"], self._snapshot["wall_ns"]
        assert isinstance(t, float)
        assert isinstance(wall_ns, int)
        return t + max(now.wall_ns - wall_ns, 0) / NS

    def _restore_nodes(self, document: dict[str, object]) -> None:
        states, command = document["nodes"], document["command"]
        assert isinstance(states, dict)
        assert isinstance(command, int)
        self._command_id = command
        for node in self.network.nodes():
            state = states.get(node.key)
            if state is not None:
                node.restore(state)
        for actuator in self._actuators.values():
            position = actuator.model.position
            actuator.arbiter.position = position
            self.network.set(self._builder.actuator_slots[actuator.name], position)

    # views

    @property
    def period(self) -> str | None:
        index = int(self.network.values[self._builder.period.slot])
        return None if index < 0 else self.plan.periods[index].name

    def points(self) -> list[PointView]:
        """Every point, voted ones after the vote."""
        return [self._point(name) for name in self._builder.channels]

    def setpoints(self) -> list[PointView]:
        return [self._point(setpoint.name) for setpoint in self.plan.setpoints]

    def _point(self, name: str) -> PointView:
        symbol = self._builder.symbol(name)
        assert symbol is not None
        value = self.network.values[symbol.slot]
        if symbol.quality_slot is not None:
            quality = Quality(int(self.network.values[symbol.quality_slot]))
        else:
            quality = Quality.GOOD if value == value else Quality.STALE
        owner = self._builder.votes.get(name) or self._builder.channels.get(name)
        age = owner.age(self.network.now.t) if owner else None
        return PointView(name, value, self._builder.shown(symbol), quality, age)

    def actuators(self) -> list[ActuatorView]:
        return [self._view(node) for node in self._actuators.values()]

    def _view(self, node: _Actuator) -> ActuatorView:
        model, want = node.model, node.shown or node.arbiter.want
        return ActuatorView(
            node.name,
            model.plan.kind,
            model.position,
            want.goal,
            want.cause(),
            model.moving,
            model.on,
            model.day_seconds(),
            model.limited,
            model.following.trouble,
        )

    def alarms(self) -> list[AlarmView]:
        """Alarms that stand, the oldest first."""
        return [
            AlarmView(name, _alarm_state(s.acknowledged), s.priority, s.text, s.since)
            for name, s in self._builder.book.standing.items()
        ]


def _alarm_state(acknowledged: bool) -> AlarmState:
    return AlarmState.ACKNOWLEDGED if acknowledged else AlarmState.RAISED
