"""Where `${NAME}` comes from: the environment, or a credential that systemd hands to the service."""

from __future__ import annotations

import os
from pathlib import Path


def lookup(name: str) -> str | None:
    """The value of a variable: of the environment, else of $CREDENTIALS_DIRECTORY/NAME without its last newline.

    None where there is neither. Raises OSError or ValueError where a credential cannot be read.
    """
    value = os.environ.get(name)
    if value is not None:
        return value
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    if not directory:
        return None
    try:
        return (Path(directory) / name).read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except FileNotFoundError:
        return None
