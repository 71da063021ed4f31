"""The present state of each entity, as the payload of its topic. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from controller.core.core import Core
from controller.core.views import ActuatorView, PointView
from controller.model.events import AlarmState
from controller.model.time import NS, Instant
from controller.uplink.home_assistant.topics import Topics
from controller.uplink.inventory import Inventory

_DIGITS = 4  # what a float has beyond is noise


def states(house: Inventory, core: Core, now: Instant, topics: Topics) -> dict[str, bytes]:
    """Payloads by topic: JSON, whose `value` is the state and whose other entries are attributes."""
    return {topics.state(kind, name): orjson.dumps(state) for kind, name, state in _states(house, core, now)}


def _states(house: Inventory, core: Core, now: Instant) -> Iterator[tuple[str, str, dict[str, Any]]]:
    quantities = dict(house.points)
    for view in core.points():
        quantity = quantities.get(view.name)
        yield "point", view.name, _value(view, binary=quantity is not None and quantity.states is not None)
    for view in core.setpoints():
        yield "setpoint", view.name, _value(view, binary=False)
    zone = ZoneInfo(core.plan.site.timezone)
    for actuator in core.actuators():
        yield "actuator", actuator.name, _actuator(actuator, now, zone)
    standing = {alarm.name: alarm for alarm in core.alarms()}
    for name in house.alarms:
        alarm = standing.get(name)
        if alarm is None:
            yield "alarm", name, {"value": "off"}
        else:
            acknowledged = alarm.state is AlarmState.ACKNOWLEDGED
            state = {"value": "on", "priority": alarm.priority, "text": alarm.text, "acknowledged": acknowledged}
            yield "alarm", name, state
    yield "house", "alarms", {"value": len(standing), "names": list(standing)}
    period = core.period
    if house.periods:
        yield "house", "period", {"value": period, "quality": "good" if period is not None else "bad"}


def _value(view: PointView, *, binary: bool) -> dict[str, Any]:
    quality = view.quality.name.lower()
    if math.isnan(view.value):
        return {"value": None, "quality": "bad" if quality == "good" else quality}
    value: float | str = round(view.value, _DIGITS)
    return {"value": ("on" if value else "off") if binary else value, "quality": quality}


def _actuator(view: ActuatorView, now: Instant, zone: ZoneInfo) -> dict[str, Any]:
    position = None if math.isnan(view.position) else round(view.position)
    if view.kind == "position":
        value = view.moving or "stopped"
    elif view.kind == "valve":
        value = "open" if view.on else "closed"
    else:
        value = "on" if view.on else "off"
    hand = view.hand
    return {
        "value": value,
        "position": position,
        "target": round(view.target) if not math.isnan(view.target) else None,
        "why": view.cause.sentence(),
        "by_hand": hand.by if hand is not None else None,
        "until": _minute(now, hand.seconds, zone) if hand is not None else None,
        "limited": view.limited,
        "trouble": view.trouble,
    }


def _minute(now: Instant, seconds: float, zone: ZoneInfo) -> str:
    """The end of an override to the minute: the same text for as long as it lasts."""
    return datetime.fromtimestamp(round((now.wall_ns / NS + seconds) / 60) * 60, zone).isoformat(timespec="minutes")
