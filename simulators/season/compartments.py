"""Several greenhouses under the same sky, driven as one."""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence

from simulators.greenhouse import controls

from .house import House


class Joined:
    """Vectors one behind the other, to be read and written by a place in all of them."""

    def __init__(self, parts: Sequence[tuple[MutableSequence[float], int]]) -> None:
        self._places = [(vector, place) for vector, size in parts for place in range(size)]

    def __getitem__(self, place: int) -> float:
        vector, inside = self._places[place]
        return vector[inside]

    def __setitem__(self, place: int, value: float) -> None:
        vector, inside = self._places[place]
        vector[inside] = value


class Compartments:
    """A `Driven`: controls, instruments and what these show of one house behind those of the house before."""

    def __init__(self, houses: Sequence[House]) -> None:
        self._houses = houses
        self.control = Joined([(house.control, controls.SIZE) for house in houses])
        self.panel = Joined([(house.panel, len(house.panel)) for house in houses])

    def live(self, until: float) -> None:
        """Let time pass in all of them."""
        for house in self._houses:
            house.live(until)

    def show(self, now: float, dt: float) -> list[float]:
        """As `Driven`."""
        return [value for house in self._houses for value in house.show(now, dt)]
