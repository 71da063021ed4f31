"""Setpoints that move, and the least and most that a vent may open, against the simulated greenhouse."""

from __future__ import annotations

from itertools import pairwise

import pytest

from controller.core.plan import LimitPlan, SetpointPlan
from controller.rules.parser import Text
from tests.core.writing import drive, expression, period, rule, setpoint

from .grown import STEP, Grown

WINTER, MARCH, SPRING = "2026-01-15", "2026-03-15", "2026-04-15"
NIGHT_AND_DAY = (period("night", "16:00 .. 04:00"), period("day", "04:00 .. 16:00"))
HEAT = rule("Heat", "air.temperature < 17.5 °C", {"heater": "on"}, until="air.temperature > 18.5 °C")


def heated(goal: SetpointPlan) -> Grown:
    """A heater that is switched brings the air to a setpoint, from midnight to seven."""
    heat = rule("Heat", "air.temperature < goal - 0.3 K", {"heater": "on"}, until="air.temperature > goal + 0.1 K")
    return Grown(MARCH, periods=NIGHT_AND_DAY, setpoints=(goal,), rules=(heat,)).days(7 / 24)


def goal(**how: object) -> SetpointPlan:
    return setpoint("goal", {"night": "15 °C", "day": "19 °C"}, **how)


def steepest(values: list[float]) -> float:
    """The most by which something rose within half an hour."""
    steps = round(1800 / STEP)
    return max(later - earlier for earlier, later in zip(values, values[steps:], strict=False))


@pytest.mark.parametrize("how", [{"ramp": 2 / 3600}, {"over": 7200.0, "shape": "sine"}], ids=["linear", "sine"])
def test_the_air_follows_a_ramp_and_is_not_heated_all_at_once(how: dict[str, object]) -> None:
    grown, at_once = heated(goal(**how)), heated(goal())
    pairs = list(zip(grown.between("air.temperature", 2, 7), grown.between("goal", 2, 7), strict=True))
    assert all(abs(air - aimed) < 0.8 for air, aimed in pairs)
    assert max(abs(air - 19) for air, _ in pairs[-60:]) < 0.6
    halfway = grown.between("goal", 5 - 0.02, 5 + 0.02)
    assert halfway == pytest.approx([17] * len(halfway), abs=0.1)
    quarter = grown.between("goal", 4.5, 4.51)[0]
    assert quarter == pytest.approx(16 if "ramp" in how else 15.586, abs=0.1)  # 15 + 4 (1 - cos 45°) / 2
    assert steepest(grown.between("air.temperature", 3, 7)) < 0.6 * steepest(at_once.between("air.temperature", 3, 7))
    assert max(grown.seen["pipe.temperature"]) < max(at_once.seen["pipe.temperature"]) - 5
    assert grown.moves("heater") <= 12


BY_LIGHT = "2 K * ramp(outside.radiation, 200 W/m², 600 W/m²)"
BY_DAMP = "-1.5 K * ramp(average(air.humidity, 10 min), 70 %, 85 %)"
BY_WIND = "1 K * ramp(average(outside.wind_speed, 10 min), 3 m/s, 6 m/s)"
BY_SCREEN = "-1 K * (shade_screen / 100 %)"
CORRECTIONS = tuple(map(expression, (BY_LIGHT, BY_DAMP, BY_WIND, BY_SCREEN)))


def test_vents_follow_a_setpoint_that_light_damp_wind_and_a_screen_correct_within_a_cap() -> None:
    capped = setpoint(
        "goal",
        "22 °C",
        corrections=CORRECTIONS,
        correction_low=expression("-1 K"),
        correction_high=expression("1.5 K"),
    )
    shade = rule(
        "Shade",
        "outside.radiation > 800 W/m² for 5 min",
        {"shade_screen": "60 %"},
        until="outside.radiation < 650 W/m²",
    )
    vent = drive("Vent", "roof_vent", "air.temperature", "goal", "4 K")
    grown = Grown(SPRING, setpoints=(capped,), rules=(vent, shade, HEAT)).days(0.85)

    def ramp(value: float, start: float, end: float) -> float:
        return min(max((value - start) / (end - start), 0.0), 1.0)

    def mean(point: str, step: int) -> float:
        lately = grown.seen[point][max(step - 19, 0) : step + 1]
        return sum(lately) / len(lately)

    capped_above = capped_below = 0
    for step in range(40, len(grown.seen["air.temperature"])):
        parts = (
            2 * ramp(grown.seen["outside.radiation"][step], 200, 600),
            -1.5 * ramp(mean("air.humidity", step), 70, 85),
            ramp(mean("outside.wind_speed", step), 3, 6),
            -grown.stood["shade_screen"][step] / 100,
        )
        capped_above += sum(parts) > 1.5
        capped_below += sum(parts) < -1
        assert grown.aimed["goal"][step] == pytest.approx(22 + min(max(sum(parts), -1), 1.5), abs=0.25)
    assert capped_above > 60
    assert capped_below > 60
    noon = zip(grown.between("air.temperature", 9, 16), grown.between("goal", 9, 16), strict=True)
    assert all(-0.7 < air - aimed < 4 for air, aimed in noon), "inside the P-band that begins at the setpoint"
    assert grown.moves("roof_vent") <= 150


def test_a_vent_stays_between_its_least_and_its_most_opening() -> None:
    low, high = "5 % * ramp(outside.radiation, 50 W/m², 51 W/m²)", "40 %"
    free = drive("Vent", "roof_vent", "air.temperature", "21 °C", "3 K")
    bound = drive("Vent", "roof_vent", "air.temperature", "21 °C", "3 K", low=expression(low), high=expression(high))
    warmth = []
    for vent in (free, bound):
        grown = Grown(SPRING, rules=(vent, HEAT)).days(0.7)
        warmth.append(max(grown.seen["air.temperature"]))
    light = [radiation > 60 for radiation in grown.seen["outside.radiation"]]
    settled = [all(light[max(step - 4, 0) : step + 1]) for step in range(len(light))]
    stood = grown.where("roof_vent", settled)
    assert min(stood) > 4
    assert 37 < max(stood) < 41
    assert max(grown.stood["roof_vent"][: round(5 * 3600 / STEP)]) == 0  # no least opening at night
    assert warmth[0] + 0.5 < warmth[1] < 32  # what is held back is missing
    assert grown.moves("roof_vent") <= 60


def test_a_frost_lock_keeps_vents_shut_that_would_dry_the_air() -> None:
    dry = drive("Dry", "roof_vent", "air.humidity", "58 %", "6 %", high=expression("12 %"))
    lock = LimitPlan("Frost lock", "roof_vent", when=expression("outside.temperature < 2 °C"), high=expression("0 %"))
    for limits in ((), (lock,)):
        grown = Grown(WINTER, seed=5, rules=(dry, HEAT), limits=limits).days(0.6)
        cold = [temperature < 2 for temperature in grown.seen["outside.temperature"]]
        locked = [all(cold[max(step - 10, 0) : step + 1]) and step > 40 for step in range(len(cold))]
        open_in_frost = max(grown.where("roof_vent", locked))
        assert sum(locked) > 100
        assert (open_in_frost > 10) == (not limits)
        assert max(grown.stood["roof_vent"]) > 11, "it opens when the frost is over"
    assert open_in_frost < 1
    assert min(grown.between("air.temperature", 2, 6)) > 16.5
    assert grown.moves("roof_vent") <= 10


def test_a_p_band_is_wider_in_the_cold() -> None:
    opened = []
    for bands in ({}, {"outside.temperature < 15 °C": "16 K"}):
        vent = drive("Vent", "roof_vent", "air.temperature", "20 °C", "4 K", bands)
        grown = Grown(WINTER, rules=(vent, HEAT)).days(0.7)
        opened.append(max(grown.stood["roof_vent"]))
        assert max(grown.seen["air.temperature"]) < 27
    assert opened[1] < 0.75 * opened[0]
    assert grown.moves("roof_vent") <= 40


def test_a_vent_that_closes_faster_than_it_opens_is_where_it_should_be() -> None:
    vent = drive("Vent", "slow_vent", "air.temperature", "22 °C", "6 K")
    grown = Grown(SPRING, more=("slow_vent",), rules=(vent, HEAT)).days(0.95)
    stood = grown.stood["slow_vent"]
    runs = [(verb, end - start) for verb, start, end in grown.house.device("slow_vent").spans]
    assert max(stood) > 50
    assert max(grown.seen["air.temperature"]) < 28
    assert abs(grown.house.view("slow_vent").position - stood[-1]) < 3, "what the core believes, and where it is"
    bands = [100 * (air - 22) / 6 for air in grown.seen["air.temperature"]]
    asked = [min(max(share, 0), 100) for share in bands]
    off = [abs(at - share) for at, share in zip(stood[120:], asked[119:], strict=False)]
    assert sum(off) / len(off) < 3
    assert max(off) < 12  # on its way
    assert len(runs) <= 90


def test_the_setpoint_moves_no_faster_than_its_ramp() -> None:
    down = SetpointPlan(
        "goal", Text("goal"), None, tuple((p, expression(v)) for p, v in (("night", "19 °C"), ("day", "15 °C"))),
        ramp=4 / 3600, ramp_down=1 / 3600,
    )  # fmt: skip
    grown = Grown(WINTER, periods=NIGHT_AND_DAY, setpoints=(down,), rules=(HEAT,)).days(9 / 24)
    assert max(abs(later - earlier) for earlier, later in pairwise(grown.aimed["goal"])) < 0.05
    assert grown.between("goal", 8.05, 8.1)[0] == pytest.approx(15, abs=0.05)
