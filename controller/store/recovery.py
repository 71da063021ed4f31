"""A damaged file: how it is noticed, set aside, and what is saved out of it."""

from __future__ import annotations

import contextlib
import logging
import shutil
import sqlite3
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from controller.store.entries import Entry
from controller.store.rollup import Row
from controller.store.samples import SIZE, Series
from controller.store.schema import connect, connect_readonly, is_damage
from controller.store.work import RulesText, Work

log = logging.getLogger("onsil.store")

PART = 20_000  # points moved in one transaction
SIDES = ("", "-wal", "-shm")


def is_emptied(error: BaseException) -> bool:
    """Whether an error of the writer says that tables are missing, which it never leaves away."""
    return isinstance(error, sqlite3.OperationalError) and "no such" in str(error)


def whole(path: Path) -> bool:
    """Whether SQLite finds the structure of all of the file sound. Reads every page."""
    try:
        connection = connect_readonly(path)
        try:
            found: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            return found == "ok"
        finally:
            connection.close()
    except sqlite3.Error as error:
        return not is_damage(error)


def set_aside(path: Path) -> Path:
    """Rename the file and its log to a name that says when. Nothing is deleted. Raises OSError."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    aside, number = path.with_name(f"{path.name}.damaged-{stamp}"), 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
    for side in SIDES:
        source = path.with_name(path.name + side)
        if source.exists():
            source.rename(aside.with_name(aside.name + side))
    return aside


class Recovery:
    """Reads what can be read of a damaged file, part by part; the parts are committed to the new one.

    All that is read counts as not delivered: sent again, it lands on itself in InfluxDB.
    """

    def __init__(self, aside: Path, boot: str) -> None:
        self._aside, self._boot = aside, boot
        self._folder: Path | None = None
        self._connection = self._open()
        self._works = self._all()
        self._points = 0
        self._bad_blocks = 0

    def series(self) -> dict[int, Series]:
        """The names of the series, without which the samples mean nothing."""
        return {number: Series(kind, name) for number, kind, name in self._rows("series", "kind, name")}

    def state(self) -> bytes | None:
        """The last snapshot, if it is readable."""
        for _, data in self._rows("state", "data"):
            try:
                return zlib.decompress(data)
            except zlib.error:
                log.warning("the snapshot in the damaged file cannot be read")
        return None

    def next(self) -> Work | None:
        """The next part; None at the end."""
        return next(self._works, None)

    def summary(self) -> str:
        """What came of it."""
        text = f"the file was damaged; {self._points} points were saved out of it, and it is kept as {self._aside.name}"
        return f"{text} ({self._bad_blocks} blocks in it are spoilt)" if self._bad_blocks else text

    def close(self) -> None:
        """Let go of the file, which stays where it is."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _all(self) -> Iterator[Work]:
        work = Work()
        for crc, data in (row[1:] for row in self._rows("outbox", "crc, data")):
            if isinstance(data, bytes) and len(data) % SIZE == 0 and zlib.crc32(data) == crc:
                work.samples += data
            else:
                self._bad_blocks += 1
            if work.count() >= PART:
                yield self._counted(work)
                work = Work()
        for _, *row in self._rows("journal", "at_ns, kind, subject, body"):
            entry = _entry(row)
            if entry is not None:
                work.entries.append(entry)
            if work.count() >= PART:
                yield self._counted(work)
                work = Work()
        for _, boot, samples, entries in self._rows("undated", "boot, samples, entries"):
            if boot == self._boot and len(samples) % SIZE == 0:
                work.undated_samples += samples
                work.undated_entries += [Entry(*entry) for entry in orjson.loads(entries)]
        work.rules = [RulesText(*row[1:]) for row in self._rows("rules", "name, text, at_ns")]
        yield self._counted(work)
        work = Work()
        for span in self._history():
            work.rows.append(span)
            if len(work.rows) >= PART:
                yield work
                work = Work()
        yield work

    def _counted(self, work: Work) -> Work:
        self._points += work.count()
        return work

    def _open(self) -> sqlite3.Connection | None:
        for path in (self._aside, None):
            try:
                connection = connect_readonly(path or self._with_new_first_page())
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            except (sqlite3.Error, OSError) as error:
                log.warning("the damaged file cannot be opened: %s", error)
            else:
                return connection
        return None

    def _with_new_first_page(self) -> Path:
        """A copy whose first page is that of an empty file.

        The first page says where the tables begin. The tables are always made in the same order, so they begin where
        those of an empty file begin.
        """
        self._folder = Path(tempfile.mkdtemp(prefix=".salvage-", dir=self._aside.parent))
        copy, empty = self._folder / "copy.db", self._folder / "empty.db"
        for side in SIDES[:2]:
            source = self._aside.with_name(self._aside.name + side)
            if source.exists():
                shutil.copyfile(source, copy.with_name(copy.name + side))
        connect(empty).close()
        with empty.open("rb") as source_file, copy.open("r+b") as target:
            page = source_file.read(4096)
            # a version-valid-for that differs from the change counter: the size of the file tells the number of pages
            target.write(page[:92] + b"\0\0\0\0" + page[96:])
        return copy

    def _rows(self, table: str, columns: str) -> Iterator[tuple[Any, ...]]:
        """The id and columns of all rows that can be read, in order of id; what cannot be read is stepped over."""
        last, step = -(1 << 62), 0
        while self._connection is not None:
            query = f"SELECT id, {columns} FROM {table} NOT INDEXED WHERE id > ? ORDER BY id"
            try:
                for row in self._connection.execute(query, (last + step,)):
                    if row[0] <= last:
                        raise sqlite3.DatabaseError("the rows are out of order")
                    yield row
                    last, step = row[0], 0
                return
            except sqlite3.Error as error:
                step = max(1, step * 2)
                if step > 1 << 24 or last < 0:
                    # nothing more this way: the rest, from the end backwards
                    log.warning("part of %s cannot be read: %s", table, error)
                    yield from self._backwards(table, columns, last)
                    return

    def _backwards(self, table: str, columns: str, down_to: int) -> Iterator[tuple[Any, ...]]:
        assert self._connection is not None
        query = f"SELECT id, {columns} FROM {table} NOT INDEXED WHERE id > ? ORDER BY id DESC"
        last = 1 << 62
        with contextlib.suppress(sqlite3.Error):
            for row in self._connection.execute(query, (down_to,)):
                if not down_to < row[0] < last:
                    return
                yield row
                last = row[0]

    def _history(self) -> Iterator[Row]:
        if self._connection is None:
            return
        reached: tuple[int, int, int] | None = None
        for order in ("", "DESC"):
            try:
                for row in self._connection.execute(
                    f"SELECT * FROM history ORDER BY resolution {order}, start {order}, series {order}"
                ):
                    if not order:
                        reached = row[:3]
                    elif reached is not None and row[:3] <= reached:
                        return  # met what was read from the other side
                    yield Row(*row)
                return
            except sqlite3.Error as error:
                log.warning("part of the history cannot be read: %s", error)


def _entry(row: list[Any]) -> Entry | None:
    """The entry of a row, if it is one."""
    entry = Entry(*row)
    try:
        entry.data()
    except (orjson.JSONDecodeError, TypeError):
        return None
    return entry
