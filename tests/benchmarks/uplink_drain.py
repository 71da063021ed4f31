"""How fast a full outbox is drained, against the most that the same servers take on this machine.

    python -m tests.benchmarks.uplink_drain [--points 1000000]

Ceiling: the same points, made ready before as gzip bodies of 10,000 lines, posted over one connection by http.client.
Drain: the store's outbox of blocks of 20 samples (a house's second), through InfluxUplink and influxdb-client. Both
count until the server has answered for the last point; the ceiling is the better of a run before and a run after.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import http.client
import json
import random
import tempfile
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

from controller.config.settings import Influx1Settings, Influx2Settings
from controller.store import Store
from controller.store import database as database_module
from controller.store.database import Database
from controller.store.samples import READING, RECORD, SIZE, Series
from controller.store.schema import FILE
from controller.store.work import Work
from controller.uplink.influxdb import InfluxUplink, Server
from controller.uplink.lines import LineWriter
from tests.app.wait import until
from tests.support.influxd import influxd
from tests.support.victoria import victoria

SERIES = {number: Series(READING, f"bench_{number}.temperature") for number in range(1, 21)}
SITE = "Gimje house 1"
BATCH = 10_000


def samples(points: int) -> bytes:
    """Readings of 20 sensors, once a second."""
    chance, start_ns = random.Random(1), 1_780_000_000_000_000_000
    return b"".join(
        RECORD.pack(
            (index % 20 + 1) << 2, start_ns + index // 20 * 1_000_000_000 + index % 20, round(chance.uniform(9, 35), 2)
        )
        for index in range(points)
    )


def fill(folder: Path, data: bytes) -> None:
    """An outbox as a long outage leaves it: a block a second."""
    database_module.BLOCK = 20
    filled = Database(folder / FILE, "benchmark")
    filled.commit(Work(series=SERIES), 0)
    for start in range(0, len(data), 100_000 * SIZE):
        filled.commit(Work(samples=bytearray(data[start : start + 100_000 * SIZE])), 0)
    filled.set_meta("clean", 1)
    filled.close()


def bodies(data: bytes) -> list[bytes]:
    lines, _ = LineWriter(SITE, {}).samples(data, SERIES)
    return [gzip.compress("\n".join(lines[at : at + BATCH]).encode(), 1) for at in range(0, len(lines), BATCH)]


def ceiling(url: str, path: str, ready: list[bytes], points: int) -> float:
    """Points per second of bodies that are ready."""
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port)
    begin = time.perf_counter()
    for body in ready:
        connection.request("POST", path, body, {"Content-Encoding": "gzip"})
        answer = connection.getresponse()
        answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{path} answers {answer.status}")
    return points / (time.perf_counter() - begin)


async def drain(folder: Path, server: Server, points: int) -> float:
    """Points per second out of a full outbox."""
    with Store.open(folder) as store:
        uplink = InfluxUplink(server, SITE, store.outbox)
        await until(lambda: store.counters()["pending"] == points)
        task = asyncio.create_task(uplink.run())
        # from the first answer on: loading influxdb-client is no part of the drain
        await until(lambda: store.counters()["delivered"] > 0)
        begin, first = time.perf_counter(), store.counters()["delivered"]
        await until(lambda: store.counters()["delivered"] == points, patience=600)
        took = time.perf_counter() - begin
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    return (points - first) / took


@contextlib.contextmanager
def influx_1() -> Iterator[tuple[str, Callable[[str], str], Callable[[str], Server]]]:
    with influxd() as server:
        for name in ("before", "after"):
            server.query(f"CREATE DATABASE {name}")
        yield (
            server.url,
            lambda name: f"/write?db={name}&precision=ns",
            lambda _: Influx1Settings(server.url, server.database),
        )


@contextlib.contextmanager
def victoria_metrics() -> Iterator[tuple[str, Callable[[str], str], Callable[[str], Server]]]:
    with victoria() as server:
        yield (
            server.url,
            lambda name: f"/api/v2/write?org=o&bucket={name}&precision=ns",
            lambda _: Influx2Settings(server.url, "o", "drain", "t"),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--points", type=int, default=1_000_000)
    points = parser.parse_args().points
    data = samples(points)
    ready = bodies(data)
    results = {}
    for name, started, needed in (("victoria-metrics", victoria_metrics, 100_000), ("influxdb-1", influx_1, 30_000)):
        with started() as (url, path, settings), tempfile.TemporaryDirectory() as folder:
            fill(Path(folder), data)
            before = ceiling(url, path("before"), ready, points)
            drained = asyncio.run(drain(Path(folder), settings(""), points))
            best = max(before, ceiling(url, path("after"), ready, points))
        results[name] = {
            "drained_per_s": round(drained),
            "ceiling_per_s": round(best),
            "ratio": round(drained / best, 2),
            "wanted": {"drained_per_s": needed, "ratio": 0.6},
        }
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
