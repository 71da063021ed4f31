"""How events become work: numbers, stamps, and time that is not known yet."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.model.commands import Cause, Level
from controller.model.events import Alarmed, AlarmState, Decided, Event, Measured, Noted
from controller.model.points import Quality
from controller.model.time import NS, Instant
from controller.store import work as work_module
from controller.store.entries import cause_data, cause_of, told
from controller.store.samples import ACTUATOR, READING, SIZE, Series, unpack
from controller.store.work import Encoder, Work
from tests.store.events import CAUSE, START, at, commanded, decided, moved, reading, readings


def encoded(events: list[Event]) -> Work:
    work = Work()
    Encoder().encode(events, work)
    return work


def test_readings_and_positions_are_numbers_and_the_rest_is_words() -> None:
    events = [reading(0, 21.5, quality=Quality.STALE), moved(1, 40.0), decided(2, 60.0), commanded(3)]
    work = encoded([*events, Alarmed("Frost", AlarmState.RAISED, "critical", "2 °C", at(4)), Noted("x", "y", at(5))])
    assert work.series == {1: Series(READING, "air.temperature"), 2: Series(ACTUATOR, "roof_vent")}
    samples = list(unpack(work.samples))
    assert samples == [(1 << 2 | Quality.STALE, at(0).wall_ns, 21.5), (2 << 2, at(1).wall_ns, 40.0)]
    assert [(entry.kind, entry.subject) for entry in work.entries] == [
        ("decision", "roof_vent"),
        ("command", "heater"),
        ("alarm", "Frost"),
        ("note", "x"),
    ]
    assert cause_of(work.entries[0].data()["cause"]) == CAUSE


def test_the_renewal_of_a_lease_is_no_news() -> None:
    assert encoded([commanded(0), commanded(1, renews=True)]).count() == 1


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 5)), max_size=16))
def test_no_two_samples_of_a_series_share_a_stamp(samples: list[tuple[str, int]]) -> None:
    events = [Measured(point, 1.0, Quality.GOOD, Instant(ns, START * NS + ns)) for point, ns in samples]
    stamps = [(key, at_ns) for key, at_ns, _ in unpack(encoded(list(events)).samples)]
    assert len(stamps) == len(set(stamps)) == len(samples)
    assert all(0 <= at_ns - START * NS <= 5 + len(samples) for _, at_ns in stamps)


def test_no_two_entries_about_one_thing_share_a_stamp() -> None:
    work = encoded([commanded(0), commanded(0), commanded(0, actuator="fan"), decided(0, 1.0, "heater")])
    stamps = [(entry.kind, entry.subject, entry.at_ns) for entry in work.entries]
    assert len(set(stamps)) == 4
    assert stamps[1][2] == stamps[0][2] + 1


def unset(second: float) -> Instant:
    """The clock of a board without a battery: it counts from 1970 until it is set."""
    return Instant(1000 * NS + round(second * NS), round(second * NS))


def test_what_came_before_the_clock_was_set_gets_its_true_time() -> None:
    encoder, work = Encoder(), Work()
    encoder.encode([Measured("a", 1.0, Quality.GOOD, unset(5)), Noted("x", "y", unset(6))], work)
    assert not work.samples
    assert not work.entries
    assert work.count() == 2
    encoder.encode([Measured("a", 2.0, Quality.GOOD, at(10))], work)
    assert [(at_ns, value) for _, at_ns, value in unpack(work.samples)] == [
        (at(5).wall_ns, 1.0),
        (at(10).wall_ns, 2.0),
    ]
    assert [entry.at_ns for entry in work.entries] == [at(6).wall_ns]
    assert work.offset_ns == at(0).wall_ns - at(0).mono_ns
    assert not work.undated_samples
    assert not work.undated_entries


def test_a_file_that_opens_late_keeps_its_numbers() -> None:
    encoder, work = Encoder(), Work()
    encoder.encode([reading(0, 1.0, "a"), reading(0, 2.0, "b")], work)
    encoder.adopt({1: Series(READING, "b"), 7: Series(READING, "c")}, work)
    encoder.encode([reading(1, 3.0, "b"), reading(1, 4.0, "a"), reading(1, 5.0, "d")], work)
    assert work.series == {8: Series(READING, "a"), 9: Series(READING, "d")}
    names = encoder.series
    values = [(names[key >> 2].name, value) for key, _, value in unpack(work.samples)]
    assert values == [("a", 1.0), ("b", 2.0), ("b", 3.0), ("a", 4.0), ("d", 5.0)]


def test_memory_is_bounded_and_readings_go_before_causes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_module, "MAX_SAMPLE_BYTES", 100 * SIZE)
    work = encoded([*readings(1000), *(decided(second, 1.0) for second in range(50))])
    work.bound()
    assert len(work.samples) <= 100 * SIZE
    assert work.thinned == 1000 - len(work.samples) // SIZE
    assert len(work.entries) == 50
    assert work.lost == 0


def test_too_many_entries_are_counted_as_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_module, "MAX_ENTRIES", 10)
    work = encoded([decided(second, 1.0) for second in range(50)])
    work.bound()
    assert [entry.at_ns for entry in work.entries] == [at(second).wall_ns for second in range(40, 50)]
    assert work.lost == 40


TEXT = st.text(st.characters(exclude_categories=()))  # with halves of characters, as broken devices send them


@given(TEXT, TEXT)
def test_no_text_can_stop_the_journal(name: str, text: str) -> None:
    found = told(Decided(name, 1.0, Cause(Level.RULE, text, ((text, text),)), at(0)))
    assert found is not None
    data: dict[str, Any] = found[1].data()
    assert data["target"] == 1.0
    assert data["cause"]["rule"] == text.encode("utf-8", "replace").decode()


@given(st.sampled_from(Level), st.text(), st.lists(st.tuples(st.text(), st.text())), st.lists(st.text()))
def test_a_cause_comes_back_as_it_was(level: Level, rule: str, values: list[tuple[str, str]], chain: list[str]) -> None:
    cause = Cause(level, rule, tuple(values), tuple(chain))
    found = told(Decided("x", 1.0, cause, at(0)))
    assert found is not None
    assert cause_of(found[1].data()["cause"]) == cause
    assert cause_of(cause_data(cause)) == cause
