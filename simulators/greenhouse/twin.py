"""One compartment of a greenhouse and the weather around it."""

from __future__ import annotations

import math
from datetime import datetime

from simulators.weather import air, table
from simulators.weather.synthetic import SyntheticWeather

_STEP = 5.0
_HEIGHT = 4.0
_AREA = 144.0  # m²
_AIR = _HEIGHT * 1.2 * 1005  # J/(K·m²)
_MASS = 120e3  # J/(K·m²)
_LATENT = 2.45e6
_GAS = 461.5
_ACTUATORS = ("roof_vent", "shade_screen", "heater", "fan", "fogger", "irrigation_a")


class Twin:
    """One compartment with its weather. Pure: time comes in as an argument."""

    def __init__(
        self,
        start: datetime,
        latitude: float,
        longitude: float,
        seed: int,
        structure: str = "venlo",
        storm: bool = False,
    ) -> None:
        self._weather = SyntheticWeather(start, latitude, longitude, seed, storm=storm)
        self._elapsed = 0.0
        outside = self._weather.at(0.0)
        self._air = outside[table.TEMPERATURE] + 2
        self._mass = self._air
        self._vapour = outside[table.VAPOUR_PRESSURE] / (_GAS * (self._air + air.KELVIN)) * 1.1
        self._co2 = 420.0
        self._slab = 6.2  # L/m²
        self._salt = 6.2 * 2.8
        self._drain = 0.0
        self._set = dict.fromkeys(_ACTUATORS, 0.0)

    def advance(self, seconds: float) -> None:
        """Let this much time pass."""
        self._weather.reach(self._elapsed + seconds)
        while seconds > 0:
            step = min(seconds, _STEP)
            self._step(step)
            seconds -= step

    def _step(self, dt: float) -> None:
        outside = self._weather.at(self._elapsed)
        actuator = self._set
        sun = 0.6 * outside[table.RADIATION] * (1 - 0.5 * actuator["shade_screen"] / 100)
        wind = outside[table.WIND_SPEED]
        kelvin = self._air + air.KELVIN
        lift = 0.1 * abs(self._air - outside[table.TEMPERATURE])
        flow = 0.08 * actuator["roof_vent"] / 100 * math.sqrt(0.2 * lift + 0.09 * wind * wind) + 1e-4 * max(wind, 0.25)
        deficit = max(air.saturation(self._air) - self._vapour * _GAS * kelvin, 0.0)
        transpiration = min((0.35 * sun / _LATENT) + 1.5e-8 * deficit, 3e-4) if self._slab > 2 else 0.0
        fog = 6e-5 * actuator["fogger"] * min(deficit / 500, 1.0)
        cover = 5.0 * (1 - 0.4 * actuator["shade_screen"] / 100) + 0.5 * wind
        exchange = flow * 1206
        heat = 0.5 * sun + 150 * actuator["heater"] + 12 * self._mass
        heat += (exchange + cover) * outside[table.TEMPERATURE] - _LATENT * (0.3 * transpiration + fog)
        loss = exchange + cover + 12
        self._air = (self._air * _AIR / dt + heat) / (_AIR / dt + loss)
        self._mass += dt / _MASS * (0.2 * sun + 12 * (self._air - self._mass))
        outer = outside[table.VAPOUR_PRESSURE] / (_GAS * (outside[table.TEMPERATURE] + air.KELVIN))
        share = dt / _HEIGHT
        self._vapour = (self._vapour + share * (transpiration + fog + flow * outer)) / (1 + share * flow)
        self._vapour = min(self._vapour, air.saturation(self._air) / (_GAS * (self._air + air.KELVIN)))
        uptake = 0.0012 * sun  # ppm m/s
        self._co2 = (self._co2 + share * (flow * outside[table.CO2] - uptake * self._co2 / 400 + 0.05)) / (
            1 + share * flow
        )
        given = 24 / 60 * dt / _AREA * actuator["irrigation_a"]
        drained = 0.1 * given + max(self._slab - 7.2, 0.0) * dt / 600
        strength = self._salt / self._slab
        self._slab += given - drained - transpiration * dt
        self._salt += 2.6 * given - strength * drained - 1.8 * transpiration * dt
        self._drain += drained * _AREA
        self._elapsed += dt

    def read(self, point: str) -> float:
        """The true value at a point of site.yaml, in Onsil's unit of its quantity. Raises KeyError."""
        return self.snapshot()[point]

    def set(self, actuator: str, value: float) -> None:
        """Where an actuator stands: vents and screens in %, switches and valves 0 or 1. Raises KeyError."""
        if actuator not in self._set:
            raise KeyError(actuator)
        self._set[actuator] = value

    def snapshot(self) -> dict[str, float]:
        """Every value that `read` knows."""
        outside = self._weather.at(self._elapsed)
        pressure = self._vapour * _GAS * (self._air + air.KELVIN)
        humidity = 100 * pressure / air.saturation(self._air)
        return {
            "air.temperature": self._air,
            "air.temperature_2": self._air,
            "air.humidity": humidity,
            "air.humidity_2": humidity,
            "air.co2": self._co2,
            "outside.temperature": outside[table.TEMPERATURE],
            "outside.humidity": 100 * outside[table.VAPOUR_PRESSURE] / air.saturation(outside[table.TEMPERATURE]),
            "outside.wind_speed": outside[table.WIND_SPEED],
            "outside.wind_direction": outside[table.WIND_DIRECTION],
            "outside.rain": float(outside[table.RAIN] > 0.05),
            "outside.radiation": outside[table.RADIATION],
            "slab_a.water_content": 10 * self._slab,
            "slab_a.ec": self._salt / self._slab,
            "slab_a.drain": self._drain,
        }
