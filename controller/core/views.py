"""What can be seen of the core: for the page, the command line and the API."""

from __future__ import annotations

from typing import NamedTuple

from controller.model.commands import Cause
from controller.model.events import AlarmState
from controller.model.points import Quality
from controller.model.time import Instant


class PointView(NamedTuple):
    """A point or setpoint: `value` is NaN where unknown, `text` is written with its unit, `age` in seconds."""

    name: str
    value: float
    text: str
    quality: Quality
    age: float | None


class HandView(NamedTuple):
    """A person's override: `value` in % (of a setting in its unit), `seconds` until it ends."""

    value: float
    seconds: float
    by: str


class ActuatorView(NamedTuple):
    """`position` and `target` in %; `moving` is "opening", "closing" or ""; `day_seconds` is today's time on.

    `limited` says which hard limit holds it back, `trouble` what is wrong with its device; both "" as a rule.
    `basis` is "measured" or "estimated" where a sensor tells the position, the latter while it fails; else "".
    """

    name: str
    kind: str
    position: float
    target: float
    cause: Cause
    moving: str
    on: bool
    day_seconds: float
    limited: str
    trouble: str
    hand: HandView | None = None
    basis: str = ""


class SettingView(NamedTuple):
    """A number written to a device: `value` in its unit (NaN: none yet), `text` is written with it."""

    name: str
    value: float
    text: str
    cause: Cause
    trouble: str
    hand: HandView | None = None


class AlarmView(NamedTuple):
    name: str
    state: AlarmState
    priority: str
    text: str
    since: Instant


class RoundView(NamedTuple):
    """What an irrigation rule knows of its valve: `since` the last start in seconds (None: there was none).

    `sums` are those since then that its start condition reads, each in the sum's unit (NaN where unknown).
    """

    rule: str
    valve: str
    since: float | None
    sums: tuple[tuple[str, float], ...]
