"""The twin beside a house that the real core runs: each of its alarms, and none where nothing is broken."""

from __future__ import annotations

import pytest

from simulators.season import compiled
from tests.benchmarks.twin_watch import BREAKS, Break, watched

from .rules import START, plan

pytestmark = pytest.mark.skipif(not compiled.available(), reason="too slow without machine code")

HOURS = {"heater": 26, "welded": 16, "vent": 17, "door": 26}


@pytest.mark.parametrize("broken", BREAKS, ids=[broken.alarm for broken in BREAKS])
def test_what_breaks_is_told_after_it_broke(broken: Break) -> None:
    (heard,) = watched(plan(), START, HOURS[broken.alarm] / 24, broken, ["right"])
    assert f"twin {broken.alarm}" in [told.alarm for told in heard]
    assert all(told.hour > broken.hour for told in heard)


def test_nothing_is_told_where_nothing_is_broken() -> None:
    assert watched(plan(), START, 1.0, None, ["right"]) == [[]]
