"""A server process that tells by HTTP that it is ready."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

PATIENCE = 30.0


class Server:
    """Stopped and started at will on the same port. `kill` is what a power cut is to it."""

    def __init__(self, command: Sequence[str], ready: str, log: Path) -> None:
        self._command, self._ready, self._log = command, ready, log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                urllib.request.urlopen(self._ready, timeout=1).close()
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    text = self._log.read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"{self._command[0]} does not start: {text}") from None
                time.sleep(0.02)

    def stop(self) -> None:
        """Have it end in order."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE)
            self._process = None

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def free_port() -> int:
    """A loopback port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
