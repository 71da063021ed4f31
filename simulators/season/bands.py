"""What a crop can bear: the bands that a season is measured by, the same for all rule sets that are compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from controller.model.errors import ConfigError, one_of
from controller.model.units import UNITS

from . import ranges

UNIT = {"temperature": UNITS["°C"], "vpd": UNITS["kPa"], "co2": UNITS["ppm"]}


@dataclass(frozen=True, slots=True)
class Bands:
    """Lowest and highest value, in the units of UNIT. The defaults are for tomato.

    Below 14 °C its growth nearly stands still, above 30 °C its fruit set fails (Peet and Welles, 2005). A VPD from 0.2
    to 1.0 kPa changes little (Grange and Hand, 1987); up to 1.5 kPa is usual. CO2 below 300 ppm counts in light only.
    """

    temperature: tuple[float, float] = (14.0, 30.0)
    vpd: tuple[float, float] = (0.2, 1.5)
    co2: tuple[float, float] = (300.0, 1500.0)

    def numbers(self) -> list[float]:
        """All of them in one flat vector, in this order."""
        return [*self.temperature, *self.vpd, *self.co2]


def read(texts: Iterable[str]) -> Bands:
    """The usual bands but for what texts like "temperature=16..28 °C" say. Raises ConfigError."""
    bands = Bands()
    for text in texts:
        found = ranges.read(text)
        if found.name not in UNIT:
            raise ConfigError(f"there is no band {found.name!r}", suggestion=one_of(found.name, UNIT))
        bands = replace(bands, **{found.name: found.within(UNIT[found.name])})
    return bands
