"""Units, dimensions and quantities.

Inside Onsil every number is in the unit of its quantity: °C, % (relative humidity, positions, water content), kPa
(VPD), g/m³ (humidity deficit), ppm (CO2), W/m² and J/cm² (radiation and its sum), µmol/(m²·s) and mol/(m²·d) (light),
m/s, mS/cm, L, L/min, s. Per cent and ppm are dimensions of their own: that is how `temperature > 40 %` is found to be
wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from .errors import one_of


class Dimension(NamedTuple):
    """Exponents of the base units. Per cent and parts per million count as base units."""

    metre: int = 0
    kilogram: int = 0
    second: int = 0
    kelvin: int = 0
    mole: int = 0
    ampere: int = 0
    percent: int = 0
    ppm: int = 0

    def times(self, other: Dimension) -> Dimension:
        return Dimension(*(a + b for a, b in zip(self, other, strict=True)))

    def per(self, other: Dimension) -> Dimension:
        return Dimension(*(a - b for a, b in zip(self, other, strict=True)))


NUMBER = Dimension()
TIME = Dimension(second=1)
TEMPERATURE = Dimension(kelvin=1)
PERCENT = Dimension(percent=1)


class Unit(NamedTuple):
    """`symbol` as written, its dimension, and how many coherent SI units it is. °C has an offset against K."""

    symbol: str
    dimension: Dimension
    scale: float

    def __str__(self) -> str:
        return self.symbol


_ENERGY = Dimension(metre=2, kilogram=1, second=-2)
_POWER = Dimension(metre=2, kilogram=1, second=-3)
_AREA = Dimension(metre=2)
_VOLUME = Dimension(metre=3)
_PRESSURE = Dimension(metre=-1, kilogram=1, second=-2)
_VOLT = _POWER.per(Dimension(ampere=1))
_SIEMENS = Dimension(ampere=1).per(_VOLT)
_CONDUCTIVITY = _SIEMENS.per(Dimension(metre=1))
_DENSITY = Dimension(kilogram=1, metre=-3)
_LIGHT_RATE = Dimension(mole=1, metre=-2, second=-1)

_TABLE: tuple[tuple[str, Dimension, float], ...] = (
    # first spelling of a unit is the one we print; the following lines are accepted spellings
    ("", NUMBER, 1.0),
    ("ms", TIME, 1e-3),
    ("s", TIME, 1.0),
    ("sec", TIME, 1.0),
    ("min", TIME, 60.0),
    ("h", TIME, 3600.0),
    ("d", TIME, 86400.0),
    ("day", TIME, 86400.0),
    ("days", TIME, 86400.0),
    ("°C", TEMPERATURE, 1.0),
    ("degC", TEMPERATURE, 1.0),
    ("℃", TEMPERATURE, 1.0),
    ("K", TEMPERATURE, 1.0),
    ("°C/h", Dimension(kelvin=1, second=-1), 1 / 3600),
    ("°C/min", Dimension(kelvin=1, second=-1), 1 / 60),
    ("K/h", Dimension(kelvin=1, second=-1), 1 / 3600),
    ("K/min", Dimension(kelvin=1, second=-1), 1 / 60),
    ("°C·h", Dimension(kelvin=1, second=1), 3600.0),
    ("°C·d", Dimension(kelvin=1, second=1), 86400.0),
    ("%", PERCENT, 1.0),
    ("%RH", PERCENT, 1.0),
    ("%/h", Dimension(percent=1, second=-1), 1 / 3600),
    ("%/min", Dimension(percent=1, second=-1), 1 / 60),
    ("%/s", Dimension(percent=1, second=-1), 1.0),
    ("ppm", Dimension(ppm=1), 1.0),
    ("ppm/min", Dimension(ppm=1, second=-1), 1 / 60),
    ("Pa", _PRESSURE, 1.0),
    ("hPa", _PRESSURE, 100.0),
    ("kPa·h", _PRESSURE.times(TIME), 3.6e6),
    ("kPa", _PRESSURE, 1000.0),
    ("bar", _PRESSURE, 1e5),
    ("g/m³", _DENSITY, 1e-3),
    ("g/m3", _DENSITY, 1e-3),
    ("kg/m³", _DENSITY, 1.0),
    ("W/m²", _POWER.per(_AREA), 1.0),
    ("W/m2", _POWER.per(_AREA), 1.0),
    ("kW/m²", _POWER.per(_AREA), 1000.0),
    ("J/cm²", _ENERGY.per(_AREA), 1e4),
    ("J/cm2", _ENERGY.per(_AREA), 1e4),
    ("MJ/m²", _ENERGY.per(_AREA), 1e6),
    ("kWh/m²", _ENERGY.per(_AREA), 3.6e6),
    ("W", _POWER, 1.0),
    ("kW", _POWER, 1000.0),
    ("kWh", _ENERGY, 3.6e6),
    ("µmol/(m²·s)", _LIGHT_RATE, 1e-6),
    ("µmol/m²/s", _LIGHT_RATE, 1e-6),
    ("umol/m2/s", _LIGHT_RATE, 1e-6),
    ("mol/(m²·d)", _LIGHT_RATE, 1 / 86400),
    ("mol/m²", Dimension(mole=1, metre=-2), 1.0),
    ("mol/m²/d", _LIGHT_RATE, 1 / 86400),
    ("m", Dimension(metre=1), 1.0),
    ("cm", Dimension(metre=1), 0.01),
    ("mm", Dimension(metre=1), 1e-3),
    ("m²", _AREA, 1.0),
    ("m2", _AREA, 1.0),
    ("m/s", Dimension(metre=1, second=-1), 1.0),
    ("km/h", Dimension(metre=1, second=-1), 1 / 3.6),
    ("°", NUMBER, 1.0),
    ("deg", NUMBER, 1.0),
    ("mS/cm", _CONDUCTIVITY, 0.1),
    ("dS/m", _CONDUCTIVITY, 0.1),
    ("µS/cm", _CONDUCTIVITY, 1e-4),
    ("uS/cm", _CONDUCTIVITY, 1e-4),
    ("pH", NUMBER, 1.0),
    ("L", _VOLUME, 1e-3),
    ("l", _VOLUME, 1e-3),
    ("mL", _VOLUME, 1e-6),
    ("ml", _VOLUME, 1e-6),
    ("m³", _VOLUME, 1.0),
    ("m3", _VOLUME, 1.0),
    ("L/min", Dimension(metre=3, second=-1), 1e-3 / 60),
    ("L/h", Dimension(metre=3, second=-1), 1e-3 / 3600),
    ("m³/h", Dimension(metre=3, second=-1), 1 / 3600),
    ("L/m²", Dimension(metre=1), 1e-3),
    ("kg", Dimension(kilogram=1), 1.0),
    ("g", Dimension(kilogram=1), 1e-3),
    ("V", _VOLT, 1.0),
    ("mV", _VOLT, 1e-3),
    ("A", Dimension(ampere=1), 1.0),
    ("mA", Dimension(ampere=1), 1e-3),
)

UNITS: dict[str, Unit] = {symbol: Unit(symbol, dimension, scale) for symbol, dimension, scale in _TABLE}

_GREEK = str.maketrans({"μ": "µ"})  # Greek mu and the micro sign look alike
_MEASURE = re.compile(r"\s*(?P<number>[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*(?P<unit>\S*)\s*")


class UnitError(ValueError):
    """A text is not a number with a unit that fits. `suggestion` says what would."""

    def __init__(self, message: str, suggestion: str = "") -> None:
        super().__init__(message)
        self.suggestion = suggestion


def unit(symbol: str) -> Unit:
    """The unit of this spelling. Raises UnitError with a suggestion."""
    found = UNITS.get(symbol.translate(_GREEK))
    if found is None:
        raise UnitError(f"there is no unit {symbol!r}", one_of(symbol, UNITS))
    return found


def factor(source: Unit, target: Unit) -> float:
    """What a number in `source` is multiplied by to be in `target`. Raises UnitError where dimensions differ."""
    if source.dimension != target.dimension:
        fitting = ", ".join(name for name, u in UNITS.items() if u.dimension == target.dimension and name)
        raise UnitError(f"{source.symbol or 'a plain number'} is not a unit of this quantity", f"use {fitting}")
    return source.scale / target.scale


def parse_measure(text: str, target: Unit) -> float:
    """A text like "16 °C" as a number in `target`. Raises UnitError."""
    match = _MEASURE.fullmatch(text)
    if match is None:
        raise UnitError(f"{text!r} is not a number with a unit", f"write it like 5 {target}".rstrip())
    return float(match["number"]) * factor(unit(match["unit"]), target)


SECOND = UNITS["s"]


def parse_duration(text: str) -> float:
    """A text like "5 min" in seconds. Raises UnitError."""
    return parse_measure(text, SECOND)


def best_unit(dimension: Dimension) -> Unit:
    """The unit in which Onsil shows a number of this dimension."""
    for quantity in QUANTITIES.values():
        if quantity.unit.dimension == dimension:
            return quantity.unit
    for candidate in UNITS.values():
        if candidate.dimension == dimension:
            return candidate
    return Unit("?", dimension, 1.0)


@lru_cache(maxsize=1024)
def show(value: float, shown: Unit) -> str:
    """A number with its unit as a person writes it: "18.5 °C", "72 %", "5 min".

    Kept, for sensors show the same few values again and again, and every decision names those that it is based on.
    """
    if value != value:
        return "unknown"
    if shown.dimension == TIME:
        return show_duration(value * shown.scale)
    if abs(value) >= 100:
        text = f"{value:.0f}"
    else:
        text = (f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}").rstrip("0").rstrip(".")
    if text == "-0":
        text = "0"
    return f"{text} {shown.symbol}" if shown.symbol else text


def show_duration(seconds: float) -> str:
    """Seconds as a person says them: "45 s", "5 min", "1 h 30 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    parts = [
        f"{hours} h" if hours else "",
        f"{minutes} min" if minutes else "",
        f"{left} s" if left and not hours else "",
    ]
    return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a point measures: its unit, and the treatment its sensors get where site.yaml says nothing.

    `low` and `high` are what such a sensor can plausibly report, `max_rate` its fastest plausible change (per second),
    `stale_after` (s) how old a reading may be. `states` names the values of a point that is on or off.
    `counter` says that the point only ever counts up (a reset to zero apart).
    """

    name: str
    unit: Unit
    low: float
    high: float
    max_rate: float | None = None
    stale_after: float = 60.0
    states: tuple[str, str] | None = None
    counter: bool = False


def _quantity(
    name: str,
    symbol: str,
    low: float,
    high: float,
    *,
    per_minute: float | None = None,
    stale_after: float = 60.0,
    states: tuple[str, str] | None = None,
    counter: bool = False,
) -> Quantity:
    rate = None if per_minute is None else per_minute / 60
    return Quantity(name, UNITS[symbol], low, high, rate, stale_after, states, counter)


QUANTITIES: dict[str, Quantity] = {
    quantity.name: quantity
    for quantity in (
        # physical ranges are those of common sensors; a point's own entry under `sensors:` overrides each of them
        _quantity("temperature", "°C", -50, 80, per_minute=10),
        _quantity("humidity", "%", 0, 100, per_minute=40),
        _quantity("co2", "ppm", 0, 10_000),
        _quantity("vpd", "kPa", 0, 20),
        _quantity("dew_point", "°C", -60, 80),
        _quantity("humidity_deficit", "g/m³", 0, 300),
        _quantity("absolute_humidity", "g/m³", 0, 300),
        _quantity("radiation", "W/m²", -20, 1800),
        _quantity("radiation_sum", "J/cm²", 0, 1e6),
        _quantity("ppfd", "µmol/(m²·s)", -10, 4000),
        _quantity("dli", "mol/m²", 0, 200),
        _quantity("wind_speed", "m/s", 0, 75),
        _quantity("wind_direction", "°", 0, 360),
        _quantity("rain", "", 0, 1, states=("dry", "wet")),
        _quantity("rainfall", "mm", 0, 1e6, counter=True),
        _quantity("height", "cm", -1e5, 1e5),  # of water in a tank, of a crop
        _quantity("water_content", "%", 0, 100, stale_after=3600),
        _quantity("ec", "mS/cm", 0, 20, stale_after=3600),
        _quantity("ph", "pH", 0, 14, stale_after=3600),
        _quantity("drain", "L", 0, 1e9, stale_after=3600, counter=True),
        _quantity("volume", "L", 0, 1e9, stale_after=3600, counter=True),
        _quantity("flow", "L/min", 0, 1e5),
        _quantity("pressure", "kPa", -200, 2000),
        _quantity("weight", "kg", 0, 1e5),
        _quantity("level", "%", 0, 100),
        _quantity("position", "%", 0, 100),
        _quantity("battery", "%", 0, 100, stale_after=86400),
        _quantity("voltage", "V", -1000, 1000),
        _quantity("current", "A", -1000, 1000),
        _quantity("power", "W", -1e7, 1e7),
        _quantity("energy", "kWh", 0, 1e9, counter=True),
        _quantity("contact", "", 0, 1, states=("open", "closed")),
        _quantity("state", "", 0, 1, states=("off", "on")),
        _quantity("drain_fraction", "%", 0, 1000),
        _quantity("number", "", -1e12, 1e12),
    )
}


def likeliest(dimension: Dimension) -> Quantity | None:
    """What a value in a unit of this dimension most likely is, where its name says nothing; None where there is none.

    What only counts up, or is 0 or 1, says so by its name.
    """
    fitting = [each for each in QUANTITIES.values() if each.unit.dimension == dimension]
    plain = (each for each in fitting if not each.counter and each.states is None)
    return next(plain, fitting[0] if fitting else None)


def quantity_of(point: str) -> Quantity | None:
    """The quantity a point's name says: `air.temperature_2` and `bench.leaf.temperature` are temperatures.

    None where the last word is no quantity: the point must then name one in site.yaml.
    """
    last = point.rpartition(".")[2]
    found = QUANTITIES.get(last)
    if found is None:
        found = QUANTITIES.get(re.sub(r"_?\d+$", "", last))
    if found is None:
        tail = last
        while found is None and "_" in tail:
            tail = tail.partition("_")[2]
            found = QUANTITIES.get(tail)
    return found
