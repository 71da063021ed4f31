"""A site with compartments: a greenhouse for each, and what they come to together."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.cli import main
from controller.core.plan import Plan
from controller.model.errors import ConfigError
from controller.store import Store
from simulators.faults import Kind, Schedule
from simulators.greenhouse import books, controls, outputs
from simulators.season import backtest, calibrate, compiled, knobs, ranges, report, series, tally, tune
from simulators.season.command import plan_from
from simulators.season.engine import Engine
from simulators.season.metrics import METRICS, names, together
from simulators.season.recorder import Recorder
from simulators.season.table import tables
from simulators.season.wiring import only, wire
from tests.config.example import changed
from tests.config.test_compartments import BAY_RULES, BAYS, SITE

from .conftest import recording
from .rules import BEGIN, START, broken, plan, season


def bays(site: str = SITE, rules: str = BAY_RULES) -> Plan:
    return plan_from(site, rules)


def engine(plan: Plan, days: float = 0.3, *, machine: bool = False, **more: Any) -> Engine:
    wanted = season(days, **more)
    made = Engine(plan, wanted, wanted.table(plan.site), machine=machine)
    made.run()
    return made


@pytest.fixture(scope="module")
def well() -> Engine:
    return engine(bays())


@pytest.fixture(scope="module")
def runs() -> dict[str, backtest.Run]:
    warmer = bays(rules=changed(BAY_RULES, "night: 16 °C", "night: 19 °C"))
    return {
        name: backtest.run(each, season(0.3), record=300.0, machine=False)
        for name, each in {"mine": bays(), "warmer": warmer}.items()
    }


def recorder_of(run: backtest.Run) -> Recorder:
    assert run.recorder is not None
    return run.recorder


# each has a climate of its own


def warmth(made: Engine, compartment: int) -> float:
    """°C, on average."""
    counted = made.houses[compartment].tally
    return counted[tally.WARMTH] / counted[tally.SECONDS]


def assert_alike(one: Engine, other: Engine) -> None:
    """The first compartment: as good as the same, for where time is cut into pieces differs with what west does."""
    assert list(one.houses[0].state) == pytest.approx(list(other.houses[0].state), rel=1e-3, abs=1e-9)
    assert warmth(one, 0) == pytest.approx(warmth(other, 0), abs=0.01)


def test_what_happens_in_one_changes_nothing_in_the_other(well: Engine) -> None:
    ill = engine(bays(), faults=broken(Kind.WELDED, "west.heater", after=600))
    assert_alike(ill, well)
    assert ill.houses[1].book[books.PIPE_HEAT] > 1.5 * well.houses[1].book[books.PIPE_HEAT]


def test_the_weather_is_the_same_for_all(well: Engine) -> None:
    outside = [place for place, (name, _) in enumerate(outputs.POINTS) if name.startswith("outside.")]
    east, west = ([house.output[place] for place in outside] for house in well.houses)
    assert east == west


def test_a_site_of_one_compartment_is_as_a_house_without() -> None:
    named = replace(plan(), compartments=bays().compartments[:1])
    one, other = engine(plan(), 0.1), engine(named, 0.1)
    assert list(one.houses[0].state) == list(other.houses[0].state)


@pytest.mark.skipif(not compiled.available(), reason="numba is not installed")
def test_machine_code_gives_the_same_numbers(well: Engine) -> None:
    made = engine(bays(), machine=True)
    for plain, machine in zip(well.houses, made.houses, strict=True):
        assert list(machine.state) == pytest.approx(list(plain.state), rel=1e-9)
        assert list(machine.tally) == pytest.approx(list(plain.tally), rel=1e-9)
    assert made.core.snapshot() == well.core.snapshot()


@pytest.mark.parametrize(("target", "opened"), [("door", (True, True)), ("west.door", (False, True))])
def test_a_door_is_that_of_one_or_of_all(well: Engine, target: str, opened: tuple[bool, bool]) -> None:
    ill = engine(bays(), faults=broken(Kind.DOOR, target))
    for before, after, is_open in zip(well.houses, ill.houses, opened, strict=True):
        assert (after.book[books.VENTED_HEAT] > 2 * before.book[books.VENTED_HEAT]) == is_open


def test_a_thermometer_that_is_off_is_that_of_its_compartment(well: Engine) -> None:
    ill = engine(bays(), faults=broken(Kind.OFFSET, "west.air.temperature", size=3.0))
    assert_alike(ill, well)
    assert warmth(ill, 1) < warmth(well, 1) - 1.0


def test_each_can_have_its_own_structure() -> None:
    made = engine(bays(), 0.05, structures=(("west", "tunnel"),))
    usual = engine(bays(), 0.05)
    assert_alike(made, usual)
    assert abs(warmth(made, 1) - warmth(usual, 1)) > 0.5


# what they share


def places(plan: Plan, name: str) -> list[int | None]:
    return [each.place for wiring in wire(plan) for each in wiring.actuators if each.plan.name == name]


def test_what_is_shared_acts_in_all_and_is_measured_in_the_first() -> None:
    site = SITE.replace("boiler", "lamp").replace("outside.temperature:", "air.temperature:")
    rules = BAY_RULES.replace("boiler", "lamp").replace("outside.temperature", "air.temperature")
    shared = bays(site, rules)
    assert places(shared, "lamp") == [controls.LAMP, controls.LAMP]
    assert places(shared, "east.heater") == [controls.HEATER]
    assert places(bays(), "boiler") == [None, None]
    east, west = wire(shared)
    assert "air.temperature" in [each.plan.point for each in east.sensors]
    assert [each.plan.point for each in west.sensors] == ["west.air.temperature", "west.air.humidity"]
    assert "air.temperature belongs to no compartment: it is measured in east" in east.notes()


def test_a_shared_machine_reaches_every_house() -> None:
    rules = "onsil: 1\nrules:\n  - {name: Light, when: outside.temperature < 60 °C, do: {lamp: on}}\n"
    made = engine(bays(SITE.replace("boiler", "lamp"), rules), 0.02)
    assert all(house.control[controls.LAMP] == 1.0 for house in made.houses)


# what it comes to


def test_a_result_has_each_compartment_and_all_together(runs: dict[str, backtest.Run]) -> None:
    found = runs["mine"].result
    east, west = found.compartments["east"], found.compartments["west"]
    assert found.values["hours_too_cold"] == pytest.approx(east["hours_too_cold"] + west["hours_too_cold"])
    assert found.values["energy"] == pytest.approx((east["energy"] + west["energy"]) / 2)
    boiler = found.actuators["boiler"].starts
    assert boiler > 0
    assert found.values["starts"] == east["starts"] + west["starts"] + boiler
    assert set(found.flat()) == set(names(["east", "west"]))
    assert found.document()["compartments"]["east"]["energy"] == pytest.approx(east["energy"], abs=1e-6)


def test_a_site_without_compartments_has_none_in_its_result() -> None:
    found = backtest.run(plan(), season(0.02), machine=False).result
    assert found.compartments == {}
    assert "compartments" not in found.document()


def test_a_large_compartment_counts_for_more() -> None:
    site = changed(SITE, "en: East bay}", "en: East bay, area: 300 m²}")
    site = changed(site, "en: West bay}", "en: West bay, area: 100 m²}")
    found = backtest.run(bays(site), season(0.1), machine=False).result
    east, west = found.compartments["east"], found.compartments["west"]
    assert found.values["energy"] == pytest.approx((3 * east["energy"] + west["energy"]) / 4)


VALUES = st.lists(st.fixed_dictionaries({name: st.floats(0.0, 1e4) for name in METRICS}), min_size=1, max_size=4)


@given(VALUES, st.data())
def test_a_mean_lies_between_and_a_sum_is_no_less_than_each(parts: list[dict[str, float]], data: st.DataObject) -> None:
    areas = data.draw(st.lists(st.floats(1.0, 1e5), min_size=len(parts), max_size=len(parts)))
    whole = together(parts, areas)
    for name, metric in METRICS.items():
        each = [part[name] for part in parts]
        if metric.together == "sum":
            assert whole[name] == pytest.approx(sum(each))
        elif any(part["water"] for part in parts) or name != "drain_fraction":
            assert min(each) - 1e-6 <= whole[name] <= max(each) + 1e-6


def test_drain_is_of_all_the_water() -> None:
    dry, wet = (
        dict.fromkeys(METRICS, 0.0) | {"water": water, "drain_fraction": drain} for water, drain in ((0, 0), (8, 40))
    )
    assert together([dry, wet], [1.0, 1.0])["drain_fraction"] == pytest.approx(40.0)


# tables and files


def test_one_run_is_a_table_with_a_column_for_each(runs: dict[str, backtest.Run]) -> None:
    (shown,) = tables({"mine": runs["mine"].result})
    assert [str(column.header) for column in shown.columns] == ["0.3 days", "east", "west", "together", ""]


def test_two_runs_are_compared_by_compartment_and_together(runs: dict[str, backtest.Run]) -> None:
    shown = tables({name: run.result for name, run in runs.items()})
    assert [str(table.columns[0].header) for table in shown] == [
        f"{name}, 0.3 days" for name in ("east", "west", "together")
    ]
    assert {tuple(str(column.header) for column in table.columns[1:]) for table in shown} == {
        ("mine", "warmer", "difference", "")
    }


def test_against_a_site_without_compartments_only_the_whole_is_compared(runs: dict[str, backtest.Run]) -> None:
    house = backtest.run(plan(), season(0.02), record=300.0, machine=False)
    assert len(tables({"bays": runs["mine"].result, "house": house.result})) == 1
    bare = backtest.run(bays(), season(0.02), record=300.0, machine=False)
    shown = {"bays": (bare.result, recorder_of(bare)), "house": (house.result, recorder_of(house))}
    for site, order in ((bays(), ("bays", "house")), (plan(), ("house", "bays"))):
        page = report.page(site, season(0.02), {name: shown[name] for name in order})
        assert set(re.findall(r'class="part"><h2>([^<]*)', page)) >= {"house"}
        made = about(page)
        assert made["charts"].keys() >= {"temperature-0", "temperature-1", "temperature-2", "sun"}
        assert len(made["daily"]["values"]) == 2


def test_the_course_of_two_sites_has_the_columns_of_both(tmp_path: Path, runs: dict[str, backtest.Run]) -> None:
    house = backtest.run(plan(), season(0.3), record=300.0, machine=False)
    series.write(tmp_path / "s.csv", START, {"house": recorder_of(house), "bays": recorder_of(runs["mine"])})
    with (tmp_path / "s.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["run"] for row in rows if row["air.temperature [°C]"]} == {"house"}
    assert {row["run"] for row in rows if row["east.air.temperature [°C]"]} == {"bays"}


def test_the_course_has_the_weather_once(tmp_path: Path, runs: dict[str, backtest.Run]) -> None:
    series.write(tmp_path / "s.csv", START, {name: recorder_of(run) for name, run in runs.items()})
    with (tmp_path / "s.csv").open(encoding="utf-8", newline="") as file:
        titles = next(csv.reader(file))
    assert len(titles) == len(set(titles))
    assert [title for title in titles if "outside.temperature" in title] == ["outside.temperature [°C]"]
    assert {"east.air.temperature [°C]", "west.air.temperature [°C]", "east.heat [kWh/m²]", "boiler [%]"} <= set(titles)


# the page


def about(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="about">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    content: dict[str, Any] = json.loads(found[1].replace("<\\/", "</"))
    return content


def test_a_page_has_a_part_for_each_compartment(runs: dict[str, backtest.Run]) -> None:
    shown = {name: (run.result, recorder_of(run)) for name, run in runs.items()}
    made = report.page(bays(), season(0.3), shown, "ko")
    assert re.findall(r'class="part"><h2>([^<]+)', made) == ["동쪽 동", "서쪽 동"]
    assert made.count("<table>") == 3
    assert "boiler: 모델에서는 아무 작용도 하지 않습니다" in made
    said = about(made)
    assert said["charts"]["temperature-1"]["each"][0] == "west.air.temperature"
    assert said["words"]["points"]["west.air.temperature"] == said["words"]["points"]["outside.temperature"].replace(
        "바깥", "실내"
    )
    assert all(f'id="{place}"' in made for place in said["charts"])
    assert not [chart for chart in said["charts"].values() if not chart["once"] and not chart["each"]]


def test_the_heat_of_a_day_is_that_of_the_whole_site(runs: dict[str, backtest.Run]) -> None:
    run = runs["mine"]
    said = about(report.page(bays(), season(0.3), {"mine": (run.result, recorder_of(run))}))
    assert sum(said["daily"]["values"][0]) == pytest.approx(run.result.values["energy"], abs=1e-3)


# the verbs


def test_a_backtest_says_which_compartments_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backtest", str(BAYS), "--days", "0.02", "--structure", "north=tunnel"]) == 2
    assert "there is no compartment 'north' (known: east, west)" in capsys.readouterr().err


def test_a_backtest_answers_by_compartment(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backtest", str(BAYS), "--days", "0.02", "--structure", "west=tunnel", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)["runs"]["bays"]
    east, west = answer["compartments"]["east"], answer["compartments"]["west"]
    assert east.keys() == west.keys() == answer["metrics"].keys() - {"alarms"}
    assert east["temperature"] != west["temperature"]


def test_a_setpoint_of_a_compartment_can_be_turned() -> None:
    wanted = ranges.read("east.warmth.night=14..18 °C")
    assert knobs.present(BAY_RULES, wanted) == 16.0
    turned = knobs.turn(BAY_RULES, {"east.warmth.night": (17.0, "°C")})
    assert knobs.present(turned, wanted) == 17.0
    with pytest.raises(ConfigError, match=r"no setpoint 'east.ventilation' \(did you mean <bay>.ventilation\?\)"):
        knobs.present(BAY_RULES, ranges.read("east.ventilation=20..24 °C"))


def test_what_is_kept_may_be_that_of_a_compartment() -> None:
    assert tune.keep("east.energy < 90", ["east", "west"]).name == "east.energy"
    with pytest.raises(ConfigError, match=r"did you mean east\.energy"):
        tune.metric("east.enrgy", ["east", "west"])
    with pytest.raises(ConfigError, match="there is no metric"):
        tune.metric("east.energy")


# what was recorded


def test_which_compartment_is_calibrated_must_be_said() -> None:
    assert only(plan(), None).compartment == ""
    assert only(bays(), "west").compartment == "west"
    with pytest.raises(ConfigError, match=r"which compartment: east or west\? \(add --compartment east\)"):
        only(bays(), None)
    with pytest.raises(ConfigError, match="did you mean west"):
        only(bays(), "wets")
    with pytest.raises(ConfigError, match="the site has none"):
        only(plan(), "east")


def test_a_compartment_is_calibrated_by_its_own_record(tmp_path: Path) -> None:
    wanted = season(0.1, faults=Schedule(broken(Kind.WELDED, "west.heater", after=600).faults))
    with Store.open(tmp_path) as store:
        made = Engine(bays(), wanted, wanted.table(bays().site), machine=False)
        made.core = recording(bays(), store)
        made.run()
        assert store.flush()
        history = store.history
        end = BEGIN + round(0.1 * 86400) * 10**9
        east, west = (calibrate.record(bays(), only(bays(), name), history, BEGIN, end) for name in ("east", "west"))
    assert west.points["air.temperature"][-1] == pytest.approx(made.houses[1].output[0], abs=1.0)
    assert sum(east.controls[controls.HEATER]) != sum(west.controls[controls.HEATER])
    assert east.weather.values == west.weather.values
