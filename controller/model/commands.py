"""What the core tells the field, what the field reports back, and what people ask for."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from .time import Instant


class Verb(StrEnum):
    """What an output is told to do."""

    ON = "on"
    OFF = "off"
    OPEN = "open"  # run a motor in the opening direction
    CLOSE = "close"
    STOP = "stop"
    SET = "set"  # take the number that the command carries


class Level(StrEnum):
    """Who decided, from the strongest to the weakest."""

    LIMIT = "hard limit"
    INTERLOCK = "interlock"
    SAFETY = "safety"
    HAND = "hand"
    IRRIGATION = "irrigation"
    RULE = "rule"
    IDLE = "idle"


class Cause(NamedTuple):
    """Why an actuator does what it does.

    `rule` names the rule, interlock, person or limit that won; `values` are the inputs it was decided on, already
    written with their units; `chain` lists what else took part, strongest first ("held at 5 % by Storm").
    """

    level: Level
    rule: str
    values: tuple[tuple[str, str], ...] = ()
    chain: tuple[str, ...] = ()

    def sentence(self) -> str:
        """One line a person can read."""
        values = ", ".join(f"{name} = {value}" for name, value in self.values)
        text = f"{self.level}: {self.rule}" + (f" ({values})" if values else "")
        return "; ".join((text, *self.chain))


class Command(NamedTuple):
    """An order for one output point.

    `id` grows with every command of a process. `seconds` bounds it: for ON it is a lease, renewed while it holds, after
    which the device must switch off by itself where it can; for OPEN and CLOSE it is the running time. `renews` is
    the lease this one prolongs: a device with no timer of its own may skip it. `value` is the number of SET, in the
    unit of the setting; of OPEN and CLOSE it is where the run ends (% of opening), for motors that find it themselves.
    """

    id: int
    output: str
    verb: Verb
    at: Instant
    cause: Cause
    seconds: float | None = None
    renews: bool = False
    value: float | None = None


class Followed(StrEnum):
    """What became of an output, as far as its device says."""

    RUNNING = "running"  # on, opening or closing; `Report.verb` says which
    RESTING = "resting"  # off or stopped; of a number, `Report.value` says which stands in the device
    REFUSED = "refused"  # the device answered that it will not
    HELD = "held"  # a person holds it at the device: it must not be commanded
    LOST = "lost"  # the device cannot be reached
    BACK = "back"  # the device answers again; whatever it was told before may be forgotten


class Report(NamedTuple):
    """What a device says of one of its outputs: read-back after a command, and at every poll that shows a change."""

    output: str
    followed: Followed
    at: Instant
    verb: Verb | None = None
    command_id: int | None = None
    note: str = ""
    value: float | None = None


class Override(NamedTuple):
    """A person sets an actuator by hand until `seconds` have passed. `value` is % of opening, or 0/100 for a switch."""

    actuator: str
    value: float
    seconds: float
    by: str


class Release(NamedTuple):
    """A person gives an actuator back to the rules."""

    actuator: str
    by: str


class Acknowledge(NamedTuple):
    """A person has seen an alarm."""

    alarm: str
    by: str


class Notice(NamedTuple):
    """What the surroundings of the core found wrong, or right again: an alarm like those of the rules."""

    alarm: str
    active: bool
    priority: str
    text: str


Request = Override | Release | Acknowledge | Notice
