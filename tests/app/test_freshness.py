"""State is gone on with only if it can still be true."""

from __future__ import annotations

import pytest

from controller.app.freshness import FRESH, fresh
from controller.core.core import Core
from controller.model.time import NS, Instant
from tests.app.house import plan

NOW = 1_782_000_000 * NS
HOUR, DAY = 3600.0, 86400.0


def taken(wall_ns: int) -> bytes:
    core = Core(plan())
    core.step(Instant(0, wall_ns), ())
    return core.snapshot()


@pytest.mark.parametrize("age", [0.0, 1.0, 10 * HOUR, FRESH, -1.0, -FRESH])
def test_a_recent_state_is_gone_on_with(age: float) -> None:
    snapshot = taken(NOW - round(age * NS))
    assert fresh(snapshot, Instant(0, NOW)) == (snapshot, "")


@pytest.mark.parametrize(
    ("age", "says"), [(30 * DAY, "720 h old"), (FRESH + 60, "old"), (-40 * DAY, "ahead of the clock")]
)
def test_one_of_last_month_or_of_the_future_is_left_behind_and_that_is_said(age: float, says: str) -> None:
    snapshot, complaint = fresh(taken(NOW - round(age * NS)), Instant(0, NOW))
    assert snapshot is None
    assert says in complaint


def test_without_a_clock_nobody_can_tell_how_old_it_is() -> None:
    assert fresh(taken(NOW), Instant(0, 5 * NS))[0] is not None
    assert fresh(taken(5 * NS), Instant(0, NOW))[0] is not None


@pytest.mark.parametrize("snapshot", [b"", b"null", b"{}", b"nonsense", b"\xff", b'{"wall_ns": "now"}'])
def test_what_cannot_be_read_is_left_behind(snapshot: bytes) -> None:
    found, complaint = fresh(snapshot, Instant(0, NOW))
    assert found is None
    assert "cannot be read" in complaint


def test_nothing_is_nothing() -> None:
    assert fresh(None, Instant(0, NOW)) == (None, "")
