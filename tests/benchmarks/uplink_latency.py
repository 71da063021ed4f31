"""How much slower an event loop answers while a full outbox is drained in the same process.

    python -m tests.benchmarks.uplink_latency [--points 2000000]

Another process sends a line over TCP every 5 ms and times the answer; the loop parses it and does 50 µs of Python work,
as much as a step of the core. Idle, then while InfluxUplink drains, in one run: into a server that costs this machine
next to nothing, as one elsewhere does, and into VictoriaMetrics, which takes whatever the uplink leaves of the cores.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from controller.config.settings import Influx2Settings
from controller.store import Store
from controller.uplink.influxdb import InfluxUplink
from tests.app.wait import until
from tests.benchmarks.uplink_drain import SITE, fill, samples
from tests.support.victoria import victoria

EVERY = 0.005


def ask(port: int, count: int) -> None:
    """The other process: prints the median and the 99th percentile in ms."""
    took = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(count):
            began = time.perf_counter()
            connection.sendall(b'{"number": %d}\n' % number)
            connection.recv(100)
            took.append((time.perf_counter() - began) * 1000)
            time.sleep(EVERY)
    took.sort()
    print(json.dumps([round(statistics.median(took), 3), round(took[len(took) * 99 // 100], 3)]))


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


async def run(folder: Path, url: str, points: int) -> dict[str, object]:
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
        rate = (store.counters()["delivered"] - before) / (time.perf_counter() - began)
        unfinished = store.counters()["pending"] > 0
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    server.close()
    return {
        "idle_ms": {"median": idle[0], "p99": idle[1]},
        "draining_ms": {"median": busy[0], "p99": busy[1]},
        "ratio": {"median": round(busy[0] / idle[0], 2), "p99": round(busy[1] / idle[1], 2)},
        "drained_per_s": round(rate),
        "drain_outlasted_the_measurement": unfinished,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--points", type=int, default=2_000_000)
    parser.add_argument("--ask", nargs=2, type=int, help=argparse.SUPPRESS)
    parser.add_argument("--take", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.take:
        take_all()
    if options.ask:
        ask(*options.ask)
        return
    found = {}
    with victoria() as server, elsewhere() as url:
        for name, address in (("a server elsewhere", url), ("victoria-metrics on the same cores", server.url)):
            with tempfile.TemporaryDirectory() as folder:
                fill(Path(folder), samples(options.points))
                found[name] = asyncio.run(run(Path(folder), address, options.points))
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
