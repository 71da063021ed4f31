"""The one shadow that may run beside the rules in force: begun and ended by people, and kept through restarts."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from controller.app.control import Refused
from controller.app.engine import Engine
from controller.app.freshness import fresh
from controller.app.records import MOST_TEXT
from controller.app.shadow import LOOK_EVERY, Input, Shadow, Side
from controller.app.shadow_file import Begun, Kept, ShadowFile
from controller.app.status import Data, cause_data, local_time
from controller.config import Names, load_texts
from controller.core.plan import Plan
from controller.model.errors import ConfigError
from controller.model.time import Clock, Instant

log = logging.getLogger("onsil.shadow")

SUBJECT = "shadow"
"""Of what its lines in the journal are."""

OPTION = "--shadow"
"""Who has begun a shadow that the controller was started with."""

KEEP_PAUSE = 60.0  # real seconds between two times that the file is written because something was found
KEEP_EVERY = 600.0  # real seconds after which the state of its core is kept where nothing is found


class _Running(NamedTuple):
    begun: Begun
    shadow: Shadow


class Beside:
    """Loads, runs, keeps and ends the shadow. Whatever is wrong with it, control goes on without it."""

    def __init__(
        self, engine: Engine, site: Callable[[], str], clock: Clock, note: Callable[[str, str], None], directory: Path
    ) -> None:
        """`site` gives the text of site.yaml in force; `note` writes a line (subject, text) into the journal."""
        self._engine, self._site, self._clock = engine, site, clock
        self._note = partial(note, SUBJECT)
        self._file = ShadowFile(directory)
        self._running: _Running | None = None
        self._outdated = False  # whether the file holds one that runs no more
        self._compiled_with = ""
        self._changing = asyncio.Lock()
        self._news, self._runs = asyncio.Event(), asyncio.Event()

    # what people ask

    async def begin(self, rules: str, by: str, named: str = "shadow") -> None:
        """Run these rules beside those in force. Raises Refused; `named` is what their text is called in it."""
        if len(rules.encode()) > MOST_TEXT:
            raise Refused(f"the rules are longer than {MOST_TEXT // 1024} kB")
        async with self._changing:
            if self._running is not None:
                raise Refused(f"the shadow of {self._running.begun.by} runs already: end it first")
            kept = Kept(Begun(rules, by, self._clock.now().wall_ns))
            try:
                plan = await self._compile(rules, named)
                await asyncio.to_thread(self._file.write, kept)
                self._launch(plan, kept)
            except OSError as error:
                raise Refused(f"the shadow cannot be kept: {error.strerror or error}") from None
            except Exception as error:
                self._let_go()
                raise Refused(f"these rules cannot be run: {error}") from None
            self._note(f"begun by {by}")
            self._news.set()

    async def end(self, by: str) -> None:
        """Let it go. Raises Refused where none runs."""
        async with self._changing:
            found = self._found()
            self._let_go()
            self._note(f"ended by {by}; differences: {found.shadow.findings().count}")
            await self._forget()

    async def apply(self, by: str, write: Callable[[str, str], None]) -> str:
        """Hand its rules to `write`, which may wait for a disk, with the person, and let it go; the rules.

        Raises Refused where none runs, and what `write` raises; it then goes on.
        """
        async with self._changing:
            found = self._found()
            await asyncio.to_thread(write, found.begun.rules, by)
            self._let_go()
            self._note(f"put into force by {by}; differences: {found.shadow.findings().count}")
            await self._forget()
            return found.begun.rules

    def summary(self) -> Data | None:
        """What the status says of it; None where none runs."""
        if self._running is None:
            return None
        begun, shadow = self._running
        return {
            "by": begun.by,
            "since": self._local(begun.at_ns),
            "count": shadow.findings().count,
            "differences": [standing.sentence() for standing in shadow.standings() if standing.differs],
        }

    def tell(self) -> Data:
        """Everything about it: its rules, where everything stands now, and what it has found, the newest first."""
        if self._running is None:
            return {"running": False}
        begun, shadow = self._running
        findings = shadow.findings()
        return {
            "running": True,
            "by": begun.by,
            "since": self._local(begun.at_ns),
            "count": findings.count,
            "now": [
                {"name": each.name, "differs": each.differs, "here": _side(each.here), "there": _side(each.there)}
                for each in shadow.standings()
            ],
            "found": [
                {
                    "name": each.name,
                    "since": self._local(each.since_ns),
                    "until": None if each.until_ns is None else self._local(each.until_ns),
                    "here": _side(each.here),
                    "there": _side(each.there),
                }
                for each in reversed(findings.differences)
            ],
            "rules": begun.rules,
        }

    # the life of the controller

    async def start(self, option: Path | None) -> None:
        """Go on with the shadow of the last process, or begin that of `--shadow`. Raises nothing.

        What a person has begun goes on, whatever the option says: it was asked for later than the option was written.
        A shadow of the option goes on as long as the option is there and its text is the same.
        """
        async with self._changing:
            kept, text = await self._left_behind(), await self._asked_for(option)
            if kept is not None and kept.begun.by != OPTION:
                if option is not None:
                    self._note(f"{OPTION} is not used: the shadow of {kept.begun.by} goes on")
            elif option is None and kept is not None:
                self._note(f"ended: the controller was started without {OPTION}")
                kept = None
            elif text is not None and (kept is None or kept.begun.rules != text):
                kept = Kept(Begun(text, OPTION, self._clock.now().wall_ns))
            if kept is not None:
                await self._resume(kept, OPTION if option is None else str(option))
            self._outdated = self._running is None
        self._news.set()

    async def site_changed(self) -> None:
        """Go on with the site that is in force now. Raises nothing: rules that do not fit it are let go."""
        async with self._changing:
            if self._running is None or self._compiled_with == self._site():
                return
            try:
                plan = await self._compile(self._running.begun.rules)
                if self._running is not None:  # it may have failed meanwhile
                    self._launch(plan, _kept(self._running))
            except Exception as error:
                self._let_go()
                self._complain(error)

    async def keep(self) -> None:
        """Write down what is found, as long as the task lives; where no shadow runs, nothing wakes it."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), None if self._running is None else KEEP_EVERY)
            self._news.clear()
            await self.save()
            await asyncio.sleep(KEEP_PAUSE)

    async def pulse(self) -> None:
        """Let its time go by also where the rules in force have nothing to do, as long as the task lives."""
        while True:
            await self._runs.wait()
            await self._clock.sleep(LOOK_EVERY)
            if self._running is not None:
                self._observe(self._running.shadow, self._clock.now(), ())

    async def save(self) -> None:
        """Keep what it takes to go on after a restart. A disk that does not take it costs no more than that."""
        async with self._changing:
            try:
                if self._running is not None:
                    await asyncio.to_thread(self._file.write, _kept(self._running))
                elif self._outdated:
                    await self._forget()
            except Exception:
                log.warning("the shadow cannot be kept", exc_info=True)

    # inside: whoever awaits one of these holds the lock

    async def _left_behind(self) -> Kept | None:
        try:
            return await asyncio.to_thread(self._file.read)
        except (OSError, ValueError) as error:
            self._complain(error)
            return None

    async def _asked_for(self, option: Path | None) -> str | None:
        try:
            return None if option is None else await asyncio.to_thread(option.read_text, "utf-8-sig")
        except (OSError, ValueError) as error:
            self._complain(error)
            return None

    async def _resume(self, kept: Kept, named: str) -> None:
        try:
            self._launch(await self._compile(kept.begun.rules, named), kept)
        except Exception as error:
            self._complain(error)
        else:
            self._note(f"goes on; begun by {kept.begun.by}" if kept.state else f"begun by {kept.begun.by}")

    async def _compile(self, rules: str, named: str = "shadow") -> Plan:
        """Off the loop, which has vents to move meanwhile. Raises ConfigError."""
        self._compiled_with = self._site()
        configuration = await asyncio.to_thread(load_texts, self._compiled_with, rules, Names(rules=named))
        return configuration.plan

    def _launch(self, plan: Plan, kept: Kept) -> None:
        """Raises whatever a core raises at its first step."""
        now = self._clock.now()
        state, _ = fresh(kept.state.encode() or None, now)
        shadow = Shadow(plan, lambda: self._engine.core, now, state, kept.findings)
        self._running, self._outdated = _Running(kept.begun, shadow), False
        self._runs.set()
        self._engine.shadow(partial(self._observe, shadow))

    def _observe(self, shadow: Shadow, now: Instant, inputs: Sequence[Input]) -> None:
        try:
            notes = shadow.step(now, inputs)
        except Exception as error:
            self._let_go()
            self._complain(error)
            return
        for note in notes:
            self._note(note)
            self._news.set()

    def _let_go(self) -> None:
        self._engine.shadow(None)
        self._running, self._outdated = None, True
        self._runs.clear()
        self._news.set()

    async def _forget(self) -> None:
        try:
            await asyncio.to_thread(self._file.remove)
            self._outdated = False
        except OSError as error:
            log.warning("the shadow's file cannot be removed: %s", error)

    def _complain(self, error: Exception) -> None:
        """Why it has ended, for people; what only those who know the program understand goes to the log."""
        if isinstance(error, ConfigError | OSError | ValueError):
            log.warning("the shadow has ended: %s", error)
            self._note(f"ended: {error}")
        else:
            log.error("the shadow has failed", exc_info=error)
            self._note(f"ended: it failed ({type(error).__name__}: {error})")

    def _found(self) -> _Running:
        if self._running is None:
            raise Refused("no shadow runs")
        return self._running

    def _local(self, wall_ns: int) -> str:
        return local_time(wall_ns, ZoneInfo(self._engine.core.plan.site.timezone))


def _kept(running: _Running) -> Kept:
    return Kept(running.begun, running.shadow.findings(), running.shadow.snapshot().decode())


def _side(side: Side) -> Data:
    return {"value": side.value, "text": side.text, "cause": cause_data(side.cause)}
