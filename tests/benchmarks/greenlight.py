"""Our greenhouse against GreenLight 2.0.5: the same weather, the same controls, whose climate?

    python -m tests.benchmarks.greenlight [--days 6] [--only NAME]
    python -m tests.benchmarks.greenlight --start 2009-11-20 2009-12-24                # other days of its record
    python -m tests.benchmarks.greenlight --weather my.epw --start 2026-01-10 2026-07-10    # other weather

GreenLight (katzin_2021: some thirty states, solved by BDF) is installed in an environment of its own and run with its
own controller; what that decided is fed to our model, minute by minute, from the same initial state. Nothing of ours is
fitted: the Venlo house and the tomato crop are the files that come with Onsil. Weather is the package's own record of
Bleiswijk (any of its 111 winter days), and made-up summer days, where vents stand wide open; or any days of a file of
weather, as `onsil backtest` takes it.

Printed for each window: root mean square differences of air temperature, humidity and CO2 at every five minutes, and
how many simulated days a second both make on one core, as a ratio from the same run.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from simulators.greenhouse import compiled, controls, data, parameters, states
from simulators.greenhouse.model import Model
from simulators.greenhouse.moist_air import saturation, vapour_density
from simulators.weather import table
from simulators.weather.files import read_weather
from simulators.weather.synthetic import Climate, SyntheticWeather
from simulators.weather.table import WeatherTable

GREENLIGHT = "2.0.5"
STEP = 300.0
TARGETS = {"temperature": (1.5, "°C"), "humidity": (8.0, "%"), "CO2": (100.0, "ppm")}

_PLACE = 52.0, 4.5  # latitude and longitude of Bleiswijk
_RECORD = datetime(2009, 10, 20, tzinfo=UTC)  # the first of its 111 days

_MATURE = {"cLeaf": 80e3, "cStem": 150e3, "cFruit": 150e3, "tCanSum": 1035.0}
_DARK = {"thetaLampMax": 0.0}
_HPS = {  # Katzin 2021, tables 4.3 and 7.6, as in GreenLight's lamp_hps_katzin_2021.json
    "lamp_power": 200 / 1.8,
    "lamp_par_share": 1.8 / 4.9,
    "lamp_nir_share": 0.22,
    "lamp_photons": 4.9,
    "lamp_emission_up": 0.1,
    "lamp_emission_down": 0.9,
    "lamp_heat": 100.0,
    "lamp_convection": 0.09,
}


@dataclass(frozen=True)
class Window:
    """Days from `start`: of the record of Bleiswijk (from its `first_day` on), of a `file`, or made up."""

    name: str
    first_day: int | None
    start: datetime = _RECORD
    file: Path | None = None
    definitions: tuple[str, ...] = ()
    changes: Mapping[str, float] = field(default_factory=dict)  # GreenLight's constants
    given: Mapping[str, float] = field(default_factory=dict)  # ours, where these follow
    crop: Mapping[str, float] = field(
        default_factory=lambda: _MATURE
    )  # initial values; GreenLight's seedlings if empty


WINDOWS = (
    Window("October, LED lamps", 0),
    Window("October, no lamps", 0, changes=_DARK, given={"lamp_power": 0.0}),
    Window("December, LED lamps", 60),
    Window("December, HPS lamps", 60, definitions=("lamp_hps_katzin_2021.json",), given=_HPS),
    Window("January, no lamps, young plants", 95, changes=_DARK, given={"lamp_power": 0.0}, crop={}),
    Window(
        "made-up April, no lamps", None, datetime(2026, 4, 10, tzinfo=UTC), changes=_DARK, given={"lamp_power": 0.0}
    ),
    Window("made-up July, no lamps", None, datetime(2026, 7, 10, tzinfo=UTC), changes=_DARK, given={"lamp_power": 0.0}),
)

_STATES = {
    "tCan": states.CANOPY,
    "tAir": states.AIR,
    "tTop": states.TOP,
    "tThScr": states.THERMAL_SCREEN,
    "tBlScr": states.SHADE_SCREEN,
    "tCovIn": states.COVER_INSIDE,
    "tCovE": states.COVER_OUTSIDE,
    "tPipe": states.PIPE,
    "tLamp": states.LAMP,
    "tFlr": states.FLOOR,
    "tSo1": states.SOIL_1,
    "tSo2": states.SOIL_2,
    "tSo3": states.SOIL_3,
    "tSo4": states.SOIL_4,
    "tSo5": states.SOIL_5,
    "co2Air": states.CO2,
    "co2Top": states.CO2_TOP,
    "cBuf": states.BUFFER,
    "cFruit": states.FRUIT,
    "cLeaf": states.LEAF,
    "cStem": states.STEM,
    "tCanSum": states.TEMPERATURE_SUM,
    "tCan24": states.DAY_TEMPERATURE,
}
_CONTROLS = {
    "uRoof": controls.ROOF_VENT,
    "uThScr": controls.THERMAL_SCREEN,
    "uBoil": controls.HEATER,
    "uExtCo2": controls.CO2,
    "uLamp": controls.LAMP,
}

Trajectories = dict[str, list[float]]


def environment() -> Path:
    """The interpreter of an environment with GreenLight; made once, outside the project."""
    cache = (
        Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "onsil-bench" / f"greenlight-{GREENLIGHT}"
    )
    python = cache / "bin" / "python"
    if not (cache / "installed").exists():
        print(f"installing GreenLight {GREENLIGHT} into {cache} ...", flush=True)
        venv.create(cache, with_pip=True, clear=True)
        command = [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            f"greenlight=={GREENLIGHT}",
        ]
        subprocess.run(command, check=True)
        (cache / "installed").touch()
    return python


def reference(python: Path, window: Window, days: int, folder: Path) -> tuple[Trajectories, float]:
    """GreenLight's trajectories and the seconds it solved."""
    weather, output = folder / "weather.csv", folder / "greenlight.csv"
    if window.first_day is None:
        write(source(window, days), days, weather)
    changes: dict[str, dict[str, str]] = {name: {"definition": str(value)} for name, value in window.changes.items()}
    changes.update({name: {"init": str(value)} for name, value in window.crop.items()})
    job = {
        "definitions": window.definitions,
        "weather": str(weather),
        "first_day": window.first_day,
        "days": days,
        "changes": changes,
        "output": str(output),
    }
    file = folder / "job.json"
    file.write_text(json.dumps(job), encoding="utf-8")
    script = Path(__file__).with_name("greenlight_reference.py")
    single = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMEXPR_NUM_THREADS": "1"}
    # -P: this folder holds a module of the same name as the package
    done = subprocess.run([python, "-P", script, file], check=False, capture_output=True, text=True, env=single)
    if done.returncode:
        raise SystemExit(f"GreenLight failed: {done.stderr[-2000:]}")
    return read(output), json.loads(done.stdout.splitlines()[-1])["solve"]


def read(path: Path) -> Trajectories:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.reader(lines))
    return {name: [float(row[column] or "nan") for row in rows[3:]] for column, name in enumerate(rows[0])}


def windows_of(file: Path | None, starts: list[datetime]) -> list[Window]:
    """Two windows for each start, with lamps and without; of a file, or of the record of Bleiswijk."""
    windows = []
    for start in starts:
        name = f"{file.stem[:13] if file else 'Bleiswijk'} {start:%Y-%m-%d}"
        day = None if file else (start - _RECORD).days
        windows.append(Window(f"{name}, LED lamps", day, start, file))
        windows.append(Window(f"{name}, no lamps", day, start, file, changes=_DARK, given={"lamp_power": 0.0}))
    return windows


def source(window: Window, days: int) -> WeatherTable:
    """The days from their file, or made up; at the place of GreenLight's record. Raises ConfigError."""
    if window.file is not None:
        return read_weather(window.file, window.start, days, *_PLACE).table
    climate = Climate(mean=10.5, swing=8.0, daily_swing=5.0, wind=3.5)
    made = SyntheticWeather(window.start, *_PLACE, 11, climate=climate)
    made.reach(days * 86400)
    return made


def write(weather: WeatherTable, days: int, path: Path) -> None:
    """Weather in GreenLight's form."""
    sums = [0.0] * (days + 1)
    count = round(days * 86400 / STEP) + 1
    for number in range(count):
        sums[number // 288] += weather.at(number * STEP)[table.RADIATION] * STEP * 1e-6
    head = ["Time", "tOut", "vpOut", "co2Out", "wind", "tSky", "tSoOut", "iGlob"]
    head += ["dayRadSum", "isDay", "isDaySmooth", "hElevation"]
    units = ["s", "°C", "Pa", "mg m**-3", "m s**-1", "°C", "°C", "W m**-2", "MJ m**-2 day**-1", "-", "-", "m"]
    with path.open("w", encoding="latin-1", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerows([head, head, units])
        for number in range(count):
            row = weather.at(number * STEP)
            kelvin = row[table.TEMPERATURE] + 273.15
            light = int(row[table.RADIATION] > 20)
            writer.writerow(
                [
                    number * STEP,
                    row[table.TEMPERATURE],
                    row[table.VAPOUR_PRESSURE],
                    row[table.CO2] * 101325 * 44.01e-3 / (8.3144598 * kelvin),
                    row[table.WIND_SPEED],
                    row[table.SKY],
                    row[table.SOIL],
                    row[table.RADIATION],
                    sums[number // 288],
                    light,
                    light,
                    0,
                ]
            )


def ours(window: Window, theirs: Trajectories, *, machine: bool) -> tuple[Model, float, list[tuple[float, ...]]]:
    """Our model along GreenLight's weather and controls: it, the seconds it took, and what it showed every 5 min."""
    given = data.house("venlo", "tomato") | window.given
    given["site_elevation"] = theirs["hElevation"][0]
    model = Model(given, weather_of(theirs, given), machine=machine)
    for name, place in _STATES.items():
        model.state[place] = theirs[name][0]
    model.state[states.VAPOUR] = vapour_density(theirs["vpAir"][0], theirs["tAir"][0])
    model.state[states.VAPOUR_TOP] = vapour_density(theirs["vpTop"][0], theirs["tTop"][0])
    shown: list[tuple[float, ...]] = []
    spent = 0.0
    for row in range(len(theirs["Time"]) - 1):
        for minute in range(1, 6):
            for name, place in _CONTROLS.items():
                before, after = theirs[name][row], theirs[name][row + 1]
                model.control[place] = before + minute / 5 * (after - before)
            model.state[states.SLAB_WATER] = 0.7 * given["slab_volume"]  # GreenLight's crop never thirsts
            begin = time.perf_counter()
            model.advance(60.0)
            spent += time.perf_counter() - begin
        shown.append(tuple(float(model.output[place]) for place in (0, 1, 2)))
    return model, spent, shown


def weather_of(theirs: Trajectories, given: Mapping[str, float]) -> WeatherTable:
    ppm = parameters.vector(given)[parameters.CO2_PPM]
    rows = zip(*(theirs[name] for name in ("tOut", "vpOut", "co2Out", "wind", "iGlob", "tSky", "tSoOut")), strict=True)

    def values() -> Iterator[float]:
        for temperature, vapour, co2, wind, sun, sky, soil in rows:
            yield from (temperature, vapour, co2 * ppm * (temperature + 273.15), wind, 0.0, sun, sky, soil, 0.0)

    return WeatherTable(_RECORD, STEP, values())


def differences(theirs: Trajectories, shown: list[tuple[float, ...]], ppm: float) -> dict[str, float]:
    """Root mean squares over the window."""
    squares = dict.fromkeys(TARGETS, 0.0)
    for row, (temperature, humidity, co2) in enumerate(shown, 1):
        air = theirs["tAir"][row]
        squares["temperature"] += (temperature - air) ** 2
        squares["humidity"] += (humidity - 100 * theirs["vpAir"][row] / saturation(air)) ** 2
        squares["CO2"] += (co2 - theirs["co2Air"][row] * ppm * (air + 273.15)) ** 2
    return {name: math.sqrt(value / len(shown)) for name, value in squares.items()}


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.benchmarks.greenlight", description="Our greenhouse and GreenLight.")
    parser.add_argument("--days", type=int, default=6, help="days in each window (6)")
    parser.add_argument("--only", default="", help="windows whose name holds this")
    parser.add_argument("--weather", type=Path, help="a .csv or .epw file, instead of the record of Bleiswijk")
    parser.add_argument("--start", type=_day, nargs="+", default=[], help="first days, instead of the usual windows")
    options = parser.parse_args()
    if options.weather and not options.start:
        parser.error("--weather needs --start")
    windows = windows_of(options.weather, options.start) or WINDOWS
    python = environment()
    machine = compiled.available()
    if machine:
        compiled.compiled_advance()
    print(f"{options.days} days a window; root mean square differences to GreenLight {GREENLIGHT}")
    print(f"{'window':34}{'air °C':>8}{'hum. %':>8}{'CO2 ppm':>9}{'GreenLight':>14}{'ours':>12}{'ratio':>9}")
    missed = 0
    for window in (window for window in windows if options.only in window.name):
        with tempfile.TemporaryDirectory() as folder:
            theirs, solved = reference(python, window, options.days, Path(folder))
        ours(window, {name: values[:3] for name, values in theirs.items()}, machine=machine)  # load the machine code
        model, spent, shown = ours(window, theirs, machine=machine)
        found = differences(theirs, shown, model.parameters[parameters.CO2_PPM])
        missed += sum(found[name] > limit for name, (limit, _) in TARGETS.items())
        rates = options.days / solved, options.days / spent
        print(
            f"{window.name:34}{found['temperature']:8.2f}{found['humidity']:8.2f}{found['CO2']:9.1f}"
            f"{rates[0]:10.2f} d/s{rates[1]:8.0f} d/s{rates[1] / rates[0]:8.0f}x",
            flush=True,
        )
    limits = ", ".join(f"{name} {limit:g} {unit}" for name, (limit, unit) in TARGETS.items())
    print(f"allowed: {limits}; ours ran {'as machine code' if machine else 'in Python'}, a call for every minute")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
