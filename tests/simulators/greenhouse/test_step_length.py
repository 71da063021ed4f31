"""Half the step, the same hours."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from simulators.greenhouse import controls
from simulators.greenhouse.model import LONGEST_STEP, Model

from . import house

Settings = tuple[float, float, float, float]


def run(
    structure: str, month: int, longest: float, recorded: list[Settings] | None = None
) -> tuple[list[Settings], list[float]]:
    """A day and a half under simple control; with `recorded` settings instead, minute by minute."""
    weather = house.changing(3, datetime(2026, month, 20, tzinfo=UTC))
    model = Model(house.given(structure), weather, longest_step=longest)
    settings: list[Settings] = []
    temperatures: list[float] = []
    for minute in range(2160):
        vent, screen, heater, fog = (
            model.control[place]
            for place in (controls.ROOF_VENT, controls.SHADE_SCREEN, controls.HEATER, controls.FOGGER)
        )
        if recorded is None:
            air, humidity, sun = model.output[0], model.output[1], model.output[14]
            vent += min(max(min(max((air - 23) / 6, 0.0), 1.0) - vent, -1 / 3), 1 / 3)
            screen += min(max((0.7 if sun > 700 else 0.0) - screen, -0.25), 0.25)
            heater = 1.0 if air < 16 else 0.0 if air > 17 else heater
            fog = 1.0 if minute % 5 == 0 and humidity < 50 else 0.0
        else:
            vent, screen, heater, fog = recorded[minute]
        settings.append((vent, screen, heater, fog))
        model.control[controls.ROOF_VENT], model.control[controls.SHADE_SCREEN] = vent, screen
        model.control[controls.HEATER], model.control[controls.FOGGER] = heater, fog
        model.advance(60.0)
        temperatures.append(model.output[0])
    return settings, temperatures


@pytest.mark.parametrize("structure", house.STRUCTURES)
@pytest.mark.parametrize("month", [1, 7])
def test_halving_the_step_moves_no_hour_by_a_twentieth_of_a_degree(structure: str, month: int) -> None:
    settings, whole = run(structure, month, LONGEST_STEP)
    _, half = run(structure, month, LONGEST_STEP / 2, settings)
    assert max(whole) > min(whole) + 5
    for hour in range(36):
        minutes = slice(60 * hour, 60 * hour + 60)
        assert abs(whole[minutes][-1] - half[minutes][-1]) < 0.05
        assert abs(sum(whole[minutes]) - sum(half[minutes])) / 60 < 0.05
