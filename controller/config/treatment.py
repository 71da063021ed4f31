"""Points: which quantity each measures, and how its readings are treated."""

from __future__ import annotations

from dataclasses import replace

from controller.core.plan import SensorPlan, VotePlan
from controller.model.errors import ConfigError, one_of
from controller.model.ports import PointSettings
from controller.model.units import (
    QUANTITIES,
    TIME,
    UNITS,
    Quantity,
    Unit,
    UnitError,
    factor,
    parse_measure,
    quantity_of,
    unit,
)
from controller.rules.parser import Text, parse_range

from .problems import Problems
from .site_file import Sensor, SiteFile
from .texts import measure
from .wiring import Delivered, Wiring, conversion

_NONE = Sensor()
_FASTER = 2.0
"""So many times as fast as its motor a position changes at most."""
_OF_ONE_SENSOR = ("unit", "range", "max_rate", "stale_after", "stuck_after", "calibrate", "grace")


class Points:
    """Every point that has a value: `sensors` of the devices, and `votes` over them."""

    def __init__(self, site: SiteFile, wiring: Wiring, problems: Problems) -> None:
        self.sensors: dict[str, SensorPlan] = {}
        self.settings: dict[str, PointSettings] = {}
        self.votes: dict[str, VotePlan] = {}
        self._wiring, self._problems = wiring, problems
        self._entries = {name.text: (name, sensor) for name, sensor in site.sensors.items()}
        for name, (text, sensor) in self._entries.items():
            if name not in wiring.refused:
                with problems.caught():
                    self._must_exist(text, sensor, name)
        for name, delivered in wiring.points.items():
            if delivered.source.output is None:
                self._add(name, delivered)
        for name, (text, sensor) in self._entries.items():
            if sensor.vote is not None:
                with problems.caught():
                    self.votes[name] = self._vote(text, sensor, sensor.vote)

    def quantity(self, point: Text) -> Quantity | None:
        """What a point measures; None where something else is wrong with it already.

        Raises ConfigError where it measures nothing.
        """
        name = point.text
        for member in (name, *(self.votes[name].members if name in self.votes else ())):
            if member in self.sensors:
                return self.sensors[member].quantity
        delivered = self._delivered(point, one_of(name, self._measuring()))
        if delivered is None and name not in self._wiring.refused and name not in self._entries:
            raise self._nobody_delivers(point)
        return None

    def move(self, point: str, travel: float) -> None:
        """Call a change bad that is much faster than a motor which goes all the way in `travel` s."""
        for name in self.votes[point].members if point in self.votes else (point,):
            _, entry = self._entries.get(name, (None, _NONE))
            if name in self.sensors and entry.max_rate is None and travel > 0:
                self.sensors[name] = replace(self.sensors[name], max_rate=_FASTER * 100 / travel)

    def _must_exist(self, text: Text, sensor: Sensor, name: str) -> None:
        delivered = self._delivered(text, "remove it here")
        if delivered is None and sensor.vote is None:
            raise self._nobody_delivers(text)
        if delivered is None:
            for key in _OF_ONE_SENSOR:
                if getattr(sensor, key) is not None:
                    message = f"{name} has no sensor of its own, so that it cannot have {key}"
                    raise text.error(message, 0, f"give {key} to those that it votes among")

    def _delivered(self, point: Text, hint: str) -> Delivered | None:
        """What a device delivers under this name. Raises ConfigError where that is an output."""
        delivered = self._wiring.points.get(point.text)
        if delivered is not None and delivered.source.output is not None:
            raise point.error(f"{point.text} is an output of {delivered.device}: it measures nothing", 0, hint)
        return delivered

    def _nobody_delivers(self, point: Text) -> ConfigError:
        return point.error(f"no device delivers {point.text}", 0, one_of(point.text, self._measuring()))

    def _measuring(self) -> list[str]:
        return [name for name, point in self._wiring.points.items() if point.source.output is None]

    def _add(self, name: str, delivered: Delivered) -> None:
        _, sensor = self._entries.get(name, (None, _NONE))
        try:
            quantity = _quantity(delivered.name, sensor)
            plan = self._treat(delivered.name, sensor, quantity)
            scale, shift = conversion(delivered, quantity, sensor.unit)
        except ConfigError as error:
            self._problems.add(error)
            return
        self.sensors[name] = plan
        self.settings[name] = replace(delivered.settings, factor=scale, shift=shift, stale_after=plan.stale_after)

    def _treat(self, name: Text, sensor: Sensor, quantity: Quantity) -> SensorPlan:
        low, high = quantity.low, quantity.high
        if sensor.range is not None:
            low, high = parse_range(sensor.range, quantity.unit)
        calibrate = sensor.calibrate
        offset = calibrate.offset if calibrate else None
        grace = {} if sensor.grace is None else {"grace": sensor.grace}
        return SensorPlan(
            name.text,
            quantity,
            low,
            high,
            rate(sensor.max_rate, quantity.unit) if sensor.max_rate else quantity.max_rate,
            sensor.stale_after if sensor.stale_after is not None else quantity.stale_after,
            sensor.stuck_after,
            calibrate.gain if calibrate else 1.0,
            measure(offset, quantity.unit) if offset else 0.0,
            place=name.place,
            **grace,
        )

    def _vote(self, text: Text, sensor: Sensor, members: list[Text]) -> VotePlan:
        quantity = self.sensors[text.text].quantity if text.text in self.sensors else None
        for index, member in enumerate(members):
            if member.text not in self._measuring() and member.text not in self._wiring.refused:
                hint = one_of(member.text, self._measuring())
                raise member.error(f"no device delivers {member.text}", 0, hint)
            if member.text in {other.text for other in members[:index]}:
                raise member.error(f"{member.text} votes twice", 0, "remove one")
            if member.text not in self.sensors:
                continue
            own = self.sensors[member.text].quantity
            quantity = quantity or own
            if own.unit != quantity.unit:
                message = f"{member.text} is in {own.unit.symbol or 'no unit'}, not in {quantity.unit}"
                raise member.error(message, 0, "a vote is among points of one quantity")
        unit = quantity.unit if quantity else UNITS[""]
        disagree = measure(sensor.disagree, unit, low=0.0) if sensor.disagree and quantity else None
        return VotePlan(text.text, tuple(member.text for member in members), disagree)


def _quantity(name: Text, sensor: Sensor) -> Quantity:
    if sensor.quantity is not None:
        found = QUANTITIES.get(sensor.quantity.text)
        if found is None:
            hint = one_of(sensor.quantity.text, QUANTITIES)
            raise sensor.quantity.error(f"there is no quantity {sensor.quantity.text!r}", 0, hint)
        return found
    known = quantity_of(name.text)
    if known is None:
        last = name.text.rpartition(".")[2]
        near = one_of(last, QUANTITIES)
        hint = near if "mean" in near else f"write {name.text}: {{quantity: temperature}} or the like under sensors:"
        raise name.error(f"the name {name.text} does not say what it measures", 0, hint)
    return known


def rate(text: Text, target: Unit) -> float:
    """A change over time like "5 °C/min", in `target` per second. Raises ConfigError."""
    amount, slash, per = text.text.rpartition("/")
    example = f"write it like 5 {target}/min"
    if not slash:
        raise text.error(f"{text.text!r} is not a change over time", 0, example)
    try:
        length = unit(per.strip())
    except UnitError as error:
        raise text.error(str(error), len(amount) + 1, error.suggestion) from None
    if length.dimension != TIME:
        raise text.error(f"{length} is no time", len(amount) + 1, example)
    try:
        value = parse_measure(amount, target)
    except UnitError:
        raise text.error(f"{text.text!r} is no change of {target} over time", 0, example) from None
    if value <= 0:
        raise text.error("a change over time is more than 0", 0, example)
    return value / factor(length, UNITS["s"])
