"""How much slower an event loop answers while a full outbox is drained in the same process.

    python -m tests.benchmarks.uplink_latency [--points 2000000] [--rounds 3]

Another process sends a line over TCP every 5 ms and times the answer; the loop parses it and does 50 µs of Python work,
as much as a step of the core. Idle, then while InfluxUplink drains: into a server that costs this machine next to
nothing, as one elsewhere does, into VictoriaMetrics, which takes whatever the uplink leaves of the cores, and into one
that runs behind everything else, as deploy/server/behind-onsil.conf has it. In turns, and the answers of all rounds are
counted together: what else runs here hits each alike.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from controller.config.settings import Influx2Settings
from controller.store import Store
from controller.uplink.influxdb import InfluxUplink
from tests.app.wait import until
from tests.benchmarks.uplink_drain import SITE, fill, samples
from tests.support.victoria import victoria

EVERY = 0.005


def ask(port: int, count: int) -> None:
    """The other process: prints how long each answer took, in ms."""
    took = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(count):
            began = time.perf_counter()
            connection.sendall(b'{"number": %d}\n' % number)
            connection.recv(100)
            took.append((time.perf_counter() - began) * 1000)
            time.sleep(EVERY)
    print(json.dumps(took))


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        end = time.perf_counter() + 50e-6
        number = json.loads(line)["number"]
        while time.perf_counter() < end:
            number += 1
        writer.write(b"%d\n" % number)
    writer.close()


async def measured(port: int, count: int) -> list[float]:
    command = [sys.executable, "-m", "tests.benchmarks.uplink_latency", "--ask", str(port), str(count)]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    output, _ = await process.communicate()
    result: list[float] = json.loads(output)
    return result


@contextlib.contextmanager
def elsewhere() -> Iterator[str]:
    """The URL of a server in a process of its own that takes everything and looks at nothing."""
    command = [sys.executable, "-m", "tests.benchmarks.uplink_latency", "--take"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def local(behind: bool) -> Iterator[str]:
    """The URL of a VictoriaMetrics on this machine."""
    with victoria(behind) as server:
        yield server.url


def take_all() -> None:
    """That process: answers each request once its body is there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as stream:
                while line := stream.readline():
                    length = 0
                    while line not in (b"\r\n", b""):
                        if line.lower().startswith(b"content-length:"):
                            length = int(line.split(b":")[1])
                        line = stream.readline()
                    stream.read(length)
                    connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


class Found(NamedTuple):
    """How long answers took (ms), what was drained (points) in how many seconds, and whether something was left."""

    idle: list[float]
    busy: list[float]
    drained: int
    seconds: float
    unfinished: bool


async def run(folder: Path, url: str, points: int) -> Found:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with Store.open(folder) as store:
        uplink = InfluxUplink(Influx2Settings(url, "o", "b", "t"), SITE, store.outbox)
        await until(lambda: store.counters()["pending"] == points)
        idle = await measured(port, 400)
        task = asyncio.create_task(uplink.run())
        await until(lambda: store.counters()["delivered"] > 0)
        began, before = time.perf_counter(), store.counters()["delivered"]
        busy = await measured(port, 200)
        drained, seconds = store.counters()["delivered"] - before, time.perf_counter() - began
        unfinished = store.counters()["pending"] > 0
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    server.close()
    return Found(idle, busy, drained, seconds, unfinished)


def summary(rounds: Sequence[Found]) -> dict[str, object]:
    idle = [took for found in rounds for took in found.idle]
    busy = [took for found in rounds for took in found.busy]
    return {
        "idle_ms": {"median": round(statistics.median(idle), 3), "p99": round(p99(idle), 3)},
        "draining_ms": {"median": round(statistics.median(busy), 3), "p99": round(p99(busy), 3)},
        "ratio": {
            "median": round(statistics.median(busy) / statistics.median(idle), 2),
            "p99": round(p99(busy) / p99(idle), 2),
        },
        "drained_per_s": round(sum(found.drained for found in rounds) / sum(found.seconds for found in rounds)),
        "drain_outlasted_the_measurement": all(found.unfinished for found in rounds),
    }


def p99(took: Sequence[float]) -> float:
    return sorted(took)[len(took) * 99 // 100]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--points", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ask", nargs=2, type=int, help=argparse.SUPPRESS)
    parser.add_argument("--take", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.take:
        take_all()
    if options.ask:
        ask(*options.ask)
        return
    servers: dict[str, Callable[[], AbstractContextManager[str]]] = {
        "a server elsewhere": elsewhere,
        "victoria-metrics on the same cores": lambda: local(behind=False),
        "victoria-metrics on the same cores, behind": lambda: local(behind=True),
    }
    found: dict[str, list[Found]] = {name: [] for name in servers}
    with tempfile.TemporaryDirectory() as folder:
        full = Path(folder, "full")
        full.mkdir()
        fill(full, samples(options.points))
        for number in range(options.rounds):
            for name, server in servers.items():
                outbox = Path(shutil.copytree(full, Path(folder, f"{name} {number}")))
                with server() as url:
                    found[name].append(asyncio.run(run(outbox, url, options.points)))
                shutil.rmtree(outbox)
    print(json.dumps({name: summary(rounds) for name, rounds in found.items()}, indent=2))


if __name__ == "__main__":
    main()
