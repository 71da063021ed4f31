"""Sends what the announcer says, one message after the other, until it has gone out."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
from collections import deque
from collections.abc import Sequence
from typing import Any

from controller.model.events import Alarmed, Event
from controller.model.time import Clock

from .announcer import Announcer, Message

log = logging.getLogger("onsil.notify")

WAITING = 100  # messages; the oldest give way, for a reminder follows anyway
SEND_WITHIN = 60.0  # real seconds
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0  # real seconds between two attempts
LOOK_EVERY = 5.0  # real seconds


class Notifier:
    """A part of the controller. Apprise runs in a process of its own: it costs 20 MB that are needed for seconds."""

    def __init__(self, announcer: Announcer, clock: Clock) -> None:
        self._announcer, self._clock = announcer, clock
        self._waiting: deque[Message] = deque(maxlen=WAITING)
        self._news = asyncio.Event()
        self._note = ""

    def hear(self, events: Sequence[Event]) -> None:
        """Take what happened; only alarms matter."""
        for event in events:
            if isinstance(event, Alarmed):
                self._queue(self._announcer.take(event, self._now()))

    def status(self) -> dict[str, Any]:
        """Name, whether the last message went out, and in words what is wrong."""
        return {"name": "notify", "online": not self._note, "note": self._note}

    async def run(self) -> None:
        """Send until cancelled."""
        pause = FIRST_PAUSE
        while True:
            self._queue(self._announcer.due(self._now()))
            if not self._waiting:
                await self._rest()
                continue
            failure = await _send(self._waiting[0])
            if failure:
                self._note = f"a message waits: {failure}"
                log.warning("a message could not be sent: %s", failure)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                self._waiting.popleft()
                self._note, pause = "", FIRST_PAUSE

    async def _rest(self) -> None:
        self._news.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), LOOK_EVERY)

    def _queue(self, messages: Sequence[Message]) -> None:
        if messages:
            self._waiting.extend(messages)
            self._news.set()

    def _now(self) -> float:
        return self._clock.now().mono_ns / 1e9


async def _send(message: Message) -> str:
    """Why it could not be sent; "" if it was."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "controller.uplink.notify.send",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    text = json.dumps({"to": message.to, "title": message.title, "body": message.body}).encode()
    try:
        said, _ = await asyncio.wait_for(process.communicate(text), SEND_WITHIN)
    except TimeoutError:
        return "the services do not answer"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return "" if process.returncode == 0 else said.decode(errors="replace").strip() or "the sender failed"
