"""After the end: what the controller has stored and not yet delivered, for its state is about to be thrown away."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from controller.app.uplinks import Uplinks
from controller.config import load
from controller.store import Store

_WITHIN = 20.0  # real s
_LOOK_EVERY = 0.05  # real s


async def deliver_rest(directory: Path, state: Path, points: int) -> int:
    """Deliver the last `points` with the controller's own uplink. How many the server has taken."""
    with Store.open(state) as store:
        uplinks = Uplinks(store)
        await uplinks.apply(load(directory))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_WITHIN):
                while True:
                    if store.counters()["delivered"] >= points:
                        break
                    await asyncio.sleep(_LOOK_EVERY)
        await uplinks.stop()
        return store.counters()["delivered"]
