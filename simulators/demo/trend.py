"""A value's way since the start of the view, in a fixed number of characters."""

from __future__ import annotations

import math

_BLOCKS = "▁▂▃▄▅▆▇█"

# a smaller way than this is drawn as what it is: hardly any
_LEAST_SPAN = {"°C": 2.0, "%": 5.0, "ppm": 50.0, "m/s": 2.0, "W/m²": 100.0, "mS/cm": 0.5, "L": 1.0}


class Trend:
    """Keeps at most `length` numbers: when they get too many, neighbours become their mean."""

    def __init__(self, length: int = 16) -> None:
        self._length = length
        self._means: list[float] = []
        self._stride = 1  # samples in one mean
        self._sum = 0.0
        self._count = 0

    def add(self, value: float) -> None:
        """Take the next sample."""
        self._sum += value
        self._count += 1
        if self._count < self._stride:
            return
        self._means.append(self._sum / self._count)
        self._sum, self._count = 0.0, 0
        if len(self._means) == 2 * self._length:
            self._means = [(a + b) / 2 for a, b in zip(self._means[::2], self._means[1::2], strict=True)]
            self._stride *= 2

    def text(self, unit: str = "") -> str:
        """The last `length` means as blocks, from the lowest to the highest of them; empty until there are two."""
        shown = self._means[-self._length :]
        if len(shown) < 2:
            return ""
        low, high = min(shown), max(shown)
        middle, span = (low + high) / 2, max(high - low, _LEAST_SPAN.get(unit, 0.0))
        if span == 0:
            return _BLOCKS[0] * len(shown)
        places = (math.floor((value - middle) / span * len(_BLOCKS) + len(_BLOCKS) / 2) for value in shown)
        return "".join(_BLOCKS[min(max(place, 0), len(_BLOCKS) - 1)] for place in places)
