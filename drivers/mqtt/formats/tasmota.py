"""Tasmota: tele/…/SENSOR and STATE, stat/…/POWER<n> and RESULT, tele/…/LWT, and the code of PulseTime."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from .document import Path, Telemetry, decode, pick

UNITS: dict[str, str] = {
    "Temperature": "°C",
    "DewPoint": "°C",
    "Humidity": "%",
    "Moisture": "%",
    "Battery": "%",
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
_POWER = re.compile(r"POWER(\d{0,2})")
_TEMPERATURES = ("Temperature", "DewPoint")
_PRESSURES = ("Pressure", "SeaPressure")


def read(payload: bytes, wanted: Mapping[str, Path]) -> Telemetry | None:
    """The wanted values of a SENSOR or STATE message, always in the units of `UNITS`.

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
    return Telemetry(values, wrong)


def powers(payload: bytes) -> dict[int, bool] | None:
    """Which relays a RESULT or STATE message shows, by number; None for rubbish."""
    document = decode(payload)
    if document is None:
        return None
    found: dict[int, bool] = {}
    for key, value in document.items():
        match = _POWER.fullmatch(key)
        if match is not None and value in ("ON", "OFF"):
            # a device with one relay leaves the number away
            found[int(match[1] or 1)] = value == "ON"
    return found


def power(payload: bytes) -> bool | None:
    """A plain ON or OFF; None for anything else."""
    return {b"ON": True, b"OFF": False}.get(payload)


def online(payload: bytes) -> bool | None:
    """What the last will topic says; None for anything else."""
    return {b"online": True, b"offline": False}.get(payload.lower())


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


def unit_of(name: str) -> str:
    """The unit Tasmota uses for a sensor path like DS18B20.Temperature; "" where unknown."""
    return UNITS.get(name.rpartition(".")[2], "")
