"""The topics of one house, and ids that Home Assistant takes."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

STATUS, STATE, SET, POSITION, RELEASE = "status", "state", "set", "position", "release"


class Topics(NamedTuple):
    """`node` is the house's id, of letters, digits and _; everything of it begins with `onsil/<node>`."""

    node: str

    @classmethod
    def of(cls, site: str) -> Topics:
        return cls(ident(site))

    @property
    def status(self) -> str:
        """Says online or offline, for all entities."""
        return f"onsil/{self.node}/{STATUS}"

    def state(self, kind: str, name: str) -> str:
        """Where the state of one entity stands."""
        return f"onsil/{self.node}/{kind}/{name}/{STATE}"

    def command(self, actuator: str, verb: str) -> str:
        """Where Home Assistant writes what it wants of an actuator."""
        return f"onsil/{self.node}/actuator/{actuator}/{verb}"

    def asked(self, topic: str) -> tuple[str, str] | None:
        """The actuator and the verb of a command's topic."""
        start, middle = f"onsil/{self.node}/actuator/", topic.rpartition("/")
        if not topic.startswith(start) or middle[2] not in (SET, POSITION, RELEASE):
            return None
        return middle[0].removeprefix(start), middle[2]


def ident(name: str) -> str:
    """An id of a-z, 0-9, _ and - for any name. Different names have different ids: what does not fit is hashed."""
    if re.fullmatch(r"[a-z0-9_.]+", name):
        return name.replace(".", "-")
    readable = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{readable}_{digest}".lstrip("_")
