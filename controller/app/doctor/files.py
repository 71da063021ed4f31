"""The two files, the secrets and the state directory."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from controller.config import Configuration, check
from controller.store.schema import FILE

from .account import Account
from .finding import Finding, doubtful, right, wrong

LITTLE, TOO_LITTLE = 500e6, 50e6  # bytes free
_SHOWN = 3
CREDENTIALS = "credentials"


def configuration(directory: Path) -> tuple[Configuration | None, list[Finding]]:
    """The configuration, where it is right, and what is to be said about it."""
    try:
        report = check(directory)
    except OSError as error:
        text = f"cannot read {error.filename or directory}: {error.strerror or error}"
        return None, [wrong("files", text, "write site.yaml and rules.yaml there; begin with one of the examples")]
    if report.errors:
        shown = "; ".join(str(error) for error in report.errors[:_SHOWN])
        more = len(report.errors) - _SHOWN
        shown += f"; and {more} more" if more > 0 else ""
        return None, [wrong("files", shown, f"correct them, then: onsil check {directory}")]
    if report.warnings:
        found = doubtful("files", f"right, with {len(report.warnings)} warnings", f"onsil check {directory}")
        return report.configuration, [found]
    return report.configuration, [right("files", f"site.yaml and rules.yaml in {directory} are right")]


def access(directory: Path, account: Account) -> Iterator[Finding]:
    """Whether the controller can read its files, and nobody else the secrets."""
    for name in ("site.yaml", "rules.yaml"):
        file = directory / name
        if file.exists() and not account.reaches(file, 4):
            yield wrong(name, f"{account.name} cannot read it", f"chgrp {account.name} {file} && chmod 640 {file}")
    secrets = directory / CREDENTIALS
    if secrets.is_dir():
        yield from _secrets(secrets)


def _secrets(folder: Path) -> Iterator[Finding]:
    open_ones = []
    try:
        for path in [folder, *folder.iterdir()]:
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                open_ones.append(path.name)
    except PermissionError:
        return  # as it should be for who is not root
    if open_ones:
        advice = f"chmod 700 {folder} && chmod 600 {folder}/*"
        yield wrong("secrets", f"others can read {', '.join(sorted(open_ones))}", advice)


def state(directory: Path, account: Account) -> Iterator[Finding]:
    """Whether the state directory takes what is written, and for how long."""
    if not directory.is_dir():
        yield doubtful("state", f"there is no {directory} yet", "it is made when the controller starts")
        return
    try:
        writable = account.reaches(directory, 7)
    except PermissionError:
        yield wrong("state", f"{account.name} cannot look into {directory}", "try again with sudo")
        return
    if os.statvfs(directory).f_flag & os.ST_RDONLY:
        advice = "look for disk errors (dmesg); a card that has become read-only is worn out: replace it"
        yield wrong("state", f"the disk under {directory} is read-only", advice)
    elif not writable:
        yield wrong("state", f"{account.name} cannot write into {directory}", f"chown -R {account.name}: {directory}")
    else:
        yield right("state", f"{account.name} can write into {directory}")
    yield _space(directory)
    damaged = sorted(path.name for path in directory.glob(f"{FILE}.damaged-*") if "-wal" not in path.name)
    if damaged:
        advice = "what could be read of them is saved already; when you are sure that you miss nothing, delete them"
        yield doubtful("database", f"it was damaged before: {', '.join(damaged)}", advice)


def _space(directory: Path) -> Finding:
    usage = shutil.disk_usage(directory)
    text = f"{usage.free / 1e9:.1f} GB of {usage.total / 1e9:.1f} GB are free"
    if usage.free < TOO_LITTLE:
        return wrong("disk space", text, "delete something; readings are kept in memory only until there is room")
    if usage.free < LITTLE:
        return doubtful("disk space", text, "make room, or set uplink: max_size: in site.yaml")
    return right("disk space", text)
