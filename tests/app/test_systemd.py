"""The controller's side of Type=notify and WatchdogSec, on a real socket: what systemd would hear."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.app.systemd import sign_of_life
from tests.app.wait import until

EXAMPLE = Path(__file__).parents[2] / "deploy" / "examples" / "tunnel"
PATIENCE = 30.0
WATCHDOG = 0.6  # seconds


class Manager:
    """The service manager's end."""

    def __init__(self, folder: Path, abstract: bool) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.address = f"@onsil-test-{os.getpid()}" if abstract else str(folder / "notify")
        self._socket.bind("\0" + self.address[1:] if abstract else self.address)
        self._socket.settimeout(PATIENCE)

    def hear(self, wanted: str) -> None:
        """Wait for a message, stepping over others."""
        end = time.monotonic() + PATIENCE
        while self._socket.recv(4096).decode() != wanted:
            assert time.monotonic() < end, f"never heard {wanted}"

    def waiting(self) -> list[str]:
        """What has come and was not heard yet."""
        found = []
        self._socket.setblocking(False)
        try:
            while True:
                found.append(self._socket.recv(4096).decode())
        except BlockingIOError:
            return found
        finally:
            self._socket.settimeout(PATIENCE)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=[False, True], ids=["path", "abstract"])
def manager(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Manager]:
    made = Manager(tmp_path, request.param)
    yield made
    made.close()


@pytest.fixture
def controller(manager: Manager, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A controller as the unit starts it; its broker is away, which is no reason not to be ready."""
    shutil.copytree(EXAMPLE, tmp_path / "site")
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "onsil_MQTT_PASSWORD").write_text("secret\n")
    given = {
        "NOTIFY_SOCKET": manager.address,
        "WATCHDOG_USEC": str(round(WATCHDOG * 1e6)),
        "CREDENTIALS_DIRECTORY": str(tmp_path / "credentials"),
    }
    command = [sys.executable, "-m", "controller.cli", "run", "-c", str(tmp_path / "site"), "--port", "0"]
    process = subprocess.Popen([*command, "--state", str(tmp_path / "state")], env=os.environ | given)
    yield process
    process.kill()
    process.wait()


def test_what_systemd_hears(manager: Manager, controller: subprocess.Popen[bytes], tmp_path: Path) -> None:
    manager.hear("READY=1")
    manager.hear("WATCHDOG=1")

    controller.send_signal(signal.SIGHUP)
    manager.hear("RELOADING=1")
    manager.hear("READY=1")

    (tmp_path / "site" / "rules.yaml").write_text("no rules at all")
    controller.send_signal(signal.SIGHUP)
    manager.hear("RELOADING=1")
    manager.hear("READY=1")  # the old ones are in force
    manager.hear("WATCHDOG=1")

    # one that stands still is not heard of, and would be killed
    controller.send_signal(signal.SIGSTOP)
    _, status = os.waitpid(controller.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    manager.waiting()
    time.sleep(2 * WATCHDOG)
    assert manager.waiting() == []
    controller.send_signal(signal.SIGCONT)

    controller.send_signal(signal.SIGTERM)
    manager.hear("STOPPING=1")
    manager.hear("EXTEND_TIMEOUT_USEC=30000000")
    assert controller.wait(PATIENCE) == 0


async def test_an_engine_that_no_longer_steps_is_not_called_alive(
    manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", manager.address)
    monkeypatch.setenv("WATCHDOG_USEC", "2000")
    steps, pokes = 0, 0

    def poke() -> None:
        nonlocal steps, pokes
        pokes += 1
        if pokes <= 3:  # then it hangs
            steps += 1

    alive = asyncio.create_task(sign_of_life(lambda: steps, poke))
    await until(lambda: pokes >= 20)
    alive.cancel()
    assert manager.waiting() == ["WATCHDOG=1"] * 3
