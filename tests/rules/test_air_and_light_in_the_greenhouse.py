"""Vents in gusts and rain, fans, screens and lamps against the simulated greenhouse."""

from __future__ import annotations

from statistics import fmean

import pytest

from controller.core.plan import ControlPlan, LimitPlan, Pace, SetPlan, StagePlan
from controller.rules.parser import Text
from simulators.greenhouse import parameters
from tests.core.writing import drive, expression, rule

from .grown import STEP, Grown, hours

WINTER, DAMP, SUMMER = "2026-01-15", "2026-04-25", "2026-06-21"
SHOWERS, DULL = 14, 5
HEAT = rule("Heat", "air.temperature < 17.5 °C", {"heater": "on"}, until="air.temperature > 18.5 °C")
VENT = drive("Vent", "roof_vent", "air.temperature", "22 °C", "6 K")
GUSTS = rule(
    "Gusts",
    "maximum(outside.wind_speed, 2 min) > 12 m/s",
    {"roof_vent": "at most 5 %"},
    until="maximum(outside.wind_speed, 2 min) < 9 m/s for 15 min",
)
RAIN = rule("Rain", "outside.rain is wet", {"roof_vent": "at most 15 %"}, until="outside.rain is dry for 10 min")
IN_STEPS = LimitPlan("Reopen in steps", "roof_vent", rising=Pace(20.0, 120.0))


def lately(flags: list[bool], minutes: float) -> list[bool]:
    """Whether it has been so for some minutes."""
    steps = round(minutes * 60 / STEP)
    return [step >= steps and all(flags[step - steps : step + 1]) for step in range(len(flags))]


def test_rain_closes_vents_and_they_reopen_in_steps_when_it_has_been_dry_for_a_while() -> None:
    grown = Grown(SUMMER, seed=SHOWERS, rules=(VENT,), safety=(GUSTS, RAIN), limits=(IN_STEPS,)).days(0.75)
    wet = [rain > 0.5 for rain in grown.seen["outside.rain"]]
    stood = grown.stood["roof_vent"]
    assert sum(lately(wet, 4)) > 60
    assert max(grown.where("roof_vent", lately(wet, 4))) <= 16
    ended = max(step for step, rain in enumerate(wet) if rain)
    assert max(stood[ended : ended + round(600 / STEP)]) <= 16, "the hold"
    afterwards = stood[ended : ended + round(3600 / STEP)]
    assert max(afterwards) > 90
    assert max(later - earlier for earlier, later in zip(afterwards, afterwards[5:], strict=False)) < 60, "in steps"
    assert grown.moves("roof_vent") <= 60


def test_gusts_close_vents_further_than_rain_and_hold_them_until_it_has_been_calm() -> None:
    grown = Grown(SUMMER, storm=True, rules=(VENT,), safety=(GUSTS, RAIN), limits=(IN_STEPS,)).days(1)
    speeds = grown.seen["outside.wind_speed"]
    gusty = [max(speeds[max(step - 30, 0) : step + 1]) > 12 for step in range(len(speeds))]
    held = lately(gusty, 4)
    assert sum(held) > 60
    assert max(grown.where("roof_vent", held)) <= 6
    assert max(grown.stood["roof_vent"]) > 90
    assert grown.moves("roof_vent") <= 100


COOLING = ControlPlan("cooling", Text("cooling"), *map(expression, ("air.temperature", "24 °C", "8 K")))


@pytest.mark.parametrize(("order", "fans_at", "vent_from"), [("before", 5.0, "50 %"), ("with", 20.0, "0 %")])
def test_fans_come_before_the_vents_or_with_them(order: str, fans_at: float, vent_from: str) -> None:
    vents = drive("Vents", "roof_vent", "cooling", vent_from, "40 %")
    fans = StagePlan("Fans", expression("cooling"), ("fan_1", "fan_2"), (fans_at, fans_at + 15), 4.0, 60.0)
    grown = Grown(SUMMER, more=fans.switches, rules=(vents,), controls=(COOLING,), stages=(fans,)).days(0.7)
    running = [position > 50 for position in grown.stood["fan_1"]]
    opened = [position > 3 for position in grown.stood["roof_vent"]]
    calm = [earlier and later for earlier, later in zip(lately(running, 15), running, strict=True)]
    assert any(running)
    if order == "before":
        without = [vent and not fan for vent, fan in zip(lately(opened, 5), lately(running, 5), strict=True)]
        assert any(fan and not vent for vent, fan in zip(opened, calm, strict=True))
        assert not any(flag and vent for flag, vent in zip(without, lately(opened, 30), strict=True))
    else:
        assert sum(fan and vent for vent, fan in zip(opened, running, strict=True)) > 0.95 * sum(running)
    assert max(grown.between("air.temperature", 6, 16)) < 38
    assert all(grown.moves(name) <= 40 for name in fans.switches)
    assert grown.moves("roof_vent") <= 100


def test_fans_that_stir_the_air_take_turns() -> None:
    fans = ("circulation_1", "circulation_2")
    stages = StagePlan("Stir", expression("50 %"), fans, (10.0, 90.0), rotate=True, rotate_every=3 * 3600.0)
    grown = Grown(SUMMER, more=fans, rules=(VENT,), stages=(stages,)).days(1)
    ran = [hours(grown.stood[name], 50) for name in fans]
    assert ran == [pytest.approx(12, abs=0.5)] * 2
    either = [sum(positions) for positions in zip(*(grown.stood[name] for name in fans), strict=True)]
    assert sum(total == 100 for total in either) > 0.98 * len(either), "always one of them"
    assert all(grown.moves(name) <= 5 for name in fans)


def test_a_screen_shades_strong_sun_and_lets_weaker_sun_in() -> None:
    shade = rule(
        "Shade", "outside.radiation > 700 W/m² for 5 min", {"shade_screen": "70 %"},
        until="outside.radiation < 550 W/m² for 15 min",
    )  # fmt: skip
    without, with_it = (Grown(SUMMER, rules=(VENT, *rules)).days(0.8) for rules in ((), (shade,)))
    strong = lately([radiation > 750 for radiation in with_it.seen["outside.radiation"]], 15)
    weak = [radiation < 400 for radiation in with_it.seen["outside.radiation"]]
    light = [fmean(grown.where("air.ppfd", strong)) for grown in (without, with_it)]
    warmth = [fmean(grown.where("air.temperature", strong)) for grown in (without, with_it)]
    assert light[1] < 0.75 * light[0]
    assert warmth[1] < warmth[0] + 1, "it hangs in the way of the vents"
    mornings = [grown.where("air.ppfd", weak)[: round(5 * 3600 / STEP)] for grown in (without, with_it)]
    assert mornings[0] == mornings[1]
    assert 1 <= with_it.moves("shade_screen") <= 12


def test_a_blackout_screen_makes_a_day_of_ten_hours() -> None:
    dark = rule("Short day", "time is 17:30 .. 07:30", {"shade_screen": "100 %"})
    grown = Grown(SUMMER, rules=(VENT, dark))
    grown.twin.model.parameters[parameters.SHADE_SCREEN_PAR_TRANSMISSION] = 0.0
    grown.days(1)
    assert hours(grown.seen["air.ppfd"], 5.0) == pytest.approx(10, abs=0.25)
    assert hours(grown.seen["outside.radiation"], 5.0) > 13
    assert max(grown.between("air.ppfd", 0.2, 7.4) + grown.between("air.ppfd", 17.6, 24)) == 0
    assert grown.moves("shade_screen") <= 5  # homing counted


def test_a_gap_in_the_screen_lets_the_damp_out() -> None:
    screen = rule("Screen", "outside.radiation < 20 W/m²", {"thermal_screen": "100 %"})
    gap = LimitPlan(
        "Gap", "thermal_screen",
        high=expression("100 % - 15 % * ramp(average(air.humidity, 10 min), 80 %, 90 %)"),
    )  # fmt: skip
    damp = []
    for limits in ((), (gap,)):
        grown = Grown(DAMP, "multispan-1-2w", rules=(HEAT, screen), limits=limits).days(0.3)
        damp.append(fmean(grown.between("air.humidity", 2, 5)))
    assert damp[1] < damp[0] - 1
    assert 84 < min(grown.between("thermal_screen", 1, 5)) < 95
    assert grown.moves("thermal_screen") <= 30


def price(hour: float) -> float:
    """Dear in the morning and in the evening."""
    return 180.0 if 7 <= hour < 10 or 17 <= hour < 21 else 90.0


def test_lamps_burn_while_power_is_cheap_and_still_reach_the_days_light() -> None:
    plain = "dli < 14 mol/m² and outside.radiation < 150 W/m² for 5 min and time is 00:00 .. 20:00"
    over = "dli > 14 mol/m² or outside.radiation > 250 W/m² for 5 min or time is 20:00 .. 24:00"
    costs, sums = [], []
    for when, until in ((plain, over), (f"{plain} and power.number < 120", f"{over} or power.number > 130")):
        lamps = rule("Light", when, {"lamp": "on"}, until=until)
        grown = Grown(WINTER, seed=DULL, rules=(VENT, HEAT, lamps), price=price).days(0.9)
        sums.append(sum(grown.seen["air.ppfd"]) * STEP / 1e6)
        burning = [position > 50 for position in grown.stood["lamp"]]
        costs.append(fmean(grown.where("power.number", burning)))
    assert all(13.5 < total < 18 for total in sums), sums
    assert costs[0] > 95
    assert costs[1] < 91
    assert grown.moves("lamp") <= 10


def test_dimmed_lamps_bring_what_the_sun_leaves_missing() -> None:
    level = expression("100 % * ramp(average(outside.radiation, 10 min), 300 W/m², 60 W/m²)")
    dim = SetPlan("Dim", "lamp_dimmer", level, expression("time is 06:00 .. 20:00 and dli < 20 mol/m²"))
    grown = Grown(WINTER, seed=DULL, settings=("lamp_dimmer",), sets=(dim,), rules=(VENT, HEAT)).days(0.9)
    day = grown.between("air.ppfd", 6.1, 19.9)
    assert min(day) > 190
    assert max(grown.between("air.ppfd", 0, 5.9)) == 0
    assert fmean(grown.between("lamp_dimmer", 6, 20)) < 80, "as bright as they must be"
    assert grown.writes("lamp_dimmer") <= 260
