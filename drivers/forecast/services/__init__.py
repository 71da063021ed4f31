"""Services that give forecasts: which address to ask, and what an answer says. Each is pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from drivers.forecast.hours import Forecast

from .kma import Kma
from .open_meteo import OpenMeteo


class Service(Protocol):
    """One service. Both methods are given times in s since 1970."""

    offers: frozenset[str]
    """The variables it knows."""
    from_midnight: bool
    """Whether an answer has the hours of today that are over."""

    def address(self, url: str, now: float) -> str:
        """What to ask at `now`, from the address in site.yaml."""

    def read(self, body: bytes, received: float) -> Forecast:
        """The forecast in an answer. Raises Nonsense."""


SERVICES: Mapping[str, Service] = {"open-meteo": OpenMeteo(), "kma": Kma()}

__all__ = ["SERVICES", "Service"]
