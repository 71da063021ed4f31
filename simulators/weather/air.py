"""Moist air and the sky above it, in the units of the greenhouse model: °C and Pa."""

from __future__ import annotations

import math

STEFAN_BOLTZMANN = 5.670374e-8
"""W/(m²·K⁴)."""

KELVIN = 273.15


def saturation(temperature: float) -> float:
    """Vapour pressure over water, Pa; the convention of Vanthoor (2011), chapter 8."""
    return 610.78 * math.exp(17.2694 * temperature / (temperature + 238.3))


def dew_point(pressure: float) -> float:
    """°C: the inverse of `saturation`."""
    logarithm = math.log(max(pressure, 1.0) / 610.78)
    return 238.3 * logarithm / (17.2694 - logarithm)


def sky_temperature(temperature: float, pressure: float, cloud_cover: float) -> float:
    """The temperature (°C) of a black sky that radiates like this one.

    Clear-sky emissivity from the dew point after Berdahl and Martin (1984); clouds of 0..1 after Walton (1983).
    """
    dew = dew_point(pressure) / 100.0
    tenths = 10.0 * cloud_cover
    clear = 0.711 + 0.56 * dew + 0.73 * dew * dew
    emissivity = min(clear * (1.0 + 0.0224 * tenths - 0.0035 * tenths**2 + 0.00028 * tenths**3), 1.0)
    return float((temperature + KELVIN) * emissivity**0.25 - KELVIN)


def radiating_temperature(infrared: float) -> float:
    """The temperature (°C) of a black sky that sends this much (W/m²) down."""
    return float((max(infrared, 1.0) / STEFAN_BOLTZMANN) ** 0.25 - KELVIN)
