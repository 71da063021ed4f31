"""What a season comes to, in the units a grower counts in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from simulators.greenhouse import books, data

from . import tally
from .engine import Engine
from .machines import Motor

_HOUR = 3600.0
_KWH = 3.6e6


class Metric(NamedTuple):
    """A number of the result. `better` is -1 where less is better, 1 where more is, 0 where neither is.

    `together` says what several compartments have of it together: the mean of their areas, the sum, or the least or
    the most of theirs.
    """

    title: str
    unit: str
    better: int
    digits: int = 1
    together: Literal["mean", "sum", "least", "most"] = "mean"


METRICS = {
    "energy": Metric("heat", "kWh/m²", -1),
    "electricity": Metric("electricity of lamps and fans", "kWh/m²", -1),
    "water": Metric("irrigation", "L/m²", -1),
    "fog": Metric("fog", "L/m²", -1),
    "co2": Metric("CO2 dosed", "kg/m²", -1, 2),
    "yield": Metric("fruit picked, estimate", "kg/m²", 1, 2),
    "dli": Metric("light a day, mean", "mol/m²", 1),
    "temperature": Metric("air temperature, mean", "°C", 0),
    "coldest": Metric("coldest air", "°C", 0, together="least"),
    "hottest": Metric("hottest air", "°C", 0, together="most"),
    "hours_too_cold": Metric("too cold", "h", -1, together="sum"),
    "hours_too_hot": Metric("too hot", "h", -1, together="sum"),
    "degree_hours_cold": Metric("degree hours too cold", "°C·h", -1, together="sum"),
    "degree_hours_hot": Metric("degree hours too hot", "°C·h", -1, together="sum"),
    "hours_too_humid": Metric("VPD too low", "h", -1, together="sum"),
    "hours_too_dry": Metric("VPD too high", "h", -1, together="sum"),
    "hours_co2_low": Metric("CO2 too low, in light", "h", -1, together="sum"),
    "hours_co2_high": Metric("CO2 too high", "h", -1, together="sum"),
    "hours_wet": Metric("leaves wet", "h", -1, together="sum"),
    "hours_disease_risk": Metric("disease risk (wet leaves or 90 % RH)", "h", -1, together="sum"),
    "humidity": Metric("humidity, mean", "%", 0),
    "drain_fraction": Metric("drain of irrigation", "%", 0),
    "slab_ec": Metric("slab EC, mean", "mS/cm", 0, 2),
    "movements": Metric("motor runs", "", -1, 0, together="sum"),
    "starts": Metric("switch and valve starts", "", -1, 0, together="sum"),
    "alarms": Metric("alarms raised", "", -1, 0, together="sum"),
}


def names(compartments: Iterable[str]) -> list[str]:
    """What can be asked for in a site with these compartments: energy, and east.energy."""
    return [*METRICS, *(f"{part}.{name}" for part in compartments for name in METRICS if name != "alarms")]


def about(name: str) -> Metric:
    """The metric of one of `names`."""
    part, _, plain = name.rpartition(".")
    metric = METRICS[plain]
    return metric._replace(title=f"{part}: {metric.title}") if part else metric


BY_AREA = "together: hours and starts are added up; what is per m², and means, go by area"
EQUALLY_LARGE = (
    "together: hours and starts are added up; what is per m², and means, as if all were equally large "
    "(or give each its area: in site.yaml)"
)
"""What the numbers of several compartments together are, as notes."""


@dataclass(frozen=True, slots=True)
class Worked:
    """What an actuator did: how often it started, how long it ran (h), and how many whole ways a motor went."""

    starts: int
    hours: float
    ways: float


@dataclass(frozen=True, slots=True)
class Result:
    """`values` by the names of METRICS; `actuators` and `alarms` (how often raised) by name.

    `compartments` has the values of each, but for the alarms, of which nobody knows whose they are; `values` are then
    those of the whole site.
    """

    days: float
    values: dict[str, float]
    actuators: dict[str, Worked]
    alarms: dict[str, int]
    notes: tuple[str, ...] = field(default=())
    compartments: dict[str, dict[str, float]] = field(default_factory=dict)

    def flat(self) -> dict[str, float]:
        """All values by `names`."""
        own = {f"{part}.{name}": value for part, each in self.compartments.items() for name, value in each.items()}
        return self.values | own

    def document(self) -> dict[str, Any]:
        """For JSON."""
        document = {
            "days": self.days,
            "metrics": _rounded(self.values),
            "units": {name: METRICS[name].unit for name in self.values},
            "actuators": {
                name: {"starts": work.starts, "hours": round(work.hours, 3), "ways": round(work.ways, 3)}
                for name, work in self.actuators.items()
            },
            "alarms": self.alarms,
            "notes": list(self.notes),
        }
        if self.compartments:
            document["compartments"] = {name: _rounded(values) for name, values in self.compartments.items()}
        return document


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 6) for name, value in values.items()}


def result(engine: Engine) -> Result:
    """Sum up a run."""
    worked = {
        name: Worked(machine.starts, machine.seconds / _HOUR, machine.way if isinstance(machine, Motor) else 0.0)
        for name, machine in engine.machines.by_name.items()
    }
    compartments = {}
    for wiring, house in zip(engine.wirings, engine.houses, strict=True):
        own = [name for name in worked if engine.plan.compartment_of(name) == wiring.compartment]
        values = measured(house.book, house.tally, dry_share(engine.season.crop_of(wiring.compartment)))
        compartments[wiring.compartment] = _ordered(values | _runs(engine, worked, own))
    values = together(list(compartments.values()), [wiring.area for wiring in engine.wirings])
    values |= _runs(engine, worked, worked) | {"alarms": float(sum(engine.alarms.values()))}
    days = float(engine.houses[0].tally[tally.SECONDS]) / 86400.0
    notes = [note for wiring in engine.wirings for note in wiring.notes()]
    if len(compartments) > 1:
        notes.append(BY_AREA if engine.plan.compartments[0].area else EQUALLY_LARGE)
    found = compartments if engine.plan.compartments else {}
    return Result(days, _ordered(values), worked, dict(engine.alarms), tuple(dict.fromkeys(notes)), found)


def _ordered(values: Mapping[str, float]) -> dict[str, float]:
    return {name: values[name] for name in METRICS if name in values}


def _runs(engine: Engine, worked: Mapping[str, Worked], names: Iterable[str]) -> dict[str, float]:
    """How often motors ran, and switches and valves started."""
    machines = engine.machines.by_name
    starts = [(isinstance(machines[name], Motor), worked[name].starts) for name in names]
    return {
        "movements": float(sum(times for motor, times in starts if motor)),
        "starts": float(sum(times for motor, times in starts if not motor)),
    }


def together(compartments: Sequence[Mapping[str, float]], areas: Sequence[float]) -> dict[str, float]:
    """What several compartments of these areas (m²) come to as one site; of a single one its own values."""
    if len(compartments) == 1:
        return dict(compartments[0])
    values = {}
    for name in compartments[0]:
        each = [compartment[name] for compartment in compartments]
        match METRICS[name].together:
            case "sum":
                values[name] = sum(each)
            case "least":
                values[name] = min(each)
            case "most":
                values[name] = max(each)
            case "mean":
                values[name] = _mean(each, areas)
    drained = [each["water"] * area for each, area in zip(compartments, areas, strict=True)]
    values["drain_fraction"] = _mean([each["drain_fraction"] for each in compartments], drained)
    return values


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    total = sum(weights)
    return sum(value * weight for value, weight in zip(values, weights, strict=True)) / total if total else 0.0


def dry_share(crop: str) -> float:
    """Dry matter of the fruit, as a share."""
    return data.crop(crop).values["harvest_dry_share"]


def measured(book: Sequence[float], counted: Sequence[float], dry: float) -> dict[str, float]:
    """From the books of the greenhouse and what was counted."""
    seconds = max(float(counted[tally.SECONDS]), 1e-9)

    def hours(place: int) -> float:
        return float(counted[place]) / _HOUR

    def mean(place: int) -> float:
        return float(counted[place]) / seconds

    irrigated = float(book[books.IRRIGATED])
    return {
        "energy": float(book[books.PIPE_HEAT] + book[books.AIR_HEAT]) / _KWH,
        "electricity": float(book[books.LAMP] + book[books.FAN]) / _KWH,
        "water": irrigated,
        "fog": float(book[books.FOGGED]),
        "co2": float(book[books.CO2_DOSED]) * 1e-6,
        "yield": float(book[books.FRUIT_PICKED]) * 1e-6 / dry,
        "dli": float(book[books.PHOTONS]) / (seconds / 86400.0),
        "temperature": mean(tally.WARMTH),
        "coldest": float(counted[tally.COLDEST]),
        "hottest": float(counted[tally.HOTTEST]),
        "hours_too_cold": hours(tally.TOO_COLD),
        "hours_too_hot": hours(tally.TOO_HOT),
        "degree_hours_cold": hours(tally.COLD),
        "degree_hours_hot": hours(tally.HOT),
        "hours_too_humid": hours(tally.TOO_HUMID),
        "hours_too_dry": hours(tally.TOO_DRY),
        "hours_co2_low": hours(tally.CO2_LOW),
        "hours_co2_high": hours(tally.CO2_HIGH),
        "hours_wet": hours(tally.WET),
        "hours_disease_risk": hours(tally.RISK),
        "humidity": mean(tally.SATURATION),
        "drain_fraction": 100.0 * float(book[books.DRAINED]) / irrigated if irrigated else 0.0,
        "slab_ec": mean(tally.SALT),
    }
