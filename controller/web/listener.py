"""Where the page listens: known at the start, long before the server itself is loaded."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import NamedTuple


class Tls(NamedTuple):
    """PEM files of the certificate (with its chain) and of its key."""

    certificate: Path
    key: Path


def bind(host: str, port: int) -> socket.socket:
    """A listening socket, so that a port in use is an error at the start and not a crash later. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=64)
