import time

import pytest

from controller.app.clock import ScaledClock, SystemClock, parse_clock
from controller.model.time import NS


def test_the_text_of_a_clock_gives_the_same_clock() -> None:
    clock = ScaledClock(600.0, 1_780_000_000_250_000_000, 1_781_560_800 * NS)
    assert str(clock) == "600@1780000000.25=1781560800"
    assert parse_clock(str(clock)) == clock


def test_two_clocks_of_one_text_show_the_same_time() -> None:
    text = f"600@{time.time():.3f}=1781560800"
    first, second = parse_clock(text), parse_clock(text)
    a, b, c = first.now(), second.now(), first.now()
    slack = NS  # a second of simulated time: each process joins wall and monotonic time once, a moment apart
    assert a.wall_ns - slack <= b.wall_ns <= c.wall_ns + slack


def test_simulated_time_runs_speed_times_as_fast() -> None:
    clock = ScaledClock(10.0, time.time_ns(), 1_000 * NS)
    assert clock.real_seconds(5.0) == 0.5
    before, real = clock.now(), time.monotonic_ns()
    while time.monotonic_ns() - real < 1_000_000:
        pass
    after = clock.now()
    assert after.mono_ns - before.mono_ns >= 10 * 1_000_000
    assert after.wall_ns - before.wall_ns == after.mono_ns - before.mono_ns


@pytest.mark.parametrize("text", ["", "system"])
def test_the_system_clock_is_the_default(text: str) -> None:
    assert isinstance(parse_clock(text), SystemClock)


@pytest.mark.parametrize("text", ["fast", "0@1=2", "60@=1", "-1@1=1", "60@1=1 "])
def test_what_is_no_clock_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a clock"):
        parse_clock(text)
