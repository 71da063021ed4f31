"""Session cookies: a name and an end, signed, so that they live through a restart and need no table."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import json
import secrets
import time
from pathlib import Path

from controller.app.writing import replace_file

from .users import Users

COOKIE = "onsil"
LASTS = 7 * 24 * 3600  # s
KEY_FILE = "session.key"
KEY_LENGTH = 32  # bytes


class Sessions:
    """Signs and reads cookies. A cookie is void when it is over, or when its user is gone or has a new password."""

    def __init__(self, users: Users) -> None:
        self._users = users
        self._key = _key(users.directory / KEY_FILE)

    def cookie(self, name: str) -> str:
        """A cookie for a user who has just proved to be that."""
        body = json.dumps([name, int(time.time()) + LASTS, secrets.token_hex(8)], separators=(",", ":")).encode()
        return f"{_text(body)}.{_text(self._sign(body, name))}"

    def name_of(self, cookie: str) -> str | None:
        """The user whom a cookie names; None where it counts nothing."""
        first, _, second = cookie.partition(".")
        try:
            body, signature = _bytes(first), _bytes(second)
            name, ends, _ = json.loads(body)
        except (ValueError, binascii.Error, TypeError):
            return None
        if not isinstance(name, str) or not isinstance(ends, int) or ends < time.time():
            return None
        return name if hmac.compare_digest(signature, self._sign(body, name)) else None

    def _sign(self, body: bytes, name: str) -> bytes:
        fingerprint = self._users.fingerprint(name) or secrets.token_hex()
        return hmac.digest(self._key, body + fingerprint.encode(), hashlib.sha256)


def _key(path: Path) -> bytes:
    """The key of this controller, made once. One that cannot be kept serves until the next start."""
    with contextlib.suppress(OSError):
        key = path.read_bytes()
        if len(key) == KEY_LENGTH:
            return key
    key = secrets.token_bytes(KEY_LENGTH)
    with contextlib.suppress(OSError):
        replace_file(path, key)
    return key


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.encode("ascii", "strict") + b"=" * (-len(text) % 4))
