"""The twin beside a running greenhouse: gathers what the controller sees until there is an interval to compare."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from controller.config.settings import TwinSettings
from controller.config.watches import Finding, Watch
from controller.core.plan import Plan
from controller.model.errors import ConfigError
from controller.model.time import NS, Instant
from simulators.greenhouse import data
from simulators.weather import air, derived, sun

from .twin_watch import DOOR, HEATER, INTERVAL, VENT, WELDED, TwinWatch
from .wiring import Wiring, wire

_SAID = {
    HEATER: ("high", "the heater does not heat: the air goes as with a cold heater"),
    WELDED: ("high", "the heater heats although it is off: the air goes as with a heater that runs on"),
    VENT: ("high", "a vent does not move: the air goes as with closed vents"),
    DOOR: ("medium", "a door is open, or a vent does not close: more is lost than through a closed house"),
}

_LATE = 2 * INTERVAL
"""s without a look after which what went before does not count: the computer was asleep."""

_NEEDED = ("outside.temperature", "outside.radiation")
_USUAL = {"outside.wind_speed": 2.0, "outside.rain": 0.0}
_HUMIDITY = "outside.humidity"
_DEW_RISES = 3.0 / 86400.0
"""°C/s: where humidity is not measured outside, its dew point is the lowest temperature of the night (Allen et al.,
1998, FAO paper 56, equation 48), which is forgotten at this pace."""
_LOW_SUN = 0.1  # sine of the elevation below which radiation says little about clouds
_SOIL_MEMORY = 45 * 86400.0  # s


class Beside:
    """A `Watch` of one greenhouse. Raises ConfigError where the plan lacks what it must see."""

    def __init__(self, plan: Plan, given: Mapping[str, float], wiring: Wiring) -> None:
        self._site, self._given = plan.site, given
        self._compartment = wiring.compartment
        self._wires = [each for each in wiring.actuators if each.place is not None]
        self._air = wiring.named("air.temperature")
        names = {sensor.point for sensor in plan.sensors} | {vote.point for vote in plan.votes}
        for needed in (self._air, *_NEEDED):
            if needed not in names:
                raise ConfigError(f"the twin must see {needed}", suggestion="add the sensor, or leave twin: away")
        self._watch: TwinWatch | None = None
        self._last: Instant | None = None
        self._begun: Instant | None = None
        self._sums: dict[int, float] = {}
        self._looks = 0
        self._held = dict(_USUAL)
        self._cover = derived.UNKNOWN_COVER
        self._soil = self._dew = math.nan

    def see(self, at: Instant, points: Mapping[str, float], positions: Mapping[str, float]) -> Iterator[None] | None:
        """As `Watch`. An interval in which an actuator was not known is not judged."""
        if self._last is None or self._begun is None or at.seconds_since(self._last) > _LATE:
            self._watch = None
            self._begin(at)
        self._last = at
        for each in self._wires:
            place = each.place or 0
            self._sums[place] = self._sums.get(place, 0.0) + each.share * positions.get(each.plan.name, math.nan) / 100
        self._looks += 1
        begun = self._begun
        if begun is None or at.seconds_since(begun) < INTERVAL:
            return None
        control = {place: total / self._looks for place, total in self._sums.items()}
        self._begin(at)
        temperature, outside = points.get(self._air, math.nan), self._outside(at, points)
        if outside is None:
            return None
        if any(value != value for value in control.values()):
            temperature = math.nan
            control = {place: value for place, value in control.items() if value == value}
        if self._watch is None:
            self._watch = TwinWatch(self._given, outside)
        return self._watch.step(temperature, outside, control)

    def findings(self) -> list[Finding]:
        """As `Watch`."""
        found = None if self._watch is None else self._watch.finding()
        if found is None:
            return []
        name = f"twin {found} in {self._compartment}" if self._compartment else f"twin {found}"
        return [Finding(name, *_SAID[found])]

    def _begin(self, at: Instant) -> None:
        self._begun, self._sums, self._looks = at, {}, 0

    def _outside(self, at: Instant, points: Mapping[str, float]) -> list[float] | None:
        """A row of weather, in the order of its columns; what is not measured follows from what is, or is held."""
        for name in (*_NEEDED, *_USUAL, _HUMIDITY):
            value = points.get(name, math.nan)
            if value == value:
                self._held[name] = value
        held = self._held
        if any(name not in held for name in _NEEDED):
            return None
        temperature, radiation = held["outside.temperature"], max(held["outside.radiation"], 0.0)
        pressure = self._vapour_pressure(temperature)
        sine = sun.sine_of_elevation(at.wall_ns / NS, self._site.latitude, self._site.longitude)
        if sine > _LOW_SUN:
            self._cover = sun.clouds_that_leave(radiation / sun.clear_sky(sine))
        if self._soil != self._soil:
            self._soil = temperature
        self._soil += INTERVAL / _SOIL_MEMORY * (temperature - self._soil)
        sky = air.sky_temperature(temperature, pressure, self._cover)
        wind, rain = max(held["outside.wind_speed"], 0.0), held["outside.rain"]
        return [temperature, pressure, derived.USUAL_CO2, wind, 0.0, radiation, sky, self._soil, rain]

    def _vapour_pressure(self, temperature: float) -> float:
        """Pa; by what is measured, or else by the dew point that is likely."""
        if self._dew != self._dew:
            self._dew = temperature
        self._dew = min(temperature, self._dew + INTERVAL * _DEW_RISES)
        if _HUMIDITY in self._held:
            return air.saturation(temperature) * min(self._held[_HUMIDITY], 100.0) / 100
        return air.saturation(self._dew)


class Several:
    """A `Watch` of several greenhouses, each by its own."""

    def __init__(self, watches: Sequence[Watch]) -> None:
        self._watches = watches

    def see(self, at: Instant, points: Mapping[str, float], positions: Mapping[str, float]) -> Iterator[None] | None:
        """As `Watch`."""
        works = [work for each in self._watches if (work := each.see(at, points, positions)) is not None]
        return chain(*works) if works else None

    def findings(self) -> list[Finding]:
        """As `Watch`."""
        return [finding for each in self._watches for finding in each.findings()]


class Factory:
    """Makes the twin that `twin:` in site.yaml asks for."""

    def open(self, plan: Plan, settings: TwinSettings, directory: Path) -> Watch:
        """One for each compartment. Raises ConfigError."""
        watches = []
        for wiring in wire(plan):
            structure, crop = (
                str(directory / name) if name.endswith(".toml") else name for name in settings.of(wiring.compartment)
            )
            watches.append(Beside(plan, data.house(structure, crop), wiring))
        return watches[0] if len(watches) == 1 else Several(watches)


factory = Factory()
