"""What must hold in any greenhouse, whatever its numbers."""

from __future__ import annotations

from random import Random

import pytest

from simulators.greenhouse import books, controls, states
from simulators.greenhouse.balance import balances
from simulators.greenhouse.model import Model

from . import house
from .test_balance import shake


@pytest.mark.parametrize("structure", house.STRUCTURES)
def test_without_a_gradient_nothing_flows(structure: str) -> None:
    model = house.at_rest(house.steady(17.0), structure)
    before = list(model.state)
    for opening in (controls.ROOF_VENT, controls.SIDE_VENT, controls.SHADE_SCREEN):
        model.control[opening] = 0.5
    house.settle(model, 3)
    for place in range(states.CANOPY, states.SLAB_WATER):
        assert model.state[place] == pytest.approx(before[place], rel=1e-9), place
    for entry in range(books.SIZE):
        assert model.book[entry] == pytest.approx(0.0, abs=1e-6), entry


@pytest.mark.parametrize("structure", house.STRUCTURES)
def test_a_closed_house_at_night_ends_as_warm_as_outside(structure: str) -> None:
    model = house.at_rest(house.steady(4.0, humidity=60), structure, longest_step=3600.0)
    for place in range(states.CANOPY, states.VAPOUR):
        model.state[place] = 22.0
    for _ in range(24 * 200):
        model.advance(3600.0)
    assert model.output[0] == pytest.approx(4.0, abs=0.01)
    assert model.output[1] == pytest.approx(60.0, abs=0.2)
    assert model.output[2] == pytest.approx(420.0, abs=0.5)


@pytest.mark.parametrize(
    ("structure", "vent"),
    [("venlo", controls.ROOF_VENT), ("multispan-1-2w", controls.SIDE_VENT), ("tunnel", controls.SIDE_VENT)],
)
def test_the_wider_the_vents_the_closer_to_outside(structure: str, vent: int) -> None:
    distances = []
    for opening in (0.0, 0.05, 0.2, 0.5, 1.0):
        model = Model(house.given(structure), house.steady(18.0, sun=600.0))
        model.control[vent] = opening
        house.settle(model, 2)
        distances.append(model.output[0] - 18.0)
    assert distances[0] > 10
    assert distances == sorted(distances, reverse=True)
    assert len(set(distances)) == len(distances)


def test_wind_carries_more_through_an_open_vent() -> None:
    calm, windy = (
        house.settle(open_roof(Model(house.given(), house.steady(18.0, sun=600.0, wind=wind))), 2)
        for wind in (0.5, 6.0)
    )
    assert windy.output[0] < calm.output[0] - 1


def open_roof(model: Model) -> Model:
    model.control[controls.ROOF_VENT] = 1.0
    return model


@pytest.mark.parametrize("structure", house.STRUCTURES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_humidity_stays_between_nothing_and_saturation(structure: str, seed: int) -> None:
    model = Model(house.given(structure), house.changing(seed))
    random = Random(seed)
    for _ in range(40):
        shake(model, random, 5)
        assert 0.0 <= model.output[1] <= 100.0
        assert model.state[states.CO2] > 0.0


def test_fog_in_a_closed_wet_house_falls_out_again() -> None:
    model = Model(house.given(fogger_full_deficit=1e-6), house.steady(10.0, humidity=95))
    model.control[controls.FOGGER] = 1.0
    house.settle(model, 4)
    assert 97.0 < model.output[1] <= 100.0
    assert model.book[books.CONDENSED] > 0.5 * model.book[books.FOGGED]


def compare(place: int, **weather: float) -> tuple[Model, Model]:
    """A house without and one with an actuator in full action for two hours."""
    pair = []
    for value in (0.0, 1.0):
        model = Model(house.given(), house.steady(**weather))
        model.control[place] = value
        pair.append(house.settle(model, 2))
    return pair[0], pair[1]


def test_the_heater_heats_and_is_metered() -> None:
    off, on = compare(controls.HEATER, temperature=0.0)
    assert on.output[0] > off.output[0] + 10
    assert on.book[books.PIPE_HEAT] == pytest.approx(300 * 7200)
    assert off.book[books.PIPE_HEAT] == 0


def test_fog_cools_and_moistens() -> None:
    off, on = compare(controls.FOGGER, temperature=30.0, humidity=30.0, sun=500.0)
    assert on.output[0] < off.output[0] - 1
    assert on.output[1] > off.output[1] + 5
    assert on.book[books.FOGGED] == pytest.approx(6e-5 * 7200)


def test_the_thermal_screen_keeps_heat_in_on_a_clear_night() -> None:
    off, on = compare(controls.THERMAL_SCREEN, temperature=0.0, sky=-20.0)
    assert on.output[0] > off.output[0] + 0.5


def test_the_shade_screen_dims_the_light() -> None:
    off, on = compare(controls.SHADE_SCREEN, temperature=25.0, sun=900.0)
    assert 0.3 < on.output[3] / off.output[3] < 0.6


def test_lamps_light_and_warm() -> None:
    off, on = compare(controls.LAMP, temperature=5.0)
    assert off.output[3] == 0
    assert on.output[3] == pytest.approx(200 * 0.99, rel=0.01)
    assert on.output[0] > off.output[0] + 2
    assert on.book[books.LAMP] == pytest.approx(66.667 * 7200, rel=1e-4)


def test_dosed_co2_stays_in_a_closed_house_and_leaves_an_open_one() -> None:
    _, closed = compare(controls.CO2, temperature=10.0)
    opened = open_roof(Model(house.given(), house.steady(10.0)))
    opened.control[controls.CO2] = 1.0
    house.settle(opened, 2)
    assert closed.output[2] > 2 * opened.output[2]
    assert closed.book[books.CO2_DOSED] == pytest.approx(opened.book[books.CO2_DOSED])


@pytest.mark.parametrize("structure", house.STRUCTURES)
def test_a_year_with_little_control_stays_in_the_realm_of_the_possible(structure: str) -> None:
    """Steps of an hour: whatever their length, the model must neither blow up nor drift."""
    weather = house.changing(5)
    model = Model(house.given(structure), weather, longest_step=3600.0)
    before = list(model.state)
    for _ in range(365 * 24):
        air, humidity, co2, water, ec = (model.output[place] for place in (0, 1, 2, 16, 17))
        assert -25 < air < 80
        assert 0 <= humidity <= 100
        assert 0 < co2 < 10_000
        assert 5 < water < 90
        assert 0 < ec < 30
        model.control[controls.HEATER] = float(air < 8)
        model.control[controls.ROOF_VENT] = model.control[controls.SIDE_VENT] = float(air > 25)
        model.control[controls.IRRIGATION] = 0.2 * float(water < 70)
        model.advance(3600.0)
    found = balances(before, model.state, model.parameters, model.book)
    assert max(balance.error for balance in found.values()) < 1e-9
