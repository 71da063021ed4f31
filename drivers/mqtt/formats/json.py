"""Any JSON object (Zigbee2MQTT and the like), by dotted paths."""

from __future__ import annotations

from collections.abc import Mapping

from .document import Path, Telemetry, decode, find, first_time, number, pick


def read(payload: bytes, wanted: Mapping[str, Path]) -> Telemetry | None:
    """The wanted values, with the time of a `time` or `timestamp` that names its zone."""
    document = decode(payload)
    if document is None:
        return None
    values, wrong = pick(document, wanted)
    return Telemetry(values, wrong, first_time(document, ("time", "timestamp")))


def state(payload: bytes, steps: Path, on: str, off: str) -> bool | None:
    """Whether the value at this path is on or off: the words a command is given in, or a usual one; else None."""
    found = find(decode(payload), steps)
    if isinstance(found, str) and found in (on, off):
        return found == on
    value = number(found)
    return value == 1.0 if value in (0.0, 1.0) else None
