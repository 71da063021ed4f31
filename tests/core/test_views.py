"""What can be seen of the core from outside."""

from __future__ import annotations

import pytest

from controller.core.plan import Plan

from .house import House
from .writing import GIMJE, rounds, sensor, valve

START = "radiation_sum since last start > 100 J/cm² or 3 h since last start"


def a_house() -> House:
    light = rounds("Light", "bed", START, give="1 min")
    return House(Plan(GIMJE, (sensor("outside.radiation"),), (valve("bed"),), irrigation=(light,)), outside_radiation=0)


def test_an_override_shows_who_holds_it_and_for_how_long() -> None:
    house = a_house().override("bed", 100.0, "10 min").after("1 min")
    hand = house.view("bed").hand
    assert hand is not None
    assert (hand.value, hand.seconds, hand.by) == (100.0, pytest.approx(540.0, abs=0.1), "Kim")
    assert house.after("10 min").view("bed").hand is None


def test_a_round_shows_what_it_has_gathered_since_its_last_start() -> None:
    house = a_house().at("10:00").reads(outside_radiation=500).after("10 min")
    (view,) = house.core.rounds()
    assert (view.rule, view.valve) == ("Light", "bed")
    assert view.since is not None
    ((name, gathered),) = view.sums
    assert name == "radiation_sum"
    assert gathered == pytest.approx(500 * 600 * 1e-4, rel=0.1)
