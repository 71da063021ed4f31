"""More than can be: memory stays, what is dropped is counted, and nothing waits without bound."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from controller.app import control
from controller.app.control import ask, listening
from controller.model.events import Noted
from controller.model.time import Instant
from controller.store import Limits
from controller.store.writer import Writer

from .flood import flood


def test_memory_stays_under_ten_times_the_load() -> None:
    """`python -m tests.app.flood` does it for a minute."""
    first, *_, last = flood(8.0, every=2.0)
    assert last.counters["readings"] - first.counters["readings"] > 4000
    assert last.memory - first.memory < 4
    assert last.descriptors <= first.descriptors + 2
    assert (last.counters["dropped"], last.counters["lost"]) == (0, 0)


def test_a_writer_that_hangs_is_not_given_more_and_more(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "onsil.db", Limits(), "boot")  # never started: it takes nothing
    events = [Noted("flood", "again", Instant(0, 0))] * 10_000
    for _ in range(1000):
        writer.put(events)
    assert len(writer._queue) <= 11


async def heard(question: Mapping[str, Any]) -> dict[str, Any]:
    return {"heard": question}


async def test_the_door_lets_only_so_many_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "MOST_GUESTS", 5)
    async with listening(tmp_path, heard):
        guests = [socket.socket(socket.AF_UNIX) for _ in range(5)]
        for guest in guests:
            await asyncio.to_thread(guest.connect, str(tmp_path / control.NAME))
        with pytest.raises(control.NotRunning):
            await asyncio.to_thread(ask, tmp_path, {"do": "status"})
        for guest in guests:
            guest.close()

        async def answered() -> bool:
            try:
                return "heard" in await asyncio.to_thread(ask, tmp_path, {"do": "status"})
            except control.NotRunning:
                return False

        end = asyncio.get_running_loop().time() + 10
        while not await answered():
            assert asyncio.get_running_loop().time() < end
