"""What the whole controller costs with house1: memory, processor, and the time until it acts.

    python -m tests.benchmarks.house1 [--seconds 60]

The controller runs in real time as a process of its own, with its page open in one browser's stream, its uplink to an
InfluxDB 1.x, and a simulated field on the other end of its line and broker.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import psutil

from controller.app.clock import ScaledClock
from controller.app.control import NotRunning, ask
from simulators.demo import files
from simulators.demo.child import field_process
from tests.support.influxd import influxd
from tests.support.mosquitto import free_port, mosquitto

MEMORY_MB, START_S = 80.0, 1.5  # what was asked for
STARTS = 5


async def main(seconds: float) -> None:
    """Measure and print."""
    files.environment()
    began = time.time_ns()
    clock = ScaledClock(1.0, began, began)
    with mosquitto("onsil", "demo") as broker, influxd() as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        arguments = ["--site", str(files.EXAMPLE), "--folder", str(folder / "ports"), "--clock", str(clock)]
        async with field_process([*arguments, "--broker", broker.url]) as field:
            influx = {"api": 1, "url": server.url, "database": server.database}
            files.write_site(folder, field.addresses, influx)
            starts = [await asyncio.to_thread(_start, folder, folder / f"state{n}") for n in range(STARTS)]
            memory, share = await asyncio.to_thread(_run, folder, folder / "state", seconds)
    median = statistics.median(starts)
    print(f"start to first command  {median:6.2f} s   {median / START_S:5.2f} of {START_S} s (median of {STARTS})")
    part = memory / MEMORY_MB
    print(f"resident memory         {memory:6.1f} MB  {part:5.2f} of {MEMORY_MB:.0f} MB after {seconds:.0f} s")
    print(f"processor               {share:6.2f} %   of one core, page open, polls every 5 s, 14 points")


def _start(folder: Path, state: Path) -> float:
    """Seconds from the start of the process until its first command."""
    began = time.perf_counter()
    with _controller(folder, state, 0):
        return time.perf_counter() - began


def _run(folder: Path, state: Path, seconds: float) -> tuple[float, float]:
    """Resident memory (MB) and share of a core (%) of a controller at work, its page open."""
    port = free_port()
    with _controller(folder, state, port) as process:
        Thread(target=_watch, args=(port,), daemon=True).start()
        time.sleep(seconds / 4)
        process.cpu_percent()
        time.sleep(seconds * 3 / 4)
        return process.memory_info().rss / 2**20, process.cpu_percent()


@contextlib.contextmanager
def _controller(folder: Path, state: Path, port: int) -> Iterator[psutil.Process]:
    """A controller that has given its first command."""
    state.mkdir()
    command = [sys.executable, "-m", "controller.cli", "run", "-c", str(folder), "--state", str(state)]
    process = psutil.Popen([*command, "--port", str(port)], stderr=subprocess.DEVNULL)
    try:
        while _commands(state) < 1:
            assert process.poll() is None, "the controller has ended"
            time.sleep(0.005)
        yield process
    finally:
        process.terminate()
        process.wait()


def _commands(state: Path) -> int:
    with contextlib.suppress(NotRunning):
        commands: int = ask(state, {"do": "status"})["counters"]["commands"]
        return commands
    return 0


def _watch(port: int) -> None:
    """A browser with the page open."""
    url = f"http://127.0.0.1:{port}/api/events"
    with contextlib.suppress(OSError, http.client.HTTPException), urllib.request.urlopen(url) as stream:
        while stream.read(4096):
            pass


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    asyncio.run(main(parser.parse_args().seconds))
