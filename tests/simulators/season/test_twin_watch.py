"""The twin beside the real house: it says what does not work, and nothing where all does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from simulators.greenhouse import controls, data
from simulators.greenhouse.model import Model
from simulators.season.twin_watch import DOOR, HEATER, INTERVAL, VENT, WELDED, TwinWatch
from simulators.weather.synthetic import SyntheticWeather

GIVEN = data.house("venlo", "tomato")
Commands = Callable[[float], dict[int, float]]

# as far as a fitted twin is off
OFF: list[dict[str, float]] = [
    {},
    {"cover_convection_inside": 1.15, "heater_pipe_power": 0.9},
    {"cover_convection_inside": 0.87, "vents_roof_area": 1.2, "vents_leakage": 1.5},
]


def factors(changed: dict[str, float]) -> dict[str, float]:
    return {**GIVEN, **{name: GIVEN[name] * factor for name, factor in changed.items()}}


def said(
    real: dict[str, float],
    commands: Commands,
    obeyed: Commands | None = None,
    hours: int = 12,
    twin: dict[str, float] | None = None,
) -> list[str | None]:
    """What is said one after the other, of a house with other parameters, or whose actuators do something else."""
    weather = SyntheticWeather(datetime(2026, 1, 20, 9, tzinfo=UTC), 35.8, 126.9, 3)
    house, watch = Model(factors(real), weather), TwinWatch(factors(twin or {}), weather.at(0.0))
    heard: list[str | None] = []
    for row in range(hours * 12):
        hour = row / 12
        for place, value in (obeyed or commands)(hour).items():
            house.control[place] = value
        house.advance(INTERVAL)
        for _ in watch.step(round(float(house.output[0]), 1), weather.at(house.elapsed), commands(hour)):
            pass
        if watch.finding() != (heard[-1] if heard else None):
            heard.append(watch.finding())
    return heard


def heating(hour: float) -> dict[int, float]:
    return {controls.HEATER: float(hour % 4 < 2), controls.ROOF_VENT: 0.0}


def venting(hour: float) -> dict[int, float]:
    return {controls.HEATER: 1.0, controls.ROOF_VENT: 0.3 if hour > 2 else 0.0}


def closed(hour: float) -> dict[int, float]:
    return {controls.HEATER: 0.0 if hour > 1 else 1.0, controls.ROOF_VENT: 0.0}


@pytest.mark.parametrize("twin", OFF)
@pytest.mark.parametrize("commands", [heating, venting, closed])
def test_nothing_is_said_of_a_house_that_works(commands: Commands, twin: dict[str, float]) -> None:
    assert said({}, commands, twin=twin) == []


@pytest.mark.parametrize("twin", OFF)
def test_a_heater_that_does_not_heat(twin: dict[str, float]) -> None:
    assert said({}, lambda hour: {controls.HEATER: 1.0}, lambda hour: {controls.HEATER: 0.0}, twin=twin) == [HEATER]


@pytest.mark.parametrize("twin", OFF)
def test_a_heater_that_cannot_be_switched_off(twin: dict[str, float]) -> None:
    assert said({}, closed, lambda hour: {controls.HEATER: 1.0}, twin=twin) == [WELDED]


@pytest.mark.parametrize("twin", OFF)
def test_a_vent_that_does_not_move(twin: dict[str, float]) -> None:
    def stuck(hour: float) -> dict[int, float]:
        return venting(hour) | {controls.ROOF_VENT: 0.0}

    assert said({}, venting, stuck, twin=twin) == [VENT]


@pytest.mark.parametrize("twin", OFF)
def test_a_door_that_is_open(twin: dict[str, float]) -> None:
    def ajar(hour: float) -> dict[int, float]:
        return heating(hour) | {controls.DOOR: 1.0}

    heard = said({}, heating, ajar, twin=twin)
    assert heard[0] == DOOR
    assert set(heard) <= {DOOR, None}  # in still air, a twin that loses more than the house may take it back


def test_a_house_that_leaks_much_more_than_its_twin_is_taken_for_one_with_an_open_door() -> None:
    assert said({"vents_leakage": 20.0}, heating) == [DOOR]


def test_what_was_mended_is_said_no_more() -> None:
    def mended(hour: float) -> dict[int, float]:
        return {controls.HEATER: float(hour > 6)}

    assert said({}, lambda hour: {controls.HEATER: 1.0}, mended) == [HEATER, None]


def test_a_missing_reading_says_nothing() -> None:
    weather = SyntheticWeather(datetime(2026, 1, 20, tzinfo=UTC), 35.8, 126.9, 3)
    watch = TwinWatch(GIVEN, weather.at(0.0))
    for row in range(72):
        for _ in watch.step(float("nan"), weather.at(row * INTERVAL), {controls.HEATER: 1.0}):
            pass
    assert watch.finding() is None
    assert set(watch.shares().values()) == {0.0}
