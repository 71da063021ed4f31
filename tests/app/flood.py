"""Ten times the load that a house can make, and whether the controller's memory stays: `python -m tests.app.flood`.

    python -m tests.app.flood [--seconds 60]

A house of a hundred points, each of which a device would send once a second, sends each ten times a second over a real
broker, into the whole controller with its store and its page; beside that fifty strangers hold the page's status open.
Prints resident memory and descriptors every few seconds, and what the controller counted.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from controller.app.control import NotRunning, ask
from tests.benchmarks.mqtt_load import _QUANTITIES, _TYPICAL, A_MESSAGE, _rules, _site
from tests.benchmarks.mqtt_wire import Wire
from tests.benchmarks.peers import Peer
from tests.support.mosquitto import free_port, mosquitto

POINTS, TIMES = 100, 10
FEW = 5.0  # s
START = 60.0  # s


@dataclass(frozen=True, slots=True)
class Seen:
    """What the controller holds (MB, descriptors), and its own counters."""

    memory: float
    descriptors: int
    counters: dict[str, Any]


def flood(seconds: float, every: float = FEW) -> Iterator[Seen]:
    """Flood a controller of its own, and look at it again and again."""
    with tempfile.TemporaryDirectory() as folder, mosquitto(settings="max_queued_messages 0") as broker:
        home = Path(folder) / "site"
        home.mkdir()
        (home / "site.yaml").write_text(_site(POINTS, broker.port), encoding="utf-8")
        (home / "rules.yaml").write_text(_rules(POINTS), encoding="utf-8")
        command = [sys.executable, "-m", "controller.cli", "run", "-c", home, "--state", home / "state"]
        controller = Peer("onsil", [*command, "--port", str(free_port())], Path(folder))
        controller.start()
        try:
            assert controller._process is not None
            process = psutil.Process(controller._process.pid)
            _wait_for(home / "state")
            with Wire(broker.port, "flood") as wire:
                for _ in range(round(seconds / every)):
                    _send(wire, every)
                    counters = ask(home / "state", {"do": "status"})["counters"]
                    yield Seen(process.memory_info().rss / 2**20, process.num_fds(), counters)
        finally:
            controller.stop()


def _wait_for(state: Path) -> None:
    """Until the controller answers."""
    end = time.monotonic() + START
    while True:
        try:
            ask(state, {"do": "status"})
        except NotRunning:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return


def _send(wire: Wire, seconds: float) -> None:
    """Every device ten times a second, evenly."""
    devices, chance, began = POINTS // A_MESSAGE, random.Random(1), time.perf_counter()
    for number in range(int(devices * TIMES * seconds)):
        time.sleep(max(0.0, began + number / (devices * TIMES) - time.perf_counter()))
        values = ",".join(f'"{name}":{_TYPICAL.get(name, 20.0) + chance.random():.2f}' for name in _QUANTITIES)
        wire.send(wire.publication(f"field/{number % devices}", b"{%s}" % values.encode(), 0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    for seen in flood(parser.parse_args().seconds):
        taken = {name: seen.counters[name] for name in ("readings", "stored", "waiting", "dropped", "lost", "thinned")}
        print(f"{seen.memory:7.1f} MB {seen.descriptors:4d} descriptors  {taken}", flush=True)


if __name__ == "__main__":
    main()
