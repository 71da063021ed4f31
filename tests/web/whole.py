"""A whole controller with its page: house1 without its field. No bus answers, and the page goes on."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from controller.app.application import Application, Options
from controller.app.clock import ScaledClock, SystemClock
from controller.app.desk import Desk
from simulators.demo import files

from .client import Client

SPEED = 20.0


@dataclass(slots=True)
class Whole:
    client: Client
    desk: Desk
    rules: Path
    state: Path


@contextlib.asynccontextmanager
async def whole_house(folder: Path, shadow: Path | None = None) -> AsyncIterator[Whole]:
    """It runs until the end of the block, `SPEED` times faster than time; again in the same folder is a restart."""
    site, state = folder / "site", folder / "state"
    if not site.exists():
        site.mkdir()
        files.write_site(site, {"rs485": str(folder / "no-port"), "broker": "mqtt://127.0.0.1:9"}, None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    now_ns = SystemClock().now().wall_ns
    application = Application(Options(site, state, port, clock=ScaledClock(SPEED, now_ns, now_ns), shadow=shadow))
    desk: asyncio.Future[Desk] = asyncio.get_running_loop().create_future()
    running = asyncio.create_task(application.run(desk.set_result))
    await asyncio.wait((running, desk), return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        running.result()
    try:
        yield Whole(Client("127.0.0.1", port), await desk, site / "rules.yaml", state)
    finally:
        application.stop()
        await running
