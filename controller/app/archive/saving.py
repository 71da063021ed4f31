"""Makes a backup while the controller runs or stands still."""

from __future__ import annotations

import contextlib
import grp
import io
import json
import os
import pwd
import sqlite3
import stat
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from controller.app.control import NAME as SOCKET
from controller.app.lock import NAME as LOCK
from controller.store.schema import FILE
from controller.web.access.sessions import KEY_FILE

from .layout import BEFORE, CONFIG, CREDENTIALS, FORMAT, MANIFEST, STATE, ArchiveError, Summary

# what the controller makes again, what is left of a damaged database (FILE.damaged-...), and the database itself, of
# which a copy is taken
_NOT_STATE = (LOCK, SOCKET, FILE, BEFORE, ".")
_LARGEST_KEY = 64 * 1024


def save(file: Path, config: Path, state: Path, version: str, *, credentials: bool = False) -> Summary:
    """Write a backup, whole or not at all. Raises ArchiveError, and OSError where the disk does not take it.

    Passwords, tokens, private keys and the key of the page's sessions are left out unless `credentials` is true. Only
    the owner can read the file.
    """
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    not_config = (BEFORE, ".") if credentials else (BEFORE, ".", f"{CREDENTIALS}/")
    members = [
        (f"{CONFIG}/{name}", path, path.stat())
        for name, path in _files(config, not_config)
        if state.absolute() not in path.absolute().parents and (credentials or not _is_private_key(path))
    ]
    # with the key, and the hashes of the passwords, anybody could pass for a user; a new one is made
    not_state = _NOT_STATE if credentials else (*_NOT_STATE, KEY_FILE)
    members += [(f"{STATE}/{name}", path, path.stat()) for name, path in _files(state, not_state)]
    database = state / FILE
    if not members and not database.exists():
        raise ArchiveError(f"there is nothing to save in {config} and {state}")
    with tempfile.TemporaryDirectory(prefix=".onsil-backup-", dir=file.absolute().parent) as folder:
        schema = 0
        if database.exists():
            copy = Path(folder, FILE)
            schema = _copy_database(database, copy)
            members.append((f"{STATE}/{FILE}", copy, database.stat()))
        manifest = {"format": FORMAT, "version": version, "created": created, "database": schema}
        partial = Path(folder, file.name)
        size = _write(partial, json.dumps(manifest), members)
        partial.replace(file)
    return Summary(len(members), size, created)


def _files(folder: Path, without: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    """The regular files of a folder with their names in it, but those whose names begin like one of `without`."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not name.startswith(without) and stat.S_ISREG(path.lstat().st_mode):
            yield name, path


def _is_private_key(path: Path) -> bool:
    """Whether it is the page's certificate's, for one: such a file is called as its owner likes, and tells itself."""
    with path.open("rb") as content:
        return b"PRIVATE KEY-----" in content.read(_LARGEST_KEY)


def _copy_database(source: Path, target: Path) -> int:
    """Take a copy of the database as it is now. The version of its schema."""
    try:
        with (
            contextlib.closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as original,
            contextlib.closing(sqlite3.connect(target)) as copy,
        ):
            original.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
            found: str = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
            version: int = copy.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error as error:
        raise ArchiveError(f"the database cannot be copied: {error}") from None
    if found != "ok":
        raise ArchiveError("the database is damaged; restart the controller, which repairs it, and try again")
    return version


def _write(file: Path, manifest: str, members: list[tuple[str, Path, os.stat_result]]) -> int:
    """Write the tar, and see that the disk has it. The size of its members."""
    size = 0
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as raw:
        with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=6) as tar:
            text = manifest.encode()
            head = tarfile.TarInfo(MANIFEST)
            head.size, head.mode = len(text), 0o600
            tar.addfile(head, io.BytesIO(text))
            for name, path, looks in members:
                with path.open("rb") as content:
                    member = tar.gettarinfo(arcname=name, fileobj=content)
                    member.type = tarfile.REGTYPE  # also where a file has two names on the disk
                    member.mode = stat.S_IMODE(looks.st_mode)
                    member.uname, member.gname = _names(looks)
                    tar.addfile(member, content)
                size += member.size
        raw.flush()
        os.fsync(raw.fileno())
    return size


def _names(looks: os.stat_result) -> tuple[str, str]:
    """Whose a file is, by name: numbers differ on another card."""
    user = group = ""
    with contextlib.suppress(KeyError):
        user = pwd.getpwuid(looks.st_uid).pw_name
    with contextlib.suppress(KeyError):
        group = grp.getgrgid(looks.st_gid).gr_name
    return user, group
