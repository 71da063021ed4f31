"""A Tasmota device: relays with a switch-off timer of their own, and sensors. No I/O.

A lease becomes PulseTime, which the device keeps and restarts at every ON. It is written only when it changes: the
device stores it in flash.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from controller.model.commands import Command, Verb
from controller.model.ports import DeviceHealth, DeviceSettings
from controller.model.time import Instant

from .device import Effects, Handler, Output, Presence, Publish, readings, refuse, sources
from .formats import document, tasmota

RELAYS = 32  # what one device can have
_POWER = re.compile(r"power/([1-9]\d?)")


def relay_number(name: str) -> int | None:
    """The number in power/<n>, or None."""
    match = _POWER.fullmatch(name)
    return int(match[1]) if match is not None and int(match[1]) <= RELAYS else None


class TasmotaDevice:
    def __init__(self, settings: DeviceSettings, topic: str) -> None:
        self.health = DeviceHealth(settings.name)
        self._topic = topic
        self._relays: dict[int, Output] = {}
        for point in settings.points:
            number = relay_number(point.source)
            if number is not None:
                self._relays[number] = Output(point.name)
        self._numbers = {output.point: number for number, output in self._relays.items()}
        self._pulses: dict[int, int] = {}
        self._sensors = sources(point for point in settings.points if relay_number(point.source) is None)
        self._wanted = {name: document.path(name) for name in self._sensors}
        measured = [point.name for points in self._sensors.values() for point in points]
        self._presence = Presence(self.health, measured, self._numbers)

    @property
    def outputs(self) -> Collection[str]:
        return self._numbers

    def handlers(self) -> Mapping[str, Handler]:
        tele, stat = f"tele/{self._topic}", f"stat/{self._topic}"
        found: dict[str, Handler] = {f"{tele}/LWT": self._will}
        if self._sensors:
            found[f"{tele}/SENSOR"] = self._sensor
        if self._relays or self._sensors:
            found[f"{tele}/STATE"] = self._state
        if self._relays:
            found[f"{stat}/RESULT"] = self._result
        for number in self._relays:
            found[f"{stat}/POWER{number}"] = self._power(number)
        if 1 in self._relays:
            # a device with one relay leaves the number away
            found[f"{stat}/POWER"] = self._power(1)
        return found

    def connected(self, now: Instant, effects: Effects) -> None:
        self._presence.connected = True
        self._ask(effects)
        if self._presence.reachable:
            self._give_held(now, effects)

    def lost(self, now: Instant, note: str, effects: Effects) -> None:
        self._presence.connected = False
        self._gone(now, note, effects)

    def command(self, command: Command, now: Instant, effects: Effects) -> None:
        number = self._numbers[command.output]
        if command.verb not in (Verb.ON, Verb.OFF):
            refuse(command, now, effects, f"a relay cannot {command.verb}")
        elif self._presence.reachable:
            self._give(number, command, effects)
        else:
            self._relays[number].held = command

    def _give(self, number: int, command: Command, effects: Effects) -> None:
        self._relays[number].awaiting = command
        self.health.requests += 1
        if command.verb is Verb.ON:
            pulse = tasmota.pulse_time(command.seconds)
            if pulse != self._pulses.get(number):
                self._pulses[number] = pulse
                self._tell(f"PulseTime{number}", str(pulse), effects, command.output)
        self._tell(f"POWER{number}", "ON" if command.verb is Verb.ON else "OFF", effects, command.output)

    def _give_held(self, now: Instant, effects: Effects) -> None:
        for number, output in self._relays.items():
            held = output.take_held(now)
            if held is not None:
                self._give(number, held, effects)

    def _ask(self, effects: Effects) -> None:
        for number in self._relays:
            self._tell(f"POWER{number}", "", effects)
        if self._sensors:
            # without a value it publishes STATE and SENSOR at once
            self._tell("TelePeriod", "", effects)

    def _tell(self, name: str, payload: str, effects: Effects, output: str = "") -> None:
        effects.publishes.append(Publish(f"cmnd/{self._topic}/{name}", payload.encode(), output))

    def _gone(self, now: Instant, note: str, effects: Effects) -> None:
        for output in self._relays.values():
            output.forget()
        self._pulses.clear()
        self._presence.gone(now, effects, note)

    def _heard(self, retained: bool, now: Instant, effects: Effects) -> None:
        if not retained and self._presence.back(now, effects):
            self._give_held(now, effects)

    def _will(self, payload: bytes, retained: bool, now: Instant, effects: Effects) -> bool:
        online = tasmota.online(payload)
        if online is None:
            return False
        if not online:
            self._gone(now, "the device is offline", effects)
            return True
        if not retained and self._presence.online:
            # it came back before the broker noticed that it was away
            self._gone(now, "the device has restarted", effects)
        if self._presence.back(now, effects):
            self._ask(effects)
            self._give_held(now, effects)
        return True

    def _sensor(self, payload: bytes, retained: bool, now: Instant, effects: Effects) -> bool:
        telemetry = tasmota.read(payload, self._wanted)
        if telemetry is None:
            return False
        self._heard(retained, now, effects)
        self.health.errors += telemetry.wrong
        readings(telemetry, self._sensors, retained, now, effects)
        return True

    def _state(self, payload: bytes, retained: bool, now: Instant, effects: Effects) -> bool:
        return (not self._relays or self._result(payload, retained, now, effects)) and (
            not self._sensors or self._sensor(payload, retained, now, effects)
        )

    def _result(self, payload: bytes, retained: bool, now: Instant, effects: Effects) -> bool:
        powers = tasmota.powers(payload)
        if powers is None:
            return False
        if not retained:
            self._heard(retained, now, effects)
            for number, on in powers.items():
                if number in self._relays:
                    self._relays[number].follow(on, now, effects)
        return True

    def _power(self, number: int) -> Handler:
        def handle(payload: bytes, retained: bool, now: Instant, effects: Effects) -> bool:
            on = tasmota.power(payload)
            if on is None:
                return False
            if not retained:
                self._heard(retained, now, effects)
                self._relays[number].follow(on, now, effects)
            return True

        return handle
