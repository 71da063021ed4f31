"""What can be seen of a compartment, by its place in one flat vector, in Onsil's units."""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence

from simulators.weather import table as w

from . import books as b
from . import constants as k
from . import parameters as par
from . import states as s
from .moist_air import saturation, vapour_pressure

POINTS = (
    ("air.temperature", "°C"),
    ("air.humidity", "%"),
    ("air.co2", "ppm"),
    ("air.ppfd", "µmol/(m²·s)"),  # above the canopy, averaged over the last step
    ("top.temperature", "°C"),
    ("canopy.temperature", "°C"),
    ("canopy.wet", ""),  # 1 while the leaves are colder than the dew point
    ("canopy.leaf_area", "m²/m²"),
    ("pipe.temperature", "°C"),
    ("floor.temperature", "°C"),
    ("outside.temperature", "°C"),
    ("outside.humidity", "%"),
    ("outside.wind_speed", "m/s"),
    ("outside.wind_direction", "°"),
    ("outside.radiation", "W/m²"),
    ("outside.rain", ""),  # 1 while it rains
    ("slab.water_content", "%"),
    ("slab.ec", "mS/cm"),
    ("slab.drain", "L"),  # counts up, of the whole area that one valve waters
)
"""Name and unit, in this order."""

SIZE = len(POINTS)

WET_RAIN = 0.05
"""mm/h: from here on a rain detector says wet."""


def observe(
    ppfd: float,
    outside: Sequence[float],
    state: Sequence[float],
    p: Sequence[float],
    book: Sequence[float],
    output: MutableSequence[float],
) -> None:
    """Fill `output` from the state and the row of weather that stands outside."""
    air = state[s.AIR]
    pressure = vapour_pressure(state[s.VAPOUR], air)
    output[0] = air
    output[1] = 100 * pressure / saturation(air)
    output[2] = state[s.CO2] * p[par.CO2_PPM] * (air + k.KELVIN)
    output[3] = ppfd
    output[4] = state[s.TOP]
    output[5] = state[s.CANOPY]
    output[6] = 1.0 if pressure > saturation(state[s.CANOPY]) else 0.0
    output[7] = p[par.LEAF_AREA_SPECIFIC] * state[s.LEAF]
    output[8] = state[s.PIPE]
    output[9] = state[s.FLOOR]
    output[10] = outside[w.TEMPERATURE]
    output[11] = min(100 * outside[w.VAPOUR_PRESSURE] / saturation(outside[w.TEMPERATURE]), 100.0)
    output[12] = outside[w.WIND_SPEED]
    output[13] = outside[w.WIND_DIRECTION] % 360.0
    output[14] = outside[w.RADIATION]
    output[15] = 1.0 if outside[w.RAIN] > WET_RAIN else 0.0
    output[16] = 100 * state[s.SLAB_WATER] / p[par.SLAB_VOLUME]
    output[17] = state[s.SLAB_SALT] / state[s.SLAB_WATER]
    output[18] = book[b.DRAINED] * p[par.IRRIGATION_AREA]
