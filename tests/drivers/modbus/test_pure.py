"""Decisions without I/O: planning of reads, the schedule, number formats, profiles."""

from __future__ import annotations

import math

import pytest

from controller.model.errors import ConfigError
from controller.model.time import NS, Instant
from drivers.modbus import profile
from drivers.modbus.plan import MOST_WORDS, Span, merge
from drivers.modbus.schedule import COMMANDS_IN_A_ROW, LONGEST_BACKOFF, LOST_AFTER, Rest, Schedule, Slot, Turn
from drivers.modbus.values import Order, Type, decode, encode


def at(seconds: float) -> Instant:
    return Instant(round(seconds * NS), 0)


@pytest.mark.parametrize(
    ("spans", "gaps", "reads"),
    [
        ([Span(4, 1, 1), Span(4, 2, 1)], (), [Span(4, 1, 2)]),
        ([Span(4, 2, 1), Span(4, 1, 1), Span(4, 1, 1)], (), [Span(4, 1, 2)]),
        ([Span(3, 1, 1), Span(4, 2, 1)], (), [Span(3, 1, 1), Span(4, 2, 1)]),
        ([Span(3, 0, 2), Span(3, 4, 2)], (), [Span(3, 0, 6)]),
        ([Span(3, 0, 2), Span(3, 4, 2)], ((2, 3),), [Span(3, 0, 2), Span(3, 4, 2)]),
        ([Span(3, 0, 2), Span(3, 4, 2)], ((3, 3),), [Span(3, 0, 2), Span(3, 4, 2)]),
        ([Span(3, 0, 1), Span(3, 100, 1)], (), [Span(3, 0, 1), Span(3, 100, 1)]),
        ([Span(3, i, 1) for i in range(130)], (), [Span(3, 0, MOST_WORDS), Span(3, MOST_WORDS, 5)]),
        ([Span(3, 203, 10), Span(3, 206, 3)], (), [Span(3, 203, 10)]),
    ],
)
def test_merge(spans: list[Span], gaps: tuple[tuple[int, int], ...], reads: list[Span]) -> None:
    assert list(merge(spans, gaps)) == reads


def test_due_polls_take_turns_and_commands_go_first() -> None:
    schedule = Schedule([Slot(5.0), Slot(5.0)])
    assert schedule.pick(at(0), 0) == Turn(0, False)
    schedule.polled(0, at(0))
    assert schedule.pick(at(0), 0) == Turn(1, False)
    schedule.slots[0].commanded = True
    assert schedule.pick(at(0), 0) == Turn(0, True)
    schedule.slots[0].commanded = False
    schedule.polled(1, at(0))
    assert schedule.pick(at(1), 0) == Rest(4.0, None)


def test_a_flood_of_commands_lets_polls_through() -> None:
    schedule = Schedule([Slot(5.0), Slot(5.0)])
    schedule.slots[0].commanded = True
    turns = [schedule.pick(at(0), 0) for _ in range(COMMANDS_IN_A_ROW + 2)]
    assert turns.count(Turn(0, True)) == COMMANDS_IN_A_ROW + 1
    assert turns[COMMANDS_IN_A_ROW] == Turn(0, False)


def test_settling_devices_let_others_go_first() -> None:
    schedule = Schedule([Slot(1.0, settle=0.05), Slot(1.0)])
    schedule.used(0, 10.0)
    assert schedule.pick(at(0), 10.0) == Turn(1, False)
    schedule.polled(1, at(0))
    rest = schedule.pick(at(0), 10.0)
    assert isinstance(rest, Rest)
    assert rest.real == pytest.approx(0.05)
    assert schedule.pick(at(0), 10.06) == Turn(0, False)


def test_a_line_that_cannot_keep_up_serves_all_alike() -> None:
    schedule = Schedule([Slot(0.001) for _ in range(5)])
    served = [0] * 5
    for step in range(500):
        turn = schedule.pick(at(step * 0.04), step * 0.04)
        assert isinstance(turn, Turn)
        served[turn.who] += 1
        schedule.polled(turn.who, at((step + 1) * 0.04))
    assert max(served) - min(served) <= 1


def test_the_dead_cost_the_living_little() -> None:
    """An hour on a line where one of two devices is dead: it takes less than 2 % of the time."""
    schedule = Schedule([Slot(5.0), Slot(5.0)])
    now, wasted = 0.0, 0.0
    while now < 3600:
        turn = schedule.pick(at(now), now)
        if isinstance(turn, Rest):
            assert turn.clock is not None
            now += turn.clock + 1e-6
        elif turn.who == 0:
            now += 0.3
            wasted += 0.3
            schedule.failed(0, at(now), 0.3)
        else:
            now += 0.03
            schedule.answered(1)
            schedule.polled(1, at(now))
    assert wasted / 3600 < 0.02


def test_back_off_grows_to_a_limit_and_ends_with_an_answer() -> None:
    schedule = Schedule([Slot(5.0)])
    assert [schedule.failed(0, at(0), 0.3) for _ in range(LOST_AFTER)] == [False] * (LOST_AFTER - 1) + [True]
    for _ in range(10):
        assert not schedule.failed(0, at(0), 0.3)
    assert schedule.slots[0].backoff == LONGEST_BACKOFF
    assert schedule.answered(0)
    assert not schedule.answered(0)
    assert schedule.slots[0].backoff == 0


def test_gone_is_said_once() -> None:
    schedule = Schedule([Slot(5.0)])
    assert schedule.gone(0)
    assert not schedule.gone(0)
    assert schedule.pick(at(0), 0) == Turn(0, False)


def test_ks_float_golden_vectors() -> None:
    assert encode(28.8, "f32", "CDAB") == (0x6666, 0x41E6)
    assert decode((0x6666, 0x41E6), "f32", "CDAB") == pytest.approx(28.8, abs=1e-5)
    assert decode((0x970A, 0x41DF), "f32", "CDAB") == pytest.approx(27.95, abs=0.005)
    assert decode((0xD47A, 0x43E8), "f32", "CDAB") == pytest.approx(465.66, abs=0.005)


@pytest.mark.parametrize("order", ["ABCD", "CDAB", "BADC", "DCBA"])
@pytest.mark.parametrize(("kind", "number"), [("f32", -12.5), ("i32", -70000), ("u32", 4_000_000_000), ("i16", -40)])
def test_numbers_survive_every_order(kind: Type, number: float, order: Order) -> None:
    assert decode(encode(number, kind, order), kind, order) == number


def test_signs_and_flags() -> None:
    assert decode((0xFF9C,), "i16") == -100
    assert decode((7,), "bool") == 1
    assert math.isnan(decode((0x0000, 0x7FC0), "f32", "CDAB"))


@pytest.mark.parametrize("name", profile.names())
def test_profiles_are_valid_and_name_their_source(name: str) -> None:
    known = profile.load(name)
    assert known.source
    assert known.sources


# what each profile makes of the words its device sends: profile, name, words, value
DEVICES = [
    ("xy-md02", "temperature", (0xFF9C,), -10.0),
    ("xy-md02", "humidity", (552,), 55.2),
    ("senseair-s8", "co2", (812,), 812.0),
    ("jxct-soil-7in1", "water_content", (314,), 31.4),
    ("jxct-soil-7in1", "ph", (655,), 6.55),
    ("npk-soil-7in1", "temperature", (0xFFF6,), -1.0),
    ("renke-wind-speed", "wind_speed", (123,), 12.3),
    ("vaisala-gmp252", "co2", (0xD47A, 0x43E8), 465.66),
    ("apogee-sq-422x", "ppfd", (0x44BB, 0x8000), 1500.0),
]


@pytest.mark.parametrize(("name", "source", "words", "value"), DEVICES)
def test_profiles_decode_what_their_devices_send(name: str, source: str, words: tuple[int, ...], value: float) -> None:
    register = profile.load(name).sources[source]
    assert isinstance(register, profile.Register)
    number = decode(words, register.type, register.order) * register.scale + register.offset
    assert number == pytest.approx(value, abs=0.005)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: x\nsource: y\nregisters: {a: {adress: 1}}", "adress"),
        ("title: x\nsource: y\nregisters: {a: {address: 1, unit: grad}}", "there is no unit"),
        ("title: x\nsource: y\nregisters: {a: {address: 1, function: 1}}", "bool"),
        ("title: x\nsource: y\nsettle: 5 parsec", "parsec"),
        ("title: [", "not YAML"),
    ],
)
def test_wrong_profiles_say_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as error:
        profile.parse(text, "wrong.yaml")
    assert "wrong.yaml" in str(error.value)
