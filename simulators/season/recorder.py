"""Keeps the course of a season: what there was every few minutes, and what was decided and why."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import NamedTuple

from controller.model.events import Alarmed, AlarmState, Decided, Event
from controller.model.time import NS, Instant
from controller.web.bands import bands
from simulators.greenhouse import books, outputs

from .engine import Engine
from .house import House
from .wiring import place_of

_WEATHER = "outside."

_BOOKS = (
    ("heat", "kWh/m²", books.PIPE_HEAT, 1 / 3.6e6),
    ("heat", "kWh/m²", books.AIR_HEAT, 1 / 3.6e6),
    ("water", "L/m²", books.IRRIGATED, 1.0),
    ("drained", "L/m²", books.DRAINED, 1.0),
    ("co2_dosed", "kg/m²", books.CO2_DOSED, 1e-6),
    ("light", "mol/m²", books.PHOTONS, 1.0),
)


class Column(NamedTuple):
    """A series with its name and unit. What is summed up since the start says so by `total`."""

    name: str
    unit: str
    values: array[float]
    total: bool = False


class Decision(NamedTuple):
    """An actuator has a new target (%), `at` seconds after the start, for this reason."""

    at: float
    actuator: str
    target: float
    rule: str
    values: str


class _Place:
    """The columns of one greenhouse: those of a compartment are called by its name, the weather by nobody's."""

    def __init__(self, house: House, compartment: str, *, with_weather: bool) -> None:
        self._house = house
        mark = f"{compartment}." if compartment else ""
        self.points = {
            place: Column(name if name.startswith(_WEATHER) else mark + name, unit, array("f"))
            for place, (name, unit) in enumerate(outputs.POINTS)
            if with_weather or not name.startswith(_WEATHER)
        }
        totals = {name: unit for name, unit, _, _ in _BOOKS}
        self.totals = {name: Column(mark + name, unit, array("d"), total=True) for name, unit in totals.items()}

    def row(self) -> None:
        for place, column in self.points.items():
            column.values.append(self._house.output[place])
        sums = dict.fromkeys(self.totals, 0.0)
        for name, _, place, factor in _BOOKS:
            sums[name] += self._house.book[place] * factor
        for name, total in self.totals.items():
            total.values.append(sums[name])


class Recorder:
    """Takes a row every `interval` s when asked, and hears all decisions. The alarms are (start, end, name), in s.

    `areas` are those of the compartments (m²), by name.
    """

    def __init__(self, engine: Engine, interval: float) -> None:
        self.interval = interval
        self.areas = {wiring.compartment: wiring.area for wiring in engine.wirings}
        self.decisions: list[Decision] = []
        self.alarms: list[tuple[float, float, str]] = []
        self._engine = engine
        self._standing: dict[str, float] = {}
        self._texts: dict[str, str] = {}
        places = zip(engine.wirings, engine.houses, strict=True)
        self._places = [
            _Place(house, wiring.compartment, with_weather=number == 0) for number, (wiring, house) in enumerate(places)
        ]
        self._setpoints = [Column(view.name, "", array("f")) for view in engine.core.setpoints()]
        self._positions = [Column(name, "%", array("f")) for name in engine.machines.by_name]
        engine.watch(self._hear)

    def columns(self) -> list[Column]:
        views = self._engine.core.setpoints()
        units = [view.text.rpartition(" ")[2] if view.value == view.value else "" for view in views]
        setpoints = [column._replace(unit=unit) for column, unit in zip(self._setpoints, units, strict=True)]
        points = [column for place in self._places for column in place.points.values()]
        totals = [column for place in self._places for column in place.totals.values()]
        return [*points, *setpoints, *self._positions, *totals]

    def levels(self) -> dict[str, list[str]]:
        """The setpoints that the rules hold a point against, by the name of the point's column."""
        plan, found = self._engine.core.plan, dict[str, list[str]]()
        for point, band in bands(plan).items():
            where, name = plan.placed(point)
            place = place_of(name)
            home = self._places[list(self.areas).index(where) if where else 0]
            if place in home.points:
                found.setdefault(home.points[place].name, []).extend((*band.low, *band.high))
        return {column: list(dict.fromkeys(setpoints)) for column, setpoints in found.items()}

    def actuators(self) -> list[str]:
        """The names of the columns that are positions."""
        return [column.name for column in self._positions]

    def run(self) -> bool:
        """One stretch of the engine, and a row at its end. Whether there is more."""
        engine = self._engine
        more = engine.run(self.interval)
        self._row()
        return more

    def close(self) -> None:
        """Alarms that still stand end here."""
        now = self._seconds(self._engine.now)
        self.alarms += [(since, now, name) for name, since in self._standing.items()]
        self._standing.clear()

    def _row(self) -> None:
        for place in self._places:
            place.row()
        for column, view in zip(self._setpoints, self._engine.core.setpoints(), strict=True):
            column.values.append(view.value)
        now = self._engine.now.mono_ns
        for column, machine in zip(self._positions, self._engine.machines.by_name.values(), strict=True):
            column.values.append(100.0 * machine.position(now))

    def _once(self, text: str) -> str:
        """The same text, kept once: a year repeats few reasons tens of thousands of times."""
        return self._texts.setdefault(text, text)

    def _seconds(self, now: Instant) -> float:
        return (now.mono_ns - self._engine.start.mono_ns) / NS

    def _hear(self, now: Instant, events: Sequence[Event]) -> None:
        at = self._seconds(now)
        for event in events:
            match event:
                case Decided(actuator, target, cause):
                    values = ", ".join(f"{name} {value}" for name, value in cause.values)
                    rule = "; ".join((cause.rule, *cause.chain))
                    self.decisions.append(Decision(at, actuator, target, self._once(rule), self._once(values)))
                case Alarmed(name, AlarmState.RAISED):
                    self._standing[name] = at
                case Alarmed(name, AlarmState.CLEARED) if name in self._standing:
                    self.alarms.append((self._standing.pop(name), at, name))
                case _:
                    pass
