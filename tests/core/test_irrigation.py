"""Irrigation beyond one valve and one time: sequences, pumps, litres, start lists, sums, leaks and blocked lines."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from controller.core.plan import AlarmPlan, IrrigationPlan, Plan, PumpPlan, SetpointPlan, SumPlan
from controller.model.commands import Verb
from controller.rules.parser import Text, parse_window

from .house import House
from .writing import GIMJE, alarm, expression, rounds, sensor, setpoint, switch, valve

BEDS = ("bed_1", "bed_2", "bed_3")
POINTS = (
    "air.temperature",
    "air.humidity",
    "outside.radiation",
    "slab.water_content",
    "slab.drain",
    "water.volume",
    "water.flow",
)
CALM = {"air_temperature": 20, "air_humidity": 70, "outside_radiation": 0, "slab_water_content": 60, "slab_drain": 0}
LITRES_PER_MINUTE = 1 / 60


def a_house(
    *irrigation: IrrigationPlan,
    pumps: tuple[PumpPlan, ...] = (),
    sums: tuple[SumPlan, ...] = (),
    setpoints: tuple[SetpointPlan, ...] = (),
    alarms: tuple[AlarmPlan, ...] = (),
    **readings: float,
) -> House:
    plan = Plan(
        GIMJE,
        tuple(sensor(point, max_rate=None) for point in POINTS),
        (*(valve(bed, flow=20 * LITRES_PER_MINUTE) for bed in BEDS), switch("pump")),
        irrigation=irrigation,
        pumps=pumps,
        sums=sums,
        setpoints=setpoints,
        alarms=alarms,
    )
    return House(plan, **(CALM | readings))


def times(*texts: str) -> tuple:  # type: ignore[type-arg]
    return tuple(parse_window(Text(f"{text} .. 23:59")).start for text in texts)


def spans(house: House, actuator: str) -> list[tuple[float, float]]:
    """When it was on, in hours of the first day."""
    return [
        (round(start / 3600, 2), round(end / 3600, 2))
        for verb, start, end in house.device(actuator).spans
        if verb is Verb.ON
    ]


def pauses(hours: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(hours)]


def at(rule: IrrigationPlan, *texts: str) -> IrrigationPlan:
    return replace(rule, start=None, times=times(*texts))


SEQUENCE = rounds("Beds", "bed_1", "slab.water_content < 50 %", "2 min", rest="1 h", then=BEDS[1:])


# sequences and pumps


def test_the_valves_of_a_rule_have_their_turns_one_after_the_other() -> None:
    house = a_house(SEQUENCE).at("08:00").reads(slab_water_content=45).after("1 min").reads(slab_water_content=60)
    house.after("30 min")
    assert [house.times_on(bed) for bed in BEDS] == [[120.0], [120.0], [120.0]]
    starts = [house.device(bed).spans[0][1] for bed in BEDS]
    ends = [house.device(bed).spans[0][2] for bed in BEDS]
    assert starts[1] == pytest.approx(ends[0], abs=0.1)
    assert starts[2] == pytest.approx(ends[1], abs=0.1)
    assert house.notes("Beds")[-1] == "gave 2 min + 2 min + 2 min"


def test_the_pump_runs_as_long_as_any_of_its_valves_has_a_turn() -> None:
    pump = PumpPlan("pump", BEDS)
    house = a_house(SEQUENCE, pumps=(pump,)).at("08:00").reads(slab_water_content=45).after("1 min")
    house.reads(slab_water_content=60).after("30 min")
    assert house.times_on("pump") == [pytest.approx(360, abs=1)]


def test_a_pump_feeds_no_more_valves_than_it_can() -> None:
    rules = [replace(SEQUENCE, name=bed, valve=bed, then=(), start=None, times=times("08:00")) for bed in BEDS]
    both = PumpPlan("pump", BEDS, capacity=40 * LITRES_PER_MINUTE)
    house = a_house(*rules, pumps=(both,)).at("08:30")
    starts = sorted(house.device(bed).spans[0][1] - 8 * 3600 for bed in BEDS)
    assert starts == [pytest.approx(0, abs=1), pytest.approx(0, abs=1), pytest.approx(120, abs=1)]
    alone = PumpPlan("pump", BEDS, capacity=15 * LITRES_PER_MINUTE)  # one valve alone is always fed
    house = a_house(*rules, pumps=(alone,)).at("08:30")
    starts = sorted(house.device(bed).spans[0][1] - 8 * 3600 for bed in BEDS)
    assert starts == [pytest.approx(0, abs=1), pytest.approx(120, abs=1), pytest.approx(240, abs=1)]


def test_a_valve_that_does_not_open_does_not_keep_the_others_dry() -> None:
    house = a_house(SEQUENCE).at("08:00")
    house.device("bed_2").silent = True
    house.reads(slab_water_content=45).after("1 min").reads(slab_water_content=60).after("30 min")
    assert [house.times_on(bed) for bed in BEDS] == [[120.0], [], [120.0]]
    assert "irrigation Beds" in house.alarms()
    assert house.notes("Beds")[-1] == "gave only 2 min + 0 s + 2 min of 2 min"


def test_a_sequence_goes_on_over_a_restart() -> None:
    house = a_house(SEQUENCE, pumps=(PumpPlan("pump", BEDS, capacity=20 * LITRES_PER_MINUTE),)).at("08:00")
    house.reads(slab_water_content=45).after("3 min").reads(slab_water_content=60).restart(down="10 s").after("30 min")
    assert [sum(house.times_on(bed)) for bed in BEDS] == [pytest.approx(120, abs=2)] * 3


def test_a_sequence_must_fit_into_its_window() -> None:
    rule = replace(SEQUENCE, window=parse_window(Text("08:00 .. 08:05")))
    house = a_house(rule).at("07:59").reads(slab_water_content=45).at("09:00")
    assert [house.times_on(bed) for bed in BEDS] == [[], [], []]


def test_a_window_that_closes_ends_the_sequence() -> None:
    rule = replace(SEQUENCE, window=parse_window(Text("08:00 .. 08:10")))
    house = a_house(rule).at("07:59").reads(slab_water_content=45)
    house.device("bed_1").silent = True
    house.at("08:08")
    house.device("bed_1").silent = False
    house.at("09:00")
    assert sum(sum(house.times_on(bed)) for bed in BEDS) <= 125
    assert house.notes("Beds")[-1].endswith(": the window has closed")


# start lists


def test_a_start_list_gives_each_round_once() -> None:
    house = a_house(at(SEQUENCE, "06:00", "sunrise + 2 h", "14:30")).at("23:00")
    assert [start for start, _ in spans(house, "bed_1")] == [6.0, 7.28, 14.5]
    assert "start time = 06:00" in house.notes("Beds")[0]
    house.after("24 h")
    assert len(spans(house, "bed_1")) == 6


@pytest.mark.parametrize("jump", ["-1 h", "-6 h", "20 min", "-1 d", "1400 min", "1 d", "47 h"])
def test_a_clock_that_jumps_repeats_no_time_of_the_list(jump: str) -> None:
    house = a_house(at(SEQUENCE, "06:00", "08:00")).at("08:30").set_clock(jump).after("4 h")
    assert len(spans(house, "bed_1")) == 2


@pytest.mark.parametrize("second", [-1.0, 1.0])
@pytest.mark.parametrize("offset", [-1.0, -0.5, 0.0, 0.5])
@pytest.mark.parametrize("hours", [4, 12])
def test_a_second_that_is_repeated_or_left_out_at_a_time_of_the_list(second: float, offset: float, hours: int) -> None:
    house = a_house(at(SEQUENCE, "00:00", "08:00")).at("20:00").after(f"{hours * 3600 + offset} s")
    house.clock_error += second
    house.read_now().at("20:00")
    assert [round(start) for start, _ in spans(house, "bed_1")] == [0, 8, 24, 32]
    assert house.notes("clock") == []


def test_a_machine_without_a_clock_gives_a_round_of_its_list_once_when_the_clock_is_set() -> None:
    house = House(a_house(at(SEQUENCE, "10:00")).plan)
    right, house.midnight = house.midnight, 0.0  # it starts at 09:00 of 1 January 1970
    house.reads(**CALM).after("90 min")
    assert [start for start, _ in spans(house, "bed_1")] == [1.0]
    house.midnight = right + 8 * 3600 - 90 * 60  # and is set to 08:00
    house.after("6 h")
    assert len(spans(house, "bed_1")) == 1
    assert [start for start, _ in spans(house.after("24 h"), "bed_1")] == [1.0, 27.5]


def test_a_time_that_fell_into_a_restart_is_made_up_for() -> None:
    house = a_house(at(SEQUENCE, "08:00")).at("07:50").restart(down="30 min").after("20 min")
    assert len(spans(house, "bed_1")) == 1
    late = a_house(at(SEQUENCE, "08:00")).at("07:50").restart(down="3 h").after("20 min")
    assert spans(late, "bed_1") == []


def test_a_list_and_a_condition_go_together() -> None:
    rule = replace(SEQUENCE, times=times("06:00"))
    house = a_house(rule).at("07:30").reads(slab_water_content=45).after("1 min").reads(slab_water_content=60)
    house.at("12:00")
    assert [start for start, _ in spans(house, "bed_1")] == [6.0, 7.5]


@pytest.mark.parametrize(("date", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_the_change_of_summer_time_repeats_and_drops_no_time_of_the_list(date: str, hours: int) -> None:
    berlin = replace(GIMJE, latitude=51.0, longitude=6.0, timezone="Europe/Berlin")
    plan = replace(a_house(at(SEQUENCE, "01:00", "02:30", "08:00")).plan, site=berlin)
    house = House(plan, date, **CALM).after(f"{hours} h")
    assert len(spans(house, "bed_1")) == 3


# litres


METERED = {"volume": 30.0, "meter": "water.volume"}


def test_a_round_by_volume_ends_with_the_litres_of_the_meter() -> None:
    rule = rounds("Litres", "bed_1", "slab.water_content < 50 %", "10 min", rest="1 h", **METERED)
    house = a_house(rule, water_volume=1000).at("08:00").reads(slab_water_content=45)
    for litres in range(1010, 1060, 10):
        house.after("1 min").reads(water_volume=litres)
    assert house.times_on("bed_1") == [pytest.approx(180, abs=2)]
    assert house.notes("Litres")[-1] == "gave 30 L"


def test_a_dead_meter_leaves_a_round_by_time() -> None:
    rule = rounds("Litres", "bed_1", "slab.water_content < 50 %", "5 min", rest="1 h", **METERED)
    house = a_house(rule).at("08:00").reads(slab_water_content=45).after("10 min")
    assert house.times_on("bed_1") == [300.0]


def test_a_blocked_line_gives_too_little_in_all_its_time() -> None:
    rule = rounds("Litres", "bed_1", "slab.water_content < 50 %", "5 min", rest="1 h", **METERED)
    house = a_house(rule, water_volume=1000).at("08:00").reads(slab_water_content=45)
    house.after("1 min").reads(water_volume=1002).after("10 min")
    assert house.notes("Litres")[-1] == "gave only 2 L of 30 L"
    assert "irrigation Litres" in house.alarms()


CLOSED = " and ".join(f"{bed} is closed" for bed in BEDS)
LEAK = alarm("Leak", f"(water.flow > 1 L/min and {CLOSED}) for 2 min")
BLOCKED = alarm("Blocked", "bed_1 is open for 30 s and water.flow < 10 L/min")


def test_water_that_flows_past_closed_valves_is_a_leak() -> None:
    house = a_house(alarms=(LEAK,), water_flow=0).at("08:00")
    assert "Leak" not in house.alarms()
    assert "Leak" not in house.reads(water_flow=3).after("1 min").alarms()
    assert "Leak" in house.after("2 min").alarms()
    assert "Leak" not in house.override("bed_1", "open", "10 min").after("1 min").alarms()


def test_an_open_valve_without_flow_is_a_blocked_line() -> None:
    house = a_house(alarms=(BLOCKED,), water_flow=0).at("08:00").override("bed_1", "open", "5 min").after("20 s")
    assert "Blocked" not in house.alarms()
    assert "Blocked" in house.after("30 s").alarms()
    assert "Blocked" not in house.reads(water_flow=20).after("10 s").alarms()


# what starts a round


def test_a_vpd_sum_starts_rounds_and_a_longest_pause_takes_over() -> None:
    vpd_sum = SumPlan("vpd_sum", expression("air.vpd"))
    rule = rounds("By VPD", "bed_1", "vpd_sum since last start > 3 kPa·h or 4 h since last start", "2 min")
    house = a_house(rule, sums=(vpd_sum,), air_temperature=30, air_humidity=50).at("06:00")  # 2.12 kPa
    hours = [start for start, _ in spans(house, "bed_1")]
    assert pauses(hours) == [pytest.approx(3 / 2.12, abs=0.05)] * (len(hours) - 1)
    house.reads(air_humidity=None).at("20:00")
    hours = [start for start, _ in spans(house, "bed_1") if start > 7.5]
    assert [later - earlier for earlier, later in pairwise(hours)] == [pytest.approx(4, abs=0.05)] * 2
    assert "vpd_sum since last start" in house.notes("By VPD")[0]


def test_drain_shifts_the_dose() -> None:
    """Much drain makes the sum that starts a round larger, little drain smaller; unknown drain leaves it alone."""
    dose = setpoint(
        "dose",
        "120 J/cm²",
        corrections=(
            expression("40 J/cm² * ramp(drain_fraction, 30 %, 50 %)"),
            expression("-30 J/cm² * ramp(drain_fraction, 15 %, 5 %)"),
        ),
    )
    rule = rounds("By light", "bed_1", "radiation_sum since last start > dose or 12 h since last start", "3 min")
    house = a_house(rule, setpoints=(dose,)).at("06:00")
    assert house.value("dose") == pytest.approx(90)  # 60 L and no drain
    house.reads(slab_drain=12).after("10 s")
    assert house.value("dose") == pytest.approx(120)
    house.reads(slab_drain=30).after("10 s")
    assert house.value("dose") == pytest.approx(160)


def test_the_cause_of_a_round_is_written_down() -> None:
    house = a_house(SEQUENCE).at("08:00").reads(slab_water_content=45).after("1 min")
    assert house.notes("Beds") == ["round started (slab.water_content = 45 %)"]
    house.because(bed_1="irrigation: Beds (slab.water_content = 45 %)")


def test_a_bed_that_waits_too_long_for_the_pump_raises_an_alarm() -> None:
    endless = rounds("Endless", "bed_2", "slab.water_content < 50 %", "1 h")
    pump = PumpPlan("pump", BEDS, capacity=20 * LITRES_PER_MINUTE)
    house = a_house(endless, replace(SEQUENCE, then=("bed_3",)), pumps=(pump,)).at("08:00")
    house.reads(slab_water_content=45).after("1 min").expect(bed_2="open", bed_1="closed")
    house.after("50 min").expect(bed_1="closed")
    assert house.notes("Beds") == []  # a round that cannot begin is no round yet
    house.reads(slab_water_content=60).after("2 h").expect(bed_1="closed", bed_2="closed")


def test_a_sequence_whose_next_valve_is_taken_for_long_says_so() -> None:
    other = replace(SEQUENCE, name="Long", valve="bed_3", then=(), start=expression("slab.drain > 5 L"), give=7200.0)
    house = a_house(other, replace(SEQUENCE, then=("bed_3",))).at("08:00").reads(slab_drain=6).after("1 min")
    house.reads(slab_water_content=45).after("1 min").reads(slab_water_content=60).after("35 min")
    assert house.notes("Beds")[-1] == "gave only 2 min of 2 min: no valve or pump was free"
    assert "irrigation Beds" in house.alarms()


def test_a_sequence_keeps_its_pump_from_one_valve_to_the_next() -> None:
    other = replace(SEQUENCE, name="Long", valve="bed_2", then=(), start=expression("slab.drain > 5 L"), give=7200.0)
    pump = PumpPlan("pump", BEDS, capacity=20 * LITRES_PER_MINUTE)
    house = a_house(other, replace(SEQUENCE, then=("bed_3",)), pumps=(pump,)).at("08:00")
    house.reads(slab_water_content=45).after("1 min").reads(slab_water_content=60, slab_drain=6).after("10 min")
    assert house.notes("Beds")[-1] == "gave 2 min + 2 min"
    house.expect(bed_2="open")
