"""The users of the page: a file in the state directory that only the controller reads."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from pathlib import Path
from typing import Any

from controller.app.writing import replace_file

FILE = "users.json"
ROLES = ("viewer", "operator", "admin")
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 256
_NAME = re.compile(r"[^\W_][\w.@ -]{0,39}")


class UserError(ValueError):
    """A name, role or password that cannot be taken; the text says why."""


class Users:
    """Read again whenever the file has changed. Methods that change raise UserError and OSError."""

    def __init__(self, state: Path) -> None:
        self.directory = state
        self._path = state / FILE
        self._stamp: tuple[int, int] | None = None
        self._users: dict[str, dict[str, Any]] = {}
        self._dummy = ""

    def names(self) -> list[str]:
        return sorted(self._read())

    def role(self, name: str) -> str | None:
        user = self._read().get(name)
        return None if user is None else str(user["role"])

    def add(self, name: str, role: str, password: str) -> None:
        """A new user, or a new role and password for a known one."""
        if not _NAME.fullmatch(name):
            raise UserError("a name has 1 to 40 letters, digits, spaces or . _ @ -, and begins with a letter or digit")
        if role not in ROLES:
            raise UserError(f"a role is one of {', '.join(ROLES)}")
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise UserError(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
        users = self._read()
        known = users.get(name, {})
        users[name] = {"role": role, "password": _hasher().hash(password), "tokens": known.get("tokens", [])}
        self._write(users)

    def remove(self, name: str) -> None:
        users = self._read()
        if users.pop(name, None) is None:
            raise UserError(f"there is no user {name!r}")
        self._write(users)

    def new_token(self, name: str) -> str:
        """A new token for the API; the only time it can be seen. It counts as long as the user does."""
        users = self._read()
        if name not in users:
            raise UserError(f"there is no user {name!r}")
        token = f"onsil_{secrets.token_urlsafe(32)}"
        users[name]["tokens"].append(_digest(token))
        self._write(users)
        return token

    def drop_tokens(self, name: str) -> int:
        """Make all tokens of a user worthless; how many there were."""
        users = self._read()
        if name not in users:
            raise UserError(f"there is no user {name!r}")
        count = len(users[name]["tokens"])
        users[name]["tokens"] = []
        self._write(users)
        return count

    def verify(self, name: str, password: str) -> bool:
        """Whether the password is the user's. Takes tens of milliseconds, as long for a name that nobody has."""
        from argon2.exceptions import InvalidHashError, VerificationError

        user = self._read().get(name)
        if user is None and not self._dummy:
            self._dummy = _hasher().hash(secrets.token_urlsafe())
        try:
            _hasher().verify(self._dummy if user is None else user["password"], password[:LONGEST_PASSWORD])
        except (VerificationError, InvalidHashError):
            return False
        return user is not None

    def by_token(self, token: str) -> str | None:
        """Whose token it is. A token is random enough that a plain digest keeps it."""
        digest = _digest(token)
        found = None
        for name, user in self._read().items():
            for known in user["tokens"]:
                if hmac.compare_digest(known, digest):
                    found = name
        return found

    def fingerprint(self, name: str) -> str | None:
        """Changes when the user's password does: sessions of before are then over."""
        user = self._read().get(name)
        return None if user is None else hashlib.sha256(user["password"].encode()).hexdigest()

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            found = self._path.stat()
            stamp = (found.st_mtime_ns, found.st_ino)
            if stamp != self._stamp:
                self._users = json.loads(self._path.read_text(encoding="utf-8"))["users"]
                self._stamp = stamp
        except FileNotFoundError:
            self._users, self._stamp = {}, None
        return self._users

    def _write(self, users: dict[str, dict[str, Any]]) -> None:
        text = json.dumps({"version": 1, "users": users}, ensure_ascii=False, indent=1)
        replace_file(self._path, text.encode())
        self._stamp = None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _hasher() -> Any:
    """Argon2id with 19 MiB, two passes, one lane: OWASP's choice for a machine with little memory."""
    from argon2 import PasswordHasher  # loaded by a login, not by every page

    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
