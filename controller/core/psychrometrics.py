"""Moist air. Temperatures in °C, relative humidity in %, pressures in kPa, vapour content in g/m³.

Saturation pressure by Magnus over water with the coefficients of Alduchov and Eskridge (1996), eq. 21; relative error
below 0.4 % from -40 to 50 °C.
"""

from __future__ import annotations

import math
from typing import Final

_A: Final = 0.61094  # kPa
_B: Final = 17.625
_C: Final = 243.04  # °C
_VAPOUR_GAS_CONSTANT: Final = 461.5  # J/(kg·K)


def saturation_pressure(temperature: float) -> float:
    """kPa."""
    return _A * math.exp(_B * temperature / (_C + temperature))


def vapour_pressure_deficit(temperature: float, humidity: float) -> float:
    """kPa."""
    return saturation_pressure(temperature) * (1 - humidity / 100)


def absolute_humidity(temperature: float, humidity: float) -> float:
    """g/m³, by the ideal gas law."""
    pressure = saturation_pressure(temperature) * humidity / 100
    return pressure * 1e6 / (_VAPOUR_GAS_CONSTANT * (temperature + 273.15))


def humidity_deficit(temperature: float, humidity: float) -> float:
    """g/m³: what the air could still take up at this temperature."""
    return absolute_humidity(temperature, 100.0) - absolute_humidity(temperature, humidity)


def dew_point(temperature: float, humidity: float) -> float:
    """°C: the inverse of the Magnus formula. Defined for humidity above 0."""
    logarithm = math.log(max(humidity, 0.01) / 100) + _B * temperature / (_C + temperature)
    return _C * logarithm / (_B - logarithm)
