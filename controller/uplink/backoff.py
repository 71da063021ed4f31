"""How long to leave a server alone that does not answer. Pure."""

from __future__ import annotations

import random

FIRST, LONGEST = 1.0, 60.0  # s


class Backoff:
    """Pauses that double, each shortened by chance, so that a hundred houses do not come back in the same second."""

    def __init__(self, chance: random.Random, first: float = FIRST, longest: float = LONGEST) -> None:
        self._chance, self._first, self._longest = chance, first, longest
        self._next = first

    def pause(self, at_least: float = 0.0) -> float:
        """Seconds until the next attempt; never less than the server has asked for."""
        pause = self._next * self._chance.uniform(0.5, 1.0)
        self._next = min(self._next * 2, self._longest)
        return at_least + pause if at_least else pause

    def reset(self) -> None:
        """It answers again."""
        self._next = self._first
