"""The engine: the real core over the physics, the same every time and either way."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from controller.model.events import Event, Noted
from controller.model.time import Instant
from simulators.faults import Kind, Schedule
from simulators.greenhouse import books, controls
from simulators.season import compiled, tally
from simulators.season.backtest import run
from simulators.season.engine import Engine

from .rules import START, broken, plan, season


def engine(days: float = 0.5, **more: object) -> Engine:
    wanted = season(days, **more)
    made = Engine(plan(), wanted, wanted.table(plan().site), machine=False)
    made.run()
    return made


def test_the_same_season_gives_the_same_numbers() -> None:
    one, other = (run(plan(), season(0.5), machine=False) for _ in range(2))
    assert one.result == other.result
    assert one.steps == other.steps


def test_another_seed_gives_another_season() -> None:
    one, other = (run(plan(), season(0.25, seed=seed), machine=False) for seed in (1, 2))
    assert one.result.values["energy"] != other.result.values["energy"]


def test_a_run_in_pieces_is_the_same_run() -> None:
    wanted = season(0.25)
    whole, pieces = (Engine(plan(), wanted, wanted.table(plan().site), machine=False) for _ in range(2))
    whole.run()
    while pieces.run(900.0):
        pass
    assert pieces.core.snapshot() == whole.core.snapshot()
    assert list(pieces.houses[0].state) == pytest.approx(list(whole.houses[0].state), rel=1e-9)


@pytest.mark.skipif(not compiled.available(), reason="numba is not installed")
def test_machine_code_gives_the_same_numbers() -> None:
    wanted = season(1.0)
    plain, machine = (Engine(plan(), wanted, wanted.table(plan().site), machine=each) for each in (False, True))
    for made in (plain, machine):
        made.run()
    assert list(machine.houses[0].state) == pytest.approx(list(plain.houses[0].state), rel=1e-9)
    assert list(machine.houses[0].tally) == pytest.approx(list(plain.houses[0].tally), rel=1e-9)
    assert machine.core.snapshot() == plain.core.snapshot()
    assert machine.commands == plain.commands


def test_the_core_decides_at_least_every_minute_and_whenever_it_wants() -> None:
    made = engine(0.25)
    assert made.steps > 0.25 * 1440
    assert made.commands > 0


def test_a_heater_keeps_the_night_warm() -> None:
    made = engine(0.25)
    assert made.houses[0].book[books.PIPE_HEAT] > 0
    assert made.houses[0].tally[tally.WARMTH] / made.houses[0].tally[tally.SECONDS] == pytest.approx(16.0, abs=1.5)


def test_a_fogger_that_pulses_gets_its_seconds_and_not_minutes() -> None:
    rules = """
onsil: 1
rules:
  - name: Pulse
    when: air.temperature < 50 °C
    do: {fogger: on for 30 s every 5 min}
"""
    made = run(plan(rules), season(0.1), machine=False)
    fogger = made.result.actuators["fogger"]
    assert fogger.hours * 3600 / fogger.starts == pytest.approx(30.0, abs=1.0)


# faults


def test_a_frozen_thermometer_leaves_the_house_cold_or_hot() -> None:
    well, ill = engine(), engine(faults=broken(Kind.FROZEN, "air.temperature", after=3600))
    assert list(ill.houses[0].tally) != list(well.houses[0].tally)


def test_a_sensor_that_drops_out_raises_an_alarm() -> None:
    made = engine(0.1, faults=broken(Kind.DROPOUT, "outside.wind_speed", after=600))
    assert made.alarms["sensor outside.wind_speed"] == 1


def test_an_offset_of_both_thermometers_shifts_the_climate() -> None:
    faults = broken(Kind.OFFSET, "air.temperature", size=3.0)
    faults.edges += broken(Kind.OFFSET, "air.temperature_2", size=3.0).edges
    well, ill = engine(0.25), engine(0.25, faults=faults)
    colder = well.houses[0].tally[tally.WARMTH] - ill.houses[0].tally[tally.WARMTH]
    assert colder / well.houses[0].tally[tally.SECONDS] == pytest.approx(3.0, abs=0.8)


def test_two_thermometers_that_come_apart_are_noticed() -> None:
    made = engine(0.2, faults=broken(Kind.DRIFT, "air.temperature_2", size=4.0 / 3600))
    assert made.alarms["disagree air.temperature"] >= 1


def test_welded_contacts_heat_on_until_they_are_exchanged() -> None:
    well, ill = engine(), engine(faults=broken(Kind.WELDED, "heater", after=1800))
    assert ill.houses[0].book[books.PIPE_HEAT] > 1.5 * well.houses[0].book[books.PIPE_HEAT]


def test_a_blocked_line_waters_nothing_and_a_leaking_valve_all_day() -> None:
    well = engine(0.7)
    blocked = engine(0.7, faults=broken(Kind.BLOCKED, "irrigation_a"))
    leaking = engine(0.1, faults=broken(Kind.LEAKING, "irrigation_a", size=0.05))
    assert well.houses[0].book[books.IRRIGATED] > 0
    assert blocked.houses[0].book[books.IRRIGATED] == 0
    assert leaking.houses[0].book[books.IRRIGATED] == pytest.approx(0.05 * 2.7777777777778e-3 * 8640, rel=1e-6)


def test_a_motor_that_slips_opens_less_than_the_core_believes() -> None:
    made = engine(0.1, faults=broken(Kind.SLIP, "shade_screen", size=0.5))
    believed = next(view.position for view in made.core.actuators() if view.name == "shade_screen")
    assert believed == pytest.approx(100.0)
    assert made.machines.by_name["shade_screen"].position(made.now.mono_ns) < 0.8


def test_an_open_door_lets_heat_out_until_somebody_closes_it() -> None:
    well, ill = (engine(faults=faults) for faults in (Schedule(), broken(Kind.DOOR, "door", after=1800)))
    assert ill.houses[0].book[books.VENTED_HEAT] > 2 * well.houses[0].book[books.VENTED_HEAT]
    closed = engine(faults=broken(Kind.DOOR, "door", after=0, end=round((START.timestamp() + 7200) * 1e9)))
    assert closed.houses[0].control[controls.DOOR] == 0.0
    assert (
        well.houses[0].book[books.VENTED_HEAT]
        < closed.houses[0].book[books.VENTED_HEAT]
        < ill.houses[0].book[books.VENTED_HEAT]
    )


def test_a_watcher_hears_what_is_decided_but_not_each_reading() -> None:
    wanted = season(0.05)
    made = Engine(plan(), wanted, wanted.table(plan().site), machine=False)
    heard: list[str] = []

    def watch(now: Instant, events: Sequence[Event]) -> None:
        heard.extend(type(event).__name__ for event in events)

    made.watch(watch)
    made.run()
    assert {"Decided", "Commanded"} <= set(heard)
    assert "Measured" not in heard


def test_no_sensor_counts_as_stale_that_is_read_in_time() -> None:
    wanted = season(1.0)
    made = Engine(plan(), wanted, wanted.table(plan().site), machine=False)
    notes: list[str] = []

    def watch(now: Instant, events: Sequence[Event]) -> None:
        notes.extend(event.text for event in events if isinstance(event, Noted))

    made.watch(watch)
    made.run()
    assert not [text for text in notes if text.startswith("stale")]


def test_time_is_exact_beyond_what_a_float_holds_in_nanoseconds() -> None:
    wanted = season(0.01)
    made = Engine(plan(), wanted, wanted.table(plan().site), machine=False)
    made.now = Instant(2**53 + 2**50 + 1, 0)
    whole, rest = divmod(2**53 + 2**50 + 1, 10**9)
    assert made.elapsed() == whole + rest / 1e9
