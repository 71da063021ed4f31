"""The writer's side of the file: one transaction a commit, and the upkeep of its size."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from controller.store.entries import Entry
from controller.store.samples import SIZE, Series, shifted, thin, unpack
from controller.store.schema import FOREVER_NS, HOUR_NS, blocks_between, connect
from controller.store.wear import WalMeter
from controller.store.work import Delivery, RulesText, Work

MOST_THINNED = 20  # passes, after which a block has one sample of each series
BLOCK = 5000  # samples at most in one row
THINNED_BLOCKS, THINNED_SAMPLES = 2000, 50_000  # at once: a fraction of a second's work

_UPSERT = """
INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    mean = (mean * weight + excluded.mean * excluded.weight) / (weight + excluded.weight),
    weight = weight + excluded.weight,
    low = min(low, excluded.low),
    high = max(high, excluded.high),
    last = CASE WHEN excluded.last_ns >= last_ns THEN excluded.last ELSE last END,
    last_ns = max(last_ns, excluded.last_ns)
"""


@dataclass(slots=True)
class Committed:
    """What a commit has written, in points: what is new for the uplinks, and what had to be given up."""

    stored: int = 0
    lost: int = 0
    dated: bytearray = field(default_factory=bytearray)  # samples that have got their true time just now


class Database:
    """The file, opened for writing. Every method raises sqlite3.Error and leaves the file as it was then."""

    def __init__(self, path: Path, boot: str) -> None:
        self._boot = boot
        self._connection = connect(path)
        self._meter = WalMeter(path, self._connection)
        try:
            self._hours: dict[int, tuple[int, int]] = {}
            self._thinned_up_to = [0] * MOST_THINNED
            self._next_block = self._next("outbox", "block")
            self._next_entry = self._next("journal", "entry")
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the file; the write-ahead log is merged into it where nobody else reads."""
        self._connection.close()

    @property
    def bytes_written(self) -> int:
        """Bytes handed to the disk since the file was opened."""
        return self._meter.bytes_written

    def series(self) -> dict[int, Series]:
        rows = self._connection.execute("SELECT id, kind, name FROM series")
        return {number: Series(kind, name) for number, kind, name in rows}

    def state(self) -> bytes | None:
        """The last snapshot."""
        row = self._connection.execute("SELECT data FROM state").fetchone()
        return None if row is None else zlib.decompress(row[0])

    def meta(self, name: str) -> int:
        """A remembered number, 0 if there is none."""
        row = self._connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return 0 if row is None else row[0]

    def set_meta(self, name: str, value: int) -> None:
        self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def commit(self, work: Work, open_minute: int) -> Committed:
        """Write everything that waits, whole or not at all. `open_minute` is where the history has not been closed."""
        done = Committed()
        with self._transaction():
            self._connection.executemany("INSERT OR REPLACE INTO series VALUES (?, ?, ?)", _named(work.series))
            if work.offset_ns is not None:
                self._date(work.offset_ns, done)
            self._add_samples(work.samples, done)
            self._add_entries(work.entries, done)
            if work.undated_samples or work.undated_entries:
                self._add_undated(work)
            if work.state is not None:
                packed = zlib.compress(work.state, 1)
                self._connection.execute("INSERT OR REPLACE INTO state VALUES (1, ?)", (packed,))
            for delivery in work.deliveries.values():
                self._deliver(delivery)
            self._add_rules(work.rules)
            if work.rows:
                self._connection.executemany(_UPSERT, work.rows)
                self.set_meta("rolled_up", open_minute)
                self._write_hours()
        self._meter.after_commit()
        return done

    def checkpoint(self) -> None:
        """Merge the write-ahead log into the file where it has become long."""
        self._meter.checkpoint_if_due()

    def mark(self, uplink: str) -> tuple[int, int]:
        """The last block and the last entry that an uplink has delivered."""
        row = self._connection.execute("SELECT block, entry FROM marks WHERE uplink = ?", (uplink,)).fetchone()
        return (0, 0) if row is None else (row[0], row[1])

    def pending(self, block: int, entry: int) -> int:
        """How many samples and entries stand behind a mark."""
        samples = self._one("SELECT ifnull(sum(n), 0) FROM outbox WHERE id > ?", (block,))
        return samples + self._one("SELECT count(*) FROM journal WHERE id > ?", (entry,))

    def samples_since(self, second: int) -> Iterator[tuple[int, int, float]]:
        """The samples from `second` on, to make the open minute's history again after a restart."""
        since_ns = second * 1_000_000_000
        for crc, data in blocks_between(self._connection, since_ns, FOREVER_NS):
            if zlib.crc32(data) == crc:
                yield from (sample for sample in unpack(data) if sample[1] >= since_ns)

    # upkeep

    def used_bytes(self) -> int:
        """How much of the file is in use."""
        pages = self._one("PRAGMA page_count") - self._one("PRAGMA freelist_count")
        return pages * self._one("PRAGMA page_size")

    def forget_delivered(self, block: int, before_ns: int, at_most: int) -> int:
        """Delete the oldest blocks up to `block` that ended before `before_ns`. How many rows were deleted."""
        with self._transaction():
            oldest = "SELECT id FROM outbox WHERE id <= ? AND last_ns < ? ORDER BY id LIMIT ?"
            return self._connection.execute(
                f"DELETE FROM outbox WHERE id IN ({oldest})", (block, before_ns, at_most)
            ).rowcount

    def give_up(self, mark: int, before_ns: int) -> int:
        """Delete undelivered blocks (those behind `mark`) older than `before_ns`. How many samples that cost."""
        with self._transaction():
            lost = self._one("SELECT ifnull(sum(n), 0) FROM outbox WHERE id > ? AND last_ns < ?", (mark, before_ns))
            self._connection.execute("DELETE FROM outbox WHERE last_ns < ?", (before_ns,))
        return lost

    def thin(self, mark: int) -> int | None:
        """Halve the oldest of the least thinned blocks behind `mark`. How many samples that took; None: there are none.

        They become one block at the place of the last of them: an uplink that is just reading here will find some
        samples again, and miss none.
        """
        for level in range(MOST_THINNED):
            rows = self._connection.execute(
                "SELECT id, n, data FROM outbox WHERE id > ? AND thinned = ? ORDER BY id LIMIT ?",
                (max(mark, self._thinned_up_to[level]), level, THINNED_BLOCKS),
            ).fetchall()
            if rows:
                return self._thin(rows[: _rows_within(THINNED_SAMPLES, [n for _, n, _ in rows])], level)
        return None

    def _thin(self, rows: list[tuple[int, int, bytes]], level: int) -> int:
        ids = [number for number, _, _ in rows]
        data = thin(b"".join(part for _, _, part in rows))
        with self._transaction():
            self._connection.executemany("DELETE FROM outbox WHERE id = ?", ((number,) for number in ids))
            self._insert_block(ids[-1], data, level + 1)
            self._write_hours()
        self._meter.after_commit()
        self._thinned_up_to[level] = ids[-1]
        return sum(n for _, n, _ in rows) - len(data) // SIZE

    def give_up_oldest(self, mark: int, at_most: int) -> int:
        """Delete the oldest blocks behind `mark`. How many samples that cost."""
        oldest = "SELECT id FROM outbox WHERE id > ? ORDER BY id LIMIT ?"
        with self._transaction():
            lost = self._one(f"SELECT ifnull(sum(n), 0) FROM outbox WHERE id IN ({oldest})", (mark, at_most))
            self._connection.execute(f"DELETE FROM outbox WHERE id IN ({oldest})", (mark, at_most))
        return lost

    def trim_journal(self, keep: int, mark: int | None) -> int:
        """Delete the oldest entries but `keep`. How many of them no uplink had delivered."""
        newest = self._next_entry - 1
        with self._transaction():
            lost = 0
            if mark is not None:
                lost = self._one("SELECT count(*) FROM journal WHERE id > ? AND id <= ?", (mark, newest - keep))
            self._connection.execute("DELETE FROM journal WHERE id <= ?", (newest - keep,))
        return lost

    def trim_history(self, oldest: Iterable[tuple[int, int]]) -> None:
        """Delete the rows of each resolution that began before the second given with it."""
        with self._transaction():
            self._connection.execute("DELETE FROM hours WHERE last < (SELECT ifnull(min(id), 0) FROM outbox)")
            self._connection.executemany("DELETE FROM history WHERE resolution = ? AND start < ?", oldest)

    def trim_quarantine(self, keep: int) -> None:
        with self._transaction():
            self._connection.execute("DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM quarantine) - ?", (keep,))

    # inside a transaction

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        before = self._next_block, self._next_entry
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            self._next_block, self._next_entry = before
            with contextlib.suppress(sqlite3.Error):  # a full disk has rolled back already
                self._connection.execute("ROLLBACK")
            raise

    def _add_samples(self, data: bytes | bytearray, done: Committed) -> None:
        for start in range(0, len(data), BLOCK * SIZE):
            block = bytes(data[start : start + BLOCK * SIZE])
            self._insert_block(self._next_block, block, 0)
            self._next_block += 1
        done.stored += len(data) // SIZE

    def _insert_block(self, number: int, data: bytes, thinned: int) -> None:
        stamps = [at_ns for _, at_ns, _ in unpack(data)]
        first_ns, last_ns = min(stamps), max(stamps)
        for hour in {at_ns // HOUR_NS for at_ns in stamps}:
            first, last = self._hours.get(hour, (number, number))
            self._hours[hour] = (min(first, number), max(last, number))
        self._connection.execute(
            "INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?)",
            (number, first_ns, last_ns, len(data) // SIZE, thinned, zlib.crc32(data), data),
        )

    def _write_hours(self) -> None:
        self._connection.executemany(
            "INSERT INTO hours VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET"
            " first = min(first, excluded.first), last = max(last, excluded.last)",
            ((hour, *blocks) for hour, blocks in self._hours.items()),
        )
        self._hours.clear()

    def _add_entries(self, entries: list[Entry], done: Committed) -> None:
        numbered = enumerate(entries, start=self._next_entry)
        self._connection.executemany(
            "INSERT INTO journal VALUES (?, ?, ?, ?, ?)", ((number, *entry) for number, entry in numbered)
        )
        self._next_entry += len(entries)
        done.stored += len(entries)

    def _add_undated(self, work: Work) -> None:
        entries = orjson.dumps([tuple(entry) for entry in work.undated_entries]).decode()
        n = len(work.undated_samples) // SIZE + len(work.undated_entries)
        self._connection.execute(
            "INSERT INTO undated (boot, n, samples, entries) VALUES (?, ?, ?, ?)",
            (self._boot, n, bytes(work.undated_samples), entries),
        )

    def _date(self, offset_ns: int, done: Committed) -> None:
        """Give the undated samples and entries of this boot their true time; those of an earlier one never get one."""
        done.lost += self._one("SELECT ifnull(sum(n), 0) FROM undated WHERE boot <> ?", (self._boot,))
        query = "SELECT samples, entries FROM undated WHERE boot = ? ORDER BY id"
        for samples, entries in self._connection.execute(query, (self._boot,)).fetchall():
            dated_samples = shifted(samples, offset_ns)
            done.dated += dated_samples
            self._add_samples(dated_samples, done)
            self._add_entries([Entry(at_ns + offset_ns, *rest) for at_ns, *rest in orjson.loads(entries)], done)
        self._connection.execute("DELETE FROM undated")

    def _deliver(self, delivery: Delivery) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO marks VALUES (?, ?, ?)", (delivery.uplink, delivery.block, delivery.entry)
        )
        self._connection.executemany(
            "INSERT INTO quarantine (uplink, at_ns, line, reason) VALUES (?, ?, ?, ?)",
            ((delivery.uplink, line.at_ns, line.line, line.reason) for line in delivery.rejected),
        )

    def _add_rules(self, versions: list[RulesText]) -> None:
        """Keep each version that differs from the one before."""
        for version in versions:
            digest = hashlib.sha256(version.text.encode()).hexdigest()
            self._connection.execute(
                "INSERT INTO rules (at_ns, name, hash, text) SELECT ?1, ?2, ?3, ?4"
                " WHERE ?3 IS NOT (SELECT hash FROM rules WHERE name = ?2 ORDER BY id DESC LIMIT 1)",
                (version.at_ns, version.name, digest, version.text),
            )

    def _next(self, table: str, mark: str) -> int:
        """The next free number. One that an uplink has marked is not free, even where its row is gone."""
        last = self._one(f"SELECT ifnull(max(id), 0) FROM {table}")
        marked = self._one(f"SELECT ifnull(max({mark}), 0) FROM marks")
        return max(last, marked) + 1

    def _one(self, query: str, values: tuple[int | str, ...] = ()) -> int:
        found: int = self._connection.execute(query, values).fetchone()[0]
        return found


def _rows_within(samples: int, counts: list[int]) -> int:
    """How many rows have `samples` together; one at least."""
    return max(1, sum(total <= samples for total in itertools.accumulate(counts)))


def _named(series: dict[int, Series]) -> Iterator[tuple[int, str, str]]:
    return ((number, *name) for number, name in series.items())
