"""Whether the state that the last process left can still be true."""

from __future__ import annotations

from controller.core.core import CLOCK_KNOWN, Core
from controller.model.time import NS, Instant
from controller.model.units import show_duration

FRESH = 36 * 3600.0
"""Seconds. By then every hand is over, every lease has run out and every daily cap is new by any reckoning of days.
What else the state says (where the vents are, what is being waited for) people and weather have long overtaken.

The same holds for a state from the future: a clock was wrong, and nobody knows for how long the house stood."""


def fresh(snapshot: bytes | None, now: Instant) -> tuple[bytes | None, str]:
    """The snapshot if it is worth going on with, else None and why not.

    While the clock is not set nobody can tell: the snapshot is then taken, and the core lets no time pass.
    """
    if snapshot is None:
        return None, ""
    try:
        taken_ns = Core.taken_at(snapshot)
    except ValueError as error:
        return None, f"the saved state cannot be read and is left behind ({error})"
    age = (now.wall_ns - taken_ns) / NS
    if abs(age) <= FRESH or now.wall_ns < CLOCK_KNOWN or taken_ns < CLOCK_KNOWN:
        return snapshot, ""
    when = f"{show_duration(round(abs(age)))} " + ("old" if age > 0 else "ahead of the clock")
    return None, f"the saved state is {when} and is left behind: everything begins anew, vents find their end stops"
