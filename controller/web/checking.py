"""Asks the checking process, one question at a time."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson

from controller.app.control import Refused
from controller.app.records import RULES, SITE
from controller.web.child import output

PATIENCE = 30.0  # s for a check
LONG_PATIENCE = 600.0  # s for a backtest
BACKTEST = "backtest"


class Checker:
    """Runs checks and trials in processes of their own; whoever comes while one runs waits for it."""

    def __init__(self) -> None:
        self._checking = asyncio.Lock()
        self._trying = asyncio.Lock()

    async def check(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """What `check_process.report` answers. Raises Refused where it takes too long or fails."""
        async with self._checking:
            out, complaint = await output(["-m", "controller.web.check_process"], orjson.dumps(question), PATIENCE)
        if complaint:
            raise Refused(f"these rules could not be checked: {complaint}")
        found: dict[str, Any] = orjson.loads(out)
        return found

    async def backtest(self, site: str, rules: str, against: str, start: str, days: int) -> str:
        """The report of both rule texts over `days` days, as the verb prints it. Raises Refused."""
        if self._trying.locked():
            raise Refused("somebody is just trying rules; wait until that is done")
        async with self._trying:
            with tempfile.TemporaryDirectory(prefix="onsil-try-") as folder:
                new, old = Path(folder, "new"), Path(folder, "old")
                for directory, text in ((new, rules), (old, against)):
                    directory.mkdir()
                    (directory / SITE).write_text(site, encoding="utf-8")
                    (directory / RULES).write_text(text, encoding="utf-8")
                verb = ["-m", "controller.cli", BACKTEST, str(new), "--against", str(old)]
                out, complaint = await output([*verb, "--start", start, "--days", str(days)], b"", LONG_PATIENCE)
        if complaint:
            raise Refused(f"the trial failed: {complaint}")
        return out.decode("utf-8", "replace")


def can_backtest() -> bool:
    """Whether the verb is installed."""
    named = any(entry.name == BACKTEST for entry in entry_points(group="onsil.commands"))
    return named or find_spec(f"controller.cli.{BACKTEST}") is not None
