from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from controller.core.plan import Plan
from controller.web.setpoint_lines import MOST_STEPS, setpoints_over
from tests.core.writing import GIMJE, period, sensor, setpoint, switch

PLAN = Plan(
    GIMJE,
    (sensor("outside.radiation"),),
    (switch("heater"),),
    periods=(period("night", "18:00 .. 06:00"), period("day", "06:00 .. 18:00")),
    setpoints=(
        setpoint("heat", {"night": "16 °C", "day": "20 °C"}, ramp=2 / 3600),
        setpoint("bonus", "2 K * clamp(outside.radiation / 800 W/m², 0, 1)"),
    ),
)
MIDNIGHT = round(datetime(2026, 6, 21, tzinfo=ZoneInfo("Asia/Seoul")).timestamp())


def day(every: int) -> list[int]:
    return list(range(MIDNIGHT, MIDNIGHT + 86400, every))


def test_periods_and_ramps_come_out_as_in_the_house() -> None:
    times = day(600)
    lines = setpoints_over(PLAN, times, {"outside.radiation": [400.0] * len(times)})
    at = dict(zip(times, lines["heat"], strict=True))
    assert at[MIDNIGHT] == 16  # the ramp of the evening before is over
    assert at[MIDNIGHT + 7 * 3600] == pytest.approx(18, abs=0.4)
    assert at[MIDNIGHT + 12 * 3600] == 20
    assert set(lines["bonus"]) == {1.0}


def test_what_was_not_measured_is_not_known() -> None:
    times = day(3600)
    values: list[float | None] = [None] * 12 + [800.0] * 12
    bonus = setpoints_over(PLAN, times, {"outside.radiation": values})["bonus"]
    assert bonus[12:] == [2.0] * 12


def test_a_long_time_takes_no_more_steps_than_a_chart_needs() -> None:
    times = day(60)
    heat = setpoints_over(PLAN, times, {})["heat"]
    assert len(heat) == len(times)
    assert len({id(value) for value in heat}) <= MOST_STEPS
