"""A virtual Tasmota device: relays with PulseTime, sensors, last will, telemetry every five minutes."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cached_property

from .mqtt_device import VirtualDevice
from .mqtt_parts import Changed, Relay

TELE_PERIOD = 300.0  # seconds of the clock


class VirtualTasmota(VirtualDevice):
    """Relays start switched off."""

    PERIOD = TELE_PERIOD

    @cached_property
    def _pulses(self) -> dict[int, int]:
        """PulseTime by relay."""
        return {}

    async def switch(self, number: int, on: bool) -> None:
        """A command or the button on the device. ON restarts the pulse."""
        pulse = self._pulses.get(number, 0)
        self._relays[f"power/{number}"].switch(on, _pulse_seconds(pulse) if pulse else None)
        await self._tell_state(number)

    async def report(self) -> None:
        # a real device knows its local time but not its zone; UTC is as good as any
        time = self._clock.now().utc().strftime("%Y-%m-%dT%H:%M:%S")
        powers = {self._power_name(_number(source)): _word(relay) for source, relay in self._relays.items()}
        state = {"Time": time, "UptimeSec": 0, "Heap": 25, **powers, "Wifi": {"RSSI": 80, "Signal": -60}}
        await self._link.say(self._tele("STATE"), json.dumps(state))
        if self._values:
            sensors: dict[str, dict[str, float | None]] = defaultdict(dict)
            for point in self._values:
                sensor, _, quantity = point.source.rpartition(".")
                sensors[sensor][quantity] = self._measured(point)
            await self._link.say(self._tele("SENSOR"), json.dumps({"Time": time, **sensors, "TempUnit": "C"}))

    def _kind(self, source: str) -> type[Relay] | None:
        return Relay if source.startswith("power/") else None

    def _will(self) -> tuple[str, str]:
        return self._tele("LWT"), "Offline"

    def _orders(self) -> str:
        return f"cmnd/{self._topic}/+"

    def _teller(self, source: str) -> Changed:
        return lambda: self._tell_state(_number(source))

    async def _greet(self) -> None:
        await self._link.say(self._tele("LWT"), "Online", retain=True)
        await self.report()

    async def _obey(self, topic: str, text: str) -> None:
        command = topic.rpartition("/")[2].upper()
        word = text.strip().upper()
        name = command.rstrip("0123456789")
        number = int(command[len(name) :] or 1)
        relay = self._relays.get(f"power/{number}")
        if name == "TELEPERIOD":
            await self._link.say(f"stat/{self._topic}/RESULT", json.dumps({"TelePeriod": int(TELE_PERIOD)}))
            await self.report()
        elif relay is None:
            await self._link.say(f"stat/{self._topic}/RESULT", json.dumps({"Command": "Unknown"}))
        elif name == "POWER":
            if word == "":
                await self._tell_state(number)
            else:
                await self.switch(number, {"ON": True, "1": True, "OFF": False, "0": False}.get(word, not relay.on))
        elif name == "PULSETIME":
            if word.isdigit():
                self._pulses[number] = min(int(word), 64900)
            answer = {f"PulseTime{number}": {"Set": self._pulses.get(number, 0), "Remaining": 0}}
            await self._link.say(f"stat/{self._topic}/RESULT", json.dumps(answer))

    async def _tell_state(self, number: int) -> None:
        name, word = self._power_name(number), _word(self._relays[f"power/{number}"])
        await self._link.say(f"stat/{self._topic}/RESULT", json.dumps({name: word}))
        await self._link.say(f"stat/{self._topic}/{name}", word)

    def _power_name(self, number: int) -> str:
        return "POWER" if len(self._relays) == 1 and number == 1 else f"POWER{number}"

    def _tele(self, name: str) -> str:
        return f"tele/{self._topic}/{name}"


def _number(source: str) -> int:
    return int(source.removeprefix("power/"))


def _word(relay: Relay) -> str:
    return "ON" if relay.on else "OFF"


def _pulse_seconds(code: int) -> float:
    return code / 10 if code <= 111 else code - 100.0
