"""What a server's answer to a write means. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import NamedTuple

import orjson

LONGEST_REASON = 400  # characters of what a server says that are kept
LONGEST_WAIT = 3600.0  # s that a server can have us wait


class Answer(NamedTuple):
    """`status` 0: there was none, and `text` says why. `retry_after` is the header of that name."""

    status: int
    text: str = ""
    retry_after: str | None = None


class Verdict(Enum):
    TAKEN = "taken"
    BAD_LINES = "bad lines"  # something in this batch will never be taken
    TOO_LARGE = "too large"
    NOT_NOW = "not now"  # the same batch may be taken later
    NOT_SO = "not so"  # nothing will be taken until somebody changes a setting


class Judgement(NamedTuple):
    """`note` is for people; `wait` is how long the server asks to be left alone (s)."""

    verdict: Verdict
    note: str = ""
    wait: float = 0.0


_SETTINGS = {
    401: "the server does not accept the token or password",
    403: "the token or user may not write here",
    404: "the server knows no such bucket or database, or not this kind of write"
    " (InfluxDB 1.x needs `database:`, later ones `org:` and `bucket:`)",
}


def judge(answer: Answer, now: datetime) -> Judgement:
    """What an answer means; `now` is for a Retry-After that is a date."""
    status, said = answer.status, message(answer.text)
    if 200 <= status < 300:
        return Judgement(Verdict.TAKEN)
    if status in (400, 422):
        return Judgement(Verdict.BAD_LINES, said or f"answered {status}")
    if status == 413:
        return Judgement(Verdict.TOO_LARGE, said or "the batch is too large")
    if status == 0:
        return Judgement(Verdict.NOT_NOW, f"no answer: {said}" if said else "no answer")
    if status in (408, 429) or status >= 500:
        note = f"the server answers {status}" + (f": {said}" if said else "")
        return Judgement(Verdict.NOT_NOW, note, _seconds(answer.retry_after, now))
    note = _SETTINGS.get(status, f"the server answers {status}")
    return Judgement(Verdict.NOT_SO, f"{note}: {said}" if said else note)


def message(text: str) -> str:
    """What the server says, out of its JSON (`message` in version 2, `error` in version 1) or as it is."""
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError:
        data = None
    if isinstance(data, dict):
        for name in ("message", "error"):
            if isinstance(data.get(name), str):
                text = data[name]
                break
    return " ".join(text.split())[:LONGEST_REASON]


def _seconds(header: str | None, now: datetime) -> float:
    """Retry-After in seconds: it is a number of them, or a date (RFC 9110, 10.2.3)."""
    if not header:
        return 0.0
    try:
        seconds = float(header)
    except ValueError:
        try:
            date = parsedate_to_datetime(header)
        except ValueError:
            return 0.0
        seconds = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now.timestamp()
    return min(max(seconds, 0.0), LONGEST_WAIT) if seconds == seconds else 0.0
