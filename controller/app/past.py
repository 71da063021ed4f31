"""Times as people write them, and what an actuator did then."""

from __future__ import annotations

import re
import sqlite3
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from controller.app.control import Refused
from controller.app.status import Data, cause_data, local_time
from controller.model.time import NS
from controller.model.units import UnitError, parse_duration
from controller.store import History

_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")


def parse_time(text: str, zone: ZoneInfo, now_ns: int) -> int:
    """UTC nanoseconds of "14:30" (the last one), "30 min ago", "2026-06-21 14:30" in `zone`, or ISO 8601.

    Raises ValueError with a hint.
    """
    written = text.strip()
    now = datetime.fromtimestamp(now_ns / NS, zone)
    try:
        if written.endswith("ago"):
            return now_ns - round(parse_duration(written.removesuffix("ago")) * NS)
        if _CLOCK.fullmatch(written):
            moment = datetime.combine(now.date(), datetime.strptime(_full(written), "%H:%M:%S").time(), zone)
            moment -= timedelta(days=1 if moment > now else 0)
        else:
            moment = datetime.fromisoformat(written)
    except (ValueError, UnitError):
        raise ValueError(f"{text!r} is no time; write it like 14:30, 2026-06-21 14:30 or 30 min ago") from None
    return round(moment.replace(tzinfo=moment.tzinfo or zone).timestamp() * NS)


def why_then(history: History, actuator: str, at_ns: int, zone: ZoneInfo) -> Data:
    """Where an actuator was at a time and why, in the same shape as the present. Raises Refused."""
    try:
        past = history.actuator(actuator, at_ns)
    except sqlite3.Error as error:
        raise Refused(f"the journal cannot be read now: {error}") from None
    if past.cause is None:
        raise Refused(f"the journal knows nothing of {actuator} at {local_time(at_ns, zone)[:19]}")
    return {
        "actuator": actuator,
        "at": local_time(at_ns, zone),
        "position": past.position,
        "target": past.target if past.target is not None else past.position,
        "moving": "",
        "limited": "",
        "trouble": "",
        "since": local_time(past.since_ns, zone) if past.since_ns is not None else None,
        "cause": cause_data(past.cause),
    }


def _full(clock: str) -> str:
    return clock if clock.count(":") == 2 else f"{clock}:00"
