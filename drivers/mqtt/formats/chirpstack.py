"""ChirpStack v4 uplinks (…/event/up): the codec's `object`, the network server's time and its de-duplication key."""

from __future__ import annotations

from collections.abc import Mapping

from .document import Path, Telemetry, decode, first_time, pick


def read(payload: bytes, wanted: Mapping[str, Path]) -> Telemetry | None:
    """The wanted values of an uplink. A field the codec left away is missing, not zero."""
    document = decode(payload)
    if document is None:
        return None
    values, wrong = pick(document, wanted)
    key = document.get("deduplicationId")
    return Telemetry(values, wrong, first_time(document, ("time",)), key if isinstance(key, str) else "")
