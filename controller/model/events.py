"""What happened: the core's output besides commands. The store keeps them and the uplinks carry them away.

What comes often is a tuple, which is made in a third of the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from .commands import Cause, Command
from .points import Quality
from .time import Instant


class Measured(NamedTuple):
    """A raw reading after treatment: the calibrated value, or NaN where none can be trusted."""

    point: str
    value: float
    quality: Quality
    at: Instant


class Commanded(NamedTuple):
    """A command was given for an actuator (`command.output` is its wire, `actuator` its name)."""

    actuator: str
    command: Command


class Decided(NamedTuple):
    """An actuator has a new target, with its cause. `target` is % of opening, 0 or 100 for switches and valves."""

    actuator: str
    target: float
    cause: Cause
    at: Instant


class Moved(NamedTuple):
    """An actuator's estimated position changed (%; 0 or 100 for switches and valves)."""

    actuator: str
    position: float
    at: Instant


class AlarmState(StrEnum):
    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Alarmed:
    """An alarm changed its state. `priority` is critical, high, medium or low."""

    alarm: str
    state: AlarmState
    priority: str
    text: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Noted:
    """Something worth a line in the journal: a round started or skipped, an override placed, a limit reached."""

    subject: str
    text: str
    at: Instant


Event = Measured | Commanded | Decided | Moved | Alarmed | Noted
