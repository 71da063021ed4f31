"""The house as metrics of one edge node: what there is, how it is, what was, and what may be written. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from controller.core.core import Core
from controller.model.commands import Override, Release
from controller.model.points import Quality
from controller.model.time import Instant
from controller.store.samples import READING, Series, unpack
from controller.uplink.inventory import Inventory
from controller.uplink.sparkplug.codec import Metric, Type, Value

REBIRTH = "Node Control/Rebirth"
BD_SEQ = "bdSeq"
_MS = 1_000_000  # ns
_DIGITS = 4
# Sparkplug 3.0.0, 6.4.13 (PropertySet Quality): 0 bad, 192 good, 500 stale
_QUALITIES = {Quality.GOOD: 192, Quality.STALE: 500, Quality.BAD: 0}
_OVERRIDE = "/override"


def present(house: Inventory, core: Core, now: Instant) -> dict[str, Metric]:
    """Every metric with its present value, by its name."""
    return {metric.name: metric for metric in _present(house, core, now.wall_ns // _MS)}


def unchanged(one: Metric, other: Metric | None) -> bool:
    """Whether two differ in nothing but the time."""
    return other is not None and (one.value, one.properties) == (other.value, other.properties)


def historical(data: bytes, series: Mapping[int, Series], house: Inventory, until_ns: int) -> Iterator[Metric]:
    """Stored samples from before `until_ns` as historical metrics, of what is still there."""
    units = {name: quantity.unit.symbol for name, quantity in house.points}
    actuators = {actuator.name for actuator in house.actuators}
    states = {name for name, quantity in house.points if quantity.states is not None}
    for key, at_ns, value in unpack(data):
        about = series.get(key >> 2)
        if about is None or at_ns >= until_ns:
            continue
        if about.kind == READING and about.name in units:
            quality = Quality(key & 3)
            unit, state = units[about.name], about.name in states
            yield _value(f"points/{about.name}", value, quality, unit, at_ns // _MS, state=state, old=True)
        elif about.kind != READING and about.name in actuators:
            position = None if math.isnan(value) else round(value, _DIGITS)
            properties = {"engUnit": (Type.STRING, "%")}
            name = f"actuators/{about.name}/position"
            yield Metric(name, position, Type.DOUBLE, at_ns // _MS, True, properties)


def request(metric: Metric, house: Inventory, by: str, seconds: float) -> Override | Release | None:
    """What a command's metric asks for; None where it cannot be written. Raises ValueError for a value out of range."""
    actuator = metric.name.removeprefix("actuators/").removesuffix(_OVERRIDE)
    if metric.name != f"actuators/{actuator}{_OVERRIDE}" or house.kind(actuator) is None:
        return None
    if metric.value is None:
        return Release(actuator, by)
    value = metric.value
    if isinstance(value, bool):
        value = 100.0 if value else 0.0
    if isinstance(value, str) or not 0 <= value <= 100:
        raise ValueError(f"{actuator} cannot be at {value!r}")
    return Override(actuator, float(value), seconds, by)


def _present(house: Inventory, core: Core, at: int) -> Iterator[Metric]:
    quantities = dict(house.points)
    for view in core.points():
        quantity = quantities.get(view.name)
        unit = quantity.unit.symbol if quantity is not None else ""
        state = quantity is not None and quantity.states is not None
        yield _value(f"points/{view.name}", view.value, view.quality, unit, at, state=state)
    units = dict(house.setpoints)
    for view in core.setpoints():
        yield _value(f"setpoints/{view.name}", view.value, view.quality, units.get(view.name, ""), at)
    for actuator in core.actuators():
        start = f"actuators/{actuator.name}"
        for what, value in (("position", actuator.position), ("target", actuator.target)):
            yield _percent(f"{start}/{what}", value, at)
        yield _percent(f"{start}{_OVERRIDE}", math.nan if actuator.hand is None else actuator.hand.value, at)
        yield Metric(f"{start}/cause", actuator.cause.sentence(), Type.STRING, at)
    standing = {alarm.name for alarm in core.alarms()}
    for name in house.alarms:
        yield Metric(f"alarms/{name}", name in standing, Type.BOOLEAN, at)
    yield Metric("alarms", len(standing), Type.INT32, at)
    yield Metric("period", core.period, Type.STRING, at)


def _percent(name: str, value: float, at: int) -> Metric:
    known = None if math.isnan(value) else round(value, _DIGITS)
    return Metric(name, known, Type.DOUBLE, at, properties={"engUnit": (Type.STRING, "%")})


def _value(
    name: str, value: float, quality: Quality, unit: str, at: int, *, state: bool = False, old: bool = False
) -> Metric:
    known: Value = None if math.isnan(value) else (bool(value) if state else round(value, _DIGITS))
    properties: dict[str, Any] = {"Quality": (Type.INT32, _QUALITIES[quality])}
    if unit:
        properties["engUnit"] = (Type.STRING, unit)
    return Metric(name, known, Type.BOOLEAN if state else Type.DOUBLE, at, old, properties)
