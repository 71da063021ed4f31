"""Times as people write them, and the journal's answer for them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from controller.app.control import Refused
from controller.app.past import parse_time, why_then
from controller.model.commands import Cause, Level
from controller.model.events import Decided, Measured, Moved
from controller.model.points import Quality
from controller.model.time import NS, Instant
from controller.store import Store

SEOUL = ZoneInfo("Asia/Seoul")


def ns(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=SEOUL).timestamp() * NS)


NOW = ns("2026-06-21T10:00:00")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("09:30", "2026-06-21T09:30:00"),
        ("9:30:15", "2026-06-21T09:30:15"),
        ("10:01", "2026-06-20T10:01:00"),  # still to come today, so yesterday's is meant
        ("90 min ago", "2026-06-21T08:30:00"),
        ("2026-06-01 23:00", "2026-06-01T23:00:00"),
        ("2026-06-01T14:00:00+00:00", "2026-06-01T23:00:00"),
    ],
)
def test_times_as_people_write_them(written: str, meant: str) -> None:
    assert parse_time(written, SEOUL, NOW) == ns(meant)


@pytest.mark.parametrize("written", ["noon", "25:00", "5 bananas ago", ""])
def test_what_is_no_time_is_said_with_a_hint(written: str) -> None:
    with pytest.raises(ValueError, match="write it like 14:30"):
        parse_time(written, SEOUL, NOW)


def at(text: str) -> Instant:
    return Instant(ns(text), ns(text))


def test_the_journal_tells_position_and_cause_of_a_past_time(tmp_path: Path) -> None:
    wind = Cause(Level.SAFETY, "Storm", (("outside.wind_speed", "16 m/s"),), ("instead of 60 % by Ventilate",))
    with Store.open(tmp_path) as store:
        store.append([Decided("roof_vent", 60.0, Cause(Level.RULE, "Ventilate"), at("2026-06-21T09:00:00"))])
        store.append([Moved("roof_vent", 60.0, at("2026-06-21T09:02:00"))])
        store.append([Decided("roof_vent", 5.0, wind, at("2026-06-21T09:30:00"))])
        store.append([Measured("outside.wind_speed", 16.0, Quality.GOOD, at("2026-06-21T09:30:00"))])
        assert store.flush()
        before = why_then(store.history, "roof_vent", ns("2026-06-21T09:10:00"), SEOUL)
        after = why_then(store.history, "roof_vent", ns("2026-06-21T09:31:00"), SEOUL)
        with pytest.raises(Refused, match="knows nothing of roof_vent at 2026-06-21T08:00:00"):
            why_then(store.history, "roof_vent", ns("2026-06-21T08:00:00"), SEOUL)
    assert (before["position"], before["cause"]["rule"]) == (60.0, "Ventilate")
    assert after["cause"]["sentence"].startswith("safety: Storm (outside.wind_speed = 16 m/s)")
    assert after["target"] == 5.0
