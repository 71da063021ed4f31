"""What looks at a running greenhouse from outside and says what is probably broken: by entry points, like drivers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import NamedTuple, Protocol, cast

from controller.core.plan import Plan
from controller.model.errors import ConfigError
from controller.model.time import Instant

from .plugins import loaded
from .settings import TwinSettings

GROUP = "onsil.watches"
TWIN = "twin"
"""The watch that `twin:` in site.yaml asks for."""


class Finding(NamedTuple):
    """Something that is probably broken: the alarm's name, its priority, and a sentence."""

    alarm: str
    priority: str
    text: str


class Watch(Protocol):
    """Looks at one greenhouse. Never asked by two threads at once."""

    def see(self, at: Instant, points: Mapping[str, float], positions: Mapping[str, float]) -> Iterator[None] | None:
        """What there is, every half minute: values of the points and positions of the actuators (%), NaN where unknown.

        Returns at once. Where there is something to reckon, that is the result: to be gone through in a thread of its
        own, and giving way after each little part.
        """

    def findings(self) -> Sequence[Finding]:
        """What is wrong now."""


class WatchFactory(Protocol):
    """What an entry point in `onsil.watches` offers."""

    def open(self, plan: Plan, settings: TwinSettings, directory: Path) -> Watch:
        """Make it; files are looked for in `directory`. Raises ConfigError."""


def factory(name: str) -> WatchFactory:
    """The factory of this watch. Raises ConfigError where it is not installed or cannot be loaded."""
    for entry in entry_points(group=GROUP, name=name):
        return cast("WatchFactory", loaded(entry, f"the {name}"))
    raise ConfigError(f"there is no {name} here", suggestion="install the package that has it")
