"""The store as the rest of the controller sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from controller.model.events import Event
from controller.model.time import Instant
from controller.store.history import History
from controller.store.limits import Limits
from controller.store.outbox import Outbox
from controller.store.schema import FILE
from controller.store.work import RulesText
from controller.store.writer import Writer

CLOSE_WITHIN = 10.0  # s for the last commit, more than a slow card needs
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class Store:
    """Takes events and snapshots without ever waiting for the disk, and without ever raising.

    What the disk does not take stays in memory, within bounds, and is written as soon as it does. `status` says
    what is wrong, and `counters` what it cost.
    """

    def __init__(self, directory: Path, limits: Limits, boot: str) -> None:
        self.history = History(directory)
        self._writer = Writer(directory / FILE, limits, boot)
        self._state = self._writer.start()

    @classmethod
    def open(cls, directory: Path, limits: Limits = Limits(), boot: str | None = None) -> Store:
        """Open the store of a state directory, or make it. `boot` names the run of the monotonic clock.

        Raises nothing: a file that cannot be opened is tried again, and one that is damaged is replaced.
        """
        return cls(directory, limits, boot if boot is not None else _this_boot())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Commit what is left, and end."""
        self._writer.close(CLOSE_WITHIN)
        self.history.close()

    def append(self, events: Sequence[Event]) -> None:
        """Take events; they are committed within a second of real time."""
        self._writer.put(events)

    def save_state(self, snapshot: bytes) -> None:
        """Take a snapshot; the last one is committed within a second of real time."""
        self._writer.put_snapshot(snapshot)

    def save_rules(self, name: str, text: str, at: Instant) -> None:
        """Keep a version of one of the user's files, in force from `at`."""
        self._writer.put_rules(RulesText(name, text, at.wall_ns))

    def load_state(self) -> bytes | None:
        """The snapshot that was there when the store was opened."""
        return self._state

    def outbox(self, uplink: str) -> Outbox:
        """What the uplink of this name has to deliver. From now on nothing is forgotten that it has not delivered."""
        return self._writer.outbox(uplink)

    def counters(self) -> dict[str, int]:
        """Points (samples and entries) and bytes since the start of the process.

        stored, delivered, lost, thinned, quarantined; pending: committed and not delivered; waiting: not committed
        yet; failures: attempts to write that did not succeed; bytes_written.
        """
        writer = self._writer
        counted = asdict(writer.counters) | {"lost": writer.lost}
        return counted | {"pending": writer.pending, "waiting": writer.waiting()}

    def status(self) -> dict[str, Any]:
        """Whether the disk takes what it is given, and in words what is wrong or was found."""
        return {"name": "store", "online": self._writer.online, "note": self._writer.note}

    def flush(self, patience: float = CLOSE_WITHIN) -> bool:
        """Wait until all that has been taken is committed. Not for the control loop."""
        return self._writer.flush(patience)


def _this_boot() -> str:
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return "unknown"
