"""Greenhouses and weather to try laws on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from simulators.greenhouse import data, states
from simulators.greenhouse.model import LONGEST_STEP, Model
from simulators.greenhouse.moist_air import saturation, vapour_density
from simulators.weather.synthetic import SyntheticWeather
from simulators.weather.table import WeatherTable

START = datetime(2026, 3, 20, tzinfo=UTC)
STRUCTURES = ("venlo", "multispan-1-2w", "tunnel")


def given(structure: str = "venlo", **changed: float) -> dict[str, float]:
    values = {**data.structure(structure).values, **data.crop("tomato").values, **changed}
    assert len(values) == len(data.structure(structure).values) + len(data.crop("tomato").values), "a misspelt name"
    return values


def steady(
    temperature: float = 15.0,
    *,
    humidity: float = 70.0,
    co2: float = 420.0,
    wind: float = 3.0,
    sun: float = 0.0,
    sky: float | None = None,
    soil: float | None = None,
) -> WeatherTable:
    """Weather that never changes."""
    row = (
        temperature,
        humidity / 100 * saturation(temperature),
        co2,
        wind,
        0.0,
        sun,
        temperature if sky is None else sky,
        temperature if soil is None else soil,
        0.0,
    )
    return WeatherTable(START, 1e9, row * 2)


def changing(seed: int, start: datetime = START) -> SyntheticWeather:
    return SyntheticWeather(start, 35.8, 126.9, seed)


def at_rest(weather: WeatherTable, structure: str = "venlo", *, longest_step: float = LONGEST_STEP) -> Model:
    """An empty house that stands in equilibrium with steady weather: as warm, as moist, as rich in CO2."""
    empty = given(structure, initial_leaf=0.0, initial_stem=0.0, initial_fruit=0.0, initial_buffer=0.0)
    model = Model(empty, weather, longest_step=longest_step)
    outside = weather.at(0.0)
    for place in range(states.CANOPY, states.VAPOUR):
        model.state[place] = outside[0]
    model.state[states.VAPOUR] = model.state[states.VAPOUR_TOP] = vapour_density(outside[1], outside[0])
    model.state[states.DAY_TEMPERATURE] = outside[0]
    model.advance(0.0)
    return model


def settle(model: Model, hours: float, control: Callable[[Model], None] | None = None) -> Model:
    for _ in range(round(hours * 60)):
        if control is not None:
            control(model)
        model.advance(60.0)
    return model
