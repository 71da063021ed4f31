"""Parts that other packages bring, by entry points."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

from controller.model.errors import NOWHERE, ConfigError, Place


def loaded(entry: EntryPoint, what: str, place: Place = NOWHERE) -> Any:
    """What stands at an entry point. Raises ConfigError where it cannot be loaded."""
    try:
        return entry.load()
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"{what} cannot be loaded: {error}", place, f"reinstall {entry.value}") from error
