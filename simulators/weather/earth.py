"""What weather can be: the unit of each column of a file, and the lowest and highest value that the earth has."""

from __future__ import annotations

from controller.model.errors import ConfigError, Place

EARTH: dict[str, tuple[str, float, float]] = {
    "temperature": ("°C", -60, 60),
    "humidity": ("%", 0, 105),
    "vapour_pressure": ("Pa", 0, 8000),
    "dew_point": ("°C", -70, 40),
    "radiation": ("W/m²", -30, 1700),
    "wind_speed": ("m/s", 0, 80),
    "wind_direction": ("°", 0, 360),
    "co2": ("ppm", 250, 2000),
    "rain": ("mm/h", 0, 500),
    "sky_temperature": ("°C", -100, 50),
    "infrared": ("W/m²", 50, 700),
    "soil_temperature": ("°C", -20, 40),
}


def possible(column: str, value: float, place: Place) -> float:
    """The value. Raises ConfigError where it cannot be: a broken sensor, or another unit than was said."""
    symbol, low, high = EARTH[column]
    if not low <= value <= high:
        raise ConfigError(
            f"{column} of {value:g} {symbol} is not of this earth", place, f"{low:g} .. {high:g} {symbol}"
        )
    return value
