"""Texts like "temperature=16..28 °C", as options of the command line give them."""

from __future__ import annotations

import re
from typing import NamedTuple

from controller.model.errors import ConfigError
from controller.model.units import Unit, UnitError, factor, unit

_NUMBER = r"[-+]?\d+(?:\.\d+)?"
_RANGE = re.compile(
    rf"\s*(?P<name>(?!\d)[\w.<>]+)\s*=\s*(?P<low>{_NUMBER})\s*\.\.\s*(?P<high>{_NUMBER})\s*(?P<unit>\S*)\s*"
)


class Range(NamedTuple):
    """From `low` to `high`, both in the unit as it was written."""

    name: str
    low: float
    high: float
    unit: str

    def within(self, wanted: Unit) -> tuple[float, float]:
        """Both ends in another unit. Raises ConfigError where that cannot be."""
        try:
            scale = factor(unit(self.unit), wanted)
        except UnitError as error:
            raise ConfigError(f"{self.name}: {error}", suggestion=error.suggestion) from None
        return self.low * scale, self.high * scale


def read(text: str) -> Range:
    """Raises ConfigError."""
    match = _RANGE.fullmatch(text)
    if match is None:
        raise ConfigError(f"{text!r} is no range", suggestion="write it like heating_temperature=16..20 °C")
    found = Range(match["name"], float(match["low"]), float(match["high"]), match["unit"])
    if not found.low < found.high:
        raise ConfigError(f"{text!r} ends where it should begin", suggestion="write the lower bound first")
    return found
