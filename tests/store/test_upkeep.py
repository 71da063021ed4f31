"""Staying within bounds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from controller.model.time import NS
from controller.store import database as database_module
from controller.store.database import Database
from controller.store.limits import Limits
from controller.store.outbox import Outbox
from controller.store.samples import READING, SIZE, Sample, Series, pack
from controller.store.upkeep import AGES_EVERY, FIRST, LOOKS, SIZE_EVERY, Upkeep
from controller.store.work import Encoder, Work
from tests.store.events import START, decided

BLOCKS = 100


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A hundred seconds of two hundred series, a block a second, and some causes."""
    monkeypatch.setattr(database_module, "BLOCK", 200)
    opened = Database(tmp_path / "onsil.db", "boot")
    work = Work(series={number: Series(READING, f"p{number}") for number in range(1, 201)})
    for second in range(BLOCKS):
        work.samples += pack(Sample(n << 2, (START + second) * NS, float(second)) for n in range(1, 201))
    Encoder().encode([decided(second, 1.0) for second in range(10)], work)
    opened.commit(work, 0)
    return opened


def outbox(database: Database, delivered: int) -> Outbox:
    found = Outbox("influxdb", Path("unused"), lambda *_: None, lambda: None)
    found.begin((delivered, 0), database.pending(delivered, 0))
    return found


def run(
    upkeep: Upkeep, database: Database, outboxes: Sequence[Outbox], newest: float = START, hours: float = 2
) -> tuple[int, int]:
    """Two hours of steps; what was thinned and lost."""
    thinned = lost = 0
    now = 0.0
    while now < hours * 3600:
        done = upkeep.step(database, outboxes, round(newest * NS), now)
        thinned, lost = thinned + done.thinned, lost + done.lost
        now += SIZE_EVERY
    return thinned, lost


def test_nothing_is_touched_where_there_is_room(database: Database) -> None:
    assert run(Upkeep(Limits()), database, [outbox(database, 0)]) == (0, 0)
    assert database.pending(0, 0) == BLOCKS * 200 + 10


def test_what_is_delivered_goes_before_anything_is_thinned(database: Database) -> None:
    used = database.used_bytes()
    upkeep = Upkeep(Limits(bytes=used - 60_000))
    assert run(upkeep, database, [outbox(database, 50)]) == (0, 0)
    assert database.used_bytes() <= used - 60_000
    assert database.pending(50, 0) == 50 * 200 + 10
    assert upkeep.note == ""


def test_the_oldest_readings_are_thinned_first_and_causes_stay(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "THINNED_SAMPLES", 2000)
    used = database.used_bytes()
    upkeep = Upkeep(Limits(bytes=used - 60_000))
    thinned, lost = run(upkeep, database, [outbox(database, 0)])
    assert lost == 0
    assert thinned > 60_000 // SIZE // 2
    assert database.used_bytes() <= used - 60_000
    assert database.pending(0, 0) == BLOCKS * 200 + 10 - thinned
    assert str(thinned) in upkeep.note
    left = [at_ns // NS - START for _, at_ns, _ in database.samples_since(START)]
    assert left.count(BLOCKS - 1) == 200  # the newest second is whole
    assert 0 < left.count(0) <= 200
    assert left.count(1) == 0  # of the oldest every second one is gone


def test_thinning_goes_on_until_it_fits_and_then_the_oldest_go(database: Database) -> None:
    upkeep = Upkeep(Limits(bytes=1))
    thinned, lost = run(upkeep, database, [outbox(database, 0)])
    assert thinned + lost == BLOCKS * 200
    assert database.pending(0, 0) == 10  # the causes
    assert "given up" in upkeep.note


def test_readings_that_nobody_has_fetched_for_too_long_are_given_up_and_counted(database: Database) -> None:
    upkeep = Upkeep(Limits(outbox_age=3600.0))
    thinned, lost = run(upkeep, database, [outbox(database, 50)], newest=START + 3600 + 75, hours=3)
    assert (thinned, lost) == (0, 25 * 200)


def test_what_is_delivered_is_kept_for_the_page_for_a_while(database: Database) -> None:
    for age, left in ((3600.0, 50), (7200.0, 50)):
        run(Upkeep(Limits(raw_age=age)), database, [outbox(database, BLOCKS)], newest=START + 3600 + 50)
        assert database.pending(0, 0) == left * 200 + 10


def test_without_an_uplink_readings_are_kept_for_the_page_alone(database: Database) -> None:
    assert run(Upkeep(Limits(raw_age=3600.0)), database, [], newest=START + 3600 + 50) == (0, 0)
    assert database.pending(0, 0) == 50 * 200 + 10


def test_a_clock_that_is_wrong_for_a_moment_empties_nothing(database: Database) -> None:
    upkeep = Upkeep(Limits(raw_age=3600.0, outbox_age=3600.0))
    now = FIRST + 1
    upkeep.step(database, [], START * NS, 0.0)
    for look in range(LOOKS):
        newest = START if look == 0 else START + 10 * 366 * 86400
        upkeep.step(database, [], newest * NS, now)
        now += AGES_EVERY
    assert database.pending(0, 0) == BLOCKS * 200 + 10


def test_the_journal_is_bounded_by_its_length(database: Database) -> None:
    thinned, lost = run(Upkeep(Limits(journal_entries=4)), database, [outbox(database, 0)])
    assert (thinned, lost) == (0, 6)
    assert database.pending(0, 0) == BLOCKS * 200 + 4


def test_nothing_is_deleted_before_the_uplink_knows_where_it_stands(database: Database) -> None:
    waiting = Outbox("influxdb", Path("unused"), lambda *_: None, lambda: None)
    assert run(Upkeep(Limits(bytes=1, raw_age=1.0)), database, [waiting], newest=START + 1e6) == (0, 0)
    assert database.pending(0, 0) == BLOCKS * 200 + 10
