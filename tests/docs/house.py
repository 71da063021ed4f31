"""A demonstration as the documentation's reader has it: a controller that runs, and a copy of the example house."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from controller.app.control import NotRunning, ask
from simulators.demo import files

from .pages import ROOT

SPEED = 300
PAST = timedelta(minutes=40)  # how far behind now it begins: commands that say "10 min ago" go by the real clock
WITHIN = 40.0  # real s


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who tries what he reads. `folder` is where he stands, `config` his /etc/onsil."""

    folder: Path
    config: Path
    environment: Mapping[str, str]

    def run(self, words: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a command; `onsil` is the one of this tree, and /etc/onsil the reader's own."""
        words = [str(self.config) if word == "/etc/onsil" else word for word in words]
        if words[0] == "onsil":
            words[:1] = [sys.executable, "-m", "controller.cli"]
        return subprocess.run(
            words, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=300, check=False
        )


@contextlib.contextmanager
def reader(folder: Path) -> Iterator[Reader]:
    """One whose greenhouse has run for half an hour."""
    config, state = folder / "etc", folder / "state"
    shutil.copytree(files.EXAMPLE, config)
    shutil.copytree(files.EXAMPLE, folder / files.EXAMPLE.relative_to(ROOT))  # the tutorial stands in a clone
    secrets = {"MQTT_PASSWORD": "demo", "INFLUX_TOKEN": "demo", "ALARM_URL": ""}
    environment = {**os.environ, **secrets, "ONSIL_CONFIG": str(config), "ONSIL_STATE": str(state)}
    environment["PYTHONPATH"] = str(ROOT)
    begin = datetime.now(files.timezone()) - PAST
    demo = [sys.executable, "-m", "controller.cli", "demo", "--headless", "--speed", str(SPEED), "--state", str(state)]
    process = subprocess.Popen(
        [*demo, "--start", f"{begin:%Y-%m-%dT%H:%M:%S}"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until(state, begin)
        _hand(state)
        _wait_until(state, begin + timedelta(minutes=25))
        yield Reader(folder, config, environment)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(WITHIN)


def _wait_until(state: Path, moment: datetime) -> None:
    """Wait for a time of the house."""
    end = time.monotonic() + WITHIN
    while time.monotonic() < end:
        with contextlib.suppress(NotRunning):
            if datetime.fromisoformat(ask(state, {"do": "status"})["time"]) >= moment:
                return
        time.sleep(0.05)
    raise TimeoutError("the demonstration did not begin")


def _hand(state: Path) -> None:
    """Something to explain later, whatever the weather."""
    ask(state, {"do": "override", "actuator": "roof_vent", "value": 40, "seconds": 120, "by": "the reader"})
