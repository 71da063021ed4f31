"""A corner of the matrix, in every test run; `python -m tests.faults` runs all of it."""

from __future__ import annotations

import pytest

from .trial import trial


@pytest.mark.parametrize(
    ("fault", "situation"),
    [("serial adapter gone", "irrigating"), ("disk full", "vent moving"), ("SIGKILL", "irrigating")],
)
async def test_the_house_is_safe_and_recovers_by_itself(fault: str, situation: str) -> None:
    outcome = await trial(fault, situation)
    assert outcome.lost == 0
