"""A site as an installer begins it, with hardly anything in it, is looked through like any other."""

from __future__ import annotations

from controller.analysis import analyse
from controller.core.plan import Plan
from tests.core.writing import GIMJE, motor, valve


def test_nothing_at_all_gives_no_findings() -> None:
    assert analyse(Plan(GIMJE, (), ()), 2026) == []


def test_a_vent_where_nobody_measures_the_wind() -> None:
    found = analyse(Plan(GIMJE, (), (motor("roof_vent"), valve("tap"))), 2026)
    assert [(finding.kind, finding.suggestion) for finding in found if finding.kind == "unguarded vent"] == [
        ("unguarded vent", "no point measures the wind speed: add a sensor and a safety rule")
    ]
