"""The backup that the page hands out: made beside the greenhouse, one at a time, and gone once it has been sent."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from starlette.responses import FileResponse

from controller.app.control import Refused
from controller.app.records import Records
from controller.store.entries import NOTE
from controller.store.schema import FILE
from controller.web.child import output
from controller.web.language import minute
from controller.web.timeline import told_lines

log = logging.getLogger("onsil.web")

MEDIA = "application/gzip"
FOLDER = ".page-backup"
"""In the state directory. `onsil backup` leaves out what begins with a dot."""

SPARE = 64 << 20  # bytes of the disk that a backup leaves to the greenhouse
PATIENCE = 1800.0  # s to make one, of 512 MB of history on a slow card
LONGEST_SENDING = 3600.0  # s after which one who takes no more of it is given up
SUBJECT = "backup"

_FULL = ("No space left on device", "disk is full")


@dataclass(slots=True)
class Making:
    """A backup that is being made for somebody, or sent to them; `since` is local time."""

    by: str
    since: str
    sending: bool = False


class Backups:
    """The backups of one controller: the one that is being made, and the line of the journal about the last one."""

    def __init__(self) -> None:
        self.making: Making | None = None
        self.last: dict[str, str] | None = None

    def sweep(self, state: Path) -> None:
        """Remove what a controller that was killed has left."""
        shutil.rmtree(state / FOLDER, ignore_errors=True)

    async def make(self, records: Records, by: str, at: str) -> Sent:
        """An archive, as the answer that sends it; `at` is the local time (ISO 8601). Raises Refused."""
        if self.making is not None:
            raise Refused(f"{self.making.by} is just having a backup made; wait until it is done")
        since = minute(at)
        making = self.making = Making(by, since)
        file = records.state / FOLDER / "backup.tar.gz"
        try:
            await asyncio.to_thread(_prepare, records.state)
            await _archive(records, file)
        except BaseException:
            await self._over(records.state)
            raise
        making.sending = True
        text = f"backup made by {by}"
        records.note(SUBJECT, text)
        self.last = {"at": since, "text": text}
        return Sent(file, f"onsil-{since.translate(_PLAIN)}.tar.gz", lambda: self._over(records.state))

    async def look_up(self, records: Records, now_ns: int, zone: ZoneInfo) -> None:
        """Have `last` say what the journal says about the last one that was made here."""
        if self.last is None:
            with contextlib.suppress(sqlite3.Error):
                entries = await asyncio.to_thread(records.history.entries, 0, now_ns + 1, SUBJECT, NOTE, 1)
                self.last = next(iter(told_lines(entries, zone)), None)

    async def _over(self, state: Path) -> None:
        await asyncio.to_thread(self.sweep, state)
        self.making = None


_PLAIN = str.maketrans({"-": "", ":": "", " ": "-"})


def _prepare(state: Path) -> None:
    """An empty folder, where there is room: a disk that is full would cost the greenhouse its history."""
    database = sum(path.stat().st_size for path in state.glob(f"{FILE}*") if path.name in (FILE, f"{FILE}-wal"))
    needed, free = 2 * database + SPARE, shutil.disk_usage(state).free  # a copy, and the archive of it
    if free < needed:
        raise Refused(
            f"there is not enough room on the disk for a backup: {needed >> 20} MB are needed, {free >> 20} MB are free"
        )
    shutil.rmtree(state / FOLDER, ignore_errors=True)
    try:
        (state / FOLDER).mkdir(mode=0o700)
    except OSError as error:
        raise Refused(f"the backup could not be made: {error.strerror}") from None


async def _archive(records: Records, file: Path) -> None:
    places = ["-c", str(records.directory), "--state", str(records.state)]
    _, complaint = await output(["-m", "controller.cli", "backup", str(file), *places], b"", PATIENCE)
    if complaint:
        log.warning("no backup: %s", complaint)
        if any(said in complaint for said in _FULL):
            raise Refused("the disk is full: the backup could not be made")
        raise Refused(f"the backup could not be made: {complaint.removeprefix('onsil: ')}")


class Sent(FileResponse):
    """An archive on its way, piece by piece; `over` is called when it has arrived, or never will."""

    def __init__(self, file: Path, name: str, over: Callable[[], Awaitable[None]]) -> None:
        super().__init__(file, media_type=MEDIA, filename=name)
        self._over = over

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            async with asyncio.timeout(LONGEST_SENDING):
                await super().__call__(scope, receive, send)
        except TimeoutError:
            log.warning("nobody took the backup for %g s", LONGEST_SENDING)
        finally:
            await self._over()
