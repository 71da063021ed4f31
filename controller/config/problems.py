"""What is wrong with the two files, gathered so that one check shows all of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from controller.model.errors import ConfigError


class Problems:
    """The mistakes found so far, in the order in which they were found."""

    def __init__(self) -> None:
        self.errors: list[ConfigError] = []
        self._unset: set[tuple[str, int]] = set()

    def add(self, error: ConfigError) -> None:
        """One more. Of several at the same place only the first is kept: the others follow from it."""
        if (error.place.file, error.place.line) in self._unset:
            return
        # a file of which no place is known may be read for several points, and be as wrong each time
        alike = (str(known) == str(error) or (error.place == known.place and error.place.line) for known in self.errors)
        if not any(alike):
            self.errors.append(error)

    def add_unset(self, error: ConfigError) -> None:
        """A variable that has no value, or must not be here: whatever else is said about its line follows from that."""
        self.add(error)
        self._unset.add((error.place.file, error.place.line))

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Takes the ConfigError that ends the block."""
        try:
            yield
        except ConfigError as error:
            self.add(error)

    def __bool__(self) -> bool:
        return bool(self.errors)

    def __len__(self) -> int:
        return len(self.errors)
