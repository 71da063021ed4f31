"""Tuning: turning numbers in rules, keeping bounds, going on after an interruption, and losing a worker."""

from __future__ import annotations

import os
import pickle
import signal
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from controller.model.errors import ConfigError
from simulators.season import knobs, ranges
from simulators.season.pareto import picture
from simulators.season.tune import Keep, Task, Trial, Tuning, keep, metric
from tests.config.example import RULES, SITE

from .rules import plan, season

pytest.importorskip("optuna")

NIGHT = ranges.read("heating_temperature.night=12..20 °C")


def task(**changes: Any) -> Task:
    usual: dict[str, Any] = {"goals": (("energy", False),), "keeps": (keep("hours_too_cold < 1"),)}
    return Task(SITE, RULES, season(0.1), (NIGHT,), **usual | changes)


class Pretend(Executor):
    """Does not run seasons: heat follows from the night's setpoint, and so do the cold hours."""

    def __init__(self, *, dies: int = 0) -> None:
        self.asked: list[float] = []
        self._dies = dies

    def submit(self, fn: Any, /, *args: Any, **more: Any) -> Future[Any]:
        future: Future[Any] = Future()
        _, rules, _ = pickle.loads(args[0])
        night = knobs.present(rules, NIGHT)
        self.asked.append(night)
        if self._dies:
            self._dies -= 1
            future.set_exception(RuntimeError("the worker died"))
        else:
            future.set_result({"energy": night, "hours_too_cold": max(16.0 - night, 0.0), "yield": 1.0})
        return future


# numbers in rules


def test_a_number_is_turned_and_everything_else_stays() -> None:
    turned = knobs.turn(RULES, {"heating_temperature.night": (17.5, "°C")})
    assert "night: 17.5 °C" in turned
    assert "# parts of the day" in turned
    assert knobs.present(turned, NIGHT) == 17.5
    assert [rule.name for rule in plan(turned).rules] == [rule.name for rule in plan().rules]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("heating=12..20 °C", "there is no setpoint 'heating'"),
        ("heating_temperature=12..20 °C", "which period"),
        ("ventilation_temperature=12..20 °C", "only plain numbers"),
        ("heating_temperature.night=12..20 %", "is '16 °C', not in %"),
        ("heating_temperature.night=287..293 K", "more than a temperature can be"),
        ("heating_temperature.night=-1000000..20 °C", "more than a temperature can be"),
    ],
)
def test_what_cannot_be_turned_is_said(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        knobs.check(RULES, ranges.read(text))


def test_a_setpoint_with_corrections_is_turned_by_the_same_name() -> None:
    corrected = "setpoints:\n  heat: {value: {night: 16 °C, ramp: {up: 2 °C/h}}, add: [1 K], add_within: 0 K .. 1 K}\n"
    wanted = ranges.read("heat.night=12..20 °C")
    turned = knobs.turn(corrected, {"heat.night": (17.0, "°C")})
    assert knobs.present(turned, wanted) == 17.0
    assert "add: [1 K]" in turned
    with pytest.raises(ConfigError, match=r"did you mean heat\.night"):
        knobs.present(corrected, ranges.read("heat.nigh=12..20 °C"))
    plain = "setpoints:\n  heat: {value: 16 °C, add: [1 K]}\n"
    assert knobs.present(plain, ranges.read("heat=12..20 °C")) == 16.0


def test_a_setpoint_that_is_written_once_for_several_is_turned_for_all_of_them() -> None:
    repeated = (
        "setpoints:\n  base: 16 °C\nfor each bay in [east, west]:\n  setpoints:\n    <bay>.warmth: {night: 15 °C}\n"
    )
    wanted = ranges.read("<bay>.warmth.night=12..20 °C")
    turned = knobs.turn(repeated, {"<bay>.warmth.night": (17.0, "°C")})
    assert turned == repeated.replace("15 °C", "17 °C")
    assert knobs.present(turned, wanted) == 17.0
    with pytest.raises(ConfigError, match=r"there is no setpoint 'east.warmth.night' \(known: <bay>.warmth, base\)"):
        knobs.check(repeated, ranges.read("east.warmth.night=12..20 °C"))
    twice = repeated + "for each bay in [north]:\n  setpoints:\n    <bay>.warmth: {night: 15 °C}\n"
    with pytest.raises(ConfigError, match="stands in more than one `for each`"):
        knobs.check(twice, wanted)


def test_bounds_are_read_both_ways() -> None:
    assert keep("hours_too_cold < 10") == Keep("hours_too_cold", 10.0, False)
    assert keep("yield >= 2.5 kg/m²").excess({"yield": 2.0}) == 0.5
    assert keep("hours_too_cold < 1 d").bound == 24.0
    assert keep("degree_hours_cold < 5 °C·h").bound == 5.0
    for wrong in ("hours_too_cold", "hours_to_cold < 10", "hours_too_cold < 10 °C", "movements < 10 runs"):
        with pytest.raises(ConfigError):
            keep(wrong)
    assert metric("energy") == "energy"


# the study


def test_it_begins_with_the_rules_as_they_are_and_finds_what_is_cheaper() -> None:
    workers, tuning = Pretend(), Tuning(task())
    tuning.run(25, workers, 2)
    assert workers.asked[0] == 16.0
    best = tuning.best()[0]
    assert best.kept
    assert 15.0 <= best.setpoints["heating_temperature.night"] < 15.5


def test_an_interrupted_study_goes_on_where_it_was(tmp_path: Path) -> None:
    journal = tmp_path / "study.log"
    Tuning(task(), journal).run(4, Pretend(), 2)
    begun = Tuning(task(), journal)
    lost = begun._study.ask(begun._space)  # under way when the power went
    again, workers = Tuning(task(), journal), Pretend()
    assert len(again.trials()) == 4
    again.run(6, workers, 2)
    assert len(workers.asked) == 2
    assert workers.asked[0] == pytest.approx(lost.params["heating_temperature.night"], abs=1e-4)


def test_a_journal_of_something_else_is_refused(tmp_path: Path) -> None:
    Tuning(task(), tmp_path / "study.log")
    with pytest.raises(ConfigError, match="something else"):
        Tuning(task(goals=(("water", False),)), tmp_path / "study.log")
    other = Task(SITE, RULES.replace("day: 19", "day: 18"), season(0.1), (NIGHT,), task().goals, task().keeps)
    with pytest.raises(ConfigError, match="something else"):
        Tuning(other, tmp_path / "study.log")


def test_a_line_that_a_power_cut_has_torn_costs_one_season_at_most(tmp_path: Path) -> None:
    journal = tmp_path / "study.log"
    Tuning(task(), journal).run(4, Pretend(), 2)
    journal.write_bytes(journal.read_bytes()[:-15])
    again = Tuning(task(), journal)
    assert len(again.trials()) >= 3
    again.run(5, Pretend(), 2)
    assert len(Tuning(task(), journal).trials()) == 5


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    for text in ("garbage\nmore of it", '{"op_code": 2\n{"op_code": 3}\n'):
        notes.write_text(text)
        with pytest.raises(ConfigError, match="no journal of a study"):
            Tuning(task(), notes)
        assert notes.read_text() == text


def test_where_none_keeps_its_bounds_the_nearest_is_told() -> None:
    tuning = Tuning(task(keeps=(keep("hours_too_cold < -1"),)))
    tuning.run(6, Pretend(), 2)
    assert tuning.best() == []
    nearest = tuning.nearest()
    assert nearest is not None
    assert nearest.metrics["hours_too_cold"] == min(trial.metrics["hours_too_cold"] for trial in tuning.trials())
    now = tuning.now()
    assert now is not None
    assert now.number == 0


def test_a_season_whose_worker_died_is_given_out_again() -> None:
    workers, tuning = Pretend(dies=2), Tuning(task())
    tuning.run(3, workers, 1)
    assert len(tuning.trials()) == 3
    assert len(workers.asked) == 5


def test_real_seasons_answer() -> None:
    tuning = Tuning(task())
    with ThreadPoolExecutor(1) as executor:
        tuning.run(2, executor, 1)
    one, other = tuning.trials()
    assert one.metrics["energy"] != other.metrics["energy"]


def test_two_goals_have_a_front(tmp_path: Path) -> None:
    trials = [
        Trial(0, {"night": 14.0}, {"energy": 10.0, "yield": 1.0}, True),
        Trial(1, {"night": 16.0}, {"energy": 12.0, "yield": 2.0}, True),
        Trial(2, {"night": 18.0}, {"energy": 14.0, "yield": 1.5}, True),
        Trial(3, {"night": 12.0}, {"energy": 5.0, "yield": 2.5}, False),
    ]
    tuning = Tuning(task(goals=(("energy", False), ("yield", True))))
    tuning.trials = lambda: trials  # type: ignore[method-assign]
    best = tuning.best()
    assert [trial.number for trial in best] == [0, 1]
    drawn = picture(trials, best, trials[0], "energy", "yield")
    assert drawn.count("<circle") == 4
    assert drawn.count('stroke="#c2410c" stroke-width="2"') == 2
    assert ">now<" in drawn
    assert all(f">{number}<" in drawn for number in (1, 2, 8, 12))  # two numbered trials, round numbers at the axis


# a cluster


def test_a_cluster_survives_the_loss_of_a_worker() -> None:
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)
    with cluster, distributed.Client(cluster) as client:
        victims = list(client.run(os.getpid).values())
        killed: list[int] = []

        def told(trial: Trial) -> None:
            if not killed:
                killed.append(victims[0])
                os.kill(victims[0], signal.SIGKILL)

        tuning = Tuning(task())
        with client.get_executor(pure=False) as executor:
            tuning.run(6, executor, 2, told)
        assert killed
        assert len(tuning.trials()) == 6
