"""Persons, and what decides whether a login is needed."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from enum import IntEnum

from .sessions import Sessions
from .users import Users


class Role(IntEnum):
    """What a person may do; each includes the ones before."""

    VIEWER = 1  # look
    OPERATOR = 2  # take actuators in hand, acknowledge alarms
    ADMIN = 3  # change the rules


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks. `session` is true for one who came by a browser's cookie."""

    name: str
    role: Role
    session: bool = False

    def may(self, role: Role) -> bool:
        return self.role >= role


ANYBODY_HERE = Person("the page", Role.ADMIN)
"""Where no login is needed: who sits at this computer may do everything, as on its command line."""


class Access:
    """The users, and how they prove who they are.

    A login is needed as soon as the page listens beyond localhost, or as there are users at all.
    """

    def __init__(self, users: Users, beyond_localhost: bool) -> None:
        self.users = users
        self.sessions = Sessions(users)
        self._beyond = beyond_localhost

    @property
    def login_needed(self) -> bool:
        return self._beyond or bool(self.users.names())

    def by_cookie(self, cookie: str) -> Person | None:
        """The person whom a session cookie names, if it is genuine and not over."""
        name = self.sessions.name_of(cookie)
        return None if name is None else self._person(name, session=True)

    def by_token(self, token: str) -> Person | None:
        """The person to whom an API token belongs."""
        name = self.users.by_token(token)
        return None if name is None else self._person(name, session=False)

    def _person(self, name: str, session: bool) -> Person | None:
        role = self.users.role(name)
        return None if role is None else Person(name, Role[role.upper()], session)


def is_local(host: str) -> bool:
    """Whether an address is of this computer alone."""
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"
