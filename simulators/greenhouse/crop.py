"""The crop: photosynthesis, transpiration and growth of a tomato canopy (Vanthoor, 2011, chapter 9)."""

from __future__ import annotations

import math
from collections.abc import MutableSequence, Sequence

from . import books as b
from . import constants as k
from . import parameters as par
from . import states as s

_CARBOHYDRATE = 30e-3  # mg/µmol of CO2


def stomata(light: float, co2: float, deficit: float, p: Sequence[float]) -> float:
    """Resistance of the stomata to vapour, s/m (Stanghellini, 1987; 8.49-8.52).

    `light` is the radiation above the canopy in W/m², `co2` in ppm, `deficit` from leaf to air in Pa.
    """
    day = 1 / (1 + math.exp(min(p[par.STOMATA_DAWN_SLOPE] * (light - p[par.STOMATA_DAWN]), 50.0)))
    by_co2 = p[par.STOMATA_CO2_NIGHT] * (1 - day) + p[par.STOMATA_CO2_DAY] * day
    by_vapour = p[par.STOMATA_VAPOUR_NIGHT] * (1 - day) + p[par.STOMATA_VAPOUR_DAY] * day
    factor = (light + p[par.STOMATA_LIGHT_1]) / (light + p[par.STOMATA_LIGHT_2])
    factor *= min(1.5, 1 + by_co2 * (co2 - 200) * (co2 - 200))
    factor *= min(5.8, 1 + by_vapour * deficit * deficit)
    return p[par.STOMATA_LEAST] * factor


def photosynthesis(leaf_area: float, photons: float, temperature: float, co2: float, p: Sequence[float]) -> float:
    """Gross photosynthesis less photorespiration, µmol of CO2 per m² and s (9.12-9.23).

    `photons` absorbed in µmol/(m²·s), `temperature` of the canopy in °C, `co2` of the air in ppm.
    """
    if photons <= 0.0 or leaf_area <= 0.0:
        return 0.0
    kelvin = temperature + k.KELVIN
    gas, reference = 1e-3 * k.GAS, k.REFERENCE_TEMPERATURE
    arrhenius = math.exp(p[par.PHOTOSYNTHESIS_ACTIVATION] * (kelvin - reference) / (gas * kelvin * reference))
    entropy, deactivation = p[par.PHOTOSYNTHESIS_ENTROPY], p[par.PHOTOSYNTHESIS_DEACTIVATION]
    heat = 1 + math.exp((entropy * kelvin - deactivation) / (gas * kelvin))
    potential = leaf_area * p[par.PHOTOSYNTHESIS_POTENTIAL] * arrhenius * p[par.PHOTOSYNTHESIS_REFERENCE] / heat
    driven = p[par.PHOTOSYNTHESIS_QUANTUM_YIELD] * photons
    curvature = p[par.PHOTOSYNTHESIS_CURVATURE]
    both = potential + driven
    transport = (both - math.sqrt(both * both - 4 * curvature * potential * driven)) / (2 * curvature)
    share = min(1 / leaf_area, 1.0)
    compensation = p[par.PHOTOSYNTHESIS_COMPENSATION] * (share * temperature + 20 * (1 - share))
    inside = p[par.PHOTOSYNTHESIS_STOMATAL_CO2] * co2
    gross = transport * (inside - compensation) / (4 * (inside + 2 * compensation))
    return gross * (1 - compensation / inside) if inside > compensation else 0.0


def grow(
    dt: float, assimilated: float, state: MutableSequence[float], p: Sequence[float], book: MutableSequence[float]
) -> float:
    """Let the crop live for `dt` s on what photosynthesis gives (µmol of CO2 per m² and s); 9.1-9.9, 9.24-9.47.

    Returns the CO2 it takes from the air less what it breathes, mg/(m²·s). Fruit above what the plants carry is picked
    and leaves above what the grower leaves are pruned within `harvest_time`.
    """
    stock = state[s.BUFFER]
    fruit, leaf, stem = state[s.FRUIT], state[s.LEAF], state[s.STEM]
    now, day = state[s.CANOPY], state[s.DAY_TEMPERATURE]

    not_full = 1 / (1 + math.exp(min(5e-4 * (stock - p[par.BUFFER_MOST]), 50.0)))
    not_empty = 1 / (1 + math.exp(min(-5e-3 * (stock - p[par.BUFFER_LEAST]), 50.0))) if stock > 0.0 else 0.0
    hour = 1 / (1 + math.exp(min(-0.869 * (now - p[par.GROWTH_COLDEST]), 50.0)))
    hour /= 1 + math.exp(min(0.5793 * (now - p[par.GROWTH_HOTTEST]), 50.0))
    mean = 1 / (1 + math.exp(min(-1.1587 * (day - p[par.GROWTH_COLDEST_DAY]), 50.0)))
    mean /= 1 + math.exp(min(1.3904 * (day - p[par.GROWTH_HOTTEST_DAY]), 50.0))
    age = state[s.TEMPERATURE_SUM] / p[par.GROWTH_TEMPERATURE_SUM]
    bearing = 0.5 * (1 + math.sqrt(age * age + 1e-4) - math.sqrt((age - 1) * (age - 1) + 1e-4))

    pace = not_empty * mean * max(p[par.GROWTH_TEMPERATURE_SLOPE] * day + p[par.GROWTH_TEMPERATURE_INTERCEPT], 0.0)
    to_fruit = pace * hour * bearing * p[par.GROWTH_FRUIT]
    to_leaf = pace * p[par.GROWTH_LEAF]
    to_stem = pace * p[par.GROWTH_STEM]
    growing = p[par.GROWTH_COST_FRUIT] * to_fruit
    growing += p[par.GROWTH_COST_LEAF] * to_leaf + p[par.GROWTH_COST_STEM] * to_stem
    warm = p[par.UPKEEP_GROWTH_SHARE] * math.pow(p[par.UPKEEP_Q10], 0.1 * (day - 25))
    by_fruit = warm * p[par.UPKEEP_FRUIT] * fruit
    by_leaf = warm * p[par.UPKEEP_LEAF] * leaf
    by_stem = warm * p[par.UPKEEP_STEM] * stem
    stored = _CARBOHYDRATE * not_full * assimilated

    within = dt / (dt + p[par.HARVEST_TIME])
    fruit += dt * (to_fruit - by_fruit)
    leaf += dt * (to_leaf - by_leaf)
    picked = within * max(fruit - p[par.HARVEST_FRUIT_MOST], 0.0)
    pruned = within * max(leaf - p[par.LEAF_AREA_MOST] / p[par.LEAF_AREA_SPECIFIC], 0.0)
    state[s.BUFFER] = stock + dt * (stored - to_fruit - to_leaf - to_stem - growing)
    state[s.FRUIT] = fruit - picked
    state[s.LEAF] = leaf - pruned
    state[s.STEM] = stem + dt * (to_stem - by_stem)
    state[s.TEMPERATURE_SUM] += dt / 86400 * max(now, 0.0)
    state[s.DAY_TEMPERATURE] = (day + dt / 86400 * now) / (1 + dt / 86400)
    book[b.FRUIT_PICKED] += picked
    book[b.LEAF_PRUNED] += pruned
    return k.CO2_PER_CARBOHYDRATE * (stored - growing - by_fruit - by_leaf - by_stem)
