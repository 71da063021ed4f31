"""What one uplink still has to deliver, oldest first."""

from __future__ import annotations

import sqlite3
import threading
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from controller.store.entries import Entry
from controller.store.samples import SIZE, Series
from controller.store.schema import connect_readonly, is_damage
from controller.store.work import Delivery, Rejected

ROWS = 500  # blocks and entries read at once


@dataclass(frozen=True, slots=True)
class Portion:
    """Packed samples and entries to be delivered together. `block` and `entry` are the last ones in it."""

    samples: bytes
    entries: Sequence[Entry]
    series: Mapping[int, Series]
    block: int
    entry: int
    file: int  # which one this was read from, where it has been replaced
    damaged: int = 0  # samples that the disk has not kept as they were written

    @property
    def points(self) -> int:
        """How many points this is for the server."""
        return len(self.samples) // SIZE + len(self.entries)


class Outbox:
    """One uplink's view of the store. Used from the uplink's own threads; only `take` and `rewind` read the file.

    The writer tells it where it stands (`begin`), what is new (`grown`) and when the file is another one (`moved`).
    """

    def __init__(
        self, uplink: str, path: Path, deliver: Callable[[Delivery, int, int], None], damage: Callable[[], None]
    ) -> None:
        self.uplink = uplink
        self._path = path
        self._deliver, self._damage = deliver, damage
        self._begun = False
        self._delivered = (0, 0)
        self._read = (0, 0)
        self._pending = 0
        self._file = 1
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._connection: sqlite3.Connection | None = None
        self._series: dict[int, Series] = {}

    @property
    def pending(self) -> int:
        """Committed points that have not been delivered."""
        return self._pending

    @property
    def delivered(self) -> tuple[int, int]:
        """The last block and the last entry that have been delivered."""
        return self._delivered

    @property
    def begun(self) -> bool:
        """Whether the writer has said where this uplink stands."""
        return self._begun

    def wait(self, seconds: float) -> None:
        """Wait until something new has been committed, for `seconds` at most."""
        self._news.wait(seconds)
        self._news.clear()

    def wake(self) -> None:
        """End a `wait`."""
        self._news.set()

    def take(self, points: int) -> Portion | None:
        """The next points after those taken before, about `points` of them; None if there are none.

        Raises sqlite3.Error.
        """
        with self._lock:
            if not self._begun:
                return None
            try:
                connection = self._connected()
                block, samples, damaged = self._blocks(connection, points)
                entry, entries = self._entries(connection, points)
            except sqlite3.Error as error:
                self._forget_connection()
                if is_damage(error):
                    self._damage()
                raise
            if (block, entry) == self._read:
                return None
            self._read = (block, entry)
            return Portion(samples, entries, self._series, block, entry, self._file, damaged)

    def rewind(self) -> None:
        """Take again what has been taken and not delivered."""
        with self._lock:
            self._read = self._delivered

    def done(self, portion: Portion, rejected: Sequence[Rejected] = ()) -> None:
        """The server has answered for all of a portion. Portions are done in the order in which they were taken."""
        with self._lock:
            if portion.file != self._file:
                return  # what could be read of the old file is in the new one, and will be delivered again
            self._delivered = (portion.block, portion.entry)
            self._pending = max(0, self._pending - portion.points - portion.damaged)
        delivery = Delivery(self.uplink, portion.block, portion.entry, tuple(rejected))
        self._deliver(delivery, portion.points - len(rejected), portion.damaged)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._forget_connection()

    # for the writer

    def begin(self, mark: tuple[int, int], pending: int) -> None:
        """Stand at a mark, with so many points behind it."""
        with self._lock:
            self._delivered = self._read = mark
            self._pending = pending
            self._begun = True
        self._news.set()

    def grown(self, points: int) -> None:
        """So many points more (or fewer) have to be delivered."""
        with self._lock:
            self._pending = max(0, self._pending + points)
        self._news.set()

    def moved(self) -> None:
        """The file has been replaced by another: stand nowhere until `begin`."""
        with self._lock:
            self._begun = False
            self._pending = 0
            self._file += 1
            self._forget_connection()

    # with the lock held

    def _blocks(self, connection: sqlite3.Connection, points: int) -> tuple[int, bytes, int]:
        last, size, damaged = self._read[0], 0, 0
        parts: list[bytes] = []
        while size < points * SIZE:
            rows = connection.execute(
                "SELECT id, n, crc, data FROM outbox WHERE id > ? ORDER BY id LIMIT ?", (last, ROWS)
            ).fetchall()
            for number, n, crc, data in rows:
                if parts and size + len(data) > points * SIZE:
                    return last, b"".join(parts), damaged
                last = number
                if zlib.crc32(data) == crc:
                    parts.append(data)
                    size += len(data)
                else:
                    damaged += n
            if len(rows) < ROWS:
                break
        return last, b"".join(parts), damaged

    def _entries(self, connection: sqlite3.Connection, points: int) -> tuple[int, list[Entry]]:
        last = self._read[1]
        rows = connection.execute(
            "SELECT id, at_ns, kind, subject, body FROM journal WHERE id > ? ORDER BY id LIMIT ?", (last, points)
        ).fetchall()
        return (rows[-1][0] if rows else last), [Entry(*row[1:]) for row in rows]

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = connect_readonly(self._path)
        # a block may speak of a series that is newer than the last look
        last = max(self._series, default=0)
        rows = self._connection.execute("SELECT id, kind, name FROM series WHERE id > ?", (last,))
        self._series.update({number: Series(kind, name) for number, kind, name in rows})
        return self._connection

    def _forget_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._series = {}
