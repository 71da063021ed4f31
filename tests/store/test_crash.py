"""A handful of kills in every test run; `python -m tests.crash` makes as many as one likes."""

from __future__ import annotations

from tests.crash import crash


def test_every_committed_reading_is_in_influxdb_exactly_once() -> None:
    outcome = crash(kills=6, seed=3)
    assert outcome.kills == 6
    assert outcome.confirmed > 0
    assert outcome.committed == outcome.delivered >= outcome.confirmed
    assert not outcome.missing
    assert not outcome.foreign
