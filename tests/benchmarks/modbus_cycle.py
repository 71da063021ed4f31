"""The Modbus driver on a line of 20 devices at 9600 baud, against what the wire allows.

    python -m tests.benchmarks.modbus_cycle [--seconds 30]

Cycle: time of a round over all devices, as a multiple of the bytes and silences it consists of (both frames of every
read, and 3.5 characters before each). Dead: how often 17 devices are read while three others on their line do not
answer, as a share of what they reach without these. Command: from `send` until its frame begins, as a multiple of the
longest read on this line.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import resource
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from controller.model.commands import Report, Verb
from controller.model.points import Quality
from controller.model.ports import BusSettings, DeviceSettings, Driver, FieldInput, PointSettings
from drivers.kit import RealClock, at_work, order, soon
from drivers.modbus import factory

BAUDRATE = 9600
CHARACTER = 10 / BAUDRATE
DEAD = (3, 9, 15)
PROBE, SOIL = 2, 7  # registers a read
SMALL = ("xy-md02", "temperature", "humidity")
RELAYS = 40  # the address of the board that takes the commands


@dataclass
class Log:
    """When each device's readings came, and who was said to be lost."""

    seen: dict[str, list[float]] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    answered: set[int] = field(default_factory=set)

    def __call__(self, inputs: Sequence[FieldInput]) -> None:
        now = time.monotonic()
        for entry in inputs:
            if isinstance(entry, Report):
                self.answered.add(entry.command_id or 0)
            else:
                if entry.quality is Quality.STALE:
                    self.lost.add(entry.point)
                elif entry.quality is Quality.GOOD:
                    self.seen.setdefault(entry.point, []).append(now)


@dataclass
class Wire:
    """What the line's own process has seen."""

    hasty: int = 0
    writes: list[float] = field(default_factory=list)


def _devices(addresses: Sequence[int], poll: str = "10 ms") -> tuple[DeviceSettings, ...]:
    found = []
    for address in addresses:
        soil = address % 4 == 0
        profile, first, last = ("npk-soil-7in1", "water_content", "potassium") if soil else SMALL
        points = (PointSettings(str(address), last), PointSettings(f"{address}.first", first))
        options = {"address": address, "profile": profile, "poll": poll, "settle": "0 s"}
        found.append(DeviceSettings(f"device_{address}", options, points))
    return tuple(found)


def _transaction(address: int) -> float:
    registers = SOIL if address % 4 == 0 else PROBE
    return (8 + 3.5 + 5 + 2 * registers + 3.5) * CHARACTER


@contextlib.asynccontextmanager
async def _line(devices: Sequence[DeviceSettings], dead: Sequence[int] = ()) -> AsyncIterator[tuple[Driver, Log, Wire]]:
    with tempfile.TemporaryDirectory() as folder:
        port = str(Path(folder, "port"))
        wire_process = ("-m", "tests.benchmarks.modbus_wire", port, str(BAUDRATE), ",".join(map(str, dead)))
        process = await asyncio.create_subprocess_exec(sys.executable, *wire_process, stdin=PIPE, stdout=PIPE)
        assert process.stdout is not None
        await process.stdout.readline()
        log, wire = Log(), Wire()
        settings = BusSettings("rs485", {"port": port, "baudrate": BAUDRATE}, tuple(devices))
        driver = factory.open(settings, RealClock())
        try:
            async with at_work(driver, log):
                yield driver, log, wire
        finally:
            said, _ = await process.communicate(b"")  # closing its input ends it
            seen = json.loads(said)
            wire.hasty, wire.writes = seen["hasty"], seen["writes"]


def _rate(moments: Sequence[float]) -> float:
    return (len(moments) - 1) / (moments[-1] - moments[0])


async def cycle(seconds: float) -> None:
    addresses = range(1, 21)
    async with _line(_devices(addresses)) as (_, log, wire):
        await asyncio.sleep(1.0)
        began, cpu = time.monotonic(), time.process_time()
        await asyncio.sleep(seconds)
        lasted, worked = time.monotonic() - began, time.process_time() - cpu
    rounds = [[t for t in log.seen[str(address)] if t >= began] for address in addresses]
    cycles = [b - a for moments in rounds for a, b in itertools.pairwise(moments)]
    limit = sum(map(_transaction, addresses))
    middle, mean, worst = (f(cycles) for f in (statistics.median, statistics.mean, max))
    print(f"cycle      {1000 * middle:.1f} ms (median) where the wire needs {1000 * limit:.1f} ms")
    print(f"           ratio {middle / limit:.3f}, mean {mean / limit:.3f}, worst {worst / limit:.3f} (aim 1.05)")
    print(f"           silences broken: {wire.hasty}; {100 * worked / lasted:.1f} % of a core")


async def dead(seconds: float) -> None:
    living = [address for address in range(1, 21) if address not in DEAD]
    # both lines at the same time, so that a busy machine is unfair to both
    async with _line(_devices(living)) as (_, whole, _w), _line(_devices(range(1, 21)), DEAD) as (_, maimed, _w):
        await soon(lambda: maimed.lost >= set(map(str, DEAD)))
        await asyncio.sleep(1.0)
        began = time.monotonic()
        await asyncio.sleep(seconds)
        now = time.monotonic()
    rates = [{a: _rate([t for t in log.seen[str(a)] if began <= t <= now]) for a in living} for log in (whole, maimed)]
    shares = [100 * rates[1][a] / rates[0][a] for a in living]
    print("dead       with three dead, the other 17 keep")
    print(f"           {statistics.mean(shares):.1f} % of their rate, the worst {min(shares):.1f} % (aim 95 %)")


async def command(count: int) -> None:
    options = {"address": RELAYS, "profile": "waveshare-relay-8", "poll": "1 h"}
    board = DeviceSettings("relays", options, (PointSettings("fan", "channel/1"),))
    longest = max(map(_transaction, range(1, 21)))
    for silent in ((), DEAD):
        sent = []
        async with _line((*_devices(range(1, 21)), board), silent) as (driver, log, wire):
            await soon(lambda log=log, silent=silent: log.lost >= set(map(str, silent)))  # type: ignore[misc]
            for k in range(count):
                await asyncio.sleep(0.1071)
                given = order("fan", Verb.ON if k % 2 else Verb.OFF)
                sent.append(time.monotonic())
                driver.send(given)
                await soon(lambda log=log, given=given: given.id in log.answered)  # type: ignore[misc]
        waits = sorted(min(at for at in wire.writes if at >= moment) - moment for moment in sent)
        middle, last = statistics.median(waits), waits[-1]
        print(f"command    on the wire after {1000 * middle:.1f} ms (median), {1000 * last:.1f} ms (at most)", end="")
        print(" with three dead" if silent else "")
        print(f"           ratio to the longest read {middle / longest:.2f}, {last / longest:.2f} (aim 1)")


async def main(seconds: float) -> None:
    print(f"Modbus RTU, 20 devices, {BAUDRATE} baud 8N1, {seconds:g} s each")
    await cycle(seconds)
    await dead(seconds)
    await command(int(seconds * 3))
    print(f"resident   {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0)
    asyncio.run(main(parser.parse_args().seconds))
