"""Whether the greenhouse is really run, in one word for each part that is not up to it."""

from __future__ import annotations

from collections.abc import Sequence

from controller.model.ports import BusHealth

STEPS_WITHIN = 60.0
"""Real seconds. A step is asked of the core every 20 s at the latest (`systemd.sign_of_life`), whatever happens."""


def missing(idle: float, buses: Sequence[BusHealth], limping: bool, store_takes: bool) -> list[str]:
    """What is missing of a greenhouse that is run by its rules; nothing where all is well.

    `idle` are the real seconds since the core's last good step. `limping`: protection alone is on, for want of rules.
    `store_takes`: the disk takes what happens.
    """
    wrong = {
        "core": idle > STEPS_WITHIN,
        "buses": not all(bus.online for bus in buses),
        "rules": limping,
        "store": not store_takes,
    }
    return [name for name, is_wrong in wrong.items() if is_wrong]
