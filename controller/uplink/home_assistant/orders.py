"""What Home Assistant wants of an actuator, as a request to the core. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping

from controller.model.commands import Override, Release
from controller.uplink.home_assistant.topics import POSITION, RELEASE, Topics
from controller.uplink.inventory import Inventory

BY = "Home Assistant"

_WORDS: Mapping[str, Mapping[str, float]] = {
    "switch": {"ON": 100.0, "OFF": 0.0},
    "valve": {"OPEN": 100.0, "CLOSE": 0.0},
    "position": {"OPEN": 100.0, "CLOSE": 0.0},
}


class Refused(Exception):
    """The message is no command that makes sense; the text says why."""


def order(
    house: Inventory, topics: Topics, topic: str, payload: bytes, positions: Mapping[str, float], seconds: float
) -> Override | Release | None:
    """The request of one message, None for a topic of somebody else. `positions` are the present ones, for STOP.

    Raises Refused.
    """
    asked = topics.asked(topic)
    if asked is None:
        return None
    actuator, verb = asked
    kind = house.kind(actuator)
    if kind is None:
        raise Refused(f"there is no actuator {actuator!r}")
    text = payload.decode(errors="replace").strip()
    if verb == RELEASE:
        return Release(actuator, BY)
    if verb == POSITION:
        return Override(actuator, _percent(actuator, kind, text), seconds, BY)
    if kind == "position" and text == "STOP":
        position = positions.get(actuator, math.nan)
        if math.isnan(position):
            raise Refused(f"where {actuator} is is not known: it cannot be held there")
        return Override(actuator, position, seconds, BY)
    value = _WORDS[kind].get(text)
    if value is None:
        raise Refused(f"{actuator} cannot be {text[:40]!r}")
    return Override(actuator, value, seconds, BY)


def _percent(actuator: str, kind: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if kind != "position" or not 0 <= value <= 100:
        raise Refused(f"{actuator} cannot be at {text[:40]!r}")
    return value
