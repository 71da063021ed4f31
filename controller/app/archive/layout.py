"""What a backup looks like: a gzipped tar with manifest.json first, then config/... and state/..."""

from __future__ import annotations

from dataclasses import dataclass

FORMAT = 1
MANIFEST = "manifest.json"
CONFIG, STATE = "config", "state"
CREDENTIALS = "credentials"
BEFORE = "before-restore-"
"""How the folder begins into which a restore moves what was there."""


class ArchiveError(Exception):
    """A backup that cannot be made or used; the text says why."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a backup holds: how many files, how many bytes unpacked, and when it was made (ISO 8601, UTC)."""

    files: int
    bytes: int
    created: str
