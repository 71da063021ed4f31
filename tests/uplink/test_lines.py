"""The lines of every kind of event, read back by a parser that knows nothing of the writer."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.model.commands import Cause, Level
from controller.model.events import Alarmed, AlarmState, Decided, Event, Measured, Moved, Noted
from controller.model.points import Quality
from controller.store.work import Encoder, Work
from controller.uplink.lines import LineWriter, clean, one_line
from tests.store.events import CAUSE, at, commanded, decided, moved, reading
from tests.uplink.protocol import Point, parse

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
FLOATS = st.floats(allow_nan=True, allow_infinity=True)


def points(events: list[Event], site: str = "Gimje house 1", units: dict[str, str] | None = None) -> list[Point]:
    encoder, work, writer = Encoder(), Work(), LineWriter(site, units or {})
    encoder.encode(events, work)
    lines, nameless = writer.samples(bytes(work.samples), encoder.series)
    assert not nameless
    return [parse(line) for line in [*lines, *map(writer.entry, work.entries)]]


def test_a_reading() -> None:
    tags = {"point": "air.temperature", "site": "Gimje house 1", "unit": "°C"}
    assert points([reading(0, 21.5)]) == [Point("reading", tags, {"value": 21.5, "quality": 0}, at(0).wall_ns)]


def test_a_position() -> None:
    tags = {"actuator": "roof_vent", "site": "Gimje house 1"}
    assert points([moved(1, 35.0)]) == [Point("actuator", tags, {"position": 35.0}, at(1).wall_ns)]


def test_a_decision_with_its_cause() -> None:
    tags = {"actuator": "roof_vent", "site": "Gimje house 1"}
    fields = {
        "target": 60.0,
        "level": "rule",
        "rule": "Heat",
        "inputs": "air.temperature = 15.2 °C",
        "chain": "held at 5 % by Storm",
    }
    assert points([decided(2, 60.0)]) == [Point("decision", tags, fields, at(2).wall_ns)]


def test_a_command_with_its_cause() -> None:
    [point] = points([commanded(3)])
    assert (point.measurement, point.tags) == ("command", {"actuator": "heater", "site": "Gimje house 1"})
    assert point.fields["verb"] == "on"
    assert (point.fields["output"], point.fields["id"], point.fields["seconds"]) == ("heater.relay", 7, 60.0)
    assert point.fields["rule"] == "Heat"


def test_an_alarm_and_a_note() -> None:
    alarm, note = points([Alarmed("Frost", AlarmState.RAISED, "critical", "2 °C", at(4)), Noted("valve", "why", at(5))])
    tags = {"alarm": "Frost", "priority": "critical", "site": "Gimje house 1"}
    assert alarm == Point("alarm", tags, {"state": "raised", "text": "2 °C"}, at(4).wall_ns)
    assert note == Point("note", {"subject": "valve", "site": "Gimje house 1"}, {"text": "why"}, at(5).wall_ns)


@pytest.mark.parametrize("nothing", [math.nan, math.inf, -math.inf])
def test_no_value_is_not_a_wrong_value(nothing: float) -> None:
    [point] = points([reading(0, nothing, quality=Quality.BAD)])
    assert point.fields == {"quality": 2}
    [position] = points([moved(0, nothing)])
    assert position.fields == {"known": False}
    [decision] = points([decided(0, nothing)])
    assert "target" not in decision.fields


def test_the_unit_is_the_sites_own_word_or_the_names() -> None:
    names = [reading(0, 1.0, "odd"), reading(0, 1.0, "leaf.humidity_2"), reading(0, 1.0, "probe")]
    units = [point.tags.get("unit") for point in points(list(names), units={"odd": "mS/cm"})]
    assert units == ["mS/cm", "%", None]


@given(TEXT, TEXT, FLOATS, st.sampled_from(Quality), st.integers(0, 10**9))
def test_any_reading_arrives_as_it_was(site: str, name: str, value: float, quality: Quality, second: int) -> None:
    [point] = points([Measured(name, value, quality, at(second))], site, {name: "°C"})
    expected = {"point": clean(name), "site": clean(site), "unit": "°C"}
    assert point.tags == {tag: text for tag, text in expected.items() if text}
    assert point.fields["quality"] == quality
    assert point.fields.get("value") == (value if math.isfinite(value) else None)
    assert point.at_ns == at(second).wall_ns


@given(TEXT, TEXT, TEXT, st.lists(st.tuples(TEXT, TEXT), max_size=3), st.lists(TEXT, max_size=3))
def test_any_text_arrives_as_it_was(
    site: str, name: str, rule: str, values: list[tuple[str, str]], chain: list[str]
) -> None:
    cause = Cause(Level.SAFETY, rule, tuple(values), tuple(chain))
    events = [Decided(name, 5.0, cause, at(0)), Noted(name, rule, at(1)), Moved(name, 5.0, at(2))]
    if not rule:
        events.pop(1)  # a note without a text is none
    found = {point.measurement: point for point in points(list(events), site)}
    assert found["decision"].fields.get("rule", "") == one_line(rule)
    assert found["decision"].fields.get("inputs", "") == one_line(", ".join(f"{a} = {b}" for a, b in values))
    assert found["decision"].fields.get("chain", "") == one_line("; ".join(chain))
    assert found["actuator"].tags.get("actuator", "") == clean(name)
    assert all(point.tags.get("site", "") == clean(site) for point in found.values())


@given(TEXT)
def test_a_tag_keeps_all_that_a_tag_can_hold(text: str) -> None:
    kept = clean(text)
    assert clean(kept) == kept
    if not any(ord(character) < 32 or character in "\\\x7f" for character in text):
        assert kept == text.strip()


def test_a_sample_whose_name_is_lost_is_told_apart() -> None:
    work = Work()
    Encoder().encode([reading(0, 1.5), reading(1, 2.5)], work)
    lines, nameless = LineWriter("x", {}).samples(bytes(work.samples), {})
    assert lines == []
    assert nameless[0].startswith("series 1: 1.5 at ")


def test_the_cause_is_the_one_of_the_model() -> None:
    assert CAUSE.sentence() == "rule: Heat (air.temperature = 15.2 °C); held at 5 % by Storm"
