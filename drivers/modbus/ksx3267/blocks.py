"""Commands to the actuators of a node: what is written for a verb. No I/O."""

from __future__ import annotations

import math
from typing import NamedTuple

from controller.model.commands import Verb

from . import items
from .codes import ACTUATORS, NUTRIENT_SUPPLY, RETRACTABLE, SWITCH, Operation
from .description import Block, Writes

LAST_OPID = 0xFFFF
LONGEST = 0xFFFFFFFF  # s

_PLAIN = {Verb.ON: Operation.ON, Verb.OPEN: Operation.OPEN, Verb.CLOSE: Operation.CLOSE}
_TIMED = {Verb.ON: Operation.TIMED_ON, Verb.OPEN: Operation.TIMED_OPEN, Verb.CLOSE: Operation.TIMED_CLOSE}
_VERBS = {
    SWITCH: (Verb.ON, Verb.OFF),
    RETRACTABLE: (Verb.OPEN, Verb.CLOSE, Verb.STOP),
    NUTRIENT_SUPPLY: (Verb.ON, Verb.OFF),
}
_NAMES = {SWITCH: "switch", RETRACTABLE: "retractable", NUTRIENT_SUPPLY: "nutrient supply"}


class Recipe(NamedTuple):
    """What a nutrient supply is to mix: EC in dS/m and pH."""

    ec: float = 1.8
    ph: float = 5.8


MOST = Recipe(20.0, 14.0)


class Supply(NamedTuple):
    """Which zones a nutrient supply is to water, and with what."""

    first: int = 1
    last: int = 1
    recipe: Recipe | None = None


def next_opid(last: int) -> int:
    """A node acts only on an opid that differs from the last one; 0 means none."""
    return last % LAST_OPID + 1


def unfit(block: Block, verb: Verb) -> str:
    """Why a device cannot be told this, or ""."""
    family, level = ACTUATORS[block.code]
    if verb not in _VERBS[family]:
        return f"a {_NAMES[family]} cannot {verb}"
    if block.write is None:
        return f"a {_NAMES[family]} of level {level} takes no commands"
    return ""


def command_words(
    block: Block, verb: Verb, opid: int, seconds: float | None = None, supply: Supply = Supply()
) -> tuple[int, ...]:
    """What is written to a device's command area: the operation, the opid, and only the arguments it takes.

    ValueError where the device has no operation for this.
    """
    assert block.write is not None
    if verb in (Verb.OFF, Verb.STOP):
        return items.write(("operation", "opid"), {"operation": Operation.OFF, "opid": opid})
    if ACTUATORS[block.code][0] == NUTRIENT_SUPPLY:
        operation, values = _supply(block.write, ACTUATORS[block.code][1], seconds, supply)
    else:
        operation, values = _timed(block.write, verb, seconds)
    return items.write(block.write.layout(operation), {"operation": operation, "opid": opid, **values})


def _timed(write: Writes, verb: Verb, seconds: float | None) -> tuple[int, dict[str, float]]:
    time = items.time_item(write.layout(_TIMED[verb]))
    if seconds is None or time is None or not write.knows(_TIMED[verb]):
        return _PLAIN[verb], {}
    kind = next(kind for name, kind in map(items.item, write.layout(_TIMED[verb])) if name == time)
    whole = math.ceil(round(seconds, 3)) if verb is Verb.ON else round(seconds)
    return _TIMED[verb], {time: min(max(whole, 1), LONGEST if kind == "u32" else LONGEST >> 16)}


def _supply(write: Writes, level: int, seconds: float | None, wanted: Supply) -> tuple[int, dict[str, float]]:
    operation = Operation.WATER_SUPPLY if wanted.recipe is None else Operation.NUTRIENT_SUPPLY
    least = 2 if wanted.recipe is None else 3
    if level < 2 and wanted.recipe is None:
        return Operation.ONCE_SUPPLY, {}
    if level < least or not write.knows(operation):
        raise ValueError(f"a nutrient supply of level {level} cannot mix")
    layout = write.layout(operation)
    time = items.time_item(layout)
    if seconds is None or time is None:
        raise ValueError("a nutrient supply must be told for how long")
    values: dict[str, float] = {
        "start-area": wanted.first,
        "stop-area": wanted.last,
        time: min(max(math.ceil(round(seconds, 3)), 1), LONGEST),
    }
    if wanted.recipe is not None:
        values |= {"EC": wanted.recipe.ec, "pH": wanted.recipe.ph}
    return operation, values
