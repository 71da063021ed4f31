"""Every error that a user's file can cause, with the place where it is and what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import NamedTuple


class Place(NamedTuple):
    """Where something stands in a file; lines and columns count from 1. Line 0 means: no place known."""

    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file or "?"
        return f"{self.file}:{self.line}:{self.column}"

    def right(self, columns: int) -> Place:
        """The place `columns` further right on the same line."""
        return Place(self.file, self.line, self.column + columns) if self.line else self


NOWHERE = Place()


class ConfigError(Exception):
    """A mistake in site.yaml, rules.yaml or a data file: one line that names the place, the mistake and the way out."""

    def __init__(self, message: str, place: Place = NOWHERE, suggestion: str = "") -> None:
        self.message = message
        self.place = place
        self.suggestion = suggestion
        super().__init__(str(self))

    def __str__(self) -> str:
        text = self.message if self.place == NOWHERE else f"{self.place}: {self.message}"
        return f"{text} ({self.suggestion})" if self.suggestion else text


def nearest(word: str, known: Iterable[str]) -> str:
    """The name that a misspelt word was probably meant to be, or "" where nothing is near."""
    names = sorted(set(known))
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if not near:
        folded = {name.casefold(): name for name in names}
        near = [folded[hit] for hit in difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)]
    if not near:
        near = [name for name in names if name.endswith(f".{word}")]  # fan, for east.fan
    return near[0] if near else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A suggestion for a misspelt word, or "" where nothing is near."""
    near = nearest(word, known)
    return f"did you mean {near}?" if near else ""


def one_of(word: str, known: Iterable[str], none: str = "") -> str:
    """A suggestion that always helps: the nearest name, or else the names there are, or `none` where there are none."""
    names = sorted(set(known))
    if none and not names:
        return none
    return did_you_mean(word, names) or ("known: " + ", ".join(names[:12]) + (", ..." if len(names) > 12 else ""))
