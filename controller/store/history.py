"""Questions about the past, answered from the file, beside the writer and from any process."""

from __future__ import annotations

import sqlite3
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from controller.model.commands import Cause
from controller.model.points import Quality
from controller.model.time import NS
from controller.store.entries import COMMAND, DECISION, Entry, cause_of
from controller.store.rollup import DAY, MINUTE, RESOLUTIONS
from controller.store.samples import ACTUATOR, READING, unpack
from controller.store.schema import FILE, blocks_between, connect_readonly

MOST_ROWS = 100_000


class Span(NamedTuple):
    """A series over `resolution` seconds from `start` (s since 1970, UTC)."""

    start: int
    low: float
    mean: float
    high: float
    last: float


class Raw(NamedTuple):
    """One sample as it was stored."""

    at_ns: int
    value: float
    quality: Quality


class Past(NamedTuple):
    """An actuator at a time: its estimated position in % (None: not known), what it was told last, and why."""

    position: float | None
    target: float | None
    cause: Cause | None
    since_ns: int | None
    command: Entry | None


class History:
    """Read-only. Every method raises sqlite3.Error where the file cannot be read, and may take milliseconds."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._inode = 0

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def extent(self) -> tuple[int, int] | None:
        """When the record begins and ends, in seconds since 1970; None where nothing was recorded."""
        (row,) = self._all("SELECT min(start), max(start) + ? FROM history WHERE resolution = ?", (MINUTE, MINUTE))
        return None if row[0] is None else (row[0], row[1])

    def names(self, kind: str = READING) -> list[str]:
        """The points (or with ACTUATOR the actuators) of which anything was ever stored."""
        return [name for (name,) in self._all("SELECT name FROM series WHERE kind = ? ORDER BY name", (kind,))]

    def spans(self, name: str, resolution: int, start: int, end: int, kind: str = READING) -> list[Span]:
        """A series from `start` to before `end` (s since 1970) at 60, 900 or 86400 s. Spans without a value are absent.

        The span that is still open is there only once its first minute is over.
        """
        if resolution not in RESOLUTIONS:
            raise ValueError(f"there is no history at {resolution} s: {RESOLUTIONS}")
        rows = self._all(
            "SELECT start, low, mean, high, last FROM history WHERE resolution = ? AND start >= ? AND start < ?"
            " AND series = (SELECT id FROM series WHERE kind = ? AND name = ?) ORDER BY start LIMIT ?",
            (resolution, start, end, kind, name, MOST_ROWS),
        )
        return [Span(*row) for row in rows]

    def minutes(self, name: str, start: int, end: int, kind: str = READING) -> Iterator[Span]:
        """`spans` of a minute, however many there are: read a day at a time."""
        for day in range(start, end, DAY):
            yield from self.spans(name, MINUTE, day, min(day + DAY, end), kind)

    def raw(self, name: str, start_ns: int, end_ns: int, kind: str = READING) -> list[Raw]:
        """The samples of a series from `start_ns` to before `end_ns`, in order of time, as far as they are still kept.

        `value` is NaN where the point had none.
        """
        number = self._number(kind, name)
        found = [
            Raw(at_ns, value, Quality(key & 3))
            for key, at_ns, value in self._samples(start_ns, end_ns)
            if key >> 2 == number and start_ns <= at_ns < end_ns
        ]
        return sorted(found)

    def entries(
        self, start_ns: int, end_ns: int, subject: str | None = None, kind: str | None = None, limit: int = 1000
    ) -> list[Entry]:
        """The newest `limit` journal entries from `start_ns` to before `end_ns`, oldest first."""
        query = "SELECT at_ns, kind, subject, body FROM journal WHERE at_ns >= ? AND at_ns < ?"
        values: list[object] = [start_ns, end_ns]
        for column, wanted in (("subject", subject), ("kind", kind)):
            if wanted is not None:
                query += f" AND {column} = ?"
                values.append(wanted)
        # in order of id, which is nearly that of time and needs no sorting of the whole journal
        rows = self._all(f"{query} ORDER BY id DESC LIMIT ?", (*values, limit))
        return sorted(Entry(*row) for row in rows)

    def actuator(self, name: str, at_ns: int) -> Past:
        """Where an actuator was at a time, and why: the last decision and command at or before it."""
        decision, command = self._last(DECISION, name, at_ns), self._last(COMMAND, name, at_ns)
        data = decision.data() if decision is not None else {}
        if decision is not None and (command is None or command.at_ns < decision.at_ns):
            cause, since_ns = cause_of(data["cause"]), decision.at_ns
        elif command is not None:
            cause, since_ns = cause_of(command.data()["cause"]), command.at_ns
        else:
            return Past(self._position(name, at_ns), None, None, None, None)
        return Past(self._position(name, at_ns), data.get("target"), cause, since_ns, command)

    def rules(self, name: str, at_ns: int) -> str | None:
        """The text of a file as it was in force at a time."""
        rows = self._all(
            "SELECT text FROM rules WHERE name = ? AND at_ns <= ? ORDER BY at_ns DESC, id DESC LIMIT 1", (name, at_ns)
        )
        return rows[0][0] if rows else None

    def rules_versions(self, name: str, limit: int = 100) -> list[tuple[int, str]]:
        """The versions of a file with the time from which each was in force (UTC nanoseconds), the newest first."""
        return self._all("SELECT at_ns, text FROM rules WHERE name = ? ORDER BY id DESC LIMIT ?", (name, limit))

    def quarantined(self, limit: int = 100) -> list[tuple[str, str]]:
        """The newest lines that a server refused, each with its reason."""
        return self._all("SELECT line, reason FROM quarantine ORDER BY id DESC LIMIT ?", (limit,))

    def _last(self, kind: str, subject: str, at_ns: int) -> Entry | None:
        rows = self._all(
            "SELECT at_ns, kind, subject, body FROM journal WHERE subject = ? AND at_ns <= ? AND kind = ?"
            " ORDER BY at_ns DESC, id DESC LIMIT 1",
            (subject, at_ns, kind),
        )
        return Entry(*rows[0]) if rows else None

    def _position(self, name: str, at_ns: int) -> float | None:
        """The last position at or before a time: from the samples of its last minutes, else from the minutes before."""
        number = self._number(ACTUATOR, name)
        minute_ns = at_ns // (60 * NS) * 60 * NS
        moves = [
            (moved_ns, value)
            for key, moved_ns, value in self._samples(minute_ns, at_ns + 1)
            if key >> 2 == number and moved_ns <= at_ns
        ]
        if moves:
            return max(moves)[1]
        for resolution in RESOLUTIONS:
            rows = self._all(
                "SELECT last FROM history WHERE resolution = ? AND series = ? AND start < ? AND start >= ?"
                " AND last_ns <= ? ORDER BY start DESC LIMIT 1",
                (resolution, number, at_ns // NS, at_ns // NS - 100 * resolution, at_ns),
            )
            if rows:
                position: float = rows[0][0]
                return position
        return None

    def _number(self, kind: str, name: str) -> int:
        rows = self._all("SELECT id FROM series WHERE kind = ? AND name = ?", (kind, name))
        return rows[0][0] if rows else -1

    def _samples(self, start_ns: int, end_ns: int) -> Iterator[tuple[int, int, float]]:
        with self._lock:
            rows = blocks_between(self._connected(), start_ns, end_ns)
        for crc, data in rows:
            if zlib.crc32(data) == crc:
                yield from unpack(data)

    def _all(self, query: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connected().execute(query, values).fetchall()

    def _connected(self) -> sqlite3.Connection:
        """The connection, a new one where the file has been replaced."""
        try:
            inode = self._path.stat().st_ino
        except OSError:
            inode = 0
        if self._connection is None or inode != self._inode:
            if self._connection is not None:
                self._connection.close()
            self._connection, self._inode = connect_readonly(self._path), inode
        return self._connection
