"""Where `${NAME}` comes from: the environment, or a credential that systemd hands to the service."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = "onsil_"  # LoadCredential=onsil:FOLDER of the unit makes a credential onsil_NAME of each file NAME


def lookup(name: str) -> str | None:
    """The value of a variable: of the environment, else of a credential without its last newline.

    Credentials are files in $CREDENTIALS_DIRECTORY, called NAME or onsil_NAME.

    None where there is neither. Raises OSError or ValueError where a credential cannot be read.
    """
    value = os.environ.get(name)
    if value is not None:
        return value
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    if not directory:
        return None
    for file in (Path(directory) / name, Path(directory) / f"{FOLDER}{name}"):
        try:
            return file.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
        except FileNotFoundError:
            continue
    return None
