"""Columns in texts that YAML folds: a value over several lines is one line to the language."""

from __future__ import annotations

from collections.abc import Sequence

from controller.model.errors import ConfigError, Place


def unfolded(error: ConfigError, lines: Sequence[str]) -> ConfigError:
    """The error at the line and column where it really is. `lines` are those of its file."""
    place = error.place
    number, column = place.line - 1, place.column - 1
    while 0 <= number < len(lines) - 1 and column > len(lines[number].rstrip()):
        # the line break and the indentation of the next line count as one space
        following = lines[number + 1]
        column += len(following) - len(following.lstrip()) - len(lines[number].rstrip()) - 1
        number += 1
    if (number, column) == (place.line - 1, place.column - 1):
        return error
    return ConfigError(error.message, Place(place.file, number + 1, column + 1), error.suggestion)
