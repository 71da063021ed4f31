"""The whole way from the engine's events to real servers: what was sent is what they hold."""

from __future__ import annotations

import asyncio
import contextlib
import random
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from controller.config.settings import Influx1Settings, Influx2Settings
from controller.model.events import Alarmed, AlarmState, Event, Noted
from controller.model.points import Quality
from controller.store import Store
from controller.uplink.backoff import Backoff
from controller.uplink.influxdb import InfluxUplink, Server
from tests.app.wait import until
from tests.store.events import at, commanded, decided, moved, reading, readings
from tests.support.influxd import PASSWORD, USER, Influxd, influxd
from tests.support.victoria import Victoria, victoria

N = 3000


@pytest.fixture(scope="module")
def influx() -> Iterator[Influxd]:
    with influxd() as running:
        yield running


@pytest.fixture(scope="module")
def victoria_metrics() -> Iterator[Victoria]:
    with victoria() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as opened:
        yield opened


@contextlib.asynccontextmanager
async def uplink(store: Store, server: Server) -> AsyncIterator[InfluxUplink]:
    link = InfluxUplink(server, "here", store.outbox, backoff=Backoff(random.Random(1), 0.05, 0.2))
    task = asyncio.create_task(link.run())
    try:
        yield link
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def everything() -> list[Event]:
    return [
        *readings(N),
        *(moved(second, second % 101.0) for second in range(100)),
        *(decided(second, 1.0) for second in range(20)),
        *(commanded(second) for second in range(10)),
        reading(N, float("nan"), quality=Quality.BAD),
        Alarmed("Frost", AlarmState.RAISED, "critical", "2 °C", at(4)),
        Noted("roof_vent", 'he said "no", \\ and = left', at(5)),
    ]


def drained(store: Store, points: int) -> bool:
    return store.counters()["delivered"] == points


async def test_influxdb_1_holds_what_was_sent(store: Store, influx: Influxd) -> None:
    influx.query("CREATE DATABASE one")
    events = everything()
    async with uplink(store, Influx1Settings(influx.url, "one")) as link:
        store.append(events)
        await until(lambda: drained(store, len(events)))
        assert link.status() == {"name": "influxdb", "online": True, "note": ""}
    influx.database = "one"
    counted = {
        "reading.value": influx.count("reading", "value"),
        "reading.quality": influx.count("reading", "quality"),
        "actuator.position": influx.count("actuator", "position"),
        "decision.rule": influx.count("decision", "rule"),
        "command.verb": influx.count("command", "verb"),
        "alarm.state": influx.count("alarm", "state"),
    }
    assert counted == {
        "reading.value": N,
        "reading.quality": N + 1,
        "actuator.position": 100,
        "decision.rule": 20,
        "command.verb": 10,
        "alarm.state": 1,
    }
    assert influx.query('SELECT "text" FROM note') == [[at(5).wall_ns, 'he said "no", \\ and = left']]
    values = influx.query('SELECT "value" FROM reading ORDER BY time')
    assert values == [[at(second).wall_ns, second] for second in range(N)]


async def test_sending_again_doubles_nothing(store: Store, influx: Influxd) -> None:
    influx.query("CREATE DATABASE twice")
    influx.database = "twice"
    store.append(readings(N))
    async with uplink(store, Influx1Settings(influx.url, "twice")):
        await until(lambda: drained(store, N))
    store.outbox("another")
    async with uplink(store, Influx1Settings(influx.url, "twice")):
        outbox = store.outbox("influxdb")
        outbox.begin((0, 0), N)  # as after a crash before the mark was committed
        await until(lambda: drained(store, 2 * N))
    assert influx.count("reading", "value") == N


async def test_victoria_metrics_holds_what_was_sent(store: Store, victoria_metrics: Victoria) -> None:
    events = everything()
    async with uplink(store, Influx2Settings(victoria_metrics.url, "farm", "greenhouse", "token")):
        store.append(events)
        await until(lambda: drained(store, len(events)))
    assert victoria_metrics.count("reading_value") == N
    assert victoria_metrics.count("reading_quality") == N + 1
    assert victoria_metrics.count("actuator_position") == 100
    [series] = victoria_metrics.export("reading_value")
    assert series["metric"] == {
        "__name__": "reading_value",
        "point": "air.temperature",
        "site": "here",
        "unit": "°C",
    }
    assert series["values"] == list(range(N))


async def test_a_server_that_stops_and_comes_back_misses_nothing(store: Store, influx: Influxd) -> None:
    influx.query("CREATE DATABASE outage")
    influx.database = "outage"
    async with uplink(store, Influx1Settings(influx.url, "outage")) as link:
        store.append(readings(100))
        await until(lambda: drained(store, 100))
        influx.kill()
        store.append(readings(100, 100))
        await until(lambda: not link.status()["online"])
        assert "refused" in link.status()["note"]
        store.append(readings(100, 200))
        await asyncio.to_thread(store.flush)
        assert store.counters()["pending"] == 200
        await asyncio.to_thread(influx.start)
        await until(lambda: drained(store, 300))
        assert link.status()["online"]
    assert influx.count("reading", "value") == 300
    assert store.counters()["lost"] == 0


async def test_a_type_conflict_is_put_into_quarantine(store: Store, influx: Influxd) -> None:
    influx.query("CREATE DATABASE conflict")
    influx.database = "conflict"
    line = f"note,subject=odd,site=here text=5i {at(0).wall_ns}".encode()
    await asyncio.to_thread(urllib.request.urlopen, f"{influx.url}/write?db=conflict", line)
    async with uplink(store, Influx1Settings(influx.url, "conflict")) as link:
        store.append([*readings(10), Noted("odd", "not a number", at(1))])
        await until(lambda: drained(store, 10))
        assert "1 lines were rejected" in link.status()["note"]
    assert store.counters()["pending"] == 0
    assert influx.count("reading", "value") == 10


async def test_a_wrong_password_keeps_everything(store: Store) -> None:
    with influxd(login=True) as server:
        store.append(readings(10))
        async with uplink(store, Influx1Settings(server.url, server.database, USER, "wrong")) as link:
            await until(lambda: "does not accept" in link.status()["note"])
        assert store.counters()["pending"] == 10
        async with uplink(store, Influx1Settings(server.url, server.database, USER, PASSWORD)):
            await until(lambda: drained(store, 10))
        assert server.count("reading", "value") == 10
