"""What servers answer, and what is made of it."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.uplink.backoff import Backoff
from controller.uplink.influxdb.answers import LONGEST_WAIT, Answer, Verdict, judge, message

NOW = datetime(2026, 6, 21, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (204, Verdict.TAKEN),
        (200, Verdict.TAKEN),
        (400, Verdict.BAD_LINES),
        (422, Verdict.BAD_LINES),
        (413, Verdict.TOO_LARGE),
        (401, Verdict.NOT_SO),
        (403, Verdict.NOT_SO),
        (404, Verdict.NOT_SO),
        (302, Verdict.NOT_SO),
        (408, Verdict.NOT_NOW),
        (429, Verdict.NOT_NOW),
        (500, Verdict.NOT_NOW),
        (503, Verdict.NOT_NOW),
        (0, Verdict.NOT_NOW),
    ],
)
def test_every_status_has_its_meaning(status: int, verdict: Verdict) -> None:
    judgement = judge(Answer(status, "so it is"), NOW)
    assert judgement.verdict is verdict
    assert verdict is Verdict.TAKEN or "so it is" in judgement.note


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0.0),
        ("", 0.0),
        ("7", 7.0),
        ("-7", 0.0),
        ("nan", 0.0),
        ("soon", 0.0),
        ("9999999", LONGEST_WAIT),
        ("Sun, 21 Jun 2026 12:00:30 GMT", 30.0),
        ("Sun, 21 Jun 2026 11:00:00 GMT", 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float) -> None:
    assert judge(Answer(429, "", header), NOW).wait == seconds


def test_what_the_server_says_is_taken_out_of_its_json() -> None:
    assert message('{"code":"invalid","message":"unable to parse\\n  \'x\'"}') == "unable to parse 'x'"
    assert message('{"error":"database not found: \\"x\\""}') == 'database not found: "x"'
    assert message("<html>Bad Gateway</html>") == "<html>Bad Gateway</html>"
    assert message("[1]") == "[1]"
    assert len(message("x" * 10_000)) == 400


@given(st.integers(0, 2**32), st.floats(0, 100))
def test_pauses_double_up_to_a_minute_and_never_fall_short_of_what_was_asked(seed: int, asked: float) -> None:
    backoff = Backoff(random.Random(seed))
    pauses = [backoff.pause() for _ in range(10)]
    assert all(0.5 * min(2**n, 60) <= pause <= min(2**n, 60) for n, pause in enumerate(pauses))
    assert backoff.pause(asked) >= asked
    backoff.reset()
    assert backoff.pause() <= 1.0
