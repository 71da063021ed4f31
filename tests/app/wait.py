"""Waiting for what must come true."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


async def until(condition: Callable[[], object], patience: float = 10.0, what: str = "") -> None:
    """Wait until `condition()` is true; fail after `patience` seconds."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, f"never came true: {what or condition}"
        await asyncio.sleep(0.01)
