"""What is expected next."""

from typing import Any

import pytest

from controller.core.plan import IrrigationPlan, Plan
from controller.web.forecast import expected
from tests.core.house import House
from tests.core.writing import GIMJE, period, rounds, sensor, valve

START = "radiation_sum since last start > 100 J/cm² or 3 h since last start"


def state(house: House) -> dict[str, Any]:
    """The part of a status that a forecast reads."""
    core, now = house.core, house.now()
    return {
        "wall_ns": now.wall_ns,
        "period": core.period,
        "points": [{"name": p.name, "value": p.value, "quality": p.quality.name.lower()} for p in core.points()],
        "actuators": [
            {"name": a.name, "on": a.on, "hand": a.hand._asdict() if a.hand else None} for a in core.actuators()
        ],
        "rounds": [{"rule": r.rule, "valve": r.valve, "since": r.since, "sums": dict(r.sums)} for r in core.rounds()],
    }


def a_house(*irrigation: IrrigationPlan, radiation: float = 400) -> House:
    plan = Plan(
        GIMJE,
        (sensor("outside.radiation"),),
        (valve("bed"),),
        periods=(period("night", "18:00 .. 06:00"), period("day", "06:00 .. 18:00")),
        irrigation=irrigation,
    )
    return House(plan, outside_radiation=radiation)


def rounds_of(house: House) -> list[tuple[float, str]]:
    return [(e.seconds, e.basis) for e in expected(house.plan, state(house)) if e.kind == "round"]


def test_a_round_by_light_comes_when_the_present_light_has_filled_the_sum() -> None:
    house = a_house(rounds("Light", "bed", START, "1 min")).at("09:00").after("10 min")
    since = house.core.rounds()[0].sums[0][1]
    ((seconds, basis),) = rounds_of(house)
    assert basis == "light"
    assert seconds == pytest.approx((100 - since) / 400e-4, rel=1e-3)
    before = len([c for c in house.commands if str(c.verb) == "on"])
    house.after(f"{seconds + 60:.0f} s")
    assert len([c for c in house.commands if str(c.verb) == "on"]) == before + 1


def test_without_light_the_longest_pause_decides() -> None:
    house = a_house(rounds("Light", "bed", START, "1 min"), radiation=0).at("01:00")
    ((seconds, basis),) = rounds_of(house)
    view = house.core.rounds()[0]
    if view.since is None:
        assert basis == "time"
    else:
        assert (seconds, basis) == (pytest.approx(3 * 3600 - view.since), "time")


def test_a_round_that_is_due_outside_its_window_waits_for_it() -> None:
    house = a_house(rounds("Light", "bed", START, "1 min", window="12:00 .. 17:00")).at("09:00")
    ((seconds, basis),) = rounds_of(house)
    assert (seconds, basis) == (pytest.approx(3 * 3600, abs=1), "time")


def test_the_next_period_and_the_end_of_a_hand() -> None:
    house = a_house().at("10:00").override("bed", 100, "20 min")
    found = {e.kind: e for e in expected(house.plan, state(house))}
    assert (found["period"].subject, found["period"].seconds) == ("night", pytest.approx(8 * 3600))
    assert (found["release"].subject, found["release"].seconds) == ("bed", pytest.approx(1200, abs=1))


def test_nobody_knows_what_a_blind_light_sensor_will_bring() -> None:
    house = a_house(rounds("Light", "bed", "radiation_sum since last start > 100 J/cm²", "1 min")).at("09:00")
    house.says_bad(outside_radiation="broken")
    assert rounds_of(house) == []
