"""Whether all that came in is still there or has gone out: the balances that every run must close."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from . import books as b
from . import constants as k
from . import parameters as par
from . import states as s


class Balance(NamedTuple):
    """Of one quantity over a run, per m² of floor: what came in, what went out, and by how much the store grew."""

    came: float
    went: float
    stored: float

    @property
    def turnover(self) -> float:
        return max(abs(self.came), abs(self.went), abs(self.stored))

    @property
    def error(self) -> float:
        """What is unaccounted for, relative to the turnover."""
        return abs(self.came - self.went - self.stored) / self.turnover if self.turnover else 0.0


def heat(state: Sequence[float], p: Sequence[float]) -> float:
    """J/m² above 0 °C, with the latent heat of the vapour."""
    air, top = p[par.AIR_HEIGHT], p[par.TOP_HEIGHT]
    total = p[par.LEAF_HEAT] * max(p[par.LEAF_AREA_SPECIFIC] * state[s.LEAF], 0.01) * state[s.CANOPY]
    total += p[par.HEAT_OF_AIR] * (air * state[s.AIR] + top * state[s.TOP])
    total += k.LATENT * (air * state[s.VAPOUR] + top * state[s.VAPOUR_TOP])
    total += p[par.THERMAL_SCREEN_CAPACITY] * state[s.THERMAL_SCREEN]
    total += p[par.SHADE_SCREEN_CAPACITY] * state[s.SHADE_SCREEN]
    total += p[par.COVER_CAPACITY] * (state[s.COVER_INSIDE] + state[s.COVER_OUTSIDE])
    total += p[par.PIPE_CAPACITY] * state[s.PIPE] + p[par.LAMP_HEAT] * state[s.LAMP]
    total += p[par.FLOOR_CAPACITY] * state[s.FLOOR]
    for layer in range(5):
        total += p[par.SOIL_CAPACITY] * 2**layer * state[s.SOIL_1 + layer]
    return total


def water(state: Sequence[float], p: Sequence[float]) -> float:
    """kg/m² in the slab and in the air."""
    return state[s.SLAB_WATER] + p[par.AIR_HEIGHT] * state[s.VAPOUR] + p[par.TOP_HEIGHT] * state[s.VAPOUR_TOP]


def co2(state: Sequence[float], p: Sequence[float]) -> float:
    """mg/m² in the air."""
    return p[par.AIR_HEIGHT] * state[s.CO2] + p[par.TOP_HEIGHT] * state[s.CO2_TOP]


def carbohydrates(state: Sequence[float]) -> float:
    """mg/m² in the crop."""
    return state[s.BUFFER] + state[s.FRUIT] + state[s.LEAF] + state[s.STEM]


def balances(
    before: Sequence[float], after: Sequence[float], p: Sequence[float], book: Sequence[float]
) -> dict[str, Balance]:
    """All balances of a run, from the states before and after it and the books since."""
    return {
        "energy": Balance(
            book[b.SUN] + book[b.PIPE_HEAT] + book[b.AIR_HEAT] + book[b.LAMP] + book[b.FAN] + book[b.GROWTH],
            book[b.SKY]
            + book[b.COVER]
            + book[b.VENTED_HEAT]
            + book[b.VENTED_LATENT]
            + book[b.GROUND]
            + book[b.LAMP_COOLING],
            heat(after, p) - heat(before, p),
        ),
        "water": Balance(
            book[b.IRRIGATED] + book[b.FOGGED],
            book[b.VENTED_VAPOUR] + book[b.CONDENSED] + book[b.DRAINED],
            water(after, p) - water(before, p),
        ),
        "salt": Balance(
            book[b.SALT_GIVEN],
            book[b.SALT_TAKEN] + book[b.SALT_DRAINED],
            after[s.SLAB_SALT] - before[s.SLAB_SALT],
        ),
        "co2": Balance(book[b.CO2_DOSED], book[b.CO2_VENTED] + book[b.CO2_FIXED], co2(after, p) - co2(before, p)),
        "carbohydrates": Balance(
            book[b.CO2_FIXED] / k.CO2_PER_CARBOHYDRATE,
            book[b.FRUIT_PICKED] + book[b.LEAF_PRUNED],
            carbohydrates(after) - carbohydrates(before),
        ),
    }
