"""Vapour in the air: °C, Pa, kg/m³."""

from __future__ import annotations

import math

from . import constants as k


def saturation(temperature: float) -> float:
    """Vapour pressure over water, Pa; chapter 8's convention."""
    return 610.78 * math.exp(17.2694 * temperature / (temperature + 238.3))


def saturation_slope(temperature: float, pressure: float) -> float:
    """How fast the saturation pressure, now `pressure`, rises with temperature; Pa/K."""
    return pressure * 17.2694 * 238.3 / ((temperature + 238.3) * (temperature + 238.3))


def vapour_density(pressure: float, temperature: float) -> float:
    """kg/m³, ideal gas."""
    return pressure * k.WATER_MOLE / (k.GAS * (temperature + k.KELVIN))


def vapour_pressure(density: float, temperature: float) -> float:
    """Pa, ideal gas."""
    return density * k.GAS * (temperature + k.KELVIN) / k.WATER_MOLE


def mist(density: float, temperature: float, capacity: float) -> float:
    """How much (K) air warms as its vapour above saturation falls out as mist; 0 where there is none above.

    `capacity` is the air's heat capacity per latent heat of evaporation, kg/(m³·K). One step of Newton's method: as
    saturation rises ever steeper with temperature, it ends a little below saturation and never above.
    """
    pressure = saturation(temperature)
    most = vapour_density(pressure, temperature)
    if density <= most:
        return 0.0
    slope = most * (saturation_slope(temperature, pressure) / pressure - 1 / (temperature + k.KELVIN))
    return (density - most) / (capacity + slope)
