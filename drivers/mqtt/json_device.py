"""A device that publishes JSON: a LoRaWAN probe behind ChirpStack, or anything with a topic. No I/O.

It has no last will: it is as reachable as the broker is, and silence shows as staleness of its points.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping

from controller.model.commands import Command, Verb
from controller.model.ports import DeviceHealth, DeviceSettings
from controller.model.time import Instant

from .device import Effects, Handler, Output, Presence, Publish, readings, refuse, sources
from .formats import chirpstack, document, json
from .formats.document import Path, Telemetry
from .settings import DeviceOptions

COPIES = 64  # keys of past messages by which a copy is known


class JsonDevice:
    def __init__(self, settings: DeviceSettings, options: DeviceOptions) -> None:
        self.health = DeviceHealth(settings.name)
        self._options = options
        self._read: Callable[[bytes, Mapping[str, Path]], Telemetry | None]
        self._read = chirpstack.read if options.profile == "chirpstack" else json.read
        commanded = options.state if options.command_topic is not None else None
        self._output = next((Output(point.name) for point in settings.points if point.source == commanded), None)
        self._points = sources(point for point in settings.points if point.source != commanded)
        self._wanted = {name: document.path(name) for name in self._points}
        self._state = document.path(options.state)
        self._seen: deque[str] = deque(maxlen=COPIES)
        measured = [point.name for points in self._points.values() for point in points]
        self._presence = Presence(self.health, measured, self.outputs)

    @property
    def outputs(self) -> Collection[str]:
        return () if self._output is None else (self._output.point,)

    def handlers(self) -> Mapping[str, Handler]:
        return {self._options.topic: self._message}

    def connected(self, now: Instant, effects: Effects) -> None:
        self._presence.connected = True
        self._presence.back(now, effects)
        held = None if self._output is None else self._output.take_held(now)
        if held is not None:
            self._give(held, effects)

    def lost(self, now: Instant, note: str, effects: Effects) -> None:
        self._presence.connected = False
        if self._output is not None:
            self._output.forget()
        self._presence.gone(now, effects, note)

    def command(self, command: Command, now: Instant, effects: Effects) -> None:
        if command.verb not in (Verb.ON, Verb.OFF):
            refuse(command, now, effects, f"a switch cannot {command.verb}")
        elif self._presence.reachable:
            self._give(command, effects)
        elif self._output is not None:
            self._output.held = command

    def _give(self, command: Command, effects: Effects) -> None:
        output, topic = self._output, self._options.command_topic
        if output is None or topic is None or (command.renews and output.on):
            # the device has no timer that a renewal could prolong
            return
        output.awaiting = command
        self.health.requests += 1
        word = self._options.payload_on if command.verb is Verb.ON else self._options.payload_off
        effects.publishes.append(Publish(topic, word.encode(), command.output))

    def _message(self, payload: bytes, retained: bool, now: Instant, effects: Effects) -> bool:
        telemetry = self._read(payload, self._wanted)
        if telemetry is None:
            return False
        if telemetry.key:
            if telemetry.key in self._seen:
                return True
            self._seen.append(telemetry.key)
        self.health.errors += telemetry.wrong
        readings(telemetry, self._points, retained, now, effects)
        if self._output is not None and not retained:
            on = json.state(payload, self._state, self._options.payload_on, self._options.payload_off)
            if on is not None:
                self._output.follow(on, now, effects)
        return True
