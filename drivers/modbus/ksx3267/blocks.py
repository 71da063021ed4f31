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
BITS = 32  # zones of a bitmap

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
    """Which zones a nutrient supply is to water (ascending; none: its own programme, once), and with what.

    `highest_first` says which bit of a bitmap is zone 1: the highest instead of the lowest.
    """

    zones: tuple[int, ...] = ()
    recipe: Recipe | None = None
    highest_first: bool = False


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
    block: Block,
    verb: Verb,
    opid: int,
    seconds: float | None = None,
    supply: Supply = Supply(),
    ratio: float | None = None,
    position: int | None = None,
) -> tuple[int, ...]:
    """What is written to a device's command area: the operation, the opid, and only the arguments it takes.

    `ratio` (%) is for switches of level 2, `position` (%) for retractables that `finds_positions`. ValueError where the
    device has no operation for this.
    """
    assert block.write is not None
    if verb in (Verb.OFF, Verb.STOP):
        return items.write(("operation", "opid"), {"operation": Operation.OFF, "opid": opid})
    if ACTUATORS[block.code][0] == NUTRIENT_SUPPLY:
        operation, values = _supply(block.write, ACTUATORS[block.code][1], seconds, supply)
    elif verb is Verb.ON and ratio is not None:
        operation, values = _at_a_ratio(block, seconds, ratio)
    elif position is not None:
        operation, values = Operation.SET_POSITION, {"position": position}
    else:
        operation, values = _timed(block.write, verb, seconds)
    return items.write(block.write.layout(operation), {"operation": operation, "opid": opid, **values})


def finds_positions(block: Block) -> bool:
    """Whether a device goes to a position by itself: a retractable of level 2 whose command area has room for one."""
    return ACTUATORS[block.code] == (RETRACTABLE, 2) and _takes(block.write, Operation.SET_POSITION, "position")


def _at_a_ratio(block: Block, seconds: float | None, ratio: float) -> tuple[int, dict[str, float]]:
    assert block.write is not None
    if not _takes(block.write, Operation.DIRECTIONAL_ON, "ratio"):
        raise ValueError(f"a switch of level {ACTUATORS[block.code][1]} has no ratio")
    _, values = _timed(block.write, Verb.ON, seconds)
    if not values:
        raise ValueError("a ratio holds for a time only")
    return Operation.DIRECTIONAL_ON, {**values, "ratio": round(ratio)}


def _timed(write: Writes, verb: Verb, seconds: float | None) -> tuple[int, dict[str, float]]:
    time = items.time_item(write.layout(_TIMED[verb]))
    if seconds is None or time is None or not write.knows(_TIMED[verb]):
        return _PLAIN[verb], {}
    kind = next(kind for name, kind in map(items.item, write.layout(_TIMED[verb])) if name == time)
    whole = math.ceil(round(seconds, 3)) if verb is Verb.ON else round(seconds)
    return _TIMED[verb], {time: min(max(whole, 1), LONGEST if kind == "u32" else LONGEST >> 16)}


def _supply(write: Writes, level: int, seconds: float | None, wanted: Supply) -> tuple[int, dict[str, float]]:
    if not wanted.zones:
        return Operation.ONCE_SUPPLY, {}
    if level < (2 if wanted.recipe is None else 3):
        raise ValueError(f"a nutrient supply of level {level} cannot {'choose zones' if level < 2 else 'mix'}")
    operation, values = _where(write, wanted)
    time = items.time_item(write.layout(operation))
    if seconds is None or time is None:
        raise ValueError("a nutrient supply must be told for how long")
    values[time] = min(max(math.ceil(round(seconds, 3)), 1), LONGEST)
    if wanted.recipe is not None:
        values |= {"EC": wanted.recipe.ec, "pH": wanted.recipe.ph}
    return operation, values


def _where(write: Writes, wanted: Supply) -> tuple[int, dict[str, float]]:
    """The operation for these zones, and how it is told them: from the first to the last, or by a bit for each.

    Nobody who has the draft of KS B 7958 says which bit is which zone.
    """
    plain = wanted.recipe is None
    first, last = wanted.zones[0], wanted.zones[-1]
    span = Operation.WATER_SUPPLY if plain else Operation.NUTRIENT_SUPPLY
    if last - first + 1 == len(wanted.zones) and _takes(write, span, "stop-area"):
        return span, {"start-area": first, "stop-area": last}
    bits = Operation.AREA_WATER_SUPPLY if plain else Operation.AREA_NUTRIENT_SUPPLY
    if not _takes(write, bits, "area-bitmap"):
        raise ValueError("this nutrient supply waters zones from one to another only, with none left out")
    if last > BITS:
        raise ValueError(f"this nutrient supply can be told {BITS} zones only")
    return bits, {"area-bitmap": sum(1 << (BITS - zone if wanted.highest_first else zone - 1) for zone in wanted.zones)}


def _takes(write: Writes | None, operation: int, argument: str) -> bool:
    return (
        write is not None
        and write.knows(operation)
        and any(items.item(text)[0] == argument for text in write.layout(operation))
    )
