"""What all devices behind a broker share: effects, presence, outputs and how a payload becomes readings. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from controller.model.commands import Command, Followed, Report, Verb
from controller.model.points import Quality, Reading
from controller.model.ports import DeviceHealth, FieldInput, PointSettings
from controller.model.time import NS, Instant

from .formats.document import Telemetry

HOLD = 3.0  # seconds a command may wait for a device that is away: an old one must not open a valve later
SKEW = 5.0  # seconds a sender's clock may be ahead of ours
BACKLOG = 3600.0  # seconds a live message may be late before its clock counts as wrong


class Publish(NamedTuple):
    """One message to the broker: QoS 1, never retained. `output` is told if it cannot be sent."""

    topic: str
    payload: bytes
    output: str = ""


@dataclass(slots=True)
class Effects:
    """What follows from a message or a command."""

    inputs: list[FieldInput] = field(default_factory=list)
    publishes: list[Publish] = field(default_factory=list)


Handler = Callable[[bytes, bool, Instant, Effects], bool]
"""Takes a payload and whether it was retained; false where the payload is rubbish."""


class Device(Protocol):
    """One device behind the broker, without the broker."""

    @property
    def health(self) -> DeviceHealth: ...

    @property
    def outputs(self) -> Collection[str]:
        """The points that can be commanded."""

    def handlers(self) -> Mapping[str, Handler]:
        """What to do with a message, by its whole topic."""

    def connected(self, now: Instant, effects: Effects) -> None:
        """The broker is there and the device's topics are subscribed."""

    def lost(self, now: Instant, note: str, effects: Effects) -> None:
        """The broker or the device is gone."""

    def command(self, command: Command, now: Instant, effects: Effects) -> None: ...


@dataclass(slots=True)
class Output:
    """A relay as far as it is known: `on` by its last word, `awaiting` the command it has yet to confirm."""

    point: str
    on: bool | None = None
    awaiting: Command | None = None
    held: Command | None = None

    def follow(self, on: bool, now: Instant, effects: Effects) -> None:
        """The device says how it stands. Repetitions that answer no command say nothing new."""
        given = self.awaiting
        answered = given is not None and (given.verb is Verb.ON) == on
        if on == self.on and not answered:
            return
        self.on = on
        command_id = given.id if given is not None and answered else None
        if answered:
            self.awaiting = None
        followed, verb = (Followed.RUNNING, Verb.ON) if on else (Followed.RESTING, Verb.OFF)
        effects.inputs.append(Report(self.point, followed, now, verb, command_id))

    def take_held(self, now: Instant) -> Command | None:
        """The command that waited, unless it waited too long."""
        command, self.held = self.held, None
        return command if command is not None and now.seconds_since(command.at) <= HOLD else None

    def forget(self) -> None:
        self.on = self.awaiting = None


class Presence:
    """Whether a device is there, and the words for its going and coming: each is said once."""

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

    def back(self, now: Instant, effects: Effects, note: str = "") -> bool:
        """The device is there. True if that is news."""
        if self.online:
            return False
        self._know(True, note)
        effects.inputs.extend(Report(output, Followed.BACK, now, note=note) for output in self._outputs)
        return True

    def gone(self, now: Instant, effects: Effects, note: str) -> bool:
        """The device is not there. True if that is news."""
        if self.online is False:
            return False
        self._know(False, note)
        effects.inputs.extend(Reading.missing(point, now, Quality.STALE, note) for point in self._points)
        effects.inputs.extend(Report(output, Followed.LOST, now, note=note) for output in self._outputs)
        return True

    def _know(self, online: bool, note: str) -> None:
        self.online = self._health.online = online
        self._health.note = note


def sources(points: Iterable[PointSettings]) -> dict[str, list[PointSettings]]:
    """The points of each source: one value may serve several points."""
    found: dict[str, list[PointSettings]] = {}
    for point in points:
        found.setdefault(point.source, []).append(point)
    return found


def refuse(command: Command, now: Instant, effects: Effects, note: str) -> None:
    """Say that a command was not followed."""
    effects.inputs.append(Report(command.output, Followed.REFUSED, now, command.verb, command.id, note))


def readings(
    telemetry: Telemetry,
    points: Mapping[str, list[PointSettings]],
    retained: bool,
    now: Instant,
    effects: Effects,
) -> None:
    """Telemetry as readings in the points' units.

    The time of a retained message is unknown, so that it counts only with a time of its own that no point finds stale.
    """
    at, age = measured_at(telemetry.wall_ns, now)
    for name, value in telemetry.values:
        for point in points[name]:
            if retained and (age is None or age > point.stale_after):
                continue
            if value != value:
                effects.inputs.append(Reading.missing(point.name, at, Quality.BAD, "the device has no value"))
            else:
                effects.inputs.append(Reading(point.name, value * point.factor + point.shift, at))


def measured_at(wall_ns: int | None, now: Instant) -> tuple[Instant, float | None]:
    """When it was measured and how long ago (s) by the sender's clock; arrival and None where that is no help."""
    if wall_ns is None:
        return now, None
    age = (now.wall_ns - wall_ns) / NS
    if not -SKEW <= age <= BACKLOG:
        return now, None
    return now.after(-max(0.0, age)), max(0.0, age)
