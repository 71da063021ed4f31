"""Files that are replaced as a whole: whoever reads one, also after a power cut, finds the old one or the new one."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path


def replace_file(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Put `data` in the place of a file, and return once the disk has it. Raises OSError, and the old file then stays.

    Mode and owner stay those of the old file. Where there was none it gets `mode`, and root makes it for whoever owns
    the folder.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            _take_after(file.fileno(), path, mode)
            os.fsync(file.fileno())  # before it has the name: a name can reach the disk earlier than what it stands for
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _sync_names(path.parent)


def remove_file(path: Path) -> None:
    """Remove a file, if it is there, and return once it cannot come back. Raises OSError."""
    path.unlink(missing_ok=True)
    _sync_names(path.parent)


def _take_after(descriptor: int, path: Path, mode: int) -> None:
    try:
        like = path.stat()
        mode = like.st_mode & 0o777
    except FileNotFoundError:
        like = path.parent.stat()
    if os.geteuid() == 0:  # nobody else may give a file away
        os.fchown(descriptor, like.st_uid, like.st_gid)
    os.fchmod(descriptor, mode)


def _sync_names(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that knows no such thing
            raise
    finally:
        os.close(descriptor)
