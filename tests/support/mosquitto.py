"""A real mosquitto for tests: on a free loopback port, with or without a password, stopped and started at will."""

from __future__ import annotations

import getpass
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 10.0


class Mosquitto:
    """One broker. `stop` and `start` keep its port; what it had retained is gone then, as after a power cut.

    `settings` are further lines of its configuration.
    """

    def __init__(
        self, folder: Path, username: str | None = None, password: str | None = None, settings: str = ""
    ) -> None:
        self.port = free_port()
        self.username, self.password = username, password
        self._configuration = folder / "mosquitto.conf"
        self._process: subprocess.Popen[bytes] | None = None
        access = "allow_anonymous true"
        if username is not None:
            secrets = folder / "passwords"
            subprocess.run(["mosquitto_passwd", "-b", "-c", secrets, username, password or ""], check=True)
            access = f"allow_anonymous false\npassword_file {secrets}"
        self._configuration.write_text(
            f"listener {self.port} 127.0.0.1\n{access}\nset_tcp_nodelay true\n"
            f"persistence false\nuser {getpass.getuser()}\n{settings}\n"
        )

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start and wait until it takes connections."""
        self._process = subprocess.Popen(
            ["mosquitto", "-c", self._configuration], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("mosquitto does not start") from None
                time.sleep(0.01)

    def signal(self, number: int) -> None:
        """Send it a signal: SIGSTOP makes a broker that is there and says nothing."""
        if self._process is not None:
            self._process.send_signal(number)

    def stop(self) -> None:
        """Kill it: its clients see a broken connection."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def mosquitto(username: str | None = None, password: str | None = None, settings: str = "") -> Iterator[Mosquitto]:
    """A running broker for the length of a with block."""
    with tempfile.TemporaryDirectory() as folder:
        broker = Mosquitto(Path(folder), username, password, settings)
        broker.start()
        try:
            yield broker
        finally:
            broker.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
