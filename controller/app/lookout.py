"""Runs the twin beside the controller: off the path of control, and only where site.yaml asks for it."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from controller.app.supervisor import Part
from controller.config import Configuration
from controller.config.settings import TwinSettings
from controller.config.watches import TWIN, Finding, Watch, factory
from controller.core.core import Core
from controller.core.plan import Plan
from controller.model.commands import Notice
from controller.model.points import Quality
from controller.model.time import Clock

LOOK_EVERY = 30.0  # seconds of the clock
_REST = 0.001  # real s between two parts of the reckoning, in which whoever controls gets its turn


class Lookout:
    """A watch with its thread, made anew when what it looks at changes. Its findings are alarms, and end with it."""

    def __init__(self, core: Callable[[], Core], clock: Clock, tell: Callable[[Notice], None], directory: Path) -> None:
        self._core, self._clock, self._tell, self._directory = core, clock, tell, directory
        self._wanted: tuple[object, ...] | None = None
        self._part: Part | None = None
        self._told: dict[str, Finding] = {}
        self._note = ""

    async def apply(self, configuration: Configuration) -> None:
        """Have the twin running that the configuration asks for, if it does."""
        twin, plan = configuration.twin, configuration.plan
        # other rules are no reason to begin anew: it takes the twin hours to know the house
        wanted = (
            None if twin is None else (twin, plan.site, plan.compartments, plan.sensors, plan.votes, plan.actuators)
        )
        if wanted == self._wanted:
            for finding in self._told.values():  # a core that was made anew knows of nothing that stood
                self._tell(Notice(finding.alarm, True, finding.priority, finding.text))
            return
        await self.stop()
        self._wanted = wanted
        if twin is not None:
            self._part = Part("twin", lambda: self._run(twin, plan))

    async def stop(self) -> None:
        """End it, and the alarms that it has raised."""
        if self._part is not None:
            await self._part.stop()
        self._part, self._wanted, self._note = None, None, ""
        self._compare(())

    def status(self) -> list[dict[str, Any]]:
        """Name, whether it runs, and in words why not; empty where nobody asks for a twin."""
        if self._part is None:
            return []
        return [{"name": TWIN, "online": not self._note, "note": self._note}]

    async def _run(self, settings: TwinSettings, plan: Plan) -> None:
        with ThreadPoolExecutor(1, "twin") as thread:
            loop = asyncio.get_running_loop()
            try:
                watch = await loop.run_in_executor(thread, lambda: factory(TWIN).open(plan, settings, self._directory))
                self._note = ""
                while True:
                    await self._clock.sleep(LOOK_EVERY)
                    work = self._look(watch)
                    if work is not None:
                        await loop.run_in_executor(thread, _go_through, work)
                        self._compare(watch.findings())
            except Exception as error:
                self._note = str(error) or type(error).__name__
                raise

    def _look(self, watch: Watch) -> Iterator[None] | None:
        core = self._core()
        points = {view.name: view.value if view.quality is Quality.GOOD else math.nan for view in core.points()}
        positions = {view.name: math.nan if view.trouble else view.position for view in core.actuators()}
        return watch.see(self._clock.now(), points, positions)

    def _compare(self, findings: Sequence[Finding]) -> None:
        """Raise what is new, and clear what is over."""
        now = {finding.alarm: finding for finding in findings}
        for name, finding in self._told.items():
            if name not in now:
                self._tell(Notice(name, False, finding.priority, finding.text))
        for name, finding in now.items():
            if name not in self._told:
                self._tell(Notice(name, True, finding.priority, finding.text))
        self._told = now


def _go_through(work: Iterator[None]) -> None:
    for _ in work:
        time.sleep(_REST)
