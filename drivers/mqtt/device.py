"""One device behind a broker, whatever its format: presence, outputs, readings, commands. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from controller.model.commands import Cause, Command, Followed, Level, Report, Verb
from controller.model.points import Quality, Reading
from controller.model.ports import DeviceHealth, DeviceSettings, FieldInput, PointSettings
from controller.model.time import NS, Instant

from .formats.shape import DEVICE, Format, Read, Shown, Told

SKEW = 5.0  # seconds a sender's clock may be ahead of ours
BACKLOG = 3600.0  # seconds a live message may be late before its clock counts as wrong
COPIES = 64  # keys of past messages by which a copy is known

_OVER = Cause(Level.LIMIT, "the running time is over")
_SWITCH, _MOTOR, _NUMBER = (Verb.ON, Verb.OFF), (Verb.OPEN, Verb.CLOSE, Verb.STOP), (Verb.SET,)
_VERBS = {"switch": _SWITCH, "motor": _MOTOR, "number": _NUMBER}
_NAMES = {_SWITCH: "switch", _MOTOR: "motor", _NUMBER: "setting"}


class Publish(NamedTuple):
    """One message to the broker: QoS 1, never retained. `command` is what it carries out, if it does."""

    topic: str
    payload: bytes
    command: Command | None = None


@dataclass(slots=True)
class Effects:
    """What follows from a message or a command."""

    inputs: list[FieldInput] = field(default_factory=list)
    publishes: list[Publish] = field(default_factory=list)


@dataclass(slots=True)
class Output:
    """A relay, a motor or a number as far as it is known.

    `shown` is its last word, `awaiting` the command it has yet to confirm. `stop_at` is when a motor that cannot time
    its runs must be stopped.
    """

    settings: PointSettings
    verbs: tuple[Verb, ...]
    shown: Shown | None = None
    awaiting: Command | None = None
    stop_at: Instant | None = None

    @property
    def point(self) -> str:
        return self.settings.name

    @property
    def source(self) -> str:
        return self.settings.source

    def follow(self, shown: Shown, now: Instant, effects: Effects) -> None:
        """The device says how it stands. Repetitions that answer no command say nothing new."""
        given = self.awaiting
        answered = given is not None and shown.answers(given.verb)
        news = self.shown is None or (shown.does, shown.value) != (self.shown.does, self.shown.value)
        self.shown = shown
        if answered:
            self.awaiting = None
        if news or answered:
            followed = Followed.RESTING if shown.does in (Verb.OFF, Verb.STOP, Verb.SET) else Followed.RUNNING
            command_id = given.id if given is not None and answered else None
            value = None if shown.value is None else shown.value * self.settings.factor + self.settings.shift
            effects.inputs.append(Report(self.point, followed, now, shown.does, command_id, value=value))

    def forget(self) -> None:
        self.shown = self.awaiting = None


class Presence:
    """Whether a device and what it hangs on are there, and the words for its going and coming: each is said once."""

    def __init__(self, health: DeviceHealth, points: Iterable[str], outputs: Iterable[str]) -> None:
        self.connected = False
        self.online: bool | None = None
        self._health = health
        self._points = tuple(points)
        self._outputs = tuple(outputs)

    @property
    def reachable(self) -> bool:
        """Whether a command has a chance; a device nobody has heard of yet gets its chance."""
        return self.connected and self.online is not False

    def back(self, now: Instant, effects: Effects) -> bool:
        """The device is there. True if that is news."""
        if self.online:
            return False
        self._know(True, "")
        effects.inputs.extend(Report(output, Followed.BACK, now) for output in self._outputs)
        return True

    def gone(self, now: Instant, effects: Effects, note: str, awaiting: Mapping[str, int]) -> None:
        """The device is not there. `awaiting` has the outputs' commands that will not be answered any more."""
        if self.online is False:
            return
        self._know(False, note)
        effects.inputs.extend(Reading.missing(point, now, Quality.STALE, note) for point in self._points)
        for output in self._outputs:
            effects.inputs.append(Report(output, Followed.LOST, now, None, awaiting.get(output), note))

    def _know(self, online: bool, note: str) -> None:
        self.online = self._health.online = online
        self._health.note = note


class Device:
    """The format says what payloads mean; what follows from it is the same for all and stands here."""

    def __init__(self, settings: DeviceSettings, format: Format) -> None:
        self.health = DeviceHealth(settings.name)
        self._format = format
        self._outputs: dict[str, Output] = {}
        self._points: dict[str, list[PointSettings]] = {}
        self._wanted: list[str] = []
        for point in settings.points:
            source = format.source(point.source)
            kind = None if isinstance(source, str) else source.output
            if point.source not in self._wanted:
                self._wanted.append(point.source)
            if kind is None:
                self._points.setdefault(point.source, []).append(point)
            else:
                self._outputs[point.source] = Output(point, _VERBS[kind])
        self._by_point = {output.point: output for output in self._outputs.values()}
        self._seen: deque[str] = deque(maxlen=COPIES)
        self._there: dict[str, bool] = {}
        measured = [point.name for points in self._points.values() for point in points]
        self._presence = Presence(self.health, measured, self._by_point)

    @property
    def outputs(self) -> Collection[str]:
        """The points that can be commanded."""
        return self._by_point

    @property
    def has_motors_to_stop(self) -> bool:
        """Whether it has motors that cannot time their runs themselves."""
        return not self._format.times_runs and any(output.verbs is _MOTOR for output in self._outputs.values())

    def readers(self) -> Mapping[str, partial[bool]]:
        """What to do with a message, by its whole topic: call it with payload, whether retained, now and effects.

        It returns false where the payload is rubbish.
        """
        return {topic: partial(self._message, read) for topic, read in self._format.reads(self._wanted).items()}

    def connected(self, now: Instant, effects: Effects) -> None:
        """The broker is there and the device's topics are subscribed."""
        self._presence.connected = True
        self._ask(effects)
        if not self._format.speaks_for_itself:
            self._presence.back(now, effects)

    def lost(self, now: Instant, note: str, effects: Effects) -> None:
        """The broker is gone."""
        self._presence.connected = False
        self._there.clear()
        self._gone(now, note, effects)

    def command(self, command: Command, now: Instant, effects: Effects) -> None:
        output = self._by_point[command.output]
        if command.verb not in output.verbs:
            note = f"a {_NAMES[output.verbs]} cannot {command.verb}"
            effects.inputs.append(Report(command.output, Followed.REFUSED, now, command.verb, command.id, note))
        elif self._presence.reachable:
            self._give(output, command, now, effects)
        else:
            # it is not kept for later, when it might be wrong: BACK makes the controller decide anew
            effects.inputs.append(
                Report(
                    command.output, Followed.LOST, now, command.verb, command.id, self.health.note or "no connection"
                )
            )

    def next_due(self) -> Instant | None:
        """When `due` must be called, if it can do anything."""
        if not self._presence.connected:
            return None
        return min((output.stop_at for output in self._outputs.values() if output.stop_at is not None), default=None)

    def due(self, now: Instant, effects: Effects) -> None:
        """Stop the motors whose time has run out."""
        for output in self._outputs.values():
            if output.stop_at is not None and now.mono_ns >= output.stop_at.mono_ns:
                output.stop_at = None
                # it never said that it runs, if it has yet to: that it stands must not pass for an answer to that
                output.awaiting = None
                self._tell(output, Command(0, output.point, Verb.STOP, now, _OVER), effects)

    def _give(self, output: Output, command: Command, now: Instant, effects: Effects) -> None:
        known = output.shown is not None and output.shown.answers(command.verb)
        if command.renews and known and not self._format.leases:
            # the device has no timer that a renewal could prolong
            return
        self.health.requests += 1
        output.awaiting = command
        output.stop_at = None
        if command.verb in (Verb.OPEN, Verb.CLOSE) and command.seconds is not None and not self._format.times_runs:
            output.stop_at = now.after(command.seconds)
        self._tell(output, command, effects)
        if known and self._format.remembers and output.shown is not None:
            output.follow(output.shown, now, effects)

    def _tell(self, output: Output, command: Command, effects: Effects) -> None:
        wanted = command
        if command.value is not None:
            wanted = command._replace(value=(command.value - output.settings.shift) / output.settings.factor)
        for topic, payload in self._format.order(output.source, wanted):
            effects.publishes.append(Publish(topic, payload.encode(), command))

    def _ask(self, effects: Effects) -> None:
        for topic, payload in self._format.greeting(self._wanted):
            effects.publishes.append(Publish(topic, payload.encode()))

    def _gone(self, now: Instant, note: str, effects: Effects) -> None:
        awaiting = {
            output.point: output.awaiting.id for output in self._outputs.values() if output.awaiting is not None
        }
        for output in self._outputs.values():
            output.forget()
        self._format.forget()
        self._presence.gone(now, effects, note, awaiting)

    def _message(self, read: Read, payload: bytes, retained: bool, now: Instant, effects: Effects) -> bool:
        told = read(payload)
        if told is None:
            return False
        if told.key:
            if told.key in self._seen:
                return True
            self._seen.append(told.key)
        if told.present is not None:
            self._will(*told.present, retained, now, effects)
        elif not retained and self._format.speaks_for_itself:
            self._heard(now, effects)
        self.health.errors += told.wrong
        if told.values:
            self._readings(told, retained, now, effects)
        if not retained or self._format.remembers:
            for source, shown in told.shown:
                output = self._outputs.get(source)
                if output is not None:
                    output.follow(shown, now, effects)
        for source, note in told.refused:
            self._refused(source, note, now, effects)
        return True

    def _heard(self, now: Instant, effects: Effects) -> None:
        """It speaks, so it is there, whatever was said of it."""
        if not self._presence.online:
            self._there.clear()
            self._presence.back(now, effects)

    def _will(self, who: str, there: bool, retained: bool, now: Instant, effects: Effects) -> None:
        before, self._there[who] = self._there.get(who), there
        if not there:
            self._gone(now, f"the {who} is offline", effects)
            return
        if before and who == DEVICE and not retained and self._presence.online:
            # it came back before the broker noticed that it was away
            self._gone(now, f"the {who} has restarted", effects)
        if all(self._there.values()) and self._presence.back(now, effects):
            self._ask(effects)

    def _refused(self, source: str, note: str, now: Instant, effects: Effects) -> None:
        output = self._outputs.get(source)
        if output is not None and output.awaiting is not None:
            given, output.awaiting = output.awaiting, None
            self.health.errors += 1
            effects.inputs.append(Report(output.point, Followed.REFUSED, now, given.verb, given.id, note))

    def _readings(self, told: Told, retained: bool, now: Instant, effects: Effects) -> None:
        """Values as readings in the points' units.

        The time of a retained message is unknown, so that it counts only with a time of its own that no point finds
        stale.
        """
        at, age = (now, None) if told.wall_ns is None else measured_at(told.wall_ns, now)
        for name, value in told.values:
            for point in self._points.get(name, ()):
                if retained and (age is None or age > point.stale_after):
                    continue
                if value != value:
                    effects.inputs.append(Reading.missing(point.name, at, Quality.BAD, "the device has no value"))
                else:
                    effects.inputs.append(Reading(point.name, value * point.factor + point.shift, at))


def measured_at(wall_ns: int, now: Instant) -> tuple[Instant, float | None]:
    """When it was measured and how long ago (s) by the sender's clock; arrival and None where that is no help."""
    age = (now.wall_ns - wall_ns) / NS
    if not -SKEW <= age <= BACKLOG:
        return now, None
    return now.after(-max(0.0, age)), max(0.0, age)
