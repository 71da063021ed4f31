"""After the end: what the controller has stored and not yet delivered, for its state is about to be thrown away."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from controller.app.uplinks import units
from controller.config import load
from controller.store import Store
from controller.uplink.influxdb import InfluxUplink

_WITHIN = 20.0  # real s
_LOOK_EVERY = 0.05  # real s


async def deliver_rest(directory: Path, state: Path, points: int) -> int:
    """Deliver the last `points` with the controller's own uplink. How many the server has taken."""
    configuration = load(directory)
    server, plan = configuration.uplink.influxdb, configuration.plan
    if server is None:
        return 0
    with Store.open(state) as store:
        uplink = asyncio.create_task(InfluxUplink(server, plan.site.name, store.outbox, units(plan)).run())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_WITHIN):
                while True:
                    if store.counters()["delivered"] >= points or uplink.done():
                        break
                    await asyncio.sleep(_LOOK_EVERY)
        uplink.cancel()
        await asyncio.gather(uplink, return_exceptions=True)
        return store.counters()["delivered"]
