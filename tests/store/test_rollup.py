"""Minutes, quarters of an hour and days."""

from __future__ import annotations

import math
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.model.time import NS
from controller.store.database import Database
from controller.store.rollup import DAY, MINUTE, RESOLUTIONS, Rollup, Row
from controller.store.work import Work

FAR = 1 << 40  # s; closes whatever is open


def closed(samples: list[tuple[int, float]], hold: bool = False) -> list[Row]:
    rollup = Rollup()
    for second, value in samples:
        (rollup.hold if hold else rollup.add)(1, second * NS, value)
    rollup.add(2, FAR * NS, math.nan)
    return [row for row in rollup.close() if row.series == 1]


@given(st.lists(st.tuples(st.integers(0, 300), st.floats(-50, 50)), min_size=1, max_size=50))
def test_minutes_are_what_one_counts_by_hand(samples: list[tuple[int, float]]) -> None:
    rows = {row.start: row for row in closed(samples) if row.resolution == MINUTE}
    by_minute = groupby(sorted(samples, key=lambda s: s[0]), key=lambda s: s[0] // MINUTE * MINUTE)
    expected = {minute: [value for _, value in group] for minute, group in by_minute}
    assert rows.keys() == expected.keys()
    for minute, values in expected.items():
        row = rows[minute]
        assert (row.weight, row.low, row.high) == (len(values), min(values), max(values))
        assert row.mean == pytest.approx(sum(values) / len(values), abs=1e-9)
        latest = max(second for second, _ in samples if second // MINUTE * MINUTE == minute)
        assert row.last == [value for second, value in samples if second == latest][-1]


def test_a_reading_without_a_value_counts_for_nothing() -> None:
    assert closed([(0, math.nan)]) == []
    assert closed([(0, math.nan), (1, 5.0)])[0].mean == 5.0


def test_a_position_counts_by_the_time_it_held() -> None:
    rows = [row for row in closed([(0, 0.0), (45, 100.0), (120, 50.0)], hold=True) if row.resolution == MINUTE]
    assert [row.start for row in rows[:2]] == [0, 60]
    assert (rows[0].mean, rows[0].low, rows[0].high, rows[0].last) == (25.0, 0.0, 100.0, 100.0)
    assert rows[1].mean == 100.0  # nothing moved in this minute, and still it is known


def test_a_clock_that_is_set_makes_no_history() -> None:
    rows = closed([(0, 10.0), (10 * DAY, 20.0)], hold=True)
    assert {row.start for row in rows if row.resolution == MINUTE} == {0, 10 * DAY}


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.lists(st.tuples(st.integers(0, 4000), st.floats(-50, 50)), min_size=1, max_size=20), max_size=4),
)
def test_what_is_written_in_parts_adds_up(
    tmp_path_factory: pytest.TempPathFactory, parts: list[list[tuple[int, float]]]
) -> None:
    path = tmp_path_factory.mktemp("rollup") / "onsil.db"
    database = Database(path, "boot")
    for part in parts:
        database.commit(Work(rows=closed(part)), 0)
    whole = {row[:3]: row for row in _merged([sample for part in parts for sample in part])}
    stored = {row[:3]: row for row in _rows(path)}
    assert stored.keys() == whole.keys()
    for key, row in stored.items():
        assert row.weight == whole[key].weight
        assert (row.low, row.high, row.last_ns) == (whole[key].low, whole[key].high, whole[key].last_ns)
        assert row.mean == pytest.approx(whole[key].mean, abs=1e-9)
    database.close()


def _rows(path: Path) -> list[Row]:
    from controller.store.schema import connect_readonly

    connection = connect_readonly(path)
    try:
        return [Row(*row) for row in connection.execute("SELECT * FROM history")]
    finally:
        connection.close()


def _merged(samples: list[tuple[int, float]]) -> list[Row]:
    rows = []
    for resolution in RESOLUTIONS:
        ordered = sorted(samples, key=lambda s: s[0])
        for start, group in groupby(ordered, key=lambda s: s[0] // resolution * resolution):
            inside = list(group)
            values = [value for _, value in inside]
            mean = sum(values) / len(values)
            last_ns = inside[-1][0] * NS
            rows.append(Row(resolution, start, 1, len(values), min(values), mean, max(values), values[-1], last_ns))
    return rows
