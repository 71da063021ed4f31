"""Addresses as they may be shown."""

from __future__ import annotations

import re


def without_secrets(text: str) -> str:
    """A text in which no address holds a name and a password any more: "mqtt://kim:secret@broker" is "mqtt://broker".

    A password may hold whatever was typed, an @ and a space too, so everything up to the last @ of a line goes.
    """
    return re.sub(r"(?<=://).*@", "", text)
