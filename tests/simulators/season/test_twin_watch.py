"""The twin beside the real house: it says what does not work, and nothing where all does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from simulators.greenhouse import controls, data
from simulators.greenhouse.model import Model
from simulators.season.twin_watch import DOOR, HEATER, VENT, TwinWatch
from simulators.weather.synthetic import SyntheticWeather
from simulators.weather.table import TEMPERATURE

GIVEN = {**data.structure("venlo").values, **data.crop("tomato").values}
Commands = Callable[[float], dict[int, float]]


def said(real: dict[str, float], commands: Commands, obeyed: Commands | None = None, hours: int = 12) -> set[str]:
    """What is said within so many hours, of a house with other parameters, or whose actuators do something else."""
    weather = [SyntheticWeather(datetime(2026, 1, 20, 9, tzinfo=UTC), 35.8, 126.9, 3) for _ in range(2)]
    house, watch = Model({**GIVEN, **real}, weather[0]), TwinWatch(Model(GIVEN, weather[1]))
    heard: set[str] = set()
    for row in range(hours * 12):
        hour = row / 12
        for place, value in (obeyed or commands)(hour).items():
            house.control[place] = value
        house.advance(300.0)
        heard |= watch.step(float(house.output[0]), weather[0].at(house.elapsed)[TEMPERATURE], commands(hour))
    return heard


def heating(hour: float) -> dict[int, float]:
    return {controls.HEATER: float(hour % 4 < 2), controls.ROOF_VENT: 0.0}


def venting(hour: float) -> dict[int, float]:
    return {controls.HEATER: 0.0 if hour > 2 else 1.0, controls.ROOF_VENT: 0.3 if hour > 2 else 0.0}


def closed(hour: float) -> dict[int, float]:
    return {controls.HEATER: 0.0 if hour > 1 else 1.0, controls.ROOF_VENT: 0.0}


@pytest.mark.parametrize("commands", [heating, venting, closed])
def test_nothing_is_said_of_a_house_that_works(commands: Commands) -> None:
    assert said({}, commands) == set()


def test_a_heater_that_does_not_heat() -> None:
    assert said({}, heating, lambda hour: {controls.HEATER: 0.0}) == {HEATER}


def test_a_vent_that_does_not_move() -> None:
    def stuck(hour: float) -> dict[int, float]:
        return venting(hour) | {controls.ROOF_VENT: 0.0}

    assert VENT in said({}, venting, stuck, hours=6)


def test_a_door_that_is_open() -> None:
    assert DOOR in said({"vents_leakage": 20 * GIVEN["vents_leakage"]}, heating)


def test_a_missing_reading_says_nothing() -> None:
    weather = SyntheticWeather(datetime(2026, 1, 20, tzinfo=UTC), 35.8, 126.9, 3)
    watch = TwinWatch(Model(GIVEN, weather))
    for _ in range(24):
        assert watch.step(float("nan"), 0.0, {controls.HEATER: 1.0}) == set()
    assert set(watch.errors().values()) == {0.0}
