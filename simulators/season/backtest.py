"""One season from beginning to end, with a report on how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from controller.core.plan import Plan
from simulators.weather.table import WeatherTable

from . import compiled
from .engine import Engine
from .metrics import Result, result
from .recorder import Recorder
from .season import Season

_STRIDE = 6 * 3600.0  # s between two reports on how far it is

Progress = Callable[[float], None]
"""Hears how many days are done."""


@dataclass(frozen=True, slots=True)
class Run:
    """What came of it; `seconds` is how long it took, `steps` how often the core was asked."""

    result: Result
    recorder: Recorder | None
    seconds: float
    steps: int


def run(
    plan: Plan,
    season: Season,
    weather: WeatherTable | None = None,
    *,
    record: float | None = None,
    progress: Progress = lambda days: None,
    machine: bool | None = None,
) -> Run:
    """Drive a plan through a season.

    `record`: keep a row every so many seconds; `machine`: as machine code (None: where it is possible). Raises
    ConfigError where the season cannot be had.
    """
    as_machine = compiled.available() if machine is None else machine
    table = season.table(plan.site) if weather is None else weather
    engine = Engine(plan, season, table, machine=as_machine)
    recorder = None if record is None else Recorder(engine, record)
    began = time.perf_counter()
    done = 0.0
    while done < season.seconds:
        if recorder is None:
            engine.run(_STRIDE)
        else:
            for _ in range(max(round(_STRIDE / recorder.interval), 1)):
                if not recorder.run():
                    break
        done = engine.elapsed()
        progress(done / 86400.0)
    if recorder is not None:
        recorder.close()
    return Run(result(engine), recorder, time.perf_counter() - began, engine.steps)
