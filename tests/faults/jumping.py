"""`onsil run` with a wall clock that a wrong time server sets: a day ahead on SIGUSR1, a day back on SIGUSR2.

The monotonic clock goes on as it does on a real machine.
"""

from __future__ import annotations

import signal
import sys

from controller.app import clock
from controller.cli.main import main
from controller.model.time import NS, Instant

DAY = 86_400 * NS
_jumped = 0


class JumpingClock(clock.ScaledClock):
    """A scaled clock whose wall time can be set."""

    def now(self) -> Instant:
        mono, wall = super().now()
        return Instant(mono, wall + _jumped)


def _jump(number: int, _: object) -> None:
    global _jumped
    _jumped += DAY if number == signal.SIGUSR1 else -DAY


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, _jump)
    signal.signal(signal.SIGUSR2, _jump)
    clock.ScaledClock = JumpingClock  # type: ignore[misc]
    sys.exit(main())
