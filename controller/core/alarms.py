"""Alarms: raised, acknowledged, cleared (the states of ISA-18.2 without shelving)."""

from __future__ import annotations

from dataclasses import dataclass

from controller.model.events import Alarmed, AlarmState
from controller.model.points import Quality
from controller.model.time import Instant
from controller.rules.compiler import Compiled

from .conditions import Blindness
from .network import Moment, Network, Node
from .sensors import Channel, Vote


@dataclass(slots=True)
class Standing:
    """An alarm that has not been cleared yet."""

    priority: str
    text: str
    since: Instant
    acknowledged: bool = False


class AlarmBook(Node):
    """The alarms that stand, by name."""

    key = "alarms"

    def __init__(self, network: Network) -> None:
        self.standing: dict[str, Standing] = {}
        self._network = network
        self._owned: set[str] = set()
        network.add(self, ())

    def update(self, now: Moment) -> None:
        """Written by whoever watches something."""

    def own(self, name: str) -> str:
        """Say that somebody in this plan watches the cause of this alarm. Returns the name."""
        self._owned.add(name)
        return name

    def drop_orphans(self) -> None:
        """Clear what nobody watches any more: the rules or the devices have changed since."""
        for name in [name for name in self.standing if name not in self._owned]:
            self.report(name, False, "", "")

    def report(self, name: str, active: bool, priority: str, text: str) -> None:
        """Say whether the cause of an alarm holds now; repeats change nothing."""
        standing = self.standing.get(name)
        if active and standing is None:
            self.standing[name] = Standing(priority, text, self._network.instant)
            self._emit(name, AlarmState.RAISED, priority, text)
        elif not active and standing is not None:
            del self.standing[name]
            self._emit(name, AlarmState.CLEARED, standing.priority, standing.text)

    def acknowledge(self, name: str, by: str) -> None:
        standing = self.standing.get(name)
        if standing is not None and not standing.acknowledged:
            standing.acknowledged = True
            self._emit(name, AlarmState.ACKNOWLEDGED, standing.priority, f"{standing.text} (seen by {by})")

    def _emit(self, name: str, state: AlarmState, priority: str, text: str) -> None:
        self._network.events.append(Alarmed(name, state, priority, text, self._network.instant))

    def state(self) -> object:
        return [[name, s.priority, s.text, s.since.wall_ns, s.acknowledged] for name, s in self.standing.items()]

    def restore(self, state: object) -> None:
        assert isinstance(state, list)
        for name, priority, text, wall_ns, acknowledged in state:
            self.standing[name] = Standing(priority, text, Instant(0, wall_ns), acknowledged)


class Alarm(Node):
    """Watches one condition. Unknown neither raises nor clears."""

    def __init__(self, network: Network, book: AlarmBook, name: str, priority: str, text: str, when: Compiled) -> None:
        self.key = f"alarm {name}"
        self._network, self._book = network, book
        self._name, self._priority, self._text, self._when = book.own(name), priority, text, when
        network.add(self, when.slots)

    def update(self, now: Moment) -> None:
        truth = self._when.run(self._network.values)
        if truth == truth:
            self._book.report(self._name, truth == 1.0, self._priority, self._text)


class SensorAlarm(Node):
    """Raised when a sensor has had no good value for `grace` seconds."""

    def __init__(self, network: Network, book: AlarmBook, channel: Channel) -> None:
        self.key = f"alarm sensor {channel.plan.point}"
        self._network, self._book, self._channel = network, book, channel
        self._blindness = Blindness(channel.plan.grace)
        self._name = book.own(f"sensor {channel.plan.point}")
        network.add(self, (channel.quality,))

    def update(self, now: Moment) -> None:
        point = self._channel.plan.point
        due = self._blindness.watch(self._network.values[self._channel.quality] != Quality.GOOD, now)
        lost = self._blindness.too_long(now)
        self._book.report(self._name, lost, "medium", f"no good value of {point}: {self._channel.note}")
        if due is not None and not lost:
            self._network.wake(self, due)

    def state(self) -> object:
        return self._blindness.since

    def restore(self, state: object) -> None:
        assert isinstance(state, float)
        self._blindness.since = state


class Disagreement(Node):
    """Raised while the members of a vote lie further apart than they should."""

    def __init__(self, network: Network, book: AlarmBook, vote: Vote) -> None:
        self.key = f"alarm disagree {vote.plan.point}"
        self._network, self._book, self._vote = network, book, vote
        self._name = book.own(f"disagree {vote.plan.point}")
        network.add(self, (vote.disagree,))

    def update(self, now: Moment) -> None:
        plan = self._vote.plan
        apart = self._network.values[self._vote.disagree] == 1.0
        self._book.report(self._name, apart, "medium", f"{' and '.join(plan.members)} disagree")
