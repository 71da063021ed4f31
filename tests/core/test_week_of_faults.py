"""A week in which everything breaks; `python -m tests.core.week_of_faults --seeds 50` tries more of them."""

from __future__ import annotations

import pytest

from .week_of_faults import KINDS, Week, house1, house2


@pytest.mark.parametrize(("plan", "seed", "days"), [(house1(), 2, 7.0), (house2(), 1, 2.0)], ids=["house1", "house2"])
def test_a_week_of_faults_breaks_no_law(plan: object, seed: int, days: float) -> None:
    """Longest times on, daily caps and water, the interlock of vent and heater, and no alarm that stays."""
    week = Week(plan, seed, days).run()  # type: ignore[arg-type]
    assert week.broken() == []
    assert sum(week.kinds.values()) > 25 * days
    assert days < 7 or len(week.kinds) == len(KINDS)
    assert week.house.litres() > 50 * days  # the plants did get water
