"""Nothing is lost: energy, water, salt, CO2 and carbohydrates over any run, in any house, whatever the actuators do."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from simulators.greenhouse import controls, states
from simulators.greenhouse.balance import balances
from simulators.greenhouse.model import Model

from . import house


def shake(model: Model, random: Random, minutes: int) -> None:
    """Every few minutes all actuators jump anywhere."""
    for minute in range(minutes):
        if minute % 5 == 0:
            for place in range(controls.SIZE):
                model.control[place] = random.choice((0.0, 0.0, 1.0, random.random()))
        model.advance(60.0)


@settings(max_examples=12, deadline=None)
@drawn(
    structure=st.sampled_from(house.STRUCTURES),
    seed=st.integers(0, 10_000),
    month=st.integers(1, 12),
    hour=st.integers(0, 23),
)
def test_all_balances_close(structure: str, seed: int, month: int, hour: int) -> None:
    start = datetime(2026, month, 15, hour, tzinfo=UTC)
    model = Model(house.given(structure, lamp_power=60.0, lamp_area=0.02, co2_rate=3.0), house.changing(seed, start))
    before = list(model.state)
    shake(model, Random(seed), 180)
    for quantity, balance in balances(before, model.state, model.parameters, model.book).items():
        assert balance.turnover > 0, quantity
        assert balance.error < 1e-9, (quantity, balance)


def test_a_balance_notices_a_leak() -> None:
    model = Model(house.given(), house.changing(1))
    before = list(model.state)
    shake(model, Random(1), 60)
    model.state[states.FLOOR] += 0.01
    model.state[states.SLAB_WATER] -= 1e-3
    found = balances(before, model.state, model.parameters, model.book)
    assert found["energy"].error > 1e-5
    assert found["water"].error > 1e-5
    assert found["co2"].error < 1e-9


@pytest.mark.parametrize("structure", house.STRUCTURES)
def test_the_length_of_calls_does_not_matter_to_the_books(structure: str) -> None:
    model = Model(house.given(structure), house.changing(4))
    before = list(model.state)
    random = Random(2)
    for _ in range(200):
        model.control[controls.ROOF_VENT] = random.random()
        model.control[controls.FOGGER] = float(random.random() < 0.2)
        model.advance(random.choice((0.0, 0.3, 7.0, 61.0, 1000.0)))
    for quantity, balance in balances(before, model.state, model.parameters, model.book).items():
        assert balance.error < 1e-9, (quantity, balance)
