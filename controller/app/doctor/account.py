"""Who the controller runs as, and what that account may open: the doctor is often run by root, who may open all."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

SERVICE = "onsil"
SERIAL_GROUP = "dialout"  # the unit's SupplementaryGroups


@dataclass(frozen=True, slots=True)
class Account:
    """A user by name and number, with the numbers of the groups it is in."""

    name: str
    user: int
    groups: frozenset[int]

    def may(self, path: Path, wanted: int) -> bool:
        """Whether the file's mode lets this account read (4), write (2) or enter (1) it. Raises OSError."""
        if self.user == 0:
            return True
        looks = path.stat()
        mode = stat.S_IMODE(looks.st_mode)
        if looks.st_uid == self.user:
            mode >>= 6
        elif looks.st_gid in self.groups:
            mode >>= 3
        return mode & wanted == wanted

    def reaches(self, path: Path, wanted: int) -> bool:
        """As `may`, and the account can enter every folder on the way. Raises OSError."""
        whole = path.resolve(strict=True)
        return all(self.may(folder, 1) for folder in whole.parents) and self.may(whole, wanted)


def running_as() -> Account:
    """The service's account where root asks and there is one; otherwise whoever asks."""
    if os.geteuid() == 0:
        try:
            entry = pwd.getpwnam(SERVICE)
        except KeyError:
            pass
        else:
            groups = os.getgrouplist(SERVICE, entry.pw_gid)
            return Account(SERVICE, entry.pw_uid, frozenset([*groups, *_serial_group()]))
    return Account(_name(os.geteuid()), os.geteuid(), frozenset([os.getegid(), *os.getgroups()]))


def _serial_group() -> list[int]:
    try:
        return [grp.getgrnam(SERIAL_GROUP).gr_gid]
    except KeyError:
        return []


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
