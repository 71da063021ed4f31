"""Slows down whoever guesses passwords."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

FREE = 5  # failures that cost nothing but themselves: people mistype
LONGEST = 300.0  # s
FORGOTTEN_AFTER = 900.0  # s without a failure
MOST = 2048  # keys remembered; the oldest are forgotten first


@dataclass(slots=True)
class _Failures:
    count: int = 0
    last: float = 0.0


class Limiter:
    """Counts failures by key (an address, a name). After five, each doubles the wait, up to five minutes."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def wait(self, keys: tuple[str, ...], now: float) -> float:
        """Seconds to wait before another attempt is looked at; `now` is monotonic."""
        return max((self._wait(key, now) for key in keys), default=0.0)

    def failed(self, keys: tuple[str, ...], now: float) -> None:
        for key in keys:
            failures = self._failures.setdefault(key, _Failures())
            if now - failures.last > FORGOTTEN_AFTER:
                failures.count = 0
            failures.count, failures.last = failures.count + 1, now
            self._failures.move_to_end(key)
        while len(self._failures) > MOST:
            self._failures.popitem(last=False)

    def succeeded(self, keys: tuple[str, ...]) -> None:
        for key in keys:
            self._failures.pop(key, None)

    def _wait(self, key: str, now: float) -> float:
        failures = self._failures.get(key)
        if failures is None or failures.count < FREE:
            return 0.0
        pause = min(2.0 ** min(failures.count - FREE, 16), LONGEST)
        return max(failures.last + pause - now, 0.0)
