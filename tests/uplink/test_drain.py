"""The drain against a server that answers as it is told."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.config.settings import Influx1Settings, Influx2Settings
from controller.store import Store
from controller.uplink.backoff import Backoff
from controller.uplink.influxdb import client as client_module
from controller.uplink.influxdb.client import connect
from controller.uplink.influxdb.drain import Drain
from controller.uplink.lines import LineWriter
from tests.store.events import at, decided, readings, wait
from tests.uplink.protocol import parse
from tests.uplink.scripted import Reply, Scripted, scripted


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as opened:
        opened.outbox("influxdb")
        opened.append([*readings(100), decided(3, 5.0)])
        assert opened.flush()
        yield opened


@pytest.fixture
def drain(store: Store, server: Scripted) -> Drain:
    return _drain(store, Influx2Settings(server.url, "farm", "green house", "s3cret"))


def _drain(store: Store, settings: Influx1Settings | Influx2Settings) -> Drain:
    outbox = store.outbox("influxdb")
    wait(lambda: outbox.begun)
    return Drain(outbox, connect(settings), LineWriter("here", {}), Backoff(random.Random(1)))


def test_everything_is_delivered_once(store: Store, server: Scripted, drain: Drain) -> None:
    batch = drain.prepare()
    assert batch is not None
    assert drain.send(batch) == 0.0
    assert drain.prepare() is None
    assert sorted(parse(line).at_ns for line in server.taken) == sorted(
        [*(at(second).wall_ns for second in range(100)), at(3).wall_ns]
    )
    [request] = server.requests
    assert request.path == "/api/v2/write?org=farm&bucket=green+house&precision=ns"
    assert request.authorization == "Token s3cret"
    assert (drain.online, drain.note, store.counters()["pending"]) == (True, "", 0)


def test_version_1_has_another_path_and_no_password_in_it(store: Store, server: Scripted) -> None:
    drain = _drain(store, Influx1Settings(server.url + "/", "green", "onsil", "pass word"))
    batch = drain.prepare()
    assert batch is not None
    assert drain.send(batch) == 0.0
    [request] = server.requests
    assert request.path == "/write?db=green&precision=ns"
    assert request.authorization == "Basic b25zaWw6cGFzcyB3b3Jk"


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        ((401, '{"code":"unauthorized","message":"unauthorized access"}', {}), "does not accept the token"),
        ((403, "", {}), "may not write here"),
        ((404, '{"message":"bucket not found"}', {}), "bucket not found"),
        ((500, '{"error":"timeout"}', {}), "answers 500: timeout"),
        ((503, "", {}), "answers 503"),
        (None, "no answer"),
    ],
)
def test_what_is_not_taken_stays_and_is_sent_again(
    store: Store, server: Scripted, drain: Drain, reply: Reply, says: str
) -> None:
    server.replies.extend([reply, reply])
    batch = drain.prepare()
    assert batch is not None
    first, second = drain.send(batch), drain.send(batch)
    assert 0.5 <= first <= 1.0 <= second <= 2.0
    assert not drain.online
    assert says in drain.note
    assert "s3cret" not in drain.note
    assert store.counters()["pending"] == 101
    assert drain.send(batch) == 0.0
    assert len(server.taken) == 101
    assert (drain.online, store.counters()["delivered"]) == (True, 101)


def test_a_server_that_asks_for_time_gets_it(server: Scripted, drain: Drain) -> None:
    server.replies.append((429, "", {"Retry-After": "17"}))
    batch = drain.prepare()
    assert batch is not None
    assert 17.0 < drain.send(batch) <= 18.0


def test_a_server_that_does_not_answer_in_time(server: Scripted, drain: Drain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "READ", 200)
    free = threading.Event()

    def hold(lines: list[str]) -> Reply:
        free.wait(10.0)
        return None

    server.rule = hold
    batch = drain.prepare()
    assert batch is not None
    assert drain.send(batch) > 0
    free.set()
    assert "timed out" in drain.note.lower()


def test_bad_lines_are_found_and_kept_apart_with_the_reason(store: Store, server: Scripted, drain: Drain) -> None:
    def refuse(lines: list[str]) -> Reply:
        bad = [line for line in lines if parse(line).fields.get("value") in (17.0, 50.0, 51.0)]
        if not bad:
            return (204, "", {})
        return (400, f'{{"error":"partial write: {len(bad)} field type conflicts"}}', {})

    server.rule = refuse
    batch = drain.prepare()
    assert batch is not None
    assert drain.send(batch) == 0.0
    assert len(server.taken) == 98
    assert len(set(server.taken)) == 98
    assert drain.online
    assert "3 lines were rejected: partial write: 1 field type conflicts" in drain.note
    store.close()
    kept = store.history.quarantined()
    assert sorted(parse(line).fields["value"] for line, _ in kept) == [17.0, 50.0, 51.0]
    counters = store.counters()
    assert (counters["quarantined"], counters["delivered"], counters["pending"]) == (3, 98, 0)


def test_an_outage_in_the_middle_of_the_search_begins_it_anew(store: Store, server: Scripted, drain: Drain) -> None:
    bad = (400, '{"error":"unable to parse"}', {})
    server.replies.extend([bad, (204, "", {}), bad, (503, "", {})])
    server.rule = lambda lines: bad if any(" value=99.0," in line for line in lines) else (204, "", {})
    batch = drain.prepare()
    assert batch is not None
    assert drain.send(batch) > 0
    assert store.counters()["quarantined"] == 0
    assert store.counters()["pending"] == 101
    assert drain.send(batch) == 0.0
    assert len(set(server.taken)) == 100
    assert store.counters()["pending"] == 0


def test_a_batch_that_is_too_large_is_halved(server: Scripted, drain: Drain) -> None:
    server.rule = lambda lines: (413, "too large", {}) if len(lines) > 30 else (204, "", {})
    batch = drain.prepare()
    assert batch is not None
    assert drain.send(batch) == 0.0
    assert len(server.taken) == len(set(server.taken)) == 101
    assert drain.note == ""
