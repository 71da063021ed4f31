"""Keeps the parts running: each is started again alone when it fails, and none takes another down."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable

log = logging.getLogger("onsil.supervisor")

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 60.0
END_WITHIN = 5.0  # real seconds
STABLE = 60.0  # a part that ran this long starts again with the first pause


class Part:
    """A part kept running in a task of its own, from now until `stop`."""

    def __init__(self, name: str, start: Callable[[], Awaitable[None]]) -> None:
        self._task = asyncio.create_task(keep_running(name, start), name=name)

    async def stop(self) -> None:
        """End it, and wait until it has ended; one that does not within `END_WITHIN` is left behind."""
        self._task.cancel()
        done, _ = await asyncio.wait((self._task,), timeout=END_WITHIN)
        if not done:
            log.error("%s does not end and is left behind", self._task.get_name())


async def keep_running(name: str, start: Callable[[], Awaitable[None]], first_pause: float = FIRST_PAUSE) -> None:
    """Run a part again and again until cancelled. Pauses double from `first_pause` real seconds to 60."""
    pause = first_pause
    while True:
        started = time.monotonic()
        try:
            await start()
            log.error("%s ended by itself", name)
        except Exception:
            log.exception("%s failed", name)
        if time.monotonic() - started >= STABLE:
            pause = first_pause
        # jitter: parts that fell together over one cause should not all come back in the same instant
        await asyncio.sleep(pause * random.uniform(0.8, 1.2))
        pause = min(pause * 2, LONGEST_PAUSE)
