"""What can break, and how it is broken and mended in a rehearsal."""

from __future__ import annotations

import asyncio
import resource
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import psutil

from tests.e2e.rehearsal import Rehearsal
from tests.support.mosquitto import Mosquitto
from tests.uplink.scripted import TAKE, Reply, Scripted

from .readonly import FLAG


@dataclass
class World:
    """A house with all that can break around it."""

    house: Rehearsal
    broker: Mosquitto
    database: Scripted


Fault = Callable[[World], AbstractAsyncContextManager[None]]
"""Entering it breaks something, leaving it mends that."""

FAULTS: dict[str, Fault] = {}

LINE = "rs485"

PROGRAMS = {
    # what runs as the controller, where the plain command line does not do
    "clock a day ahead": "tests.faults.jumping",
    "clock a day back": "tests.faults.jumping",
    "disk read-only": "tests.faults.readonly",
}


def _fault(name: str) -> Callable[[Fault], Fault]:
    def register(fault: Fault) -> Fault:
        FAULTS[name] = fault
        return fault

    return register


@_fault("serial adapter gone")
@asynccontextmanager
async def _adapter(world: World) -> AsyncIterator[None]:
    await world.house.field.ask("unplug", bus=LINE)
    yield
    await world.house.field.ask("plug", bus=LINE)


@_fault("bus noise")
@asynccontextmanager
async def _noise(world: World) -> AsyncIterator[None]:
    await world.house.field.ask("noise", bus=LINE, flipped=0.01)
    yield
    await world.house.field.ask("noise", bus=LINE, flipped=0.0)


@_fault("node dead")
@asynccontextmanager
async def _node(world: World) -> AsyncIterator[None]:
    await world.house.field.ask("silence", bus=LINE, address=12)
    yield
    await world.house.field.ask("restore", bus=LINE, address=12)


@_fault("node lies")
@asynccontextmanager
async def _lies(world: World) -> AsyncIterator[None]:
    await world.house.field.ask("lie", point="air.temperature", value=75.0)
    yield
    await world.house.field.ask("lie", point="air.temperature")


@_fault("broker gone")
@asynccontextmanager
async def _broker(world: World) -> AsyncIterator[None]:
    world.broker.stop()
    yield
    world.broker.start()


@_fault("broker stands still")
@asynccontextmanager
async def _slow(world: World) -> AsyncIterator[None]:
    world.broker.signal(signal.SIGSTOP)
    yield
    world.broker.signal(signal.SIGCONT)


def _database(name: str, answer: Reply) -> None:
    @_fault(f"InfluxDB {name}")
    @asynccontextmanager
    async def fault(world: World) -> AsyncIterator[None]:
        world.database.rule = lambda lines: answer
        yield
        world.database.rule = lambda lines: TAKE


_database("500", (500, '{"message": "out of order"}', {}))
_database("401", (401, '{"message": "unauthorized"}', {}))
_database("hangs up", None)


@_fault("InfluxDB hangs")
@asynccontextmanager
async def _hangs(world: World) -> AsyncIterator[None]:
    """It takes connections and requests, and never answers."""
    over = threading.Event()

    def never(lines: list[str]) -> Reply:
        over.wait(60)
        return None

    world.database.rule = never
    yield
    world.database.rule = lambda lines: TAKE
    over.set()


@_fault("InfluxDB takes only a part")
@asynccontextmanager
async def _partial(world: World) -> AsyncIterator[None]:
    """Batches of more than ten lines are too much for it."""
    world.database.rule = lambda lines: TAKE if len(lines) <= 10 else (413, "too large", {})
    yield
    world.database.rule = lambda lines: TAKE


@_fault("disk full")
@asynccontextmanager
async def _disk(world: World) -> AsyncIterator[None]:
    """No file of the controller's can grow any more."""
    await _limit(world, resource.RLIMIT_FSIZE, 0)
    yield
    await _limit(world, resource.RLIMIT_FSIZE, resource.RLIM_INFINITY)


@_fault("disk read-only")
@asynccontextmanager
async def _read_only(world: World) -> AsyncIterator[None]:
    """As a kernel leaves a card that has begun to fail."""
    flag = world.house.state.parent / FLAG
    flag.touch()
    yield
    flag.unlink()


@_fault("memory pressure")
@asynccontextmanager
async def _memory(world: World) -> AsyncIterator[None]:
    """Half a megabyte more, and the system gives it nothing."""
    await _limit(world, resource.RLIMIT_AS, psutil.Process(world.house.pid).memory_info().vms + (1 << 19))
    yield
    await _limit(world, resource.RLIMIT_AS, resource.RLIM_INFINITY)


async def _limit(world: World, what: int, bound: int) -> None:
    _, hard = resource.prlimit(world.house.pid, what)
    resource.prlimit(world.house.pid, what, (bound, hard))
    await asyncio.sleep(0)


@_fault("clock a day ahead")
@asynccontextmanager
async def _ahead(world: World) -> AsyncIterator[None]:
    world.house.signal(signal.SIGUSR1)
    yield
    world.house.signal(signal.SIGUSR2)


@_fault("clock a day back")
@asynccontextmanager
async def _back(world: World) -> AsyncIterator[None]:
    world.house.signal(signal.SIGUSR2)
    yield
    world.house.signal(signal.SIGUSR1)


@_fault("DNS gone")
@asynccontextmanager
async def _dns(world: World) -> AsyncIterator[None]:
    """The database's name leads nowhere."""
    site = world.house.site / "site.yaml"
    text = site.read_text(encoding="utf-8")
    site.write_text(text.replace(world.database.url, "http://nowhere.invalid:8086"), encoding="utf-8")
    yield
    site.write_text(text, encoding="utf-8")


@_fault("rules file wrong")
@asynccontextmanager
async def _wrong(world: World) -> AsyncIterator[None]:
    rules = world.house.site / "rules.yaml"
    text = rules.read_text(encoding="utf-8")
    rules.write_text(text.replace("do: {heater: on}", "do: {heatre: on}"), encoding="utf-8")
    yield
    rules.write_text(text, encoding="utf-8")


@_fault("rules file deleted")
@asynccontextmanager
async def _deleted(world: World) -> AsyncIterator[None]:
    rules = world.house.site / "rules.yaml"
    text = rules.read_text(encoding="utf-8")
    rules.unlink()
    yield
    rules.write_text(text, encoding="utf-8")


@_fault("SIGTERM")
@asynccontextmanager
async def _term(world: World) -> AsyncIterator[None]:
    assert await world.house.stop() == 0
    yield
    await world.house.start()


@_fault("SIGKILL")
@asynccontextmanager
async def _kill(world: World) -> AsyncIterator[None]:
    await world.house.kill()
    yield
    await world.house.start()


@_fault("out of memory")
@asynccontextmanager
async def _out_of_memory(world: World) -> AsyncIterator[None]:
    """The system kills it, and again as soon as it has come back, for as long as something else eats the memory."""
    await world.house.kill()
    for _ in range(2):
        await world.house.start()
        await world.house.kill()
    yield
    await world.house.start()
