from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from controller.core.plan import Plan, SettingPlan
from controller.model.units import UNITS
from controller.web.setpoint_lines import ALWAYS, MOST_STEPS, Era, setpoints_over
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
    lines = setpoints_over([Era(ALWAYS, PLAN)], times, {"outside.radiation": [400.0] * len(times)})
    at = dict(zip(times, lines["heat"], strict=True))
    assert at[MIDNIGHT] == 16  # the ramp of the evening before is over
    assert at[MIDNIGHT + 7 * 3600] == pytest.approx(18, abs=0.4)
    assert at[MIDNIGHT + 12 * 3600] == 20
    assert set(lines["bonus"]) == {1.0}


def test_what_was_not_measured_is_not_known() -> None:
    times = day(3600)
    values: list[float | None] = [None] * 12 + [800.0] * 12
    bonus = setpoints_over([Era(ALWAYS, PLAN)], times, {"outside.radiation": values})["bonus"]
    assert bonus[12:] == [2.0] * 12


def test_a_long_time_takes_no_more_steps_than_a_chart_needs() -> None:
    times = day(60)
    heat = setpoints_over([Era(ALWAYS, PLAN)], times, {})["heat"]
    assert len(heat) == len(times)
    assert len({id(value) for value in heat}) <= MOST_STEPS


WARMER = replace(
    PLAN, setpoints=(setpoint("heat", {"night": "18 °C", "day": "23 °C"}, ramp=2 / 3600), setpoint("new", "5 °C"))
)
NOON = MIDNIGHT + 12 * 3600


def test_each_time_has_the_setpoints_of_the_rules_that_were_in_force_then() -> None:
    times = day(600)
    lines = setpoints_over([Era(ALWAYS, PLAN), Era(NOON, WARMER)], times, {"outside.radiation": [400.0] * len(times)})
    before, after = times.index(NOON) - 1, times.index(NOON)
    assert (lines["heat"][before], lines["bonus"][before], lines["new"][before]) == (20, 1, None)
    assert (lines["bonus"][after], lines["new"][after]) == (None, 5)
    assert lines["heat"][after + 18 : after + 30] == [23] * 12
    alone = setpoints_over([Era(ALWAYS, PLAN)], times, {"outside.radiation": [400.0] * len(times)})
    assert lines["heat"][: before + 1] == alone["heat"][: before + 1]


def test_new_rules_take_over_where_the_old_ones_were() -> None:
    """As the house does: a setpoint that only looks different goes on with its ramp."""
    times, dawn = day(600), MIDNIGHT + 7 * 3600  # half way up
    values = {"outside.radiation": [400.0] * len(times)}
    same = replace(PLAN, setpoints=(PLAN.setpoints[0],))
    lines = setpoints_over([Era(ALWAYS, PLAN), Era(dawn, same)], times, values)
    assert lines["heat"] == setpoints_over([Era(ALWAYS, PLAN)], times, values)["heat"]


def test_what_was_in_force_before_is_not_made_up() -> None:
    times = day(600)
    heat = setpoints_over([Era(NOON, PLAN)], times, {})["heat"]
    assert heat[: times.index(NOON)] == [None] * times.index(NOON)
    assert heat[times.index(NOON)] == 20
    gap = setpoints_over([Era(ALWAYS, PLAN), Era(NOON, None), Era(NOON + 3600, PLAN)], times, {})["heat"]
    assert [gap[times.index(NOON) + step] for step in (-1, 0, 5, 6)] == [20, None, None, 20]


def test_a_number_that_a_device_is_told_is_no_setpoint() -> None:
    feed = SettingPlan("feed", "mixer.ec", UNITS["mS/cm"], 0.5, 4.0, 1.5, 0.05)
    assert "feed" not in setpoints_over([Era(ALWAYS, replace(PLAN, settings=(feed,)))], day(3600), {})
