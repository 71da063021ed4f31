"""What an uplink sees of the store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from controller.store import Rejected, Store
from controller.store.samples import unpack
from controller.store.schema import FILE
from tests.store.events import decided, readings, wait


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as opened:
        yield opened


def seconds(data: bytes) -> list[float]:
    return [value for _, _, value in unpack(data)]


def fill(store: Store, blocks: int = 10, each: int = 10) -> None:
    for block in range(blocks):
        store.append(readings(each, block * each))
        assert store.flush()


def test_portions_come_oldest_first_and_end(store: Store) -> None:
    outbox = store.outbox("influxdb")
    fill(store)
    taken = []
    while (portion := outbox.take(25)) is not None:
        taken.append(seconds(portion.samples))
        outbox.done(portion)
    assert [len(part) for part in taken] == [20, 20, 20, 20, 20]
    assert [value for part in taken for value in part] == [float(value) for value in range(100)]
    assert outbox.pending == 0


def test_what_is_not_done_is_taken_again(store: Store) -> None:
    outbox = store.outbox("influxdb")
    fill(store, 4)
    first, second = outbox.take(10), outbox.take(10)
    assert first is not None
    assert second is not None
    outbox.done(first)
    outbox.rewind()
    again = outbox.take(10)
    assert again is not None
    assert seconds(again.samples) == seconds(second.samples)
    assert outbox.pending == 30


def test_a_restart_goes_on_behind_what_was_delivered(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        outbox = store.outbox("influxdb")
        fill(store, 3)
        portion = outbox.take(10)
        assert portion is not None
        outbox.done(portion, [Rejected("bad line", "because", 5)])
    with Store.open(tmp_path) as store:
        outbox = store.outbox("influxdb")
        store.append([decided(1, 2.0)])
        assert store.flush()
        assert store.counters()["pending"] == 21
        portion = outbox.take(1000)
        assert portion is not None
        assert seconds(portion.samples) == [float(value) for value in range(10, 30)]
        assert [entry.kind for entry in portion.entries] == ["decision"]
        assert store.history.quarantined() == [("bad line", "because")]


def test_two_uplinks_do_not_know_of_each_other(store: Store) -> None:
    one, two = store.outbox("one"), store.outbox("two")
    fill(store, 2)
    portion = one.take(1000)
    assert portion is not None
    one.done(portion)
    assert (one.pending, two.pending) == (0, 20)
    assert store.counters()["pending"] == 20


def test_what_the_card_has_not_kept_is_counted_and_not_delivered(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        fill(store, 3)
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
        data = bytearray(other.execute("SELECT data FROM outbox WHERE id = 2").fetchone()[0])
        data[12] ^= 0x40
        other.execute("UPDATE outbox SET data = ? WHERE id = 2", (bytes(data),))
    with Store.open(tmp_path) as store:
        outbox = store.outbox("influxdb")
        wait(lambda: outbox.begun)
        portion = outbox.take(1000)
        assert portion is not None
        assert (portion.points, portion.damaged) == (20, 10)
        outbox.done(portion)
    assert store.counters()["lost"] == 10
    assert store.counters()["pending"] == 0


def test_news_wake_the_uplink(store: Store) -> None:
    outbox = store.outbox("influxdb")
    wait(lambda: outbox.begun)
    assert outbox.take(10) is None
    store.append(readings(1))
    while outbox.take(10) is None:
        outbox.wait(20.0)
