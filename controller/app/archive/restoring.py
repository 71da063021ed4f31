"""Puts a backup in place. Nothing of what it says about paths, links and owners is believed."""

from __future__ import annotations

import contextlib
import grp
import gzip
import json
import os
import pwd
import shutil
import sqlite3
import tarfile
import tempfile
import time
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

from controller.app.lock import NAME as LOCK
from controller.app.lock import only_controller
from controller.store.schema import FILE, MIGRATIONS

from .layout import BEFORE, CONFIG, CREDENTIALS, FORMAT, MANIFEST, STATE, ArchiveError, Summary

SERVICE = "onsil"
"""The user and the group of the service."""

_LARGEST_MANIFEST = 64 * 1024
_DEEPEST = 8
_MOST_FILES = 10_000
_SIDES = ("-wal", "-shm")


def restore(file: Path, config: Path, state: Path) -> Summary:
    """Put a backup in place; what it replaces is moved into a folder beside it.

    Raises ArchiveError for a backup that cannot be used, AlreadyRunning while a controller runs, and OSError.
    All of it is unpacked and looked at before anything is replaced.
    """
    new = not state.exists()
    with only_controller(state), contextlib.ExitStack() as stack:
        config.mkdir(parents=True, exist_ok=True)
        if new:
            state.chmod(0o750)  # as the service makes it
            _give(state, *_service())
        owner = state.stat().st_uid, state.stat().st_gid
        _give(state / LOCK, *owner)
        staged = {
            top: Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=".restore-", dir=folder)))
            for top, folder in ((CONFIG, config), (STATE, state))
        }
        summary = _unpack(file, staged)
        if (staged[STATE] / FILE).exists():
            _check_database(staged[STATE] / FILE)
        for path in staged[STATE].rglob("*"):
            _give(path, *owner)
        aside = BEFORE + time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        for side in _SIDES:  # the log of the old database must not be taken for the new one's
            if (state / f"{FILE}{side}").exists():
                _move(state / f"{FILE}{side}", state / aside / f"{FILE}{side}")
        _swap(staged[STATE], state, aside)
        _swap(staged[CONFIG], config, aside)
    return summary


def _unpack(file: Path, staged: dict[str, Path]) -> Summary:
    free = min(shutil.disk_usage(folder).free for folder in staged.values())
    files = size = 0
    try:
        with gzip.open(file) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
            manifest = _manifest(tar)
            for member in tar:
                if member.name == MANIFEST:
                    continue
                files, size = files + 1, size + member.size
                if files > _MOST_FILES or size > free:
                    raise ArchiveError(
                        f"the backup is too large: {size / 1e6:.0f} MB, and {free / 1e6:.0f} MB are free"
                    )
                _unpack_one(tar, member, staged)
            while stream.read(1 << 20):  # to the very end, where the check sum is
                pass
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ArchiveError(f"{file} is no backup, or only a part of one: {error}") from None
    return Summary(files, size, str(manifest.get("created", "")))


def _manifest(tar: tarfile.TarFile) -> dict[str, Any]:
    first = tar.next()
    if first is None or first.name != MANIFEST or not first.isreg() or first.size > _LARGEST_MANIFEST:
        raise ArchiveError("this is no backup of Onsil")
    content = tar.extractfile(first)
    assert content is not None
    try:
        manifest: dict[str, Any] = json.loads(content.read())
        form, database = int(manifest["format"]), int(manifest["database"])
    except (ValueError, KeyError, TypeError):
        raise ArchiveError("this is no backup of Onsil") from None
    if form > FORMAT or database > len(MIGRATIONS):
        raise ArchiveError(f"it was made by a later version ({manifest.get('version')}); install that one first")
    return manifest


def _unpack_one(tar: tarfile.TarFile, member: tarfile.TarInfo, staged: dict[str, Path]) -> None:
    top, *parts = PurePosixPath(member.name).parts or ("",)
    outside = not parts or len(parts) > _DEEPEST or any(part == ".." or "\0" in part for part in parts)
    if not member.isreg() or top not in staged or outside:
        raise ArchiveError(f"the backup has a member {member.name!r}, which none of ours has")
    target = staged[top].joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = tar.extractfile(member)
    assert content is not None
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise ArchiveError(f"the backup has {member.name!r} twice") from None
    with os.fdopen(descriptor, "wb") as out:
        shutil.copyfileobj(content, out, 1 << 20)
        out.flush()
        if top == CONFIG:
            _give_configuration(target, member, secret=parts[0] == CREDENTIALS)
        os.fchmod(out.fileno(), member.mode & 0o664)
        os.fsync(out.fileno())


def _give_configuration(path: Path, member: tarfile.TarInfo, secret: bool) -> None:
    """Files of the configuration are root's or the service's, nobody else's."""
    if os.geteuid() != 0:
        return
    user, group = _service()
    _give(path, user if member.uname == SERVICE and not secret else 0, 0 if secret else group)


def _service() -> tuple[int, int]:
    """User and group of the service; our own where it is not installed."""
    try:
        return pwd.getpwnam(SERVICE).pw_uid, grp.getgrnam(SERVICE).gr_gid
    except KeyError:
        return os.geteuid(), os.getegid()


def _give(path: Path, user: int, group: int) -> None:
    if os.geteuid() == 0:
        os.chown(path, user, group, follow_symlinks=False)


def _check_database(path: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            found: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error as error:
        raise ArchiveError(f"the database in the backup is damaged: {error}") from None
    if found != "ok":
        raise ArchiveError(f"the database in the backup is damaged: {found}")
    if version > len(MIGRATIONS):
        raise ArchiveError("the database in the backup was written by a later version; install that one first")


def _swap(staged: Path, folder: Path, aside: str) -> None:
    """Put each staged file in its place, after moving aside what is there."""
    for source in sorted(path for path in staged.rglob("*") if path.is_file()):
        name = source.relative_to(staged)
        if (folder / name).exists() or (folder / name).is_symlink():
            _move(folder / name, folder / aside / name)
        _move(source, folder / name)


def _move(source: Path, target: Path) -> None:
    for parent in reversed(target.parents):
        if not parent.exists():
            parent.mkdir(mode=0o700)
            above = parent.parent.stat()
            _give(parent, above.st_uid, above.st_gid)
    source.rename(target)
