"""Water and salt at the roots."""

from __future__ import annotations

import pytest

from simulators.greenhouse import books, controls, states
from simulators.greenhouse.model import Model

from . import house


def irrigate(model: Model, minutes: int) -> None:
    model.control[controls.IRRIGATION] = 1.0
    for _ in range(minutes):
        model.advance(60.0)
    model.control[controls.IRRIGATION] = 0.0


def test_irrigation_wets_the_slab_by_what_the_valve_gives() -> None:
    model = Model(house.given(), house.steady())
    before = model.output[16]
    irrigate(model, 2)
    given = 2 * 24 / 144  # L/m²
    assert model.book[books.IRRIGATED] == pytest.approx(given)
    assert model.output[16] - before == pytest.approx(100 * 0.92 * given / 10, rel=0.02)
    assert model.output[18] == pytest.approx(0.08 * 48, rel=0.01)


def test_a_full_slab_drains_and_settles_at_its_capacity() -> None:
    model = Model(house.given(), house.steady())
    irrigate(model, 30)
    drained = model.output[18]
    house.settle(model, 2)
    assert model.output[18] > drained
    assert model.output[16] == pytest.approx(76.0, abs=0.5)
    house.settle(model, 2)
    assert model.output[18] - drained < 0.9 * 30 * 24


def test_a_transpiring_crop_dries_the_slab_and_leaves_salt_behind() -> None:
    model = Model(house.given(), house.steady(22.0, humidity=60, sun=700.0))
    model.control[controls.ROOF_VENT] = 0.5
    water, ec = model.output[16], model.output[17]
    house.settle(model, 3)
    assert model.output[16] < water - 5
    assert model.output[17] > ec + 0.05


def test_washing_with_plenty_of_water_brings_the_slab_to_the_feed() -> None:
    model = Model(house.given(), house.steady())
    model.state[states.SLAB_SALT] *= 2
    assert model.output[17] == pytest.approx(2.6)
    irrigate(model, 240)
    assert model.output[17] == pytest.approx(2.6, rel=0.05)


def test_a_dry_slab_stops_transpiration_before_it_is_empty() -> None:
    model = Model(house.given(), house.steady(28.0, humidity=40, sun=900.0))
    model.control[controls.ROOF_VENT] = 1.0
    model.state[states.SLAB_WATER] = 3.0
    house.settle(model, 24)
    assert 10.0 < model.output[16] < 20.0
    before = model.book[books.TRANSPIRED]
    house.settle(model, 1)
    assert model.book[books.TRANSPIRED] - before < 0.1
    assert model.output[5] > model.output[0]  # leaves that do not transpire are warmer than the air
