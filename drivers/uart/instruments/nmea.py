"""Weather stations that speak NMEA 0183: MWV (wind) and XDR (anything else), with their checksums. 4800 baud.

Source: NMEA 0183 version 3.01, sentences MWV and XDR, as the manuals of Airmar, Gill and Vaisala stations show them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection

from controller.model.ports import Source
from drivers.options import Options
from drivers.polling import Values

from .listening import Listening

_SENTENCE = re.compile(rb"[$!]([A-Z]{5}),([^*]*)\*([0-9A-Fa-f]{2})\s*")
_NUMBER = re.compile(r"-?\d{1,9}(\.\d{0,9})?|-?\.\d{1,9}")
_SPEEDS = {"M": 1.0, "K": 1 / 3.6, "N": 1852 / 3600, "S": 0.44704}  # m/s: in m/s, km/h, knots, statute miles an hour
_FASTEST = 100.0  # m/s

# what XDR may carry: our name and unit by its type, and its units with what they are in ours
_TRANSDUCERS: dict[str, tuple[str, str, dict[str, float]]] = {
    "C": ("temperature", "°C", {"C": 1.0}),
    "P": ("pressure", "kPa", {"B": 100.0, "P": 0.001, "H": 0.1}),
    "H": ("humidity", "%", {"P": 1.0, "": 1.0}),
    "A": ("angle", "°", {"D": 1.0}),
    "U": ("voltage", "V", {"V": 1.0}),
    "I": ("current", "A", {"A": 1.0}),
    "R": ("flow", "L/min", {"l": 60.0, "L": 60.0}),
    "G": ("generic", "", {"": 1.0}),
}
_UNITS = {name: unit for name, unit, _ in _TRANSDUCERS.values()}
_RANGES = {"temperature": (-90.0, 90.0), "pressure": (50.0, 120.0), "humidity": (0.0, 100.0), "angle": (0.0, 360.0)}
_ALONE = ("wind_speed", "wind_direction")


class Nmea(Listening):
    """Sources: wind_speed and wind_direction, and temperature/NAME and the like with the name that XDR gives."""

    OPTIONS = ()
    BAUDRATE = 4800

    def __init__(self, options: Options) -> None:
        super().__init__()
        self._wanted: Collection[str] = ()

    def source(self, name: str) -> Source | str:
        if name in _ALONE:
            return Source("m/s" if name == "wind_speed" else "°")
        kind, slash, _ = name.partition("/")
        if kind in _UNITS and slash:
            return Source(_UNITS[kind])
        kinds = ", ".join(f"{kind}/NAME" for kind in _UNITS)
        return f"known: {', '.join(_ALONE)}, and of XDR {kinds}"

    def want(self, sources: Collection[str]) -> None:
        self._wanted = frozenset(sources)

    def _read(self, line: bytes) -> Values | None:
        match = _SENTENCE.fullmatch(line)
        if match is None or checksum(line[1 : match.end(2)]) != int(match[3], 16):
            return None
        fields = match[2].decode("ascii", "replace").split(",")
        kind = match[1][2:]
        found = _wind(fields) if kind == b"MWV" else _transducers(fields) if kind == b"XDR" else []
        return [(name, value) for name, value in found if name in self._wanted]


def checksum(body: bytes) -> int:
    """Of what stands between $ and *: every byte with every other (exclusive or)."""
    value = 0
    for byte in body:
        value ^= byte
    return value


def _wind(fields: list[str]) -> list[tuple[str, float]]:
    """angle, R or T, speed, its unit, A where both are valid. A station that stands still need not tell R from T."""
    if len(fields) != 5 or fields[3] not in _SPEEDS:
        return []
    valid = fields[4] == "A"
    speed = _number(fields[2]) * _SPEEDS[fields[3]] if valid else math.nan
    direction = _number(fields[0]) if valid else math.nan
    return [
        ("wind_speed", speed if 0 <= speed <= _FASTEST else math.nan),
        ("wind_direction", direction if 0 <= direction <= 360 else math.nan),
    ]


def _transducers(fields: list[str]) -> list[tuple[str, float]]:
    """Groups of four: type, value, unit, name."""
    found = []
    for start in range(0, len(fields) - 3, 4):
        kind, text, unit, name = fields[start : start + 4]
        known = _TRANSDUCERS.get(kind)
        if known is None or unit not in known[2]:
            continue
        value = _number(text) * known[2][unit]
        low, high = _RANGES.get(known[0], (-math.inf, math.inf))
        found.append((f"{known[0]}/{name}", value if low <= value <= high else math.nan))
    return found


def _number(text: str) -> float:
    """NaN for an empty field, which says that there is no value."""
    return float(text) if _NUMBER.fullmatch(text) else math.nan
