"""The values of a document: the built-in types, each with the place where it stands.

So every later check can point at the very value that is wrong.
"""

from __future__ import annotations

from controller.model.errors import NOWHERE, Place


class Word(str):
    """A text value or a key."""

    place: Place = NOWHERE


class Whole(int):
    """A whole number and how it was written."""

    place: Place = NOWHERE
    written: str = ""


class Real(float):
    """A number and how it was written."""

    place: Place = NOWHERE
    written: str = ""


class Mapping(dict[str, object]):
    """A mapping. `place` is where its name stands (or it itself, where it has none), `places` are those of its values.

    The keys are Words.
    """

    place: Place = NOWHERE
    title: str = ""
    whole: bool = True
    """False for a file of which something had to be left away."""

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[str, Place] = {}

    def key(self, name: str) -> Place:
        """Where the key stands."""
        return next((key.place for key in self if key == name and isinstance(key, Word)), self.place)


class Sequence(list[object]):
    """A list, with the places of its items."""

    place: Place = NOWHERE

    def __init__(self) -> None:
        super().__init__()
        self.places: list[Place] = []


def place_of(value: object, otherwise: Place = NOWHERE) -> Place:
    """Where a value of a document stands."""
    found = getattr(value, "place", NOWHERE)
    return found if isinstance(found, Place) and found.line else otherwise


def plain(value: object) -> object:
    """A value without its places, of built-in types only."""
    match value:
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case Sequence():
            return [plain(item) for item in value]
        case Word():
            return str(value)
        case Whole():
            return int(value)
        case Real():
            return float(value)
        case _:
            return value
