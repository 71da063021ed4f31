"""The last stage of a step: from what arbitration wants to commands, through interlocks and hard limits."""

from __future__ import annotations

from dataclasses import dataclass

from controller.model.commands import Cause, Command, Level, Report, Verb
from controller.model.events import Commanded, Decided, Moved

from .actuation import Order, Want
from .alarms import AlarmBook
from .arbiter import Arbiter
from .interlocks import resolve
from .motor import Motor
from .network import Moment, Network, Node
from .plan import InterlockPlan, Plan
from .switch import Switch
from .views import ActuatorView, HandView


@dataclass(frozen=True, slots=True)
class Shown:
    """The slots in which rules see an actuator: its position, whether it certainly flows, the litres of the day."""

    position: int
    flowing: int | None
    given: int | None


class Actuator(Node):
    """One actuator in the network: looked at when its arbiter decides, its timers are due or the day changes."""

    def __init__(
        self,
        stage: Stage,
        model: Switch | Motor,
        arbiter: Arbiter,
        shown: Shown,
        group: tuple[str, ...],
    ) -> None:
        self.name = model.plan.name
        self.key = f"actuator {self.name}"
        self.model = model
        self.arbiter = arbiter
        self.shown = shown
        self.trouble_alarm = stage.book.own(f"actuator {self.name}")
        self.limit_alarm = stage.book.own(f"limit {self.name}")
        self.group = group
        self.allowed: Want | None = None
        self.decided: Want | None = None
        self.cause: Cause | None = None
        self.moved_to: float | None = None
        self._stage = stage

    def update(self, now: Moment) -> None:
        self._stage.look_at(self.name)

    def state(self) -> object:
        return self.model.state()

    def restore(self, state: object) -> None:
        self.model.restore(state, self._stage.network.now.t)

    def view(self) -> ActuatorView:
        model, want, hand = self.model, self.allowed or self.arbiter.want, self.arbiter.hand
        now = self._stage.network.now
        # the values that it was decided on; but a drive decides all the time, and is only noted when it moves
        same = self.decided is not None and self.decided.goal == want.goal
        return ActuatorView(
            self.name,
            model.plan.kind,
            model.position,
            want.goal,
            self.cause if same and self.cause else want.cause(),
            model.moving,
            model.on,
            model.day_seconds(now.t),
            model.limited,
            model.trouble,
            HandView(hand.value, hand.ends - now.t, hand.by) if hand else None,
            model.basis,
        )


class Stage:
    """All actuators. Those that share an interlock are looked at together."""

    def __init__(
        self,
        plan: Plan,
        network: Network,
        book: AlarmBook,
        day: int,
    ) -> None:
        self.network = network
        self.actuators: dict[str, Actuator] = {}
        self.command_id = 0
        self.book = book
        self._plan, self._day = plan, day
        self._outputs: dict[str, Actuator] = {}
        self._locks: dict[str, list[InterlockPlan]] = {}
        self._changed: set[str] = set()
        self._disturbed: set[str] = set()

    def add(self, arbiter: Arbiter, model: Switch | Motor, shown: Shown) -> None:
        """Take an actuator under command."""
        plan = arbiter.plan
        group = self._group(plan.name)
        self._locks[plan.name] = [
            lock for lock in self._plan.interlocks if any(atom.actuator in group for atom in lock.atoms)
        ]
        node = Actuator(self, model, arbiter, shown, group)
        self.actuators[plan.name] = self._outputs[plan.output] = node
        self.network.add(node, (self._day,))

    def _group(self, name: str) -> tuple[str, ...]:
        """Everything that interlocks tie to an actuator, directly or through others, in the order of site.yaml."""
        group, size = {name}, 0
        while len(group) > size:
            size = len(group)
            for lock in self._plan.interlocks:
                members = {atom.actuator for atom in lock.atoms}
                if members & group:
                    group |= members
        return tuple(plan.name for plan in self._plan.actuators if plan.name in group)

    def look_at(self, name: str) -> None:
        """Have an actuator looked at before the step is over."""
        self._changed.add(name)

    def settled(self) -> bool:
        return not (self._changed or self._disturbed)

    def hear(self, report: Report, now: Moment) -> None:
        """Take a device's report; reports on what is no actuator's output mean nothing."""
        node = self._outputs.get(report.output)
        if node is not None:
            node.model.heard(report, now.t)
            self.look_at(node.name)

    def run(self, now: Moment) -> list[Command]:
        """Look at what has changed. What follows from new positions shows in the next sweep."""
        changed, names = self._changed, sorted(self._changed | self._disturbed)
        self._changed, self._disturbed = set(), set()
        handled, commands = set[str](), list[Command]()
        for name in names:
            node = self.actuators[name]
            group = node.group
            if len(group) == 1:
                commands += self._advance(node, node.arbiter.want, now)
                continue
            if name in handled:
                continue
            handled.update(group)
            for member, want in self._allowed(group).items():
                node = self.actuators[member]
                if member in changed or want != node.allowed:
                    commands += self._advance(node, want, now)
        return commands

    def _allowed(self, group: tuple[str, ...]) -> dict[str, Want]:
        """What each of a group may want, its interlocks and the positions of the others considered."""
        actuators = self.actuators
        wants = {name: actuators[name].arbiter.want for name in group}
        return resolve(self._locks[group[0]], wants, {name: actuators[name].model.position for name in group})

    def _advance(self, node: Actuator, want: Want, now: Moment) -> list[Command]:
        model = node.model
        before, node.allowed = model.position, want
        orders = model.advance(want, now.t, self.network.values[self._day])
        decided = _differs(node.decided, want, max(model.plan.deadband, 1.0))
        cause = want.cause() if orders or decided else None  # written out once: texts take longer than the decision
        commands = [self._command(node, order, want, cause) for order in orders]
        if self._publish(node) != before and len(node.group) > 1:
            self._disturbed.update(node.group)
        if decided and cause:
            node.decided, node.cause = want, cause
            self.network.events.append(Decided(node.name, want.goal, cause, self.network.instant))
        wake = model.next_wake(want, now.t)
        if wake is not None:
            self.network.wake(node, wake)
        if (trouble := model.trouble) or node.trouble_alarm in self.book.standing:
            self.book.report(node.trouble_alarm, bool(trouble), "high", f"{node.name} {trouble}")
        if model.exhausted or node.limit_alarm in self.book.standing:
            self.book.report(node.limit_alarm, model.exhausted, "medium", f"{node.name}: {model.limited}")
        return commands

    def _publish(self, node: Actuator) -> float:
        """Make the new position visible to rules, journal and page. Returns it."""
        model, network = node.model, self.network
        position = self._show(node)
        last = node.moved_to
        if last is None or abs(position - last) >= 1 or (position != last and not model.on):
            node.moved_to = position
            network.events.append(Moved(node.name, position, network.instant))
        return position

    def _show(self, node: Actuator) -> float:
        """Write what the model says into the slots that rules read. Returns the position."""
        model, shown, network = node.model, node.shown, self.network
        position = node.arbiter.position = model.position
        network.set(shown.position, position)
        if shown.flowing is not None and isinstance(model, Switch):
            network.set(shown.flowing, float(model.on and model.sure))
        if shown.given is not None and model.plan.flow is not None:
            network.set(shown.given, model.day_seconds(network.now.t) * model.plan.flow)
        return position

    def number(self) -> int:
        """The id of the next command."""
        self.command_id += 1
        return self.command_id

    def _command(self, node: Actuator, order: Order, want: Want, cause: Cause | None = None) -> Command:
        """`cause`: that of the want, where it has been written out already."""
        if node.model.limited and order.verb is Verb.OFF:
            cause = Cause(Level.LIMIT, f"{node.name}: {node.model.limited}", (), want.overruled_by())
        at, output = self.network.instant, node.model.plan.output
        cause = cause or want.cause()
        command = Command(self.number(), output, order.verb, at, cause, order.seconds, order.renews, order.value)
        node.model.following.command_id = command.id
        self.network.events.append(Commanded(node.name, command))
        return command

    def rest(self, now: Moment) -> tuple[list[Command], float | None]:
        """Order what brings every actuator to where it is to stop; when to call again (None: all are there).

        The interlocks hold to the end.
        """
        commands, wake = [], None
        wants = {name: self._at_rest(node) for name, node in self.actuators.items()}
        positions = {name: node.model.position for name, node in self.actuators.items()}
        for name, node in self.actuators.items():
            want = wants[name]
            if len(node.group) > 1:
                group = node.group
                want = resolve(self._locks[name], {n: wants[n] for n in group}, {n: positions[n] for n in group})[name]
            if node.model.plan.stop == "keep" or node.model.plan.safe is None:
                continue
            orders = node.model.rest(want, now.t, self.network.values[self._day])
            commands += [self._command(node, order, want) for order in orders]
            self._show(node)
            if not node.model.rests(want):
                due = node.model.next_wake(want, now.t) or now.t + 1.0
                wake = due if wake is None else min(wake, due)
        return commands, wake

    def _at_rest(self, node: Actuator) -> Want:
        plan = node.model.plan
        keep = plan.stop == "keep" or plan.safe is None
        return Want(node.model.position if keep else plan.safe or 0.0, Level.SAFETY, "the controller is stopping")

    def publish_restored(self) -> None:
        """Show the restored positions before anything is decided on them."""
        for node in self.actuators.values():
            self._show(node)


def _differs(old: Want | None, new: Want, enough: float) -> bool:
    if old is None or old.level is not new.level or old.rule != new.rule:
        return True
    return abs(old.goal - new.goal) >= enough
