"""Decisions without I/O: planning of reads, the schedule, number formats, profiles."""

from __future__ import annotations

import math

import pytest

from controller.model.time import NS, Instant
from drivers.modbus.plan import MOST_WORDS, Span, merge
from drivers.modbus.schedule import (
    COMMANDS_IN_A_ROW,
    LONGEST_BACKOFF,
    LOST_AFTER,
    PROBE_SHARE,
    Cost,
    Rest,
    Schedule,
    Slot,
    Turn,
    Work,
)
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


def poll(who: int) -> Turn:
    return Turn(who, Work.POLL)


def command(who: int) -> Turn:
    return Turn(who, Work.COMMAND)


def test_due_polls_take_turns_and_commands_go_first() -> None:
    schedule = Schedule([Slot(5.0), Slot(5.0)])
    assert schedule.pick(at(0), 0) == poll(0)
    schedule.polled(0, at(0))
    assert schedule.pick(at(0), 0) == poll(1)
    schedule.slots[0].fresh = 1
    assert schedule.pick(at(0), 0) == command(0)
    schedule.slots[0].fresh = None
    schedule.polled(1, at(0))
    assert schedule.pick(at(1), 0) == Rest(4.0, None)


def test_commands_begin_in_the_order_of_their_coming_before_others_are_confirmed() -> None:
    schedule = Schedule([Slot(5.0), Slot(5.0), Slot(5.0)])
    schedule.slots[0].confirm_at, schedule.slots[0].fresh = 0.0, 9
    schedule.slots[1].confirm_at = -1.0
    schedule.slots[2].fresh = 8
    assert schedule.pick(at(0), 0) == command(2)
    schedule.slots[2].fresh = None
    assert schedule.pick(at(0), 0) == command(0)
    schedule.slots[0].fresh = None
    assert schedule.pick(at(0), 0) == Turn(1, Work.CONFIRM)
    schedule.slots[1].confirm_at = 0.3
    assert schedule.pick(at(0), 0) == Turn(0, Work.CONFIRM)
    schedule.slots[0].confirm_at = None
    assert schedule.pick(at(0), 0) == poll(0)  # what is paused keeps nobody waiting


def test_a_paused_command_is_resumed_in_time() -> None:
    schedule = Schedule([Slot(5.0)])
    schedule.polled(0, at(0))
    schedule.slots[0].confirm_at = 10.3
    rest = schedule.pick(at(0), 10.0)
    assert isinstance(rest, Rest)
    assert rest.real == pytest.approx(0.3)
    assert schedule.pick(at(0), 10.31) == Turn(0, Work.CONFIRM)


def test_a_flood_of_commands_lets_polls_through() -> None:
    schedule = Schedule([Slot(5.0), Slot(5.0)])
    schedule.slots[0].fresh = 1
    turns = [schedule.pick(at(0), 0) for _ in range(COMMANDS_IN_A_ROW + 2)]
    assert turns.count(command(0)) == COMMANDS_IN_A_ROW + 1
    assert turns[COMMANDS_IN_A_ROW] == poll(0)


def test_settling_devices_let_others_go_first() -> None:
    schedule = Schedule([Slot(1.0, settle=0.05), Slot(1.0)])
    schedule.used(0, 10.0)
    assert schedule.pick(at(0), 10.0) == poll(1)
    schedule.polled(1, at(0))
    rest = schedule.pick(at(0), 10.0)
    assert isinstance(rest, Rest)
    assert rest.real == pytest.approx(0.05)
    assert schedule.pick(at(0), 10.06) == poll(0)


def test_a_line_that_cannot_keep_up_serves_all_alike() -> None:
    schedule = Schedule([Slot(0.001) for _ in range(5)])
    served = [0] * 5
    for step in range(500):
        turn = schedule.pick(at(step * 0.04), step * 0.04)
        assert isinstance(turn, Turn)
        served[turn.who] += 1
        schedule.polled(turn.who, at((step + 1) * 0.04))
    assert max(served) - min(served) <= 1


def _hour(slots: list[Slot], dead: set[int], speed: float = 1.0) -> tuple[float, list[int]]:
    """An hour of real time on a line: the share of it that went to the dead, and how often each device was polled."""
    schedule = Schedule(slots)
    now, wasted, polls = 0.0, 0.0, [0] * len(slots)
    while now < 3600:
        turn = schedule.pick(at(now * speed), now)
        if isinstance(turn, Rest):
            now += min([turn.clock / speed] if turn.clock is not None else [], default=1e9) + 1e-6
        elif turn.who in dead:
            now += 0.3
            wasted += 0.3
            schedule.failed(turn.who, at(now * speed), now, Cost(0.3 * speed, 0.3))
        else:
            now += 0.03
            polls[turn.who] += 1
            schedule.answered(turn.who)
            schedule.polled(turn.who, at(now * speed))
    return wasted / 3600, polls


@pytest.mark.parametrize("speed", [1.0, 600.0])
@pytest.mark.parametrize("dead", [{0}, {0, 3, 6}, set(range(10))])
def test_the_dead_cost_a_full_line_little(dead: set[int], speed: float) -> None:
    """Whether one is dead or half of them, and whether the clock is the real one or runs fast."""
    wasted, polls = _hour([Slot(0.1) for _ in range(20)], dead, speed)
    living = [count for who, count in enumerate(polls) if who not in dead]
    found_out = len(dead) * LOST_AFTER * 0.3 / 3600
    assert wasted < 1 / PROBE_SHARE + found_out
    assert max(living) - min(living) <= 1
    assert min(living) > 0.96 * 3600 / (0.03 * len(living))


def test_a_line_with_time_probes_the_dead_at_leisure() -> None:
    schedule = Schedule([Slot(5.0), Slot(5.0)])
    for _ in range(LOST_AFTER):
        schedule.failed(0, at(0), 0.0, Cost(0.3, 0.3))
    schedule.answered(1)
    schedule.polled(1, at(0))
    assert schedule.pick(at(1.0), 1.0) == poll(0)  # the other one is due in 4 s only
    assert schedule.pick(at(4.9), 4.9) != poll(0)  # and now it has but 0.1 s left


def test_back_off_grows_to_a_limit_and_ends_with_an_answer() -> None:
    schedule, cost = Schedule([Slot(5.0)]), Cost(0.3, 0.3)
    lost = [schedule.failed(0, at(0), 0.0, cost) for _ in range(LOST_AFTER)]
    assert lost == [False] * (LOST_AFTER - 1) + [True]
    for _ in range(10):
        assert not schedule.failed(0, at(0), 0.0, cost)
    assert schedule.slots[0].backoff == LONGEST_BACKOFF
    schedule.postponed(0, at(0))
    assert schedule.slots[0].backoff == LONGEST_BACKOFF
    assert schedule.answered(0)
    assert not schedule.answered(0)
    assert schedule.slots[0].backoff == 0


def test_gone_is_said_once() -> None:
    schedule = Schedule([Slot(5.0)])
    assert schedule.gone(0)
    assert not schedule.gone(0)
    assert schedule.pick(at(0), 0) == poll(0)


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
