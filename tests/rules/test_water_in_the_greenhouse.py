"""Irrigation against the crop, the slab and the pipes of the simulated greenhouse."""

from __future__ import annotations

from itertools import pairwise
from statistics import fmean
from typing import Any

import pytest

from controller.core.plan import IrrigationPlan, SetPlan, SumPlan
from controller.rules.parser import Text, parse_window
from controller.rules.tree import DayTime
from tests.core.writing import alarm, drive, expression, rounds, setpoint

from .grown import Grown

SUMMER = "2026-06-21"
SUNRISE, SUNSET = 5.28, 19.87
VENT = drive("Vent", "roof_vent", "air.temperature", "22 °C", "6 K")
THIRST = SumPlan("thirst", expression("air.vpd"))
DAYTIME = "sunrise + 1 h .. sunset - 2 h"


def times(*texts: str) -> tuple[DayTime, ...]:
    return tuple(parse_window(Text(f"{text} .. 23:59")).start for text in texts)


def pauses(starts: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(starts)]


def watered(*irrigation: IrrigationPlan, days: float = 0.9, **more: Any) -> Grown:
    return Grown(SUMMER, rules=(VENT,), irrigation=irrigation, **more).days(days)


def test_water_by_what_the_air_takes_up_and_a_longest_pause_when_its_sensor_fails() -> None:
    start = "thirst since last start > 1 kPa·h or 2 h since last start"
    by_thirst = rounds("By VPD", "irrigation_a", start, "3 min", window=DAYTIME)
    grown = watered(by_thirst, days=13 / 24, sums=(THIRST,))
    before = grown.starts("irrigation_a")
    assert before[0] == pytest.approx(SUNRISE + 1, abs=0.1), "the first round, relative to sunrise"
    assert min(pauses(before)) > 0.3
    assert max(pauses(before)[1:]) < 1.5, "long before the pause is over"
    assert min(pauses(before)) < 0.7 * max(pauses(before)), "a dry noon asks for more"
    grown.lost.add("air.humidity")
    grown.days(8 / 24)
    after = [start for start in grown.starts("irrigation_a") if start > 13.3]
    assert pauses(after) == [pytest.approx(2, abs=0.05)] * (len(after) - 1)
    assert len(after) == 2
    assert max(grown.starts("irrigation_a")) < SUNSET - 2
    assert min(grown.seen["slab_a.water_content"]) > 50
    causes = grown.house.notes("By VPD")
    assert any(note.startswith("round started (thirst since last start = 1 kPa·h") for note in causes)


def test_water_by_the_clock_and_the_sun() -> None:
    list_of_times = times("sunrise + 1 h", "08:00", "10:00", "11:30", "13:00", "14:30", "sunset - 4 h")
    listed = IrrigationPlan("List", "irrigation_a", None, None, 240.0, times=list_of_times)
    grown = watered(listed, days=1.5)
    wanted = [SUNRISE + 1, 8, 10, 11.5, 13, 14.5, SUNSET - 4]
    starts = grown.starts("irrigation_a")
    assert starts == pytest.approx([*wanted, *(hour + 24 for hour in wanted[:4])], abs=0.05)
    assert set(grown.house.times_on("irrigation_a")) == {240.0}
    assert min(grown.seen["slab_a.water_content"]) > 50
    assert "start time = 08:00" in grown.house.notes("List")[2]


def test_water_by_the_slab_holds_its_water_content() -> None:
    by_slab = rounds("By slab", "irrigation_a", "slab_a.water_content < 65 %", "3 min", rest="20 min")
    grown = watered(by_slab)
    content = grown.between("slab_a.water_content", 7, 21)
    assert 64 < min(content) < max(content) < 71
    assert 4 <= len(grown.starts("irrigation_a")) <= 20
    assert min(pauses(grown.starts("irrigation_a"))) > 20 / 60


def test_litres_are_those_of_the_meter_even_where_the_line_gives_less() -> None:
    by_meter = {"volume": 60.0, "meter": "water.volume"}
    shots = rounds("Litres", "irrigation_a", "2 h since last start", "10 min", window="08:00 .. 18:00", **by_meter)
    grown = watered(shots, days=0)
    grown.water.flows["irrigation_a"] = 12 / 60  # half of what site.yaml says: filters are dirty
    grown.days(19 / 24)
    shares = grown.house.times_on("irrigation_a")
    assert len(shares) == 5
    assert shares == [pytest.approx(300, abs=45)] * 5  # litres, not minutes
    assert grown.water.litres == pytest.approx(5 * 60, rel=0.1)
    assert grown.house.alarms() == []


LIGHT = "radiation_sum since last start > dose or 4 h since last start"


def test_the_drain_of_the_day_shifts_the_dose() -> None:
    """Rounds that drain too much come further apart, those that drain too little closer together."""
    more = expression("120 J/cm² * ramp(drain_fraction, 20 %, 40 %)")
    less = expression("-60 J/cm² * ramp(drain_fraction, 15 %, 5 %)")
    drained: dict[tuple[str, bool], float] = {}
    for give in ("75 s", "5 min"):
        for fed_back in (False, True):
            dose = setpoint("dose", "120 J/cm²", corrections=(more, less) if fed_back else ())
            grown = watered(rounds("Light", "irrigation_a", LIGHT, give, window=DAYTIME), setpoints=(dose,))
            drained[give, fed_back] = 100 * grown.seen["slab_a.drain"][-1] / grown.water.through["irrigation_a"]
            assert min(grown.seen["slab_a.water_content"]) > 50
            assert 5 <= len(grown.starts("irrigation_a")) <= 40
    assert drained["75 s", False] < 12
    assert 12 < drained["75 s", True] < 25
    assert drained["5 min", True] < drained["5 min", False] - 10


CLOSED = "irrigation_a is closed"
LEAK = alarm("Leak", f"(water.flow > 1 L/min and {CLOSED}) for 2 min")
BLOCKED = alarm("Blocked line", "irrigation_a is open for 60 s and water.flow < 12 L/min")
BY_LIGHT = rounds(
    "Light", "irrigation_a", "radiation_sum since last start > 120 J/cm² or 3 h since last start", "4 min",
    window=DAYTIME, volume=90.0, meter="water.volume",
)  # fmt: skip


def raised(grown: Grown) -> set[str]:
    return {name for name in ("Leak", "Blocked line", "irrigation Light") if grown.house.alarm_states(name)}


def test_a_leak_and_a_blocked_line_are_told_from_the_flow_and_a_sound_line_is_not() -> None:
    grown = watered(BY_LIGHT, days=0.45, alarms=(LEAK, BLOCKED))
    assert len(grown.starts("irrigation_a")) >= 4
    assert raised(grown) == set()
    grown.water.leak = 3.0
    grown.days(1 / 24)
    assert raised(grown) == {"Leak"}
    grown.water.leak = 0.0
    grown.days(0.2 / 24)
    assert grown.house.alarms() == []
    grown.water.blocked.add("irrigation_a")
    grown.days(2 / 24)
    assert raised(grown) == {"Leak", "Blocked line", "irrigation Light"}
    assert any(note.startswith("gave only 0 L of 90 L") for note in grown.house.notes("Light"))
    assert max(grown.house.times_on("irrigation_a")) <= 241, "a blocked line is not watered for ever"
    grown.water.blocked.clear()
    grown.days(2 / 24)
    assert grown.house.alarms() == []


def test_the_feed_is_as_strong_as_light_and_slab_ask() -> None:
    """A slab that stands at 2.6 mS/cm is brought to 2.4, and less salt is given in strong sun."""
    by_light = "2.4 mS/cm - 0.4 mS/cm * ramp(outside.radiation, 300 W/m², 800 W/m²)"
    by_slab = "1.5 * (2.4 mS/cm - average(slab_a.ec, 30 min))"
    asked = expression(f"clamp({by_light} + {by_slab}, 0.8 mS/cm, 3 mS/cm)")
    water = rounds(
        "Light", "irrigation_a", "radiation_sum since last start > 70 J/cm² or 2 h since last start", "3 min",
        window=DAYTIME,
    )  # fmt: skip
    ends = []
    for feed in (expression("3.5 mS/cm"), asked):
        sets = (SetPlan("Feed", "nutrient_ec", feed),)
        grown = watered(water, days=1, settings=("nutrient_ec",), sets=sets)
        ends.append(fmean(grown.between("slab_a.ec", 18, 23)))
    assert ends[0] > 4
    assert abs(ends[1] - 2.4) < 0.1
    assert min(grown.between("nutrient_ec", 10, 13)) < 2.1
    assert grown.writes("nutrient_ec") <= 40
