"""From the items of a node's registers to readings and to what outputs show. No I/O."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from controller.model.commands import Followed, Verb
from controller.model.points import Quality, Reading
from controller.model.ports import PointSettings
from controller.model.time import Instant

from . import items
from .codes import SENSORS, Control, Part, Status, Wanted, alert_text, followed, is_error, quality, status_text
from .description import Region

Values = Mapping[str, float]
_LOWEST: Mapping[int, float] = {Part.RATIO: -100}  # one that runs backwards
_HIGHEST: Mapping[int, float] = {Part.POSITION: 100, Part.RATIO: 100}
_ITEMS = {Part.POSITION: "position", Part.RATIO: "ratio", Part.ALERT: "alert"}


class Shown(NamedTuple):
    """What an output shows."""

    followed: Followed
    verb: Verb | None = None
    note: str = ""


def values(region: Region, words: Mapping[int, int]) -> Values:
    """The items of a region; nothing where it was not read."""
    if region.start not in words:
        return {}
    return items.read(region.items, [words[region.start + i] for i in range(region.size)])


def of_node(point: PointSettings, target: Wanted, own: Values, at: Instant, refusal: str) -> Reading:
    """Something that the node says of itself; `refusal` is why it did not, where it did not."""
    value = own.get("status" if target.family == Part.NODE_STATUS else "control")
    if value is None:
        return Reading.missing(point.name, at, Quality.BAD, refusal or "the node does not tell")
    if target.family == Part.CONTROL and value not in tuple(Control):
        return Reading.missing(point.name, at, Quality.BAD, f"a control of {value:g} cannot be")
    return Reading(point.name, value * point.factor + point.shift, at)


def of_actuator(point: PointSettings, target: Wanted, found: Values, at: Instant) -> Reading:
    """Something that an actuator says of itself."""
    item = _ITEMS[Part(target.family)]
    value = found.get(item)
    if value is None or not _LOWEST.get(target.family, 0) <= value <= _HIGHEST.get(target.family, math.inf):
        return Reading.missing(point.name, at, Quality.BAD, f"the device has no {item}")
    note = alert_text(int(value)) if target.family == Part.ALERT else ""
    return Reading(point.name, value * point.factor + point.shift, at, note=note)


def of_sensor(point: PointSettings, target: Wanted, found: Values, node_status: int, at: Instant) -> Reading:
    """What a sensor measures, as far as it and its node are in order and the value can be."""
    kind, status = SENSORS[target.family], int(found.get("status", 0))
    grade, note = quality(status), status_text(status) if status else ""
    if is_error(node_status):
        grade, note = Quality.BAD, f"node: {status_text(node_status)}"
    if grade is not Quality.GOOD:
        return Reading.missing(point.name, at, grade, note)
    value = found.get("value", found.get("event", math.nan))
    if not math.isfinite(value):
        return Reading.missing(point.name, at, Quality.BAD, "the device has no value")
    if kind.flag:
        value = float(value != 0)
    if not kind.low <= value <= kind.high:
        return Reading.missing(point.name, at, Quality.BAD, f"{value:g} {kind.unit}".rstrip() + " cannot be")
    return Reading(point.name, value * point.factor + point.shift, at, grade, note)


def wish(found: Values) -> str:
    """What a sensor that still measures asks for, in words; what is worse shows as the quality of its readings."""
    status = int(found.get("status", 0))
    return status_text(status) if status == Status.NEED_CALIBRATION else ""


def remaining(found: Values) -> float:
    """How long what the device does just now will still last (s); 0 where it rests or does not say."""
    running = followed(int(found.get("status", 0)))[0] is Followed.RUNNING
    return next((found[item] for item in items.REMAINING if running and item in found), 0.0)


def waters_another(target: Wanted, found: Values, last: Wanted | None) -> bool:
    """Whether the output is an area, and its nutrient supply is busy with a zone that is not among its own.

    While a supply still mixes it may not say which zone it is for: then it is for `last`, the area of ours that its
    present opid was given for, if there is one.
    """
    if target.family != Part.AREA or followed(int(found.get("status", 0)))[0] is not Followed.RUNNING:
        return False
    zone = found.get("area", 0)
    return zone not in target.zones if zone else last not in (None, target)


def shown(target: Wanted, found: Values, last: Wanted | None = None) -> Shown:
    """What an output shows, by the status block of its device; `last` as in `waters_another`."""
    status, alert = int(found.get("status", 0)), alert_text(int(found.get("alert", 0)))
    result, verb = followed(status)
    if result is Followed.RUNNING and waters_another(target, found, last):
        result, verb = Followed.RESTING, None
    note = "" if result in (Followed.RUNNING, Followed.RESTING) else status_text(status)
    return Shown(result, verb, "; ".join(part for part in (note, alert) if part))
