"""The tables, their versions, and how a connection to the file is set up."""

from __future__ import annotations

import sqlite3
from pathlib import Path

FILE = "onsil.db"
HOUR_NS = 3600 * 1_000_000_000
FOREVER_NS = 1 << 62
BUSY = 1.0  # seconds to wait for somebody else's lock, such as a backup's

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # numeric series; the blocks of the outbox speak of them by number
        "CREATE TABLE series (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL)",
        # one row a commit: `n` packed samples. Ids are ours and never used twice: uplinks remember how far they came
        "CREATE TABLE outbox (id INTEGER PRIMARY KEY, first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL,"
        " n INTEGER NOT NULL, thinned INTEGER NOT NULL, crc INTEGER NOT NULL, data BLOB NOT NULL)",
        # which blocks hold samples of an hour: written once a minute, where an index would cost a page a commit
        "CREATE TABLE hours (hour INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL)",
        "CREATE TABLE journal (id INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL, kind TEXT NOT NULL,"
        " subject TEXT NOT NULL, body TEXT NOT NULL)",
        "CREATE INDEX journal_by_subject ON journal (subject, at_ns)",
        # how far each uplink has come in both
        "CREATE TABLE marks (uplink TEXT PRIMARY KEY, block INTEGER NOT NULL, entry INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE quarantine (id INTEGER PRIMARY KEY, uplink TEXT NOT NULL, at_ns INTEGER NOT NULL,"
        " line TEXT NOT NULL, reason TEXT NOT NULL)",
        # stamped on the monotonic clock of one boot, until the wall clock can be trusted
        "CREATE TABLE undated (id INTEGER PRIMARY KEY, boot TEXT NOT NULL, n INTEGER NOT NULL,"
        " samples BLOB NOT NULL, entries TEXT NOT NULL)",
        "CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), data BLOB NOT NULL)",
        # in order of time, so that a minute's rows of all series are neighbours and cost one page
        "CREATE TABLE history (resolution INTEGER NOT NULL, start INTEGER NOT NULL, series INTEGER NOT NULL,"
        " weight REAL NOT NULL, low REAL NOT NULL, mean REAL NOT NULL, high REAL NOT NULL,"
        " last REAL NOT NULL, last_ns INTEGER NOT NULL, PRIMARY KEY (resolution, start, series)) WITHOUT ROWID",
        "CREATE TABLE rules (id INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL, name TEXT NOT NULL, hash TEXT NOT NULL,"
        " text TEXT NOT NULL)",
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    ),
)


class TooNew(sqlite3.DatabaseError):
    """The file was written by a later version of Onsil."""


class Damaged(sqlite3.DatabaseError):
    """A check has found that the file is not whole."""


def is_damage(error: BaseException) -> bool:
    """Whether an error says that the file cannot be used as it is, now and ever."""
    if isinstance(error, Damaged | TooNew):
        return True
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def connect(path: Path) -> sqlite3.Connection:
    """Open or make the file for writing. Raises sqlite3.Error.

    Each commit reaches the disk before it counts (synchronous FULL: in WAL mode NORMAL would lose minutes in a power
    cut). Checkpoints are made by the writer, which counts what they write.
    """
    connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA page_size = 4096")  # the block of ext4 and the least an SD card takes
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("PRAGMA cache_size = -1024")  # kB
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_readonly(path: Path) -> sqlite3.Connection:
    """Open the file for queries only. Raises sqlite3.Error."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA cache_size = -512")
    return connection


def blocks_between(connection: sqlite3.Connection, start_ns: int, end_ns: int) -> list[tuple[int, bytes]]:
    """The (crc, data) of all blocks that may hold samples from `start_ns` to before `end_ns`, in order of id.

    Raises sqlite3.Error.
    """
    known = connection.execute("SELECT ifnull(max(last), 0) FROM hours").fetchone()[0]
    hours = (start_ns // HOUR_NS, end_ns // HOUR_NS)
    query = "SELECT min(first), max(last) FROM hours WHERE hour BETWEEN ? AND ?"
    first, last = connection.execute(query, hours).fetchone()
    some = "SELECT crc, data FROM outbox WHERE id BETWEEN ? AND ? AND last_ns >= ? AND first_ns < ? ORDER BY id"
    found = []
    # those of these hours, and the newest, whose hours have not been written yet
    for lowest, highest in ((first or 1, last or 0), (known + 1, FOREVER_NS)):
        found += connection.execute(some, (lowest, highest, start_ns, end_ns)).fetchall()
    return found


def migrate(connection: sqlite3.Connection, migrations: tuple[tuple[str, ...], ...] = MIGRATIONS) -> None:
    """Bring the file to the newest version, each step whole or not at all. Raises TooNew and sqlite3.Error."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(migrations):
        raise TooNew(f"the file has version {version}, this program knows {len(migrations)}")
    for number, statements in enumerate(migrations[version:], start=version + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
