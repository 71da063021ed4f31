"""How many bytes the store hands to the disk: what wears an SD card out."""

from __future__ import annotations

import sqlite3
import struct
from pathlib import Path

HEADER, FRAME_HEADER = 32, 24  # bytes in the write-ahead log, https://www.sqlite.org/fileformat2.html#walformat
CHECKPOINT_PAGES = 1000  # 4 MB: the pages written over and over (the open block) reach the file once in that time


class WalMeter:
    """Counts what SQLite appends to the write-ahead log, and makes the checkpoints, which it counts too."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.bytes_written = 0
        self._log = path.with_name(path.name + "-wal")
        self._connection = connection
        self._page: int = connection.execute("PRAGMA page_size").fetchone()[0]
        self._size = self._log_size()

    def after_commit(self) -> None:
        """Count what the last commit appended."""
        size = self._log_size()
        # a log that is shorter than before was begun anew by this commit
        self.bytes_written += size - self._size if size >= self._size else size
        self._size = size

    def checkpoint_if_due(self) -> None:
        """Merge the log into the file once it has 1000 pages. Raises sqlite3.Error."""
        if self._size < HEADER + CHECKPOINT_PAGES * (FRAME_HEADER + self._page):
            return
        pages = self._distinct_pages()
        busy, _, _ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy:
            self.bytes_written += pages * self._page
        self._size = self._log_size()

    def _distinct_pages(self) -> int:
        """How many pages of the file the log holds: each is written back once, however often it was changed."""
        pages = set()
        with self._log.open("rb") as log:
            for start in range(HEADER, self._size, FRAME_HEADER + self._page):
                log.seek(start)
                number = log.read(4)
                if len(number) == 4:
                    pages.add(struct.unpack(">I", number)[0])
        return len(pages)

    def _log_size(self) -> int:
        try:
            return self._log.stat().st_size
        except OSError:
            return 0
