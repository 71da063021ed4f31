"""Sequence numbers, births, deaths and the state of the host."""

from __future__ import annotations

import orjson
import pytest

from controller.uplink.sparkplug.codec import Metric, Type, decode
from controller.uplink.sparkplug.session import Host, Session


def metric(value: float) -> dict[str, Metric]:
    return {"a": Metric("a", value, Type.DOUBLE, 1)}


def test_the_sequence_begins_with_the_birth_and_wraps() -> None:
    session = Session(256 + 7)
    born = decode(session.birth(metric(0.0), 5))
    assert (born.seq, born.timestamp) == (0, 5)
    assert [m.name for m in born.metrics] == ["bdSeq", "Node Control/Rebirth", "a"]
    assert born.metrics[0].value == 7
    numbers = []
    for value in range(1, 300):
        said = session.news(metric(float(value)), 6)
        assert said is not None
        numbers.append(decode(said).seq)
    assert numbers == [value % 256 for value in range(1, 300)]
    assert decode(session.birth(metric(0.0), 7)).seq == 0
    assert decode(session.birth(metric(0.0), 7)).metrics[0].value == 7


def test_a_death_has_the_number_of_its_birth_and_no_other() -> None:
    death = decode(Session(41).death())
    assert (death.seq, [(m.name, m.value, m.type) for m in death.metrics]) == (None, [("bdSeq", 41, Type.INT64)])


def test_only_what_has_changed_is_news() -> None:
    session = Session(0)
    present = {**metric(1.0), "b": Metric("b", "x", Type.STRING, 1)}
    session.birth(present, 1)
    later = {name: Metric(m.name, m.value, m.type, 9) for name, m in present.items()}
    assert session.news(later, 9) is None
    later["b"] = Metric("b", "y", Type.STRING, 9)
    said = session.news(later, 9)
    assert said is not None
    assert [(m.name, m.value) for m in decode(said).metrics] == [("b", "y")]


def state(online: object, at: object) -> bytes:
    return orjson.dumps({"online": online, "timestamp": at})


@pytest.mark.parametrize("nonsense", [b"ONLINE", b"{}", b"[]", b"1", state("yes", 5), state(True, "5"), b"\xff"])
def test_only_a_state_that_is_one_counts(nonsense: bytes) -> None:
    host = Host()
    host.hear(nonsense)
    assert host.online is None


def test_an_old_death_of_the_host_does_not_end_its_new_life() -> None:
    host = Host()
    host.hear(state(True, 20))
    host.hear(state(False, 10))
    assert host.online is True
    host.hear(state(False, 20))
    assert host.online is False
