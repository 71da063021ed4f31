"""Kill the store's process again and again while InfluxDB comes and goes: nothing that was committed may be missing.

    python -m tests.crash [--kills 200] [--seed 1]

A process appends readings and drains them into a real InfluxDB 1.x. It is killed (SIGKILL) at random moments and
started again on the same file; InfluxDB is killed and started in between. After every kill the file must hold all that
the process had been told was committed. At the end the outbox is drained once more, and then every reading in the file
must be in InfluxDB once, with its time and value, and nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import select
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from controller.model.events import Measured
from controller.model.points import Quality
from controller.model.time import NS, Instant
from controller.store import Store
from controller.store import writer as writer_module
from controller.store.samples import READING, Series, unpack
from controller.store.schema import FILE, connect_readonly
from controller.uplink.backoff import Backoff
from tests.app.wait import until
from tests.support.influxd import Influxd

START_NS = 1_780_000_000 * NS
RUN = 1_000_000  # numbers that one run of the process can use
POINTS = [f"crash_{number}.temperature" for number in range(5)]
BATCH, EVERY = 20, 0.01  # readings, and seconds between them


@dataclass
class Outcome:
    """`missing` and `foreign` must be empty: committed and not in InfluxDB, and in InfluxDB without being committed."""

    kills: int = 0
    outages: int = 0
    confirmed: int = 0
    committed: int = 0
    delivered: int = 0
    missing: set[tuple[str, int, float]] = field(default_factory=set)
    foreign: set[tuple[str, int, float]] = field(default_factory=set)


def crash(kills: int, seed: int) -> Outcome:
    """Run it all. Raises AssertionError where the file lacks what had been confirmed."""
    chance, outcome = random.Random(seed), Outcome()
    with tempfile.TemporaryDirectory() as folder, _influxd(Path(folder) / "influx") as server:
        state = Path(folder) / "state"
        state.mkdir()
        up = True
        for run in range(kills):
            if chance.random() < 0.2:
                up = not up
                server.start() if up else server.kill()
                outcome.outages += not up
            confirmed = _run_and_kill(state, server, run, chance)
            stored = {int(value) for _, _, value in _committed(state)}
            lost = set(range(run * RUN, run * RUN + confirmed)) - stored
            assert not lost, f"run {run}: {len(lost)} of {confirmed} confirmed readings are not in the file"
            outcome.kills += 1
            outcome.confirmed += confirmed
        if not up:
            server.start()
        subprocess.run(_command(state, server, kills, "--finish"), check=True, timeout=300)
        committed = set(_committed(state))
        rows = server.query('SELECT "value" FROM reading GROUP BY point') if committed else []
        found = {(point, at_ns, value) for point in POINTS for at_ns, value in _of(server, point)}
        outcome.committed, outcome.delivered = len(committed), len(rows)
        outcome.missing, outcome.foreign = committed - found, found - committed
    return outcome


def _of(server: Influxd, point: str) -> Iterator[tuple[int, float]]:
    for at_ns, value in server.query(f"SELECT \"value\" FROM reading WHERE point = '{point}'"):
        yield int(at_ns), float(value)


@contextlib.contextmanager
def _influxd(folder: Path) -> Iterator[Influxd]:
    folder.mkdir()
    server = Influxd(folder)
    try:
        yield server
    finally:
        server.kill()


def _command(state: Path, server: Influxd, run: int, *more: str) -> list[str]:
    return [sys.executable, "-m", "tests.crash", "--serve", str(state), server.url, server.database, str(run), *more]


def _run_and_kill(state: Path, server: Influxd, run: int, chance: random.Random) -> int:
    """Let the process work for a random while. How many of its readings it has been told are committed."""
    # from before it has opened the file to well into its work
    end = time.monotonic() + chance.uniform(0.2, 1.6)
    confirmed = b""
    with subprocess.Popen(_command(state, server, run), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while (left := end - time.monotonic()) > 0:
            if select.select([process.stdout], [], [], left)[0]:
                confirmed += process.stdout.read1(65536)  # type: ignore[attr-defined]
        process.kill()
        confirmed += process.stdout.read()
    lines = confirmed.split(b"\n")[:-1]
    return int(lines[-1]) if lines else 0


def _committed(state: Path) -> list[tuple[str, int, float]]:
    """Every reading in the file, delivered or not."""
    if not (state / FILE).exists():
        return []
    with contextlib.closing(connect_readonly(state / FILE)) as connection:
        try:
            names = {number: Series(*name) for number, *name in connection.execute("SELECT id, kind, name FROM series")}
        except sqlite3.OperationalError:  # killed before the tables were made
            return []
        blocks = connection.execute("SELECT data FROM outbox").fetchall()
    samples = [(names[key >> 2], at_ns, value) for (data,) in blocks for key, at_ns, value in unpack(data)]
    assert all(series.kind == READING for series, _, _ in samples)
    return [(series.name, at_ns, value) for series, at_ns, value in samples]


async def _serve(state: Path, url: str, database: str, run: int, finish: bool) -> None:
    """The process that is killed: it says after each commit how many readings are in the file."""
    from controller.config.settings import Influx1Settings
    from controller.uplink.influxdb import InfluxUplink

    # more commits and marks than a real one makes, so that more of the kills meet one
    writer_module.TICK, writer_module.MARKS_EVERY = 0.03, 0.1
    with Store.open(state) as store:
        assert not store.status()["note"], store.status()["note"]
        backoff = Backoff(random.Random(), 0.05, 0.3)
        uplink = InfluxUplink(Influx1Settings(url, database), "crash", store.outbox, backoff=backoff)
        task = asyncio.create_task(uplink.run())
        number = run * RUN
        while not finish:
            readings = []
            for _ in range(BATCH):
                at = Instant(number * 1_000_000, START_NS + number * 1_000_000)
                readings.append(Measured(POINTS[number % len(POINTS)], float(number), Quality.GOOD, at))
                number += 1
            store.append(readings)
            store.save_state(json.dumps({"number": number}).encode())
            sys.stdout.write(f"{store.counters()['stored']}\n")
            sys.stdout.flush()
            await asyncio.sleep(EVERY)
        outbox = store.outbox("influxdb")
        await until(lambda: outbox.begun and not outbox.pending, patience=240)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--serve", nargs=4, metavar=("STATE", "URL", "DATABASE", "RUN"), help=argparse.SUPPRESS)
    parser.add_argument("--finish", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        state, url, database, run = options.serve
        asyncio.run(_serve(Path(state), url, database, int(run), options.finish))
        return
    began = time.monotonic()
    outcome = crash(options.kills, options.seed)
    wrong = len(outcome.missing) + len(outcome.foreign)
    print(
        json.dumps(
            {
                "kills": outcome.kills,
                "outages": outcome.outages,
                "confirmed": outcome.confirmed,
                "committed": outcome.committed,
                "in_influxdb": outcome.delivered,
                "missing": len(outcome.missing),
                "foreign": len(outcome.foreign),
                "seconds": round(time.monotonic() - began, 1),
            },
            indent=2,
        )
    )
    sys.exit(1 if wrong or outcome.committed != outcome.delivered else 0)


if __name__ == "__main__":
    main()
