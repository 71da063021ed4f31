"""Tasmota: tele/…/SENSOR and STATE, stat/…/POWER<n> and RESULT, tele/…/LWT; relays with PulseTime, and shutters.

A lease becomes PulseTime, which the device keeps and restarts at every ON. It is written only when it changes: the
device stores it in flash. Source: Tasmota's docs (MQTT, Commands, Blinds-and-Shutters).
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping

from controller.model.commands import Command, Verb
from controller.model.errors import ConfigError
from controller.model.ports import Source
from drivers.options import Options

from .document import Path, availability, decode, path, pick
from .shape import DEVICE, OFF, ON, Message, Read, Shown, Told

UNITS: dict[str, str] = {
    "Temperature": "°C",
    "DewPoint": "°C",
    "Humidity": "%",
    "Moisture": "%",
    "Battery": "%",
    "Position": "%",
    "Pressure": "hPa",
    "SeaPressure": "hPa",
    "CarbonDioxide": "ppm",
    "eCO2": "ppm",
    "Conductivity": "µS/cm",
    "Power": "W",
    "Voltage": "V",
    "Current": "A",
    "Total": "kWh",
    "Today": "kWh",
    "Yesterday": "kWh",
    "Vcc": "V",
    "Distance": "cm",
    "Weight": "kg",
    "pH": "pH",
}

LONGEST_PULSE = 64800.0
_RELAYS, _SHUTTERS = 32, 16  # what one device can have
_OUTPUT = re.compile(r"(power|shutter)/([1-9]\d?)")
_POWER = re.compile(r"POWER(\d{0,2})")
_SHUTTER = re.compile(r"Shutter(\d{1,2})")
_SENSOR = re.compile(r"[^./\s]+(\.[^./\s]+)+")
_TEMPERATURES = ("Temperature", "DewPoint")
_PRESSURES = ("Pressure", "SeaPressure")
_WORDS = {Verb.OPEN: "ShutterOpen", Verb.CLOSE: "ShutterClose", Verb.STOP: "ShutterStop"}


class Tasmota:
    OPTIONS = ("topic",)
    speaks_for_itself = leases = True
    times_runs = remembers = False

    def __init__(self, options: Options) -> None:
        self._topic = options.topic("topic", "add topic: with the Topic of the device's MQTT page")
        self._pulses: dict[str, int] = {}
        prefix, _, rest = self._topic.partition("/")
        if prefix in ("cmnd", "stat", "tele"):
            raise ConfigError(
                f"a Tasmota topic is written without its prefix {prefix}/",
                options.place("topic"),
                f"write {rest.rpartition('/')[0] or rest}",
            )

    def source(self, name: str) -> Source | str:
        match = _OUTPUT.fullmatch(name)
        if match is not None and int(match[2]) <= (_RELAYS if match[1] == "power" else _SHUTTERS):
            return Source(output="switch" if match[1] == "power" else "motor")
        if _SENSOR.fullmatch(name):
            return Source(UNITS.get(name.rpartition(".")[2], ""))
        return "known: power/1 .. power/32, shutter/1, and paths into its SENSOR message like DS18B20.Temperature"

    def reads(self, wanted: Collection[str]) -> Mapping[str, Read]:
        tele, stat = f"tele/{self._topic}", f"stat/{self._topic}"
        paths = {name: path(name) for name in wanted if not _OUTPUT.fullmatch(name)}

        def message(payload: bytes) -> Told | None:
            return read(payload, paths)

        found: dict[str, Read] = {
            f"{tele}/LWT": availability(DEVICE),
            f"{tele}/STATE": message,
            f"{stat}/RESULT": message,
        }
        if any(not name.startswith("power/") for name in wanted):
            found[f"{tele}/SENSOR"] = message
        for name in wanted:
            if name.startswith("power/"):
                found[f"{stat}/POWER{name[6:]}"] = _plain(name)
        if "power/1" in wanted:
            # a device with one relay leaves the number away
            found[f"{stat}/POWER"] = _plain("power/1")
        return found

    def greeting(self, wanted: Collection[str]) -> list[Message]:
        asked = [self._message(f"POWER{name[6:]}") for name in wanted if name.startswith("power/")]
        # without a value it publishes STATE and SENSOR at once
        return asked if len(asked) == len(wanted) else [*asked, self._message("TelePeriod")]

    def order(self, source: str, command: Command) -> list[Message]:
        kind, _, number = source.partition("/")
        if kind == "shutter":
            return [self._message(f"{_WORDS[command.verb]}{number}")]
        if command.verb is Verb.OFF:
            return [self._message(f"POWER{number}", "OFF")]
        pulse = pulse_time(command.seconds)
        renewed = [] if pulse == self._pulses.get(source) else [self._message(f"PulseTime{number}", str(pulse))]
        self._pulses[source] = pulse
        return [*renewed, self._message(f"POWER{number}", "ON")]

    def forget(self) -> None:
        self._pulses.clear()

    def _message(self, name: str, payload: str = "") -> Message:
        return Message(f"cmnd/{self._topic}/{name}", payload)


def read(payload: bytes, wanted: Mapping[str, Path]) -> Told | None:
    """A SENSOR, STATE or RESULT message, always in the units of `UNITS`.

    Its `Time` is local time of a zone nobody knows, so that there is no source time.
    """
    document = decode(payload)
    if document is None:
        return None
    values, wrong = pick(document, wanted)
    if document.get("TempUnit") == "F":
        values = [(name, (v - 32) / 1.8 if name.endswith(_TEMPERATURES) else v) for name, v in values]
    if document.get("PressureUnit") == "mmHg":
        values = [(name, v * 1.333224 if name.endswith(_PRESSURES) else v) for name, v in values]
    return Told(values, [entry for key, value in document.items() if (entry := _shown(key, value))], wrong=wrong)


def _shown(key: str, value: object) -> tuple[str, Shown] | None:
    if (match := _POWER.fullmatch(key)) is not None and value in ("ON", "OFF"):
        return f"power/{int(match[1] or 1)}", ON if value == "ON" else OFF
    if (match := _SHUTTER.fullmatch(key)) is not None and isinstance(value, dict):
        direction, position = value.get("Direction"), value.get("Position")
        end = {0: Verb.CLOSE, 100: Verb.OPEN}.get(position) if isinstance(position, int) else None
        if isinstance(direction, int) and direction in (-1, 0, 1):
            return f"shutter/{int(match[1])}", Shown((Verb.STOP, Verb.OPEN, Verb.CLOSE)[direction], end)
    return None


def _plain(source: str) -> Read:
    on, off = Told(shown=((source, ON),)), Told(shown=((source, OFF),))
    return {b"ON": on, b"OFF": off}.get


def pulse_time(seconds: float | None) -> int:
    """The PulseTime that switches off after `seconds`, rounded up to what the device can do; 0 means never by itself.

    1 to 111 count tenths of a second, 112 to 64900 are seconds plus 100. Longer than 64800 s is cut to it.
    """
    if seconds is None:
        return 0
    tenths = math.ceil(round(seconds * 10, 6))
    if tenths <= 111:
        return max(1, tenths)
    return max(112, math.ceil(min(seconds, LONGEST_PULSE)) + 100)
