"""The demo's house with its page, as processes of their own: what a stranger on the network would meet."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.e2e.rehearsal import Rehearsal, rehearsal
from tests.support.mosquitto import mosquitto

SPEED = 20.0
BROKEN = ("Traceback", "ERROR", "CRITICAL", "never awaited", "never retrieved")


@dataclass(frozen=True, slots=True)
class Weight:
    """What the controller holds: resident memory in bytes, and open files and sockets."""

    memory: int
    descriptors: int


def weight(house: Rehearsal) -> Weight:
    process = psutil.Process(house.pid)
    return Weight(process.memory_info().rss, process.num_fds())


def complaints(house: Rehearsal) -> list[str]:
    """Lines of the log that say that something broke."""
    return [line for line in house.log().splitlines() if any(word in line for word in BROKEN)]


@contextlib.asynccontextmanager
async def demo_house(folder: Path) -> AsyncIterator[Rehearsal]:
    """It runs, all of its buses are there, and its page is served on `port` of this computer."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with mosquitto("onsil", "demo") as broker:
        async with rehearsal(folder, "2026-06-21T09:30", broker, speed=SPEED, port=port) as house:
            await house.start()
            await house.until(lambda status: all(bus["online"] for bus in status["buses"]), "all buses are there")
            yield house
