"""Raises alarms about parts that give an account of themselves: a disk that takes nothing, a server that has been away
for long, a device that reports a fault.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any

from controller.model.commands import Notice

LOOK_EVERY = 2.0  # real seconds


class Watchman:
    """Looks at the parts' own accounts and tells the core what has been wrong for longer than `patience` real seconds.

    An account has name, online and note; `priority` is that of its alarm.
    """

    def __init__(
        self,
        accounts: Callable[[], Iterable[dict[str, Any]]],
        tell: Callable[[Notice], None],
        priority: str,
        patience: float,
    ) -> None:
        self._accounts, self._tell = accounts, tell
        self._priority, self._patience = priority, patience
        self._away: dict[str, float] = {}
        self._told: set[str] = set()

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            self.look(time.monotonic())
            await asyncio.sleep(LOOK_EVERY)

    def look(self, now: float) -> None:
        """One round, at `now` (monotonic seconds)."""
        present: set[str] = set()
        for account in self._accounts():
            name, note = account["name"], account["note"]
            present.add(name)
            if account["online"]:
                self._over(name, "is back")
                continue
            since = self._away.setdefault(name, now)
            if name not in self._told and now - since >= self._patience:
                self._told.add(name)
                self._tell(Notice(name, True, self._priority, f"{name}: {note or 'does not answer'}"))
        for name in [name for name in self._away if name not in present]:
            self._over(name, "is no part any more")

    def _over(self, name: str, text: str) -> None:
        self._away.pop(name, None)
        if name in self._told:
            self._told.discard(name)
            self._tell(Notice(name, False, self._priority, f"{name} {text}"))
