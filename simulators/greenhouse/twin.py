"""A greenhouse as a controller sees it: points to read and actuators to set, by the names that site.yaml uses."""

from __future__ import annotations

import re
from datetime import datetime

from simulators.weather.synthetic import SyntheticWeather
from simulators.weather.table import WeatherTable

from . import controls, data, outputs
from .model import Model

_POINTS = {name: place for place, (name, _) in enumerate(outputs.POINTS)}

_POSITIONS = {
    "roof_vent": controls.ROOF_VENT,
    "side_vent": controls.SIDE_VENT,
    "thermal_screen": controls.THERMAL_SCREEN,
    "shade_screen": controls.SHADE_SCREEN,
}
_SWITCHES = {
    "heater": controls.HEATER,
    "fan": controls.FAN,
    "fogger": controls.FOGGER,
    "co2": controls.CO2,
    "lamp": controls.LAMP,
    "irrigation": controls.IRRIGATION,
}

_ZONE = re.compile(r"^(slab|irrigation)_[a-z0-9]+")
_NUMBER = re.compile(r"_\d+$")


def place_of_point(point: str) -> int:
    """Where a point stands in a model's `output`: slab_a.ec is slab.ec, air.temperature_2 is air.temperature.

    Raises KeyError.
    """
    return _POINTS[_NUMBER.sub("", _ZONE.sub(r"\1", point))]


def place_of_actuator(actuator: str) -> tuple[int, float]:
    """Where an actuator stands in a model's `control`, and by what its value is multiplied. Raises KeyError."""
    name = _ZONE.sub(r"\1", actuator)
    if name in _POSITIONS:
        return _POSITIONS[name], 0.01
    return _SWITCHES[name], 1.0


class Twin:
    """One compartment with its weather. Pure: time comes in as an argument.

    `structure` and `crop` name data files; `weather` replaces the weather made up from the seed.
    """

    def __init__(
        self,
        start: datetime,
        latitude: float,
        longitude: float,
        seed: int,
        structure: str = "venlo",
        storm: bool = False,
        *,
        crop: str = "tomato",
        weather: WeatherTable | None = None,
        machine: bool = False,
    ) -> None:
        given = data.house(structure, crop)
        around = weather or SyntheticWeather(start, latitude, longitude, seed, storm=storm)
        self.model = Model(given, around, machine=machine)

    def advance(self, seconds: float) -> None:
        """Let this much time pass. Raises ValueError where weather from a file ends."""
        self.model.advance(seconds)

    def read(self, point: str) -> float:
        """The true value at a point of site.yaml, in Onsil's unit of its quantity. Raises KeyError."""
        return float(self.model.output[place_of_point(point)])

    def set(self, actuator: str, value: float) -> None:
        """Where an actuator stands: vents and screens in %, switches and valves 0 or 1. Raises KeyError."""
        place, scale = place_of_actuator(actuator)
        self.model.control[place] = min(max(value * scale, 0.0), 1.0)

    def set_door(self, opened: bool) -> None:
        """Whether a door stands open; no actuator of site.yaml moves it."""
        self.model.control[controls.DOOR] = float(opened)

    def snapshot(self) -> dict[str, float]:
        """Every point that can be read; the slab as slab_a."""
        return {
            re.sub(r"^slab\.", "slab_a.", name): float(value)
            for (name, _), value in zip(outputs.POINTS, self.model.output, strict=False)
        }
