"""From a file to its text."""

from __future__ import annotations

from pathlib import Path

from controller.model.errors import ConfigError, Place


def read(path: Path) -> str:
    """The text of a file. Raises ConfigError where it is not UTF-8, OSError where it cannot be read."""
    return decoded(path.read_bytes(), str(path))


def decoded(content: bytes, name: str) -> str:
    """The text of a file of this name. Raises ConfigError, with the place of the first byte that is not UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace").splitlines() or [""]
        place = Place(name, len(before), len(before[-1]) + 1)
        raise ConfigError("the file is not UTF-8 text", place, "save it as UTF-8") from None
