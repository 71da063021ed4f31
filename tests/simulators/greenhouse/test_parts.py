"""The pieces of the model, each by itself."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.greenhouse import parameters, states
from simulators.greenhouse.books import SIZE as BOOKS
from simulators.greenhouse.crop import grow, photosynthesis, stomata
from simulators.greenhouse.moist_air import mist, saturation, saturation_slope, vapour_density, vapour_pressure
from simulators.greenhouse.optics import nir_in_canopy, par_in_canopy, through_layers
from simulators.greenhouse.solve import factorise, substitute
from simulators.greenhouse.ventilation import past_screen, through_openings

from . import house

share = st.floats(0.0, 1.0)
P = parameters.vector(house.given())


@given(st.integers(1, 9), st.randoms(use_true_random=False))
def test_the_solver_solves(size: int, random: object) -> None:
    draw = random.uniform  # type: ignore[attr-defined]
    rows = [[draw(-1, 1) if draw(0, 1) < 0.6 else 0.0 for _ in range(size)] for _ in range(size)]
    for row in range(size):
        rows[row][row] = 1 + sum(abs(value) for value in rows[row])
    solution = [draw(-100, 100) for _ in range(size)]
    vector = [sum(a * x for a, x in zip(row, solution, strict=True)) for row in rows]
    matrix = [value for row in rows for value in row]
    factorise(size, matrix)
    substitute(size, matrix, vector)
    assert vector == pytest.approx(solution, abs=1e-9)


@given(st.floats(-20, 60))
def test_the_slope_of_saturation_is_its_derivative(temperature: float) -> None:
    slope = saturation_slope(temperature, saturation(temperature))
    assert slope == pytest.approx((saturation(temperature + 1e-4) - saturation(temperature - 1e-4)) / 2e-4, rel=1e-5)


@given(st.floats(-10, 50), st.floats(0.2, 1.5))
def test_mist_leaves_air_just_below_saturation_and_keeps_its_heat(temperature: float, excess: float) -> None:
    density = excess * vapour_density(saturation(temperature), temperature)
    capacity = 1200 / 2.45e6
    warmed = mist(density, temperature, capacity)
    humidity = vapour_pressure(density - capacity * warmed, temperature + warmed) / saturation(temperature + warmed)
    assert humidity <= 1.0 + 1e-12
    if excess <= 1:
        assert warmed == 0
    else:
        assert warmed > 0
        assert humidity > 0.9


@given(share, share, share, share, share, share, share, share, st.floats(0.0, 0.1))
def test_no_light_is_made_and_none_lost(
    roof: float, roof_rest: float, t1: float, r1: float, u1: float, t2: float, r2: float, u2: float, lamps: float
) -> None:
    roof_reflection = (1 - roof) * roof_rest * 0.9
    r1, r2 = (1 - t1) * r1 * 0.9, (1 - t2) * r2 * 0.9
    down, *absorbed, back = through_layers(roof, roof_reflection, t1, r1, u1, t2, r2, u2, lamps)
    assert 0 <= down <= 1
    assert all(part >= -1e-12 for part in absorbed)
    assert 0 <= back <= 1
    # two layers at a time, 8.14 and 8.15
    upper, lower = u1 * r1, u2 * r2
    screens = upper + (1 - u1 * (1 - t1)) ** 2 * lower / (1 - upper * lower)
    reflected = roof_reflection + roof**2 * screens / (1 - roof_reflection * screens)
    assert down + sum(absorbed) + reflected == pytest.approx(1.0, abs=1e-9)


@given(share, share, share, share)
def test_the_canopy_absorbs_no_more_than_comes(back: float, reflection: float, floor: float, beyond: float) -> None:
    canopy, ground = par_in_canopy(100.0, reflection, floor, beyond)
    assert canopy >= 0
    assert ground >= 0
    assert canopy + ground <= 100.0 + 1e-9
    canopy, ground = nir_in_canopy(0.8, 0.9 * back, 0.9 * reflection, 0.9 * floor, beyond)
    assert canopy >= -1e-12
    assert ground >= -1e-12
    assert canopy + ground <= 0.8 / (1 - 0.9 * back) + 1e-9


openings = st.floats(0.0, 0.3)


@settings(max_examples=200)
@given(openings, openings, openings, st.floats(0.0, 0.1), st.floats(0.0, 20.0), share)
def test_more_open_is_more_air(
    roof: float, side: float, more: float, warmth: float, wind: float, separated: float
) -> None:
    def total(roof: float, side: float) -> float:
        return sum(through_openings(roof, 1.0, side, 1.0, 2.0, 0.7, 0.09, warmth, wind, separated))

    assert total(roof + more, side) >= total(roof, side) - 1e-12
    assert total(roof, side + more) >= total(roof, side) - 1e-12
    assert total(roof, 1e-9) == pytest.approx(total(roof, 0.0), abs=1e-6)


def test_a_window_alone_follows_boulard_and_baille() -> None:
    flow, none = through_openings(0.1, 1.3, 0.0, 0.0, 0.0, 0.75, 0.09, 5 / 293, 3.0, 0.0)
    assert flow == pytest.approx(0.1 * 0.75 / 2 * math.sqrt(9.81 * 1.3 / 2 * 5 / 293 + 0.09 * 9))
    assert none == 0


def test_a_screen_lets_less_pass_the_further_it_is_closed() -> None:
    flows = [past_screen(closed / 10, 5e-5, 3.0, 1.20, 1.21) for closed in range(11)]
    assert flows == sorted(flows, reverse=True)
    assert past_screen(0.3, 5e-5, 0.0, 1.2, 1.2) == 0


def test_photosynthesis_grows_with_light_and_co2_and_stops_in_the_dark() -> None:
    by_light = [photosynthesis(3.0, light, 22.0, 400.0, P) for light in (0.0, 100.0, 400.0, 1500.0)]
    by_co2 = [photosynthesis(3.0, 500.0, 22.0, ppm, P) for ppm in (20.0, 200.0, 400.0, 1000.0)]
    assert by_light[0] == by_co2[0] == 0
    assert by_light == sorted(by_light)
    assert by_co2 == sorted(by_co2)
    assert 30 < by_light[-1] < 60  # µmol/(m²·s): a closed tomato canopy in full sun


def test_stomata_open_in_light_and_close_in_dry_air_and_at_night() -> None:
    day, night, dry = (stomata(light, 400.0, deficit, P) for light, deficit in ((300, 200), (0, 200), (300, 2500)))
    assert 82 <= day < 200
    assert night > 5 * day
    assert dry > 2 * day


def crop_state() -> list[float]:
    state = [0.0] * states.SIZE
    state[states.CANOPY] = state[states.DAY_TEMPERATURE] = 20.0
    state[states.BUFFER], state[states.LEAF] = 10e3, 90e3
    state[states.STEM], state[states.FRUIT], state[states.TEMPERATURE_SUM] = 150e3, 200e3, 1035.0
    return state


def test_a_fed_crop_grows_and_a_starved_one_shrinks() -> None:
    fed, starved = crop_state(), crop_state()
    starved[states.BUFFER] = 0.0
    for _ in range(1440):
        taken = grow(60.0, 15.0, fed, P, [0.0] * BOOKS)
        breathed = grow(60.0, 0.0, starved, P, [0.0] * BOOKS)
    assert fed[states.FRUIT] > 200e3
    assert starved[states.FRUIT] < 200e3
    assert taken > 0 > breathed


def test_ripe_fruit_is_picked_and_leaves_are_pruned() -> None:
    state, book = crop_state(), [0.0] * BOOKS
    state[states.FRUIT], state[states.LEAF] = 400e3, 150e3
    for _ in range(10 * 1440):
        grow(60.0, 15.0, state, P, book)
    assert state[states.FRUIT] == pytest.approx(300e3, rel=0.1)
    assert state[states.LEAF] * 2.66e-5 == pytest.approx(3.0, rel=0.1)
