"""Bytes written to the card for each reading, and what an event costs the control loop.

    python -m tests.benchmarks.store_wear

The store's own commits, one every 0.8 s at three loads, against one SQLite commit for each reading into a table of
(time, series, value) with the same journal mode and synchronous level. Bytes are counted in the write-ahead log
and at checkpoints, 1000 pages apart for both. Real time is not waited for: a second's readings are committed one after
the other.
"""

from __future__ import annotations

import json
import random
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

from controller.model.events import Event, Measured
from controller.model.points import Quality
from controller.model.time import NS, Instant
from controller.store import Store
from controller.store.database import Database
from controller.store.rollup import Rollup
from controller.store.samples import unpack
from controller.store.schema import connect
from controller.store.wear import WalMeter
from controller.store.work import Encoder, Work
from controller.store.writer import TICK

START_NS = 1_780_000_000 * NS
HOUR = 3600.0


def reading(chance: random.Random, number: int, per_second: float) -> Measured:
    at_ns = START_NS + round(number / per_second * NS)
    return Measured(f"point_{number % 20}.temperature", chance.uniform(9, 35), Quality.GOOD, Instant(at_ns, at_ns))


def batched(folder: Path, per_second: float) -> float:
    """Bytes per reading of an hour in the store, the minutes of the history among them."""
    chance, encoder, rollup = random.Random(1), Encoder(), Rollup()
    database = Database(folder / "batched.db", "benchmark")
    number = 0
    for tick in range(1, round(HOUR / TICK) + 1):
        work, due = Work(), round(tick * TICK * per_second)
        encoder.encode([reading(chance, index, per_second) for index in range(number, due)], work)
        number = due
        for key, at_ns, value in unpack(work.samples):
            rollup.add(key >> 2, at_ns, value)
        work.rows = rollup.close()
        if work:
            database.commit(work, rollup.present_minute())
            database.checkpoint()
    written = database.bytes_written
    database.close()
    return written / number


def one_by_one(folder: Path, per_second: float) -> float:
    """Bytes per reading where each is a commit of its own; 4000 of them."""
    chance, path = random.Random(1), folder / "single.db"
    connection = connect(path)
    connection.execute("CREATE TABLE readings (at_ns INTEGER, series INTEGER, value REAL)")
    meter = WalMeter(path, connection)
    for number in range(4000):
        event = reading(chance, number, per_second)
        row = (event.at.wall_ns, number % 20, event.value)
        connection.execute("INSERT INTO readings VALUES (?, ?, ?)", row)
        meter.after_commit()
        meter.checkpoint_if_due()
    connection.close()
    return meter.bytes_written / 4000


def append_cost(folder: Path) -> dict[str, float]:
    """Microseconds that a call of `append` with a handful of events takes the control loop."""
    chance, took = random.Random(1), []
    with Store.open(folder) as store:
        for number in range(20_000):
            events: list[Event] = [reading(chance, 4 * number + index, 1000.0) for index in range(4)]
            began = time.perf_counter()
            store.append(events)
            took.append((time.perf_counter() - began) * 1e6)
            if number % 1000 == 0:
                store.flush()
    took.sort()
    return {"median_us": round(statistics.median(took), 2), "p99_us": round(took[len(took) * 99 // 100], 2)}


def main() -> None:
    results: dict[str, object] = {"sqlite": sqlite3.sqlite_version}
    for name, per_second in (("house1, 4 readings/s", 4.0), ("20 readings/s", 20.0), ("100 readings/s", 100.0)):
        with tempfile.TemporaryDirectory() as folder:
            ours, single = batched(Path(folder), per_second), one_by_one(Path(folder), per_second)
        results[name] = {
            "bytes_per_reading": round(ours),
            "one_commit_each": round(single),
            "ratio": round(ours / single, 4),
            "megabytes_per_day": round(ours * per_second * 86400 / 1e6),
        }
    with tempfile.TemporaryDirectory() as folder:
        results["append"] = append_cost(Path(folder))
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
