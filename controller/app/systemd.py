"""Tells the service manager how the controller is doing; does nothing where there is none."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable

FALLBACK = 20.0  # seconds between two signs of life where no watchdog is set


def tell(state: str) -> None:
    """Send one message, such as READY=1, to the socket that NOTIFY_SOCKET names."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.connect(address)
        channel.send(state.encode())


async def sign_of_life(steps: Callable[[], int], poke: Callable[[], None]) -> None:
    """Feed the watchdog for as long as the engine still steps; one that stands still is restarted by systemd."""
    period = int(os.environ.get("WATCHDOG_USEC", "0")) / 2e6 or FALLBACK
    before = -1
    while True:
        poke()
        await asyncio.sleep(period)
        if (now := steps()) != before:
            tell("WATCHDOG=1")
            before = now
