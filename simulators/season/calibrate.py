"""Makes the twin this greenhouse: a handful of its parameters are fitted to what was recorded.

The recorded weather and the recorded positions of the actuators drive the model; the parameters are those with which
its air comes nearest to the recorded one: least squares within bounds, by scipy.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from controller.core.plan import Plan
from controller.model.time import NS
from controller.store.history import History
from controller.store.samples import ACTUATOR, READING
from simulators.greenhouse import compiled, data, outputs
from simulators.greenhouse.model import Model
from simulators.weather import air, derived
from simulators.weather.table import WeatherTable

from .wiring import Wiring


class Knob(NamedTuple):
    """Parameters of a structure that are multiplied by the same factor, and how small and large that may be."""

    parameters: tuple[str, ...]
    low: float
    high: float


KNOBS: dict[str, Knob] = {
    "heat loss of the cover": Knob(("cover_convection_inside",), 0.3, 4.0),
    "leakage": Knob(("vents_leakage",), 0.1, 30.0),
    "vents": Knob(("vents_roof_area",), 0.3, 3.0),
    "heater": Knob(("heater_pipe_power", "heater_air_power"), 0.2, 4.0),
    "light through the cover": Knob(("cover_par_transmission", "cover_nir_transmission"), 0.6, 1.0),
}
"""What is fitted."""

STEP = 300.0
"""s between two rows of what was recorded."""

_LOOKS = 5
"""So often the model's air is looked at in a row."""

_TARGETS = (("air.temperature", 1.0), ("air.humidity", 5.0))
"""Points that are compared, and how much of a difference (in their unit) counts as one."""


_SETTLING = 6 * 3600.0
"""s at the beginning that are not compared: floor and soil find their temperature."""


_BRIDGED = 3600.0
"""s of unknown weather or positions over which the last value is held. What follows a longer hole is not compared until
the house has settled again."""

_EDGE = 0.01
_NOTHING = 1e-6

SHORTEST = 12 * 3600.0
"""s of record that it takes."""


class Fit(NamedTuple):
    """A knob and the factor that suits the record; by `spread` (a share of it) it may be wrong."""

    name: str
    factor: float
    spread: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """`residuals` are root mean squares by point, before and after, in the point's unit, over `rows` of the record."""

    fits: tuple[Fit, ...]
    residuals: dict[str, tuple[float, float]]
    rows: int


@dataclass(frozen=True, slots=True)
class Record:
    """What was recorded, a row every STEP s: the weather, the controls (by place) and the points to compare."""

    weather: WeatherTable
    controls: dict[int, list[float]]
    points: dict[str, list[float]]

    @property
    def rows(self) -> int:
        return len(next(iter(self.points.values())))


def simulate(given: Mapping[str, float], record: Record, machine: bool) -> dict[str, list[float]]:
    """What the model makes of the recorded weather and positions, by point: means of each row, as recorded."""
    model = Model(given, record.weather, machine=machine)
    places = {point: place for place, (point, _) in enumerate(outputs.POINTS)}
    seen: dict[str, list[float]] = {point: [] for point in record.points}
    for row in range(record.rows):
        for place, values in record.controls.items():
            model.control[place] = values[row]
        sums = dict.fromkeys(seen, 0.0)
        for _ in range(_LOOKS):
            model.advance(STEP / _LOOKS)
            for point in seen:
                sums[point] += float(model.output[places[point]])
        for point, values in seen.items():
            values.append(sums[point] / _LOOKS)
    return seen


def calibrate(
    given: Mapping[str, float],
    record: Record,
    knobs: Mapping[str, Knob] = KNOBS,
    *,
    told: Callable[[float], None] = lambda error: None,
) -> Calibration:
    """Fit. What is 0 in `given` (no pipes, no vents) stays so. Raises ImportError without scipy, and ValueError
    where there is nothing to compare."""
    import numpy
    from scipy.optimize import least_squares  # type: ignore[import-untyped, unused-ignore]

    compared = sum(value == value for value in record.points["air.temperature"][round(_SETTLING / STEP) :])
    if not compared:
        raise ValueError(f"after the first {_SETTLING / 3600:.0f} h there is nothing to compare")
    machine = compiled.available()
    turned = {name: knob for name, knob in knobs.items() if any(given[each] != 0.0 for each in knob.parameters)}

    def with_factors(logs: Sequence[float]) -> dict[str, float]:
        factors = {name: math.exp(log) for name, log in zip(turned, logs, strict=True)}
        return adjusted(given, factors, turned)

    def errors(logs: Sequence[float]) -> list[float]:
        found = _errors(record, simulate(with_factors(logs), record, machine))
        told(math.sqrt(sum(error * error for error in found) / max(len(found), 1)))
        return found

    bounds = [math.log(knob.low) for knob in turned.values()], [math.log(knob.high) for knob in turned.values()]
    start = numpy.clip(numpy.zeros(len(turned)), numpy.array(bounds[0]) + 1e-3, numpy.array(bounds[1]) - 1e-3)
    fitted = least_squares(errors, start, bounds=bounds, diff_step=0.02, loss="soft_l1")
    before, after = (simulate(values, record, machine) for values in (given, with_factors(fitted.x)))
    residuals = {
        point: (_rms(values, before[point]), _rms(values, after[point]))
        for point, values in record.points.items()
        if any(value == value for value in values[round(_SETTLING / STEP) :])
    }
    spreads = _spreads(fitted.jac, fitted.fun, compared)
    fits = tuple(
        Fit(name, math.exp(log), math.inf if _at_end(log, knob) else spread)
        for (name, knob), log, spread in zip(turned.items(), fitted.x, spreads, strict=True)
    )
    return Calibration(fits, residuals, compared)


def _spreads(jacobian: Any, errors: Any, compared: int) -> list[float]:
    """Standard errors of the logarithms of the factors. What is off in one row is off in the next: an hour counts as
    one observation. Very large for what changed nothing that was recorded."""
    import numpy

    square = jacobian.T @ jacobian + _NOTHING * numpy.identity(jacobian.shape[1])
    hours = max(compared * STEP / 3600 - len(square), 1.0)
    variance = float(errors @ errors) / hours
    return [math.sqrt(entry * variance) for entry in numpy.diag(numpy.linalg.inv(square))]


def _at_end(log: float, knob: Knob) -> bool:
    """Whether a factor is as small or as large as it may be: then it is not what the record says."""
    return not math.log(knob.low) + _EDGE < log < math.log(knob.high) - _EDGE


def adjusted(given: Mapping[str, float], factors: Mapping[str, float], knobs: Mapping[str, Knob]) -> dict[str, float]:
    """The parameters with these factors."""
    changed = {each: given[each] * factor for name, factor in factors.items() for each in knobs[name].parameters}
    return {**given, **changed}


def _errors(record: Record, seen: Mapping[str, Sequence[float]]) -> list[float]:
    """Differences in units of what counts; rows without a recorded value count nothing."""
    skipped = round(_SETTLING / STEP)
    errors = []
    for point, scale in _TARGETS:
        for recorded, modelled in list(zip(record.points.get(point, ()), seen.get(point, ()), strict=True))[skipped:]:
            errors.append((modelled - recorded) / scale if recorded == recorded else 0.0)
    return errors


def _rms(recorded: Sequence[float], modelled: Sequence[float]) -> float:
    skipped = round(_SETTLING / STEP)
    pairs = [(a, b) for a, b in list(zip(recorded, modelled, strict=True))[skipped:] if a == a]
    return math.sqrt(sum((a - b) ** 2 for a, b in pairs) / max(len(pairs), 1))


def record(plan: Plan, wiring: Wiring, history: History, begin: int, end: int) -> Record:
    """What a history has of a greenhouse between two times (UTC nanoseconds). Raises ValueError where too little was
    recorded."""
    rows = int((end - begin) / NS / STEP)
    start = begin // NS
    blind = [False] * rows
    controls: dict[int, list[float]] = {}
    for each in wiring.actuators:
        if each.place is not None:
            positions = _series(history, each.plan.name, start, rows, ACTUATOR)
            if not any(value == value for value in positions):
                raise ValueError(f"where {each.plan.name} was is not recorded for that time")
            _mark(blind, positions)
            sums = controls.setdefault(each.place, [0.0] * rows)
            controls[each.place] = [a + each.share * b / 100 for a, b in zip(sums, _held(positions, 0.0), strict=True)]
    weather = _weather(plan, history, begin, rows, blind)
    points = {}
    for point, _ in _TARGETS:
        values = _series(history, wiring.named(point), start, rows)
        points[point] = [math.nan if hidden else value for value, hidden in zip(values, blind, strict=True)]
    known = sum(value == value for value in points["air.temperature"]) * STEP
    if known < rows * STEP / 2:
        of = f"{known / 3600:.0f} h of these {rows * STEP / 3600:.0f} h"
        raise ValueError(f"{wiring.named('air.temperature')} was recorded beside weather and actuators for {of} only")
    return Record(weather, controls, points)


def _mark(blind: list[bool], values: Sequence[float]) -> None:
    """Mark the rows in which a series has been unknown for longer than _BRIDGED, and those of the _SETTLING after."""
    bridged, settling = round(_BRIDGED / STEP), round(_SETTLING / STEP)
    missing = 0
    for row, value in enumerate([*values, 0.0]):
        if value != value:
            missing += 1
            continue
        if missing > bridged:
            end = min(row + settling, len(values))
            blind[row - missing : end] = [True] * (end - row + missing)
        missing = 0


def _weather(plan: Plan, history: History, begin: int, rows: int, blind: list[bool]) -> WeatherTable:
    """The recorded weather; sky and soil, which nobody measures, follow from it. Marks where it is unknown."""
    start = begin // NS

    def outside(name: str, usual: float | None) -> list[float]:
        found = _series(history, f"outside.{name}", start, rows)
        if usual is None and not any(value == value for value in found):
            raise ValueError(f"outside.{name} was not recorded at that time")
        if usual is None:
            _mark(blind, found)
        return _held(found, 0.0 if usual is None else usual)

    temperatures, radiation = outside("temperature", None), outside("radiation", None)
    wind, rain = outside("wind_speed", 2.0), outside("rain", 0.0)
    humidity = _series(history, "outside.humidity", start, rows)
    dew_points = derived.dew_points(temperatures, STEP)
    pressures = [
        air.saturation(t) * min(h, 100.0) / 100 if h == h else air.saturation(dew)
        for t, h, dew in zip(temperatures, humidity, dew_points, strict=True)
    ]
    covers = derived.cloud_cover(float(start), STEP, radiation, plan.site.latitude, plan.site.longitude)
    skies = derived.sky_temperatures(temperatures, pressures, covers)
    soil = sum(temperatures) / rows
    edges = map(_edges, (temperatures, pressures, wind, radiation, skies, rain))
    values: list[float] = []
    for temperature, pressure, speed, sun, sky, wet in zip(*edges, strict=True):
        values += [temperature, pressure, derived.USUAL_CO2, speed, 0.0, sun, sky, soil, wet]
    return WeatherTable(datetime.fromtimestamp(start, UTC), STEP, values)


def _edges(means: Sequence[float]) -> list[float]:
    """What held at the beginning of each row and at the end of the last, where means of the rows are known."""
    between = [(before + after) / 2 for before, after in pairwise(means)]
    return [means[0], *between, means[-1]]


def _series(history: History, name: str, start: int, rows: int, kind: str = READING) -> list[float]:
    """Means of every STEP s; NaN where nothing was recorded."""
    sums, counts = [0.0] * rows, [0] * rows
    for span in history.minutes(name, start, start + round(rows * STEP), kind):
        row = min(int((span.start - start) / STEP), rows - 1)
        sums[row] += span.mean
        counts[row] += 1
    return [total / count if count else math.nan for total, count in zip(sums, counts, strict=True)]


def _held(values: Sequence[float], usual: float) -> list[float]:
    """Gaps hold the last value."""
    held, last = [], next((value for value in values if value == value), usual)
    for value in values:
        last = value if value == value else last
        held.append(last)
    return held


def structure_file(name: str, calibration: Calibration) -> str:
    """The structure's file with the fitted values, to be used as --structure FILE.toml."""
    path = Path(name) if name.endswith(".toml") else Path(data.__file__).parent / "structures" / f"{name}.toml"
    lines, section = path.read_text(encoding="utf-8").splitlines(), ""
    values = data.structure(name).values
    factors = {each: fit.factor for fit in calibration.fits for each in KNOBS[fit.name].parameters}
    for number, line in enumerate(lines):
        if line.startswith("["):
            section = line.strip(" []")
        parameter = f"{section}_{line.partition('=')[0].strip()}"
        if parameter in factors and values[parameter]:
            new = f"value = {values[parameter] * factors[parameter]:.6g}"
            lines[number] = re.sub(r"value = [-+.\deE]+", new, line).replace(
                'source = "', 'source = "fitted; before: ', 1
            )
    return "\n".join(lines) + "\n"
