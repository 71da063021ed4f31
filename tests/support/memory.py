"""A control group with a ceiling of memory, as MemoryMax= of a unit makes one. Needs root and a memory controller."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FIRST = Path("/sys/fs/cgroup/memory")  # the first version of control groups has a tree for memory alone
_SECOND = Path("/sys/fs/cgroup")


class Ceiling:
    """What `command` starts lives under it together."""

    def __init__(self, group: Path) -> None:
        self._group = group
        self._first = (group / "memory.limit_in_bytes").exists()

    def set(self, limit: int) -> None:
        """The ceiling in bytes; without swap, as MemorySwapMax=0."""
        names = ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes") if self._first else ("memory.max",)
        for name in names:
            if (self._group / name).exists():
                (self._group / name).write_text(str(limit))
        if not self._first:
            (self._group / "memory.swap.max").write_text("0")

    def command(self, *words: str) -> list[str]:
        """The command line that starts `words` under the ceiling."""
        return ["sh", "-c", f'echo $$ > {self._group}/cgroup.procs && exec "$@"', "sh", *words]

    def join(self) -> str:
        """A line of Python with which a process puts itself under the ceiling."""
        return f"import os; open({str(self._group / 'cgroup.procs')!r}, 'w').write(str(os.getpid()))"

    def peak(self) -> int:
        """The most that was ever used (bytes)."""
        return int((self._group / ("memory.max_usage_in_bytes" if self._first else "memory.peak")).read_text())

    def killed(self) -> int:
        """How many processes the kernel has ended for want of memory."""
        lines = (self._group / ("memory.oom_control" if self._first else "memory.events")).read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))


def can_be_made() -> bool:
    return os.geteuid() == 0 and _root() is not None


@contextmanager
def ceiling(limit: int) -> Iterator[Ceiling]:
    """A group that is gone after the with block, in which all of its processes must have ended."""
    root = _root()
    assert root is not None
    group = root / f"onsil-test-{os.getpid()}"
    group.mkdir()
    try:
        found = Ceiling(group)
        found.set(limit)
        yield found
    finally:
        end = time.monotonic() + 10
        while True:
            try:
                group.rmdir()
                break
            except OSError:  # the kernel is still taking the last process away
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)


def _root() -> Path | None:
    if os.access(_FIRST / "cgroup.procs", os.W_OK):
        return _FIRST
    controllers = _SECOND / "cgroup.subtree_control"
    if controllers.exists() and "memory" in controllers.read_text().split() and os.access(controllers, os.W_OK):
        return _SECOND
    return None
