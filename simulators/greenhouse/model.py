"""A compartment that can be run: parameters, state, controls and books, and the weather they live in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableSequence
from typing import Any

from simulators.weather import air, table
from simulators.weather.table import WeatherTable

from . import compiled, parameters, states, step
from .moist_air import saturation, vapour_density

LONGEST_STEP = 30.0
"""Seconds. Halving it moves the hourly air temperature by less than 0.05 °C."""

_START_HUMIDITY = 0.75
_START_WATER = 0.62  # of the slab's volume
_LEAST_START = 14.0  # °C: a house in use is not colder


class Model:
    """One compartment. `given` are the values of a structure and a crop by name.

    With `machine` the equations run as machine code, which needs the package numba (ImportError without it); the
    numbers are the same. Time is counted in s from the start of the weather.
    """

    def __init__(
        self,
        given: Mapping[str, float],
        weather: WeatherTable,
        *,
        machine: bool = False,
        longest_step: float = LONGEST_STEP,
    ) -> None:
        self.weather = weather
        self.elapsed = 0.0
        self._longest = longest_step
        self._advance: Callable[..., None] = compiled.compiled_advance() if machine else step.advance
        self._vector = _numpy if machine else list
        self._house = self._vector([[0.0] * step.WIDTH for _ in range(step.ROWS)])
        self.state: MutableSequence[float] = self._house[step.STATE]
        self.control: MutableSequence[float] = self._house[step.CONTROL]
        self.parameters: MutableSequence[float] = self._house[step.PARAMETERS]
        self.book: MutableSequence[float] = self._house[step.BOOK]
        self.output: MutableSequence[float] = self._house[step.OUTPUT]
        for place, value in enumerate(parameters.vector(given)):
            self.parameters[place] = value
        for place, value in enumerate(_start(given, weather)):
            self.state[place] = value
        self._rows: MutableSequence[float] = []
        self.advance(0.0)

    def advance(self, seconds: float) -> None:
        """Let time pass; afterwards `output` shows what there is to see. With 0 s only that."""
        end = self.elapsed + seconds
        if not self._rows_reach(end):
            raise ValueError(f"the weather ends {self.weather.seconds:.0f} s after its start")
        self._advance(self.elapsed, end, self._longest, self._rows, self.weather.interval, self._house)
        self.elapsed = end

    def _rows_reach(self, end: float) -> bool:
        if not self.weather.reach(end):
            return False
        if len(self._rows) != len(self.weather.values):
            self._rows = _numpy(self.weather.values) if self._vector is _numpy else self.weather.values
        return True


def _numpy(values: Any) -> Any:
    import numpy

    return numpy.array(values, dtype=numpy.float64)


def _start(given: Mapping[str, float], weather: WeatherTable) -> list[float]:
    """A house that has been in use: as warm as outside or a little warmer, the soil in between, the slab moist."""
    outside = weather.at(0.0)
    inside = max(outside[table.TEMPERATURE], _LEAST_START)
    deep = outside[table.SOIL]
    state = [0.0] * states.SIZE
    for place in range(states.CANOPY, states.SOIL_1):
        state[place] = inside
    for layer in range(5):
        state[states.SOIL_1 + layer] = inside + (deep - inside) * (2**layer - 0.5) / 32
    state[states.VAPOUR] = state[states.VAPOUR_TOP] = vapour_density(_START_HUMIDITY * saturation(inside), inside)
    moles = outside[table.CO2] / (parameters.vector(given)[parameters.CO2_PPM] * (inside + air.KELVIN))
    state[states.CO2] = state[states.CO2_TOP] = moles
    state[states.SLAB_WATER] = _START_WATER * given["slab_volume"]
    state[states.SLAB_SALT] = state[states.SLAB_WATER] * given["irrigation_ec"]
    state[states.BUFFER] = given["initial_buffer"]
    state[states.FRUIT] = given["initial_fruit"]
    state[states.LEAF] = given["initial_leaf"]
    state[states.STEM] = given["initial_stem"]
    state[states.TEMPERATURE_SUM] = given["initial_temperature_sum"]
    state[states.DAY_TEMPERATURE] = 0.5 * (inside + 20.0)
    return state
