"""What stands between the climate and the controller: sensors that lag, scatter, drift and show so many digits.

Written like the equations of the greenhouse: plain functions over flat vectors, which run as they stand or as machine
code with the same results. Scatter is drawn from a table that each sensor walks through in its own stride, so that
both ways, and both of two rule sets that are compared, see the same.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import MutableSequence, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from controller.model.units import Quantity


@dataclass(frozen=True, slots=True)
class Character:
    """How an instrument behaves.

    `lag` is its time constant (s), `scatter` the standard deviation and `digit` the smallest step of what it shows,
    `drift` (per year) how its zero wanders; all in the unit of the quantity.
    """

    lag: float = 0.0
    scatter: float = 0.0
    digit: float = 0.0
    drift: float = 0.0


USUAL: dict[str, Character] = {
    # after data sheets of usual instruments: SHT3x in an aspirated box (repeatability 0.04 °C and 0.08 %, which is
    # three deviations, and as much again from moving air; drift 0.03 °C and 0.25 % a year), Senseair S8, cup
    # anemometer, pyranometer, capacitive slab probes
    "temperature": Character(lag=30.0, scatter=0.03, digit=0.1, drift=0.03),
    "humidity": Character(lag=30.0, scatter=0.06, digit=0.1, drift=0.25),
    "co2": Character(lag=60.0, scatter=2.0, digit=1.0, drift=5.0),
    "radiation": Character(lag=5.0, scatter=0.2, digit=1.0),
    "ppfd": Character(lag=5.0, scatter=0.2, digit=1.0),
    "wind_speed": Character(lag=3.0, scatter=0.1, digit=0.1),
    "wind_direction": Character(lag=3.0, scatter=2.0, digit=1.0),
    "water_content": Character(lag=60.0, scatter=0.1, digit=0.1, drift=0.5),
    "ec": Character(lag=60.0, scatter=0.01, digit=0.01),
    "drain": Character(digit=0.01),
}

TABLE = 65521
"""Length of the tables of chance: a prime, so that every stride passes through all of it."""

_YEAR = 365.0 * 86400.0

# one instrument's numbers, by place in its part of one flat vector
(
    PLACE,  # in the model's output; -1: the model has nothing of the kind, and CONSTANT is shown
    CONSTANT,
    LAG,  # s
    SCATTER,
    DIGIT,
    DRIFT,  # per s
    LOW,
    HIGH,
    NUMBER,  # which instrument it is: decides where it begins in the tables
    SENSED,  # what its element feels
    # what is wrong with it
    FROZEN,  # 1: shows the same for ever
    OFFSET,
    CREEP,  # per s: an offset that grows
    SPIKE,  # height
    CHANCE,  # of a spike, in each reading
    FIELDS,
) = range(16)


class Chance:
    """The tables: normal with deviation 1, and even between 0 and 1. Nobody writes to them."""

    def __init__(self, seed: int) -> None:
        random = Random(f"instruments {seed}")
        self.normal = array("d", (random.gauss(0.0, 1.0) for _ in range(TABLE)))
        self.even = array("d", (random.random() for _ in range(TABLE)))


@lru_cache(maxsize=1)
def chance(seed: int) -> Chance:
    """The tables of a seed: seasons that are compared, and all of a study, share them."""
    return Chance(seed)


def row(number: int, place: int, quantity: Quantity, constant: float, character: Character) -> list[float]:
    """The numbers of one instrument."""
    values = [0.0] * FIELDS
    values[PLACE], values[CONSTANT], values[NUMBER] = float(place), constant, float(number)
    values[LAG], values[SCATTER], values[DIGIT] = character.lag, character.scatter, character.digit
    # half of the instruments drift upwards: two in a vote come apart
    values[DRIFT] = character.drift / _YEAR * (1 if number % 2 == 0 else -1)
    never_negative = quantity.name in ("radiation", "ppfd", "wind_speed")
    values[LOW], values[HIGH] = 0.0 if never_negative else quantity.low, quantity.high
    values[SENSED] = math.nan
    return values


def sense(
    t: float,
    dt: float,
    turn: int,
    output: Sequence[float],
    instruments: MutableSequence[float],
    normal: Sequence[float],
    even: Sequence[float],
    shown: MutableSequence[float],
) -> None:
    """Let all instruments feel what there was for the last `dt` s, and `shown` what they show at `t` (s).

    `turn` counts the calls.
    """
    for number in range(len(shown)):
        base = number * FIELDS
        if instruments[base + FROZEN] != 0.0:
            continue
        place = int(instruments[base + PLACE])
        truth = output[place] if place >= 0 else instruments[base + CONSTANT]
        sensed = instruments[base + SENSED]
        lag = instruments[base + LAG]
        if lag > 0.0 and sensed == sensed:
            sensed += (truth - sensed) * (1.0 - math.exp(-dt / lag))
        else:
            sensed = truth
        instruments[base + SENSED] = sensed
        draw = (turn + int(instruments[base + NUMBER]) * 7919) % TABLE
        value = sensed + instruments[base + OFFSET] + instruments[base + DRIFT] * t
        if instruments[base + SCATTER] > 0.0:
            value += instruments[base + SCATTER] * normal[draw]
        if even[draw] < instruments[base + CHANCE]:
            value += instruments[base + SPIKE]
        digit = instruments[base + DIGIT]
        if digit > 0.0:
            value = math.floor(value / digit + 0.5) * digit
        shown[number] = min(max(value, instruments[base + LOW]), instruments[base + HIGH])
        instruments[base + OFFSET] += instruments[base + CREEP] * dt
