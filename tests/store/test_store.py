"""The store as the controller uses it, with a real file."""

from __future__ import annotations

import contextlib
import math
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.model.events import Measured, Noted
from controller.model.points import Quality
from controller.model.time import NS, Instant
from controller.store import Store
from controller.store import writer as writer_module
from controller.store.rollup import DAY, MINUTE, QUARTER
from controller.store.samples import ACTUATOR
from controller.store.schema import FILE
from tests.store.events import CAUSE, START, at, commanded, decided, moved, reading, readings, wait


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as opened:
        yield opened


def test_what_was_appended_is_there_after_a_restart(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.append([*readings(100), moved(3, 10.0), decided(4, 60.0)])
        store.save_state(b"first")
        store.save_state(b"second")
    with Store.open(tmp_path) as store:
        assert store.load_state() == b"second"
        raw = store.history.raw("air.temperature", at(0).wall_ns, at(1000).wall_ns)
        assert [(sample.at_ns, sample.value) for sample in raw] == [(at(s).wall_ns, float(s)) for s in range(100)]
        assert store.history.names() == ["air.temperature"]
        assert store.history.names(ACTUATOR) == ["roof_vent"]


def test_a_new_store_knows_nothing(store: Store) -> None:
    assert store.load_state() is None
    assert store.history.spans("air.temperature", MINUTE, 0, 1 << 40) == []
    assert store.history.raw("air.temperature", 0, 1 << 62) == []
    assert store.history.actuator("roof_vent", at(0).wall_ns).cause is None


def test_an_event_is_committed_within_a_second_without_being_asked(store: Store) -> None:
    store.append(readings(10))
    wait(lambda: store.counters()["stored"] == 10)
    assert store.counters()["waiting"] == 0


def test_counters_say_where_every_point_is(store: Store) -> None:
    outbox = store.outbox("influxdb")
    store.append([*readings(50), decided(1, 5.0)])
    assert store.flush()
    assert {name: store.counters()[name] for name in ("stored", "pending", "delivered")} == {
        "stored": 51,
        "pending": 51,
        "delivered": 0,
    }
    portion = outbox.take(1000)
    assert portion is not None
    outbox.done(portion)
    assert (store.counters()["pending"], store.counters()["delivered"]) == (0, 51)
    assert store.counters()["bytes_written"] > 0


def test_history_of_points_and_positions(store: Store) -> None:
    store.append([moved(0, 0.0), moved(30, 100.0), moved(150, 100.0), *readings(170)])
    assert store.flush()
    spans = store.history.spans("air.temperature", MINUTE, START, START + 3600)
    assert [(span.start - START, span.low, span.mean, span.high, span.last) for span in spans] == [
        (0, 0.0, 29.5, 59.0, 59.0),
        (60, 60.0, 89.5, 119.0, 119.0),
    ]
    [vent, after] = store.history.spans("roof_vent", MINUTE, START, START + 3600, ACTUATOR)
    assert (vent.mean, vent.last, after.mean) == (50.0, 100.0, 100.0)
    for resolution in (QUARTER, DAY):
        [span] = store.history.spans("air.temperature", resolution, START - DAY, START + DAY)
        assert (span.low, span.mean, span.high) == (0.0, 59.5, 119.0)
    with pytest.raises(ValueError, match="no history at 61 s"):
        store.history.spans("air.temperature", 61, 0, 1)


def test_the_minute_that_was_open_at_the_end_is_not_lost(tmp_path: Path) -> None:
    for first in (0, 30):
        with Store.open(tmp_path) as store:
            store.append(readings(30, first))
    with Store.open(tmp_path) as store:
        store.append(readings(30, 60))
        assert store.flush()
        [span] = store.history.spans("air.temperature", MINUTE, START, START + 60)
    assert (span.low, span.mean, span.high, span.last) == (0.0, 29.5, 59.0, 59.0)


def test_raw_samples_are_found_in_every_hour(store: Store) -> None:
    seconds = [0.0, 100.0, 3600.0, 7300.0, 86400.0, 90.0]  # the last one comes late
    for second in seconds:
        store.append([reading(second, second)])
        assert store.flush()
    for second in seconds:
        [found] = store.history.raw("air.temperature", at(second).wall_ns, at(second + 1).wall_ns)
        assert found.value == second
    every = store.history.raw("air.temperature", at(0).wall_ns, at(100_000).wall_ns)
    assert [sample.value for sample in every] == sorted(seconds)


def test_a_reading_without_a_value_is_kept_as_such(store: Store) -> None:
    store.append([reading(0, math.nan, quality=Quality.BAD)])
    assert store.flush()
    [raw] = store.history.raw("air.temperature", at(0).wall_ns, at(1).wall_ns)
    assert math.isnan(raw.value)
    assert raw.quality is Quality.BAD


def test_why_an_actuator_was_where_it_was(store: Store) -> None:
    other = CAUSE.__class__(CAUSE.level, "Dry the air", (), ())
    store.append(
        [decided(10, 40.0), moved(12, 0.0), decided(100, 80.0, cause=other), moved(130, 80.0), moved(200, 5.0)]
    )
    assert store.flush()
    before = store.history.actuator("roof_vent", at(5).wall_ns)
    assert (before.cause, before.position) == (None, None)
    then = store.history.actuator("roof_vent", at(50).wall_ns)
    assert (then.cause, then.target, then.position, then.since_ns) == (CAUSE, 40.0, 0.0, at(10).wall_ns)
    later = store.history.actuator("roof_vent", at(150).wall_ns)
    assert (later.cause, later.target, later.position) == (other, 80.0, 80.0)
    assert store.history.actuator("roof_vent", at(201).wall_ns).position == 5.0


def test_a_command_after_the_decision_tells_why(store: Store) -> None:
    store.append([decided(10, 100.0, "heater"), commanded(11)])
    assert store.flush()
    past = store.history.actuator("heater", at(12).wall_ns)
    assert past.command is not None
    assert past.command.data()["verb"] == "on"
    assert past.since_ns == at(11).wall_ns


def test_the_journal_by_subject_kind_and_time(store: Store) -> None:
    store.append([decided(s, float(s)) for s in range(20)] + [commanded(5), Noted("irrigation_a", "skipped", at(6))])
    assert store.flush()
    history = store.history
    everything = (at(0).wall_ns, at(100).wall_ns)
    assert len(history.entries(*everything)) == 22
    assert len(history.entries(*everything, subject="roof_vent")) == 20
    assert [entry.kind for entry in history.entries(*everything, kind="note")] == ["note"]
    newest = history.entries(*everything, subject="roof_vent", limit=2)
    assert [entry.at_ns for entry in newest] == [at(18).wall_ns, at(19).wall_ns]
    assert len(history.entries(at(5).wall_ns, at(7).wall_ns)) == 4


def test_versions_of_the_rules_are_kept_when_they_change(store: Store) -> None:
    for second, text in ((0, "one"), (10, "one"), (20, "two"), (30, "one")):
        store.save_rules("rules.yaml", text, at(second))
    store.append([reading(0)])
    assert store.flush()
    assert store.history.rules("rules.yaml", at(15).wall_ns) == "one"
    assert store.history.rules("rules.yaml", at(25).wall_ns) == "two"
    assert store.history.rules("rules.yaml", at(-1).wall_ns) is None
    with sqlite3.connect(f"file:{store.history._path}?mode=ro", uri=True) as connection:
        assert connection.execute("SELECT count(*) FROM rules").fetchone() == (3,)
    connection.close()


def test_undated_readings_wait_on_disk_for_the_clock_to_be_set(tmp_path: Path) -> None:
    unset = Instant(at(5).mono_ns, 5 * NS)
    with Store.open(tmp_path, boot="this") as store:
        store.append([Measured("air.temperature", 1.0, Quality.GOOD, unset), Noted("clock", "not set", unset)])
        assert store.flush()
        assert store.counters()["stored"] == 0
    with Store.open(tmp_path, boot="this") as store:  # the process is started again; the clock counts on
        store.append([reading(10, 2.0)])
        assert store.flush()
        raw = store.history.raw("air.temperature", at(0).wall_ns, at(100).wall_ns)
        assert [(sample.at_ns, sample.value) for sample in raw] == [(at(5).wall_ns, 1.0), (at(10).wall_ns, 2.0)]
        [note] = store.history.entries(at(0).wall_ns, at(100).wall_ns)
        assert note.at_ns == at(5).wall_ns
        assert (store.counters()["stored"], store.counters()["lost"]) == (3, 0)


def test_nobody_can_tell_any_more_when_another_boots_undated_readings_were(tmp_path: Path) -> None:
    unset = Instant(at(5).mono_ns, 5 * NS)
    with Store.open(tmp_path, boot="before the power cut") as store:
        store.append([Measured("air.temperature", 1.0, Quality.GOOD, unset)])
    with Store.open(tmp_path, boot="after it") as store:
        store.append([reading(10, 2.0)])
        assert store.flush()
        assert (store.counters()["stored"], store.counters()["lost"]) == (1, 1)


def test_control_goes_on_while_somebody_else_has_the_file_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "LONGEST_PAUSE", 0.1)
    with Store.open(tmp_path) as store:
        store.append(readings(5))
        assert store.flush()
        with contextlib.closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            store.append(readings(100, 5))
            store.save_state(b"while locked")
            wait(lambda: not store.status()["online"])
            assert "locked" in store.status()["note"]
            assert store.counters()["failures"] > 0
            other.execute("ROLLBACK")
        assert store.flush()
        assert store.status() == {"name": "store", "online": True, "note": ""}
        assert (store.counters()["stored"], store.counters()["lost"]) == (105, 0)
    with Store.open(tmp_path) as store:
        assert store.load_state() == b"while locked"


def test_control_goes_on_while_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "LONGEST_PAUSE", 0.1)
    with Store.open(tmp_path) as store:
        store.append(readings(10))
        assert store.flush()
        limit = 30  # pages; SQLite then says what it says of a full disk
        monkeypatch.setattr(writer_module, "Database", _small(limit))
        store._writer._database.close()  # type: ignore[union-attr]
        store._writer._database = None
        store.append(readings(50_000, 10))
        wait(lambda: "full" in store.status()["note"])
        assert not store.status()["online"]
        store.append([decided(1, 5.0)])
        monkeypatch.undo()
        assert store.flush()
        assert store.status()["online"]
        assert store.counters()["stored"] == 50_011
        assert store.counters()["lost"] == 0


def _small(pages: int) -> type[writer_module.Database]:
    class Small(writer_module.Database):
        def __init__(self, path: Path, boot: str) -> None:
            super().__init__(path, boot)
            self._connection.execute(f"PRAGMA max_page_count = {pages}")

    return Small


def test_a_directory_that_does_not_exist_yet_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "LONGEST_PAUSE", 0.1)
    folder = tmp_path / "card"
    with Store.open(folder) as store:
        assert store.load_state() is None
        store.append(readings(10))
        wait(lambda: store.counters()["failures"] > 1)
        assert not store.status()["online"]
        folder.mkdir()
        assert store.flush()
        assert len(store.history.raw("air.temperature", at(0).wall_ns, at(10).wall_ns)) == 10


def test_what_comes_too_fast_is_refused_and_counted_readings_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "QUEUE", 100)
    monkeypatch.setattr(writer_module, "EARLY", 1000)
    monkeypatch.setattr(writer_module, "TICK", 3600.0)
    with Store.open(tmp_path) as store:
        store.append(readings(90))
        store.append([*readings(50), *(decided(second, 1.0) for second in range(20))])
        assert store.counters()["lost"] == 50
        assert store.counters()["waiting"] == 110
        assert store.flush()
        assert store.counters()["stored"] == 110
