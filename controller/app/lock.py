"""One controller per state directory: two would fight over the vents."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

NAME = "lock"


class AlreadyRunning(OSError):
    """Another controller has this state directory."""


@contextlib.contextmanager
def only_controller(state: Path) -> Iterator[None]:
    """Hold the state directory, made if there is none. Raises AlreadyRunning, and OSError where it cannot be made.

    The kernel drops the lock with the process, so a controller that was killed leaves nothing behind.
    """
    state.mkdir(parents=True, exist_ok=True)
    with (state / NAME).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyRunning(f"another controller runs in {state}") from None
        yield
