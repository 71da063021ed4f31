"""The drivers that are installed, by the names that `driver:` in site.yaml gives."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from controller.model.errors import NOWHERE, ConfigError, Place, one_of
from controller.model.ports import DriverFactory

from .plugins import loaded

GROUP = "onsil.drivers"


@cache
def _installed() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def names() -> tuple[str, ...]:
    """Every driver there is."""
    return tuple(sorted(_installed()))


def factory(name: str, place: Place = NOWHERE) -> DriverFactory:
    """The factory of this driver. Raises ConfigError for an unknown one, and for one that cannot be loaded."""
    entry = _installed().get(name)
    if entry is None:
        known = one_of(name, names()) if names() else "install the package that has it"
        raise ConfigError(f"there is no driver {name!r}", place, known)
    return cast("DriverFactory", loaded(entry, f"the driver {name!r}", place))
