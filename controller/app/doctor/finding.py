"""What an examination finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """How it stands with one thing."""

    RIGHT = "right"
    DOUBTFUL = "doubtful"  # it works; it would be better otherwise
    WRONG = "wrong"  # the greenhouse is not run as it should be
    UNKNOWN = "unknown"  # it cannot be found out here


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `about` names it, `text` says how it is, `advice` what to do about it."""

    about: str
    verdict: Verdict
    text: str
    advice: str = ""


def right(about: str, text: str) -> Finding:
    return Finding(about, Verdict.RIGHT, text)


def doubtful(about: str, text: str, advice: str) -> Finding:
    return Finding(about, Verdict.DOUBTFUL, text, advice)


def wrong(about: str, text: str, advice: str) -> Finding:
    return Finding(about, Verdict.WRONG, text, advice)


def unknown(about: str, text: str, advice: str = "") -> Finding:
    return Finding(about, Verdict.UNKNOWN, text, advice)
