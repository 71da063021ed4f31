"""Instruments: lag, scatter, digits and drift."""

from __future__ import annotations

from statistics import pstdev

import pytest

from controller.model.units import QUANTITIES
from simulators.season.instruments import FIELDS, FROZEN, OFFSET, Chance, Character, row, sense

CHANCE = Chance(1)


def panel(character: Character, number: int = 0) -> list[float]:
    return row(number, 0, QUANTITIES["temperature"], 0.0, character)


def shown(panel: list[float], truth: float, turns: int, *, dt: float = 60.0) -> list[float]:
    seen, screen = [], [0.0]
    for turn in range(turns):
        sense(turn * dt, dt, turn, [truth], panel, CHANCE.normal, CHANCE.even, screen)
        seen += screen
    return seen


def test_an_ideal_instrument_shows_the_truth() -> None:
    assert shown(panel(Character()), 21.3456, 2) == [21.3456, 21.3456]


def test_it_shows_whole_digits() -> None:
    assert shown(panel(Character(digit=0.1)), 21.3456, 1) == [pytest.approx(21.3)]


def test_it_lags_behind_a_step() -> None:
    instrument = panel(Character(lag=60.0))
    shown(instrument, 0.0, 1)
    assert shown(instrument, 10.0, 1) == [pytest.approx(6.32, abs=0.01)]


def test_it_scatters_as_much_as_it_should() -> None:
    assert pstdev(shown(panel(Character(scatter=0.2)), 20.0, 5000)) == pytest.approx(0.2, rel=0.05)


def test_two_instruments_scatter_and_drift_apart() -> None:
    character = Character(scatter=0.2, drift=1.0)
    one, other = (shown(panel(character, number), 20.0, 3000, dt=3600.0) for number in (0, 1))
    assert one[:10] != other[:10]
    assert sum(one[-100:]) > sum(other[-100:])


def test_a_frozen_one_shows_what_it_showed() -> None:
    instrument = panel(Character())
    screen = [0.0]
    sense(0.0, 60.0, 0, [20.0], instrument, CHANCE.normal, CHANCE.even, screen)
    instrument[FROZEN] = 1.0
    sense(60.0, 60.0, 1, [25.0], instrument, CHANCE.normal, CHANCE.even, screen)
    assert screen == [20.0]


def test_it_shows_nothing_beyond_its_range() -> None:
    instrument = panel(Character())
    instrument[OFFSET] = 1000.0
    assert shown(instrument, 20.0, 1) == [QUANTITIES["temperature"].high]
    assert len(instrument) == FIELDS
