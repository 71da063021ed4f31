"""Many seasons over a space of setpoints, with a known optimiser: Optuna's, several at once, to be interrupted at will.

Every trial is one season of one rule set, on the same weather. The study is kept in a journal file, to which every
finished trial is appended: who starts again with the same file goes on where it was.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from controller.model.errors import ConfigError, Place, one_of
from controller.model.units import UnitError, factor, unit

from . import knobs
from .metrics import about, names
from .ranges import Range
from .season import Season
from .trial import evaluate, order

_KEEP = re.compile(r"\s*(?P<name>\w[\w.]*)\s*(?P<sign><=?|>=?)\s*(?P<bound>[-+]?\d+(?:\.\d+)?)\s*(?P<unit>\S*)\s*")
_OPENING = b'{"op_code"'
"""So begins a journal of Optuna's."""

_PATIENCE = 3
"""So often a trial is given out again whose worker died."""


class Keep(NamedTuple):
    """A bound on a metric: not above, or (`least`) not below."""

    name: str
    bound: float
    least: bool

    def excess(self, metrics: Mapping[str, float]) -> float:
        """By how much it is broken; 0 or less where it is kept."""
        value = metrics[self.name]
        return self.bound - value if self.least else value - self.bound


def keep(text: str, compartments: Collection[str] = ()) -> Keep:
    """From a text like "hours_too_cold < 10" or "hours_too_cold < 2 d"; without a unit it is the metric's own.

    Of a compartment it is "east.hours_too_cold < 10". Raises ConfigError.
    """
    match = _KEEP.fullmatch(text)
    if match is None:
        raise ConfigError(f"{text!r} is no bound", suggestion="write it like hours_too_cold < 10")
    name = metric(match["name"], compartments)
    scale = _scale(match["unit"], about(name).unit, name) if match["unit"] else 1.0
    return Keep(name, float(match["bound"]) * scale, match["sign"].startswith(">"))


def _scale(symbol: str, own: str, name: str) -> float:
    """Raises ConfigError where the unit is not one of that metric."""
    if symbol == own:  # also where it is a unit of results alone, as °C·h
        return 1.0
    try:
        return factor(unit(symbol), unit(own))
    except UnitError:
        raise ConfigError(f"{symbol} is not a unit of {name}", suggestion=f"use {own}" if own else "") from None


def metric(name: str, compartments: Collection[str] = ()) -> str:
    """Raises ConfigError where there is no such metric of the site or of one of its compartments."""
    known = names(compartments)
    if name not in known:
        raise ConfigError(f"there is no metric {name!r}", suggestion=one_of(name, known))
    return name


@dataclass(frozen=True, slots=True)
class Task:
    """What to tune. `goals` are metrics with whether they should be large."""

    site: str
    rules: str
    season: Season
    over: tuple[Range, ...]
    goals: tuple[tuple[str, bool], ...]
    keeps: tuple[Keep, ...] = ()

    def key(self) -> str:
        """What must be the same for a study to be gone on with."""
        season = self.season
        faults = [repr(fault) for fault in season.faults.faults]
        texts = hashlib.sha256(repr((self.site, self.rules, faults)).encode()).hexdigest()
        own = (season.structures, season.crops)
        made = (season.start.isoformat(), season.days, season.weather, season.seed, season.cadence, season.bands)
        return repr((self.over, self.goals, self.keeps, made, season.structure, season.crop, own, texts))


class Trial(NamedTuple):
    """Setpoints that were tried, and what came of them; `kept`: within all bounds."""

    number: int
    setpoints: dict[str, float]
    metrics: dict[str, float]
    kept: bool


class Tuning:
    """A study, in memory or in a `journal` file. Raises ConfigError where the file is of another task."""

    def __init__(self, task: Task, journal: Path | None = None, seed: int = 1) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.task = task
        backend = None
        if journal is not None:
            backend = _storage(journal)
        self._optuna: Any = optuna
        self._study = optuna.create_study(
            study_name="season",
            storage=backend,
            sampler=optuna.samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True),
            directions=["maximize" if large else "minimize" for _, large in task.goals],
            load_if_exists=True,
        )
        self._present = {each.name: knobs.present(task.rules, each) for each in task.over}
        self._space: dict[str, Any] = {
            each.name: optuna.distributions.FloatDistribution(each.low, each.high) for each in task.over
        }
        known = self._study.user_attrs.get("task")
        if known is not None and known != task.key():
            raise ConfigError(f"{journal} holds a study of something else", suggestion="choose another file")
        if known is None:
            self._study.set_user_attr("task", task.key())
            self._begin_at_present()
        self._take_up_again()

    def run(
        self, trials: int, executor: Executor, at_once: int, told: Callable[[Trial], None] = lambda trial: None
    ) -> None:
        """Go on until there are so many finished trials."""
        pending: dict[Future[dict[str, float]], tuple[Any, int]] = {}
        missing = trials - len(self.trials())
        while missing > 0 or pending:
            while missing > 0 and len(pending) < at_once:
                trial = self._study.ask(self._space)
                pending[self._give_out(trial, executor)] = (trial, 1)
                missing -= 1
            for future in wait(pending, return_when=FIRST_COMPLETED).done:
                trial, times = pending.pop(future)
                error = future.exception()
                if isinstance(error, ConfigError):
                    raise error
                if error is None:
                    told(self._finish(trial, future.result()))
                elif times < _PATIENCE:
                    pending[self._give_out(trial, executor)] = (trial, times + 1)
                else:
                    raise error

    def trials(self) -> list[Trial]:
        """All that are finished."""
        found = self._study.get_trials(states=[self._optuna.trial.TrialState.COMPLETE])
        return [
            Trial(
                each.number,
                dict(each.params),
                each.user_attrs["metrics"],
                max(each.user_attrs["excess"], default=0.0) <= 0,
            )
            for each in found
        ]

    def best(self) -> list[Trial]:
        """Those within all bounds that no other beats in every goal; the first goal orders them."""
        kept = [trial for trial in self.trials() if trial.kept]
        front = [one for one in kept if not any(self._beats(other, one) for other in kept)]
        name, large = self.task.goals[0]
        return sorted(front, key=lambda trial: -trial.metrics[name] if large else trial.metrics[name])

    def nearest(self) -> Trial | None:
        """The one that breaks its bounds the least, for when none keeps them all."""

        def broken(trial: Trial) -> float:
            shares = (each.excess(trial.metrics) / max(abs(each.bound), 1.0) for each in self.task.keeps)
            return sum(max(share, 0.0) for share in shares)

        return min(self.trials(), key=broken, default=None)

    def now(self) -> Trial | None:
        """The rules as they are, where these were tried."""
        same = (trial for trial in self.trials() if all(map(math.isclose, *self._setpoints(trial))))
        return next(same, None)

    def _setpoints(self, trial: Trial) -> tuple[list[float], list[float]]:
        names = [each.name for each in self.task.over]
        return [trial.setpoints[name] for name in names], [self._present[name] for name in names]

    def _beats(self, one: Trial, other: Trial) -> bool:
        signs = [(one.metrics[name] - other.metrics[name]) * (1 if large else -1) for name, large in self.task.goals]
        return all(sign >= 0 for sign in signs) and any(sign > 0 for sign in signs)

    def _give_out(self, trial: Any, executor: Executor) -> Future[dict[str, float]]:
        units = {each.name: each.unit for each in self.task.over}
        rules = knobs.turn(self.task.rules, {name: (value, units[name]) for name, value in trial.params.items()})
        return executor.submit(evaluate, order(self.task.site, rules, self.task.season))

    def _finish(self, trial: Any, metrics: dict[str, float]) -> Trial:
        excess = [each.excess(metrics) for each in self.task.keeps]
        trial.set_user_attr("metrics", metrics)
        trial.set_user_attr("excess", excess)
        for each, value in zip(self.task.keeps, excess, strict=True):
            trial.set_constraint(each.name, value if math.isfinite(value) else 1e9)
        self._study.tell(trial, [metrics[name] for name, _ in self.task.goals])
        return Trial(trial.number, dict(trial.params), metrics, max(excess, default=0.0) <= 0)

    def _begin_at_present(self) -> None:
        """The first trial is the rules as they are, as far as they lie within."""
        if all(each.low <= self._present[each.name] <= each.high for each in self.task.over):
            self._study.enqueue_trial(self._present)

    def _take_up_again(self) -> None:
        """Trials that were under way when the study was interrupted are given out again."""
        states = self._optuna.trial.TrialState
        for each in self._study.get_trials(states=[states.RUNNING]):
            self._study.tell(each.number, state=states.FAIL)
            self._study.enqueue_trial(each.params)


def _storage(journal: Path) -> Any:
    """The file as Optuna takes it. A line that a power cut has torn is dropped: its trial is given out again.

    Raises ConfigError where it is no journal, OSError where it cannot be had.
    """
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    no_journal = ConfigError("is no journal of a study", Place(str(journal)), "choose another file")
    whole = journal.read_bytes() if journal.exists() else b""
    if whole and not whole.startswith(_OPENING):
        raise no_journal  # somebody's own file: it is left as it is
    torn = len(whole) - whole.rfind(b"\n") - 1
    if torn:
        os.truncate(journal, len(whole) - torn)
    try:
        return JournalStorage(JournalFileBackend(str(journal)))
    except (ValueError, KeyError, TypeError) as error:
        raise no_journal from error
