"""A virtual Tasmota device: relays with PulseTime, sensors, last will, telemetry every five minutes."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable
from dataclasses import dataclass

import aiomqtt

from controller.model.ports import DeviceSettings, PointSettings
from controller.model.time import Clock

from .mqtt_link import Broker, Journal, Link

TELE_PERIOD = 300.0  # seconds of the clock


@dataclass(slots=True)
class _Relay:
    point: str
    on: bool = False
    pulse: int = 0
    timer: asyncio.Task[None] | None = None


class VirtualTasmota:
    """`read` and `write` are the greenhouse around it; a relay writes 1.0 or 0.0 to its point."""

    def __init__(
        self,
        settings: DeviceSettings,
        broker: Broker,
        clock: Clock,
        read: Callable[[str], float],
        write: Callable[[str, float], None],
    ) -> None:
        self._topic = str(settings.options["topic"])
        self._clock, self._read, self._write = clock, read, write
        self._relays: dict[int, _Relay] = {}
        self._sensors: list[PointSettings] = []
        for point in settings.points:
            kind, _, number = point.source.partition("/")
            if kind == "power":
                self._relays[int(number)] = _Relay(point.name)
            else:
                self._sensors.append(point)
        self._link = Link(broker, settings.name, aiomqtt.Will(self._tele("LWT"), "Offline", retain=True))

    @property
    def journal(self) -> Journal:
        return self._link.journal

    async def run(self) -> None:
        """Serve until cancelled. Relays start switched off."""
        for relay in self._relays.values():
            self._write(relay.point, 0.0)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._link.run(f"cmnd/{self._topic}/+", self._greet, self._obey))
                tasks.create_task(self._report_regularly())
        finally:
            for relay in self._relays.values():
                _stop(relay)

    async def switch(self, number: int, on: bool) -> None:
        """A command or the button on the device. ON restarts the pulse."""
        relay = self._relays[number]
        _stop(relay)
        relay.on = on
        self._write(relay.point, 1.0 if on else 0.0)
        if on and relay.pulse:
            relay.timer = asyncio.create_task(self._end_pulse(number, _pulse_seconds(relay.pulse)))
        await self._tell_state(number)

    async def _end_pulse(self, number: int, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._relays[number].timer = None
        await self.switch(number, False)

    async def _greet(self) -> None:
        await self._link.say(self._tele("LWT"), "Online", retain=True)
        await self._report()

    async def _obey(self, topic: str, text: str) -> None:
        command = topic.rpartition("/")[2].upper()
        word = text.strip().upper()
        name = command.rstrip("0123456789")
        number = int(command[len(name) :] or 1)
        if name == "TELEPERIOD":
            await self._link.say(f"stat/{self._topic}/RESULT", json.dumps({"TelePeriod": int(TELE_PERIOD)}))
            await self._report()
        elif number not in self._relays:
            await self._link.say(f"stat/{self._topic}/RESULT", json.dumps({"Command": "Unknown"}))
        elif name == "POWER":
            if word == "":
                await self._tell_state(number)
            else:
                on = {"ON": True, "1": True, "OFF": False, "0": False}.get(word, not self._relays[number].on)
                await self.switch(number, on)
        elif name == "PULSETIME":
            relay = self._relays[number]
            if word.isdigit():
                relay.pulse = min(int(word), 64900)
            answer = {f"PulseTime{number}": {"Set": relay.pulse, "Remaining": 0}}
            await self._link.say(f"stat/{self._topic}/RESULT", json.dumps(answer))

    async def _tell_state(self, number: int) -> None:
        name, word = self._power_name(number), "ON" if self._relays[number].on else "OFF"
        await self._link.say(f"stat/{self._topic}/RESULT", json.dumps({name: word}))
        await self._link.say(f"stat/{self._topic}/{name}", word)

    async def _report_regularly(self) -> None:
        while True:
            await self._clock.sleep(TELE_PERIOD)
            await self._report()

    async def _report(self) -> None:
        # a real device knows its local time but not its zone; UTC is as good as any
        time = self._clock.now().utc().strftime("%Y-%m-%dT%H:%M:%S")
        powers = {self._power_name(number): "ON" if relay.on else "OFF" for number, relay in self._relays.items()}
        state = {"Time": time, "UptimeSec": 0, "Heap": 25, **powers, "Wifi": {"RSSI": 80, "Signal": -60}}
        await self._link.say(self._tele("STATE"), json.dumps(state))
        if self._sensors:
            document: dict[str, object] = {"Time": time}
            for point in self._sensors:
                sensor, _, quantity = point.source.rpartition(".")
                value = (self._read(point.name) - point.shift) / point.factor
                group = document.setdefault(sensor, {})
                if isinstance(group, dict):
                    group[quantity] = round(value, 2) if math.isfinite(value) else None
            await self._link.say(self._tele("SENSOR"), json.dumps({**document, "TempUnit": "C"}))

    def _power_name(self, number: int) -> str:
        return "POWER" if len(self._relays) == 1 and number == 1 else f"POWER{number}"

    def _tele(self, name: str) -> str:
        return f"tele/{self._topic}/{name}"


def _pulse_seconds(code: int) -> float:
    return code / 10 if code <= 111 else code - 100.0


def _stop(relay: _Relay) -> None:
    if relay.timer is not None:
        relay.timer.cancel()
        relay.timer = None
