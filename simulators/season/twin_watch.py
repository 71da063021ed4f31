"""Compares what is measured with what the twin expects, and says what is probably broken.

Beside the twin of the healthy house live others, each with one thing broken: a heater that stays cold, one that cannot
be switched off, vents that stay shut, a door that stands open. Every few minutes all are set to the measured air and
live on under the same weather, as the actuators are commanded. Where one of the broken ones foretells the next air
better than the healthy one, and goes on doing so, that is what is wrong. What is compared are courses that differ in
one thing alone, so that a twin that is a little off, as every twin is, accuses nobody. Pure: time, readings and
positions come in as arguments.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from simulators.greenhouse import controls, states
from simulators.greenhouse.model import LONGEST_STEP, Model
from simulators.weather.table import WIDTH, WeatherTable

HEATER, WELDED, VENT, DOOR = "heater", "welded", "vent", "door"
"""What can be broken: the heater does not heat; heats without being told to; vents do not open; a door is open."""

INTERVAL = 300.0
"""s between two comparisons."""

_MEMORY = 2400.0  # s: what was seen so long ago counts a third
_SETTLING = 3 * 3600.0  # s after the start in which pipes and floor find their temperature
_AGAIN = 3600.0  # s of that after something was mended
_TELLING = 0.4  # °C: courses that differ by less in one interval tell nothing
_PATIENCE = {HEATER: 9, WELDED: 9, VENT: 9, DOOR: 18}
"""Intervals that tell something, one after the other, before it is said: 45 min. A cover that loses a little more than
the twin's looks like a door for an hour."""

_CLOSED = 0.05  # vents that are open by less

_ACCUSED, _CLEARED = 0.7, 0.4  # how much of the way from the healthy course to the broken one the air must go

Obeyed = Callable[[dict[int, float]], None]


@dataclass(slots=True)
class _Suspect:
    """A twin in which something is broken, and how well it has foretold the air so far, beside the healthy one.

    Both sums fade: of the squares of how far the two lay apart, and of that times the healthy one's error, °C².
    `turns` counts the intervals for which it has been the best to explain the air.
    """

    model: Model
    breaks: Obeyed
    apart: float = 0.0
    along: float = 0.0
    turns: int = 0

    def share(self) -> float:
        """How far the air has gone from the healthy course towards this one: 0 not at all, 1 all the way."""
        return self.along / self.apart if self.apart else 0.0

    def excess(self) -> float:
        """What this one has foretold more wrongly than the healthy one, °C²; below 0: less."""
        return self.apart - 2 * self.along


@dataclass(slots=True)
class TwinWatch:
    """`given` describe the house, as calibrated; `outside` is the first row of weather (see `weather.table`)."""

    given: Mapping[str, float]
    outside: list[float]
    _weather: WeatherTable = field(init=False)
    _healthy: Model = field(init=False)
    _suspects: dict[str, _Suspect] = field(init=False)
    _measured: float = math.nan
    _elapsed: float = 0.0
    _finding: str | None = None

    def __post_init__(self) -> None:
        self._weather = WeatherTable(datetime.fromtimestamp(0, UTC), INTERVAL, self.outside + self.outside)
        self._healthy = Model(self.given, self._weather)
        self._suspects = {
            HEATER: _Suspect(Model(self.given, self._weather), _cold),
            WELDED: _Suspect(Model(self.given, self._weather), _welded),
            VENT: _Suspect(Model(self.given, self._weather), _shut),
            DOOR: _Suspect(Model(self.given, self._weather), _draughty),
        }

    def shares(self) -> dict[str, float]:
        """How far the air has gone from the healthy course towards each broken one: 0 not at all, 1 all the way."""
        return {name: suspect.share() for name, suspect in self._suspects.items()}

    def settled(self) -> bool:
        """Whether it has been there for long enough to judge."""
        return self._elapsed >= _SETTLING

    def step(self, temperature: float, outside: list[float], control: Mapping[int, float]) -> Iterator[None]:
        """Five minutes have passed: the air that is measured now (°C; NaN: nothing), the weather now, and where the
        actuators have been meanwhile (by place in `controls`, 0..1). Gives way after each little part of the work."""
        self._weather.values[:WIDTH] = self._weather.values[WIDTH:]
        for place, value in enumerate(outside):
            self._weather.values[WIDTH + place] = value
        models = [(self._healthy, _as_told)] + [(each.model, each.breaks) for each in self._suspects.values()]
        for model, breaks in models:
            if self._measured == self._measured:
                _set_air(model, self._measured, first=self._elapsed == 0.0)
            obeyed = dict(control)
            breaks(obeyed)
            for place, value in obeyed.items():
                model.control[place] = value
            model.elapsed = 0.0
            while model.elapsed < INTERVAL:
                model.advance(min(LONGEST_STEP, INTERVAL - model.elapsed))
                yield
        known = temperature == temperature and self._measured == self._measured
        self._measured = temperature
        if known:
            self._elapsed += INTERVAL
            if self.settled():
                self._weigh(temperature)

    def finding(self) -> str | None:
        """What is broken, as far as can be told: one thing at a time, the one that explains most."""
        return self._finding

    def _weigh(self, temperature: float) -> None:
        expected = float(self._healthy.state[states.AIR])
        error = temperature - expected
        share = 1.0 - math.exp(-INTERVAL / _MEMORY)
        telling = set()
        for name, suspect in self._suspects.items():
            apart = float(suspect.model.state[states.AIR]) - expected
            if abs(apart) >= _TELLING:
                suspect.apart += share * (apart * apart - suspect.apart)
                suspect.along += share * (apart * error - suspect.along)
                telling.add(name)
        best = min(self._suspects, key=lambda name: self._suspects[name].excess())
        for name in telling:
            suspect = self._suspects[name]
            suspect.turns = suspect.turns + 1 if name == best and suspect.share() > _ACCUSED else 0
            if suspect.turns >= _PATIENCE[name]:
                self._finding = name
            elif name == self._finding and suspect.share() < _CLEARED:
                self._mended(suspect)

    def _mended(self, suspect: _Suspect) -> None:
        """What was broken works again: the house is as warm through and through as the broken one had it."""
        for model in (self._healthy, *(each.model for each in self._suspects.values())):
            model.state[:] = suspect.model.state[:]
        for each in self._suspects.values():
            each.apart = each.along = 0.0
            each.turns = 0
        self._finding, self._elapsed = None, _SETTLING - _AGAIN


def _set_air(model: Model, temperature: float, *, first: bool) -> None:
    """The air is what is measured; in the beginning everything in it is as warm."""
    if first:
        for place in range(states.CANOPY, states.SOIL_1):
            model.state[place] = temperature
    model.state[states.AIR] = temperature


def _as_told(control: dict[int, float]) -> None:
    """Nothing is broken."""


def _cold(control: dict[int, float]) -> None:
    control[controls.HEATER] = 0.0


def _welded(control: dict[int, float]) -> None:
    control[controls.HEATER] = 1.0


def _draughty(control: dict[int, float]) -> None:
    """Beside an open vent a door makes no difference that could be told from a twin that is a little off."""
    opened = max(control.get(controls.ROOF_VENT, 0.0), control.get(controls.SIDE_VENT, 0.0))
    control[controls.DOOR] = float(opened < _CLOSED)


def _shut(control: dict[int, float]) -> None:
    control[controls.ROOF_VENT] = control[controls.SIDE_VENT] = 0.0
