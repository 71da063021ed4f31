"""Status and command blocks: words to meaning and back. 32-bit numbers have their low word first (CDAB)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from controller.model.commands import Verb

from ..values import decode, encode
from .codes import RETRACTABLE, Operation

LAST_OPID = 0xFFFF
LONGEST = 0xFFFFFFFF  # s


class SensorState(NamedTuple):
    value: float
    status: int


class ActuatorState(NamedTuple):
    """`remaining` is in s; 0 where no timed command runs."""

    opid: int
    status: int
    remaining: int


def sensor_state(words: Sequence[int]) -> SensorState:
    """A sensor's block of 3 words."""
    return SensorState(decode(words[:2], "f32", "CDAB"), words[2])


def actuator_state(words: Sequence[int]) -> ActuatorState:
    """An actuator's block of 4 words."""
    return ActuatorState(words[0], words[1], int(decode(words[2:4], "u32", "CDAB")))


def next_opid(last: int) -> int:
    """A node acts only on an opid that differs from the last one; 0 means none."""
    return last % LAST_OPID + 1


_OPERATIONS = {
    Verb.ON: (Operation.ON, Operation.TIMED_ON),
    Verb.OPEN: (Operation.OPEN, Operation.TIMED_OPEN),
    Verb.CLOSE: (Operation.CLOSE, Operation.TIMED_CLOSE),
}


def command_words(verb: Verb, opid: int, seconds: float | None = None) -> tuple[int, ...]:
    """What is written to a command block: the operation, the opid, and a time only where the operation takes one."""
    if verb in (Verb.OFF, Verb.STOP):
        return (Operation.OFF, opid)
    plain, timed = _OPERATIONS[verb]
    if seconds is None:
        return (plain, opid)
    whole = math.ceil(round(seconds, 3)) if verb is Verb.ON else round(seconds)
    return (timed, opid, *encode(min(max(whole, 1), LONGEST), "u32", "CDAB"))


def takes(code: int, verb: Verb) -> bool:
    """Whether an actuator of this code understands the verb."""
    if code == RETRACTABLE:
        return verb in (Verb.OPEN, Verb.CLOSE, Verb.STOP)
    return verb in (Verb.ON, Verb.OFF)
