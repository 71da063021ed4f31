"""Forms of rules against the physics of the simulated greenhouse: what they control holds, and nothing wears out."""

from __future__ import annotations

from itertools import pairwise
from statistics import fmean

import pytest

from controller.core.plan import ControlPlan, DrivePlan, LimitPlan, Pace, PumpPlan, StagePlan, SumPlan
from controller.rules.parser import Text
from tests.core.writing import drive, expression, rounds, rule, setpoint

from .grown import STEP, Grown, hours

WINTER, SPRING, SUMMER, DAMP = "2026-01-15", "2026-04-15", "2026-06-21", "2026-04-25"
HEAT = rule("Heat", "air.temperature < 17.5 °C", {"heater": "on"}, until="air.temperature > 18.5 °C")
VENT = drive("Vent", "roof_vent", "air.temperature", "22 °C", "6 K", {"outside.temperature < 5 °C": "12 K"})


def test_a_p_band_keeps_a_spring_day_inside_its_band() -> None:
    grown = Grown(SPRING, rules=(VENT, HEAT)).days(1)
    assert max(grown.seen["air.temperature"]) < 28
    assert min(grown.between("air.temperature", 1, 24)) > 16.5
    assert grown.moves("roof_vent") <= 90


def test_an_integral_part_brings_it_nearer_to_the_setpoint() -> None:
    exact = drive("Vent", "roof_vent", "air.temperature", "22 °C", "6 K", integral=1200.0)
    errors = []
    for vent in (VENT, exact):
        grown = Grown(SPRING, rules=(vent, HEAT)).days(0.7)
        errors.append(fmean(abs(value - 22) for value in grown.between("air.temperature", 10, 15)))
        assert grown.moves("roof_vent") <= 200
    assert errors[1] < 0.6 * errors[0]


def test_a_heater_holds_its_setpoint_through_a_winter_night() -> None:
    grown = Grown(WINTER, rules=(VENT, HEAT)).days(0.3)
    night = grown.between("air.temperature", 2, 7)
    assert 17 < min(night) < max(night) < 19.5
    assert grown.moves("heater") <= 15


def test_a_heat_bank_saves_heat_after_a_warm_day() -> None:
    bank = SumPlan("bank", expression("air.temperature - 18 °C"), "never", forget=2 * 86400.0)
    burnt = []
    for corrections in ((), (expression("-bank / 24 h"),)):
        goal = setpoint(
            "goal",
            "18 °C",
            corrections=corrections,
            correction_low=expression("-3 K"),
            correction_high=expression("2 K"),
        )
        heat = rule(
            "Heat", "air.temperature < goal - 0.5 °C", {"heater": "on"}, until="air.temperature > goal + 0.5 °C"
        )
        grown = Grown(SPRING, rules=(VENT, heat), sums=(bank,), setpoints=(goal,)).days(1.3)
        burnt.append(grown.house.device("heater").on_time())
        assert fmean(grown.seen["air.temperature"]) > 17.5
    assert burnt[1] < 0.8 * burnt[0]


def test_venting_by_the_distance_to_the_dew_point_dries_the_air() -> None:
    distance = "average(air.temperature - air.dew_point, 15 min)"
    dry = drive("Dry", "roof_vent", distance, "4 K", "2 K", reverse=True, high=expression("60 %"))
    damp = []
    for rules in ((HEAT,), (dry, HEAT)):
        grown = Grown(DAMP, "multispan-1-2w", rules=rules).days(0.3)
        damp.append(hours(grown.between("air.humidity", 2, 7), 90))
    assert damp[0] > 3
    assert damp[1] < 0.75 * damp[0]
    assert grown.moves("roof_vent") <= 60


def test_co2_is_given_in_the_light_and_not_through_open_vents() -> None:
    feed = rule(
        "Feed",
        "air.co2 < 700 ppm and outside.radiation > 50 W/m² and roof_vent < 10 %",
        {"co2": "on"},
        until="air.co2 > 800 ppm or outside.radiation < 30 W/m² or roof_vent > 15 %",
    )
    grown = Grown(WINTER, rules=(VENT, HEAT, feed)).days(0.75)
    closed = [
        co2
        for co2, light, warmth in zip(
            grown.between("air.co2", 9, 16),
            grown.between("outside.radiation", 9, 16),
            grown.between("air.temperature", 9, 16),
            strict=True,
        )
        if light > 80 and warmth < 21.5
    ]
    assert closed
    assert 600 < fmean(closed) < 900
    assert grown.moves("co2") <= 100


def test_fog_takes_the_edge_off_a_dry_noon() -> None:
    fog = rule("Fog", "air.vpd > 1.2 kPa for 3 min", {"fogger": "on for 90 s every 3 min"})
    dryness = []
    for rules in ((VENT,), (VENT, fog)):
        grown = Grown(SPRING, rules=rules).days(0.6)
        dryness.append(fmean(grown.between("air.humidity", 10, 14)))
    assert dryness[1] > dryness[0] + 1.5
    assert max(grown.house.times_on("fogger")) <= 90.0


def test_a_screen_saves_heat_and_opens_without_a_cold_shock() -> None:
    screen = rule("Screen", "outside.radiation < 20 W/m²", {"thermal_screen": "100 %"})
    slowly = LimitPlan("Slowly", "thermal_screen", falling=Pace(4.0, 180.0))
    gap = LimitPlan("Gap", "thermal_screen", high=expression("100 % - 4 % * ramp(air.humidity, 88 %, 94 %)"))
    burnt, drops = [], []
    for rules, limits in (((), ()), ((screen,), ()), ((screen,), (slowly, gap))):
        grown = Grown(WINTER, rules=(VENT, HEAT, *rules), limits=limits).days(0.45)
        night = [end - start for _, start, end in grown.house.device("heater").spans if 2 * 3600 < start < 7 * 3600]
        burnt.append(sum(night))
        morning = grown.between("air.temperature", 7, 10)
        drops.append(max(earlier - later for earlier, later in zip(morning, morning[20:], strict=False)))
    assert burnt[1] < 0.85 * burnt[0]
    assert drops[2] < drops[1]
    assert grown.moves("thermal_screen") <= 60


def test_water_by_light_keeps_the_slab_and_drains_a_little() -> None:
    water = rounds(
        "Light",
        "irrigation_a",
        "radiation_sum since last start > 120 J/cm² or 3 h since last start",
        "2 min",
        window="sunrise + 2 h .. sunset - 2 h",
        skip_when="slab_a.water_content > 75 %",
        stop_day_when="drain_fraction > 35 %",
    )
    grown = Grown(SUMMER, rules=(VENT,), irrigation=(water,)).days(0.9)
    assert min(grown.seen["slab_a.water_content"]) > 45
    given = grown.house.times_on("irrigation_a")
    assert 6 <= len(given) <= 30
    assert set(given) <= {120.0}
    assert all(7.2 * 3600 < start < 17.9 * 3600 for _, start, _ in grown.house.device("irrigation_a").spans)


def test_lamps_bring_a_winter_day_to_its_light_sum() -> None:
    lamps = rule(
        "Light",
        "dli < 14 mol/m² and outside.radiation < 150 W/m² for 5 min and time is 02:00 .. 20:00",
        {"lamp": "on"},
        until="dli > 14 mol/m² or outside.radiation > 250 W/m² for 5 min or time is 20:00 .. 02:00",
    )
    sums = []
    for rules in ((VENT, HEAT), (VENT, HEAT, lamps)):
        grown = Grown(WINTER, seed=5, rules=rules).days(0.9)  # a dull day
        sums.append(sum(grown.seen["air.ppfd"]) * STEP / 1e6)
    assert sums[0] < 11
    assert 13.5 < sums[1] < 17
    assert grown.moves("lamp") <= 10


def test_vents_are_closed_while_a_storm_blows() -> None:
    storm = rule(
        "Storm",
        "outside.wind_speed > 12 m/s",
        {"roof_vent": "at most 5 %"},
        until="outside.wind_speed < 8 m/s for 15 min",
    )
    grown = Grown(SUMMER, storm=True, rules=(VENT,), safety=(storm,))
    blowing = 0
    for _ in range(round(86400 / 240)):
        grown.days(240 / 86400)
        lately = grown.seen["outside.wind_speed"][-8:]
        if min(lately) > 12:
            blowing += 1
            assert grown.house.view("roof_vent").position <= 5.6
    assert blowing > 3
    assert grown.moves("roof_vent") <= 100


def test_the_vent_that_faces_the_wind_is_held_back() -> None:
    def vent(name: str, faces: str, most: str) -> DrivePlan:
        into_the_wind = f"ramp(angle(average(outside.wind_direction, 10 min), {faces}), 100°, 80°)"
        held = f"100 % - {most} * {into_the_wind} * ramp(average(outside.wind_speed, 10 min), 1 m/s, 2 m/s)"
        return drive(name, name, "air.temperature", "22 °C", "6 K", high=expression(held))

    warmth = []
    for most in ("0 %", "80 %"):
        vents = vent("east_vent", "90°", most), vent("west_vent", "270°", most)
        grown = Grown(SUMMER, more=("east_vent", "west_vent"), rules=vents).days(0.8)
        warmth.append(fmean(grown.between("air.temperature", 9, 18)))
    assert warmth[1] < warmth[0] + 1.5  # the other one does its work
    directions, speeds = grown.seen["outside.wind_direction"], grown.seen["outside.wind_speed"]
    tested = 0
    for name, faces in (("east_vent", 90.0), ("west_vent", 270.0)):
        into = [abs((d - faces + 180) % 360 - 180) < 75 and v > 2.5 for d, v in zip(directions, speeds, strict=True)]
        steady = [all(into[max(i - 60, 0) : i + 1]) for i in range(len(into))]
        tested += sum(steady)
        assert max(grown.where(name, steady), default=0.0) <= 24
        assert max(grown.stood[name]) > 60 or any(steady)
        assert grown.moves(name) <= 160
    assert tested > 100


def test_heaters_in_stages_hold_a_winter_night_and_take_turns() -> None:
    need = ControlPlan(
        "heat_need", Text("heat_need"), *map(expression, ("air.temperature", "18 °C", "2 K")), reverse=True,
        integral=2400.0,
    )  # fmt: skip
    stages = StagePlan(
        "Heaters", expression("heat_need"), ("heater_1", "heater_2"), (25.0, 65.0), 15.0, 180.0, rotate=True
    )
    grown = Grown(WINTER, more=stages.switches, rules=(VENT,), controls=(need,), stages=(stages,)).days(0.35)
    night = grown.between("air.temperature", 2, 7)
    assert 16.5 < min(night) < max(night) < 19.5
    assert abs(fmean(night) - 18) < 0.7
    starts = [grown.moves(name) for name in stages.switches]
    assert max(starts) <= 30
    assert abs(starts[0] - starts[1]) <= 3


def test_fans_and_pad_come_after_the_vents_and_keep_a_summer_day_cooler() -> None:
    need = ControlPlan("cooling", Text("cooling"), *map(expression, ("air.temperature", "23 °C", "8 K")))
    vents = drive("Vents first", "roof_vent", "cooling", "0 %", "50 %")
    stages = StagePlan(
        "Fans, then the pad", expression("cooling"), ("fan_1", "fan_2", "pad_pump"), (55.0, 65.0, 75.0), 10.0, 60.0
    )
    hottest = []
    for staged in ((), (stages,)):
        grown = Grown(SUMMER, more=stages.switches, rules=(vents,), controls=(need,), stages=staged).days(0.8)
        hottest.append(fmean(grown.between("air.temperature", 11, 15)))
    assert hottest[1] < hottest[0] - 1
    running = [position > 50 for position in grown.stood["fan_1"]]
    assert any(running)
    started = [now and not before for before, now in pairwise([False, *running])]
    assert min(grown.where("roof_vent", started)) > 85
    assert all(one >= other for one, other in zip(grown.stood["fan_1"], grown.stood["fan_2"], strict=True))
    assert all(grown.moves(name) <= 40 for name in stages.switches)


def test_a_mixing_valve_holds_the_pipe_and_the_pipe_the_air() -> None:
    need = ControlPlan(
        "heat_need", Text("heat_need"), *map(expression, ("air.temperature", "18 °C", "4 K")), reverse=True,
        integral=3600.0,
    )  # fmt: skip
    pipe = setpoint("pipe_goal", "30 °C + 0.4 K * (heat_need / 1 %)", low=expression("35 °C"), high=expression("75 °C"))
    mix = drive("Mix", "mixing_valve", "pipe.temperature", "pipe_goal", "25 K", reverse=True, integral=900.0)
    pump = rule("Pump", "mixing_valve > 2 %", {"pipe_pump": "on"}, until="mixing_valve < 2 % for 10 min")
    more = ("mixing_valve", "pipe_pump")
    grown = Grown(WINTER, more=more, rules=(VENT, mix, pump), controls=(need,), setpoints=(pipe,)).days(0.65)
    night = grown.between("air.temperature", 3, 7)
    assert 17 < min(night) < max(night) < 19
    assert 33 < min(grown.between("pipe.temperature", 10, 15)) < 37  # the least, when the sun would do without
    assert max(grown.seen["pipe.temperature"]) < 78
    assert grown.moves("mixing_valve") <= 330
    ran = pairs_on(grown, "pipe_pump")
    assert ran
    for begin, end in ran:
        valve_open = [position > 2 for position in grown.stood["mixing_valve"][begin:end]]
        assert not any(valve_open[-18:]), "the pump ran on"


def pairs_on(grown: Grown, name: str) -> list[tuple[int, int]]:
    """The steps at which it went on and off again."""
    on = [False, *(position > 50 for position in grown.stood[name])]
    changes = [step for step, (before, now) in enumerate(pairwise(on)) if before != now]
    return list(zip(changes[::2], changes[1::2], strict=False))


@pytest.mark.parametrize(
    ("by", "start", "band"),
    [("air.vpd", "0.45 kPa", "0.3 kPa"), ("air.humidity_deficit", "3.2 g/m³", "2 g/m³")],
)
def test_venting_by_what_the_air_can_still_take_up_dries_it(by: str, start: str, band: str) -> None:
    dry = drive("Dry", "roof_vent", f"average({by}, 15 min)", start, band, reverse=True, high=expression("60 %"))
    damp = []
    for rules in ((HEAT,), (dry, HEAT)):
        grown = Grown(DAMP, "multispan-1-2w", rules=rules).days(0.3)
        damp.append(hours(grown.between("air.humidity", 2, 7), 90))
    assert damp[0] > 3
    assert damp[1] < 0.75 * damp[0]
    assert grown.moves("roof_vent") <= 60


def test_beds_in_sequence_share_a_pump_that_can_feed_one() -> None:
    beds = ("irrigation_a", "bed_2", "bed_3")
    water = rounds(
        "Beds",
        "irrigation_a",
        "radiation_sum since last start > 150 J/cm² or 4 h since last start",
        "2 min",
        window="sunrise + 1 h .. sunset - 2 h",
        then=beds[1:],
    )
    rescue = rounds("Rescue", "bed_3", "6 h since last start", "1 min", rest="1 h")
    pump = PumpPlan("main_pump", beds, capacity=30 / 60)
    more = ("bed_2", "bed_3", "main_pump")
    grown = Grown(SUMMER, more=more, rules=(VENT,), irrigation=(water, rescue), pumps=(pump,)).days(0.9)
    spans = sorted((start, end) for bed in beds for _, start, end in grown.house.device(bed).spans)
    assert len(spans) > 15
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(spans)), "one at a time"
    runs = [(start, end) for _, start, end in grown.house.device("main_pump").spans]
    assert all(any(begin <= start and end <= stop for begin, stop in runs) for start, end in spans)
    assert len({len(grown.house.times_on(bed)) for bed in beds[:2]}) == 1
    assert min(grown.seen["slab_a.water_content"]) > 45


def test_degree_days_add_up_to_what_the_air_was() -> None:
    total = SumPlan("degree_days", expression("max(air.temperature - 10 °C, 0 K)"), "never")
    goal = setpoint("warmth_so_far", "degree_days")
    grown = Grown(SPRING, rules=(VENT, HEAT), sums=(total,), setpoints=(goal,)).days(1)
    truth = sum(max(value - 10, 0) for value in grown.seen["air.temperature"]) * STEP / 3600
    assert grown.house.value("warmth_so_far") == pytest.approx(truth, rel=0.01)


@pytest.mark.parametrize("structure", ["venlo", "multispan-1-2w", "tunnel"])
def test_the_same_rules_run_any_house(structure: str) -> None:
    side = drive("Side", "side_vent", "air.temperature", "22 °C", "6 K")
    grown = Grown(SPRING, structure, rules=(VENT, side, HEAT)).days(0.8)
    assert max(grown.seen["air.temperature"]) < 33
    assert grown.moves("roof_vent") <= 120
