"""How much is kept, and for how long."""

from __future__ import annotations

from dataclasses import dataclass

DAY = 86400


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the store. `bytes` is that of the file; the ages are in seconds."""

    bytes: int = 512 << 20  # 20 million samples: two months of a house without its server
    raw_age: float = 7 * DAY  # what has been delivered is kept so long for the page, export and replay
    outbox_age: float = 180 * DAY
    journal_entries: int = 200_000
    minutes_age: float = 14 * DAY
    quarters_age: float = 400 * DAY
    days_age: float = 20 * 366 * DAY
    quarantined_lines: int = 10_000
