"""Addresses: the names of serial ports that last, and what may be shown of an address."""

from __future__ import annotations

import re
from typing import Final

LASTING_PORTS: Final = ("onsil-*", "serial/by-id/*")
"""Patterns, inside /dev, of names that stay when an adapter is plugged in elsewhere."""


def without_secrets(text: str) -> str:
    """A text in which no address holds a name and a password any more: "mqtt://kim:secret@broker" is "mqtt://broker".

    A password may hold whatever was typed, an @ and a space too, so everything up to the last @ of a line goes.
    """
    return re.sub(r"(?<=://).*@", "", text)
