"""Files that are damaged in every way a card can think of. They are set aside whole, and what they hold is saved."""

from __future__ import annotations

import logging
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from controller.store import Outbox, Store
from controller.store import database as database_module
from controller.store.rollup import MINUTE
from controller.store.samples import unpack
from controller.store.schema import FILE, MIGRATIONS, TooNew, connect, migrate
from tests.store.events import START, at, decided, readings, wait

PAGE = 4096
BLOCKS, EACH = 100, 40


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store in good order, with a hundred blocks of 40 readings, causes, history and a snapshot."""
    monkeypatch.setattr(database_module, "BLOCK", EACH)
    with Store.open(tmp_path) as store:
        store.append([*readings(BLOCKS * EACH), *(decided(second, 1.0) for second in range(50))])
        store.save_state(b"the state")
    return tmp_path


def aside(folder: Path) -> list[Path]:
    return [path for path in folder.glob(f"{FILE}.damaged-*") if not path.name.endswith(("-wal", "-shm"))]


def recovered(folder: Path) -> tuple[Store, list[float]]:
    """The store opened again, and the values that it still has for the uplink once all is saved."""
    with Store.open(folder) as store:
        outbox = store.outbox("influxdb")
        store.append(readings(1, 1_000_000))
        wait(lambda: "saved out of it" in store.status()["note"])
        assert store.flush()
        assert store.status()["online"]
        return store, take_all(outbox)


def take_all(outbox: Outbox) -> list[float]:
    """What an uplink would deliver."""
    values: list[float] = []
    while (portion := outbox.take(10_000)) is not None:
        values += [value for _, _, value in unpack(portion.samples)]
        outbox.done(portion)
    return values


def destroy_first_page(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(random.Random(1).randbytes(PAGE))


def overwrite_the_magic(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\0" * 16)


@pytest.mark.parametrize("damage", [destroy_first_page, overwrite_the_magic])
def test_a_lost_first_page_costs_nothing(folder: Path, damage: Callable[[Path], None]) -> None:
    damage(folder / FILE)
    before = (folder / FILE).read_bytes()
    store, values = recovered(folder)
    assert store.load_state() == b"the state"
    assert sorted(values) == [*map(float, range(BLOCKS * EACH)), 1_000_000.0]
    [kept] = aside(folder)
    assert kept.read_bytes() == before
    assert not list(folder.glob(".salvage-*"))


def test_causes_and_history_are_saved_too(folder: Path) -> None:
    overwrite_the_magic(folder / FILE)
    recovered(folder)
    with Store.open(folder) as store:
        assert len(store.history.entries(at(0).wall_ns, at(60).wall_ns)) == 50
        spans = store.history.spans("air.temperature", MINUTE, START, START + 3600)
        assert [span.mean for span in spans] == [29.5 + 60 * minute for minute in range(60)]


def pages_of(path: Path, table: str) -> list[int]:
    """The leaf pages of a table, by what the file says itself."""
    with closing(sqlite3.connect(path)) as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    data = path.read_bytes()
    header = (root - 1) * PAGE
    cells = int.from_bytes(data[header + 3 : header + 5], "big")
    pointers = [int.from_bytes(data[header + 12 + 2 * n : header + 14 + 2 * n], "big") for n in range(cells)]
    return [int.from_bytes(data[header + at_cell : header + at_cell + 4], "big") for at_cell in pointers]


def test_a_page_in_the_middle_costs_what_was_on_it(folder: Path) -> None:
    path = folder / FILE
    leaves = pages_of(path, "outbox")
    assert len(leaves) > 5
    with Store.open(folder) as store:
        outbox = store.outbox("influxdb")
        wait(lambda: outbox.begun)
        with path.open("r+b") as file:  # nothing shows until the uplink reads it
            file.seek((leaves[3] - 1) * PAGE)
            file.write(b"\xff" * PAGE)
        with pytest.raises(sqlite3.DatabaseError, match="malformed"):
            take_all(outbox)
        wait(lambda: "saved out of it" in store.status()["note"])
        wait(lambda: outbox.begun)
        values = take_all(outbox)
    lost = BLOCKS * EACH - len(set(values))
    assert 0 < lost <= 2 * PAGE // 18
    [kept] = aside(folder)
    assert kept.exists()


def test_damage_that_shows_while_writing_loses_nothing_that_waits(folder: Path) -> None:
    with Store.open(folder) as store:
        outbox = store.outbox("influxdb")
        wait(lambda: outbox.begun)
        store.append(readings(10, 500_000))
        store._writer._damaged.set()  # as the check in the background does
        wait(lambda: "saved out of it" in store.status()["note"])
        store.append(readings(10, 600_000))
        assert store.flush()
        values = take_all(outbox)
    saved = (*range(BLOCKS * EACH), *range(500_000, 500_010), *range(600_000, 600_010))
    assert sorted(values) == [float(value) for value in saved]


def test_the_check_in_the_background_finds_what_nobody_reads(folder: Path) -> None:
    path = folder / FILE
    with closing(connect(path)) as connection:
        connection.execute("UPDATE meta SET value = 0 WHERE name = 'clean'")  # as after a power cut
    with path.open("r+b") as file:
        file.seek((pages_of(path, "outbox")[0] - 1) * PAGE)
        file.write(b"\xff" * PAGE)
    _, values = recovered(folder)
    assert len(values) > (BLOCKS - 10) * EACH
    assert aside(folder)


def test_a_file_cut_short(folder: Path) -> None:
    path = folder / FILE
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2 // PAGE * PAGE + 100)
    _, values = recovered(folder)
    assert 1_000_000.0 in values
    assert aside(folder)


def test_something_else_altogether(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("this is a letter to my aunt, and longer than a hundred bytes " * 5)
    with Store.open(tmp_path) as store:
        assert store.load_state() is None
        store.append(readings(10))
        assert store.flush()
        assert len(store.history.raw("air.temperature", at(0).wall_ns, at(10).wall_ns)) == 10
    [kept] = aside(tmp_path)
    assert kept.read_text().startswith("this is a letter")


def test_an_empty_file_is_a_new_one(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    with Store.open(tmp_path) as store:
        store.append(readings(10))
        assert store.flush()
        assert store.status() == {"name": "store", "online": True, "note": ""}
    assert not aside(tmp_path)


def test_two_damages_in_one_second_keep_both_files(tmp_path: Path) -> None:
    for _ in range(2):
        (tmp_path / FILE).write_bytes(b"x" * 5000)
        with Store.open(tmp_path):
            pass
    assert len(aside(tmp_path)) == 2


def test_a_file_of_a_later_version_is_set_aside_and_read_as_far_as_it_goes(folder: Path) -> None:
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as connection:
        connection.execute("PRAGMA user_version = 99")
    store, values = recovered(folder)
    assert store.load_state() == b"the state"
    assert len(values) == BLOCKS * EACH + 1


def test_a_migration_goes_all_the_way_or_not_at_all(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    path = tmp_path / FILE
    with closing(connect(path)) as connection:
        connection.execute("INSERT INTO meta VALUES ('kept', 5)")
        broken = (*MIGRATIONS, ("ALTER TABLE meta ADD COLUMN more TEXT", "nonsense"))
        with pytest.raises(sqlite3.OperationalError):
            migrate(connection, broken)
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("SELECT * FROM meta").fetchall() == [("kept", 5)]
        migrate(connection, (*MIGRATIONS, ("ALTER TABLE meta ADD COLUMN more TEXT",)))
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)
        assert connection.execute("SELECT * FROM meta").fetchall() == [("kept", 5, None)]
        with pytest.raises(TooNew):
            migrate(connection)
