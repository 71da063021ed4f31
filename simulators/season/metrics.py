"""What a season comes to, in the units a grower counts in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from simulators.greenhouse import books, data

from . import tally
from .engine import Engine
from .machines import Motor

_HOUR = 3600.0
_KWH = 3.6e6


class Metric(NamedTuple):
    """A number of the result. `better` is -1 where less is better, 1 where more is, 0 where neither is."""

    title: str
    unit: str
    better: int
    digits: int = 1


METRICS = {
    "energy": Metric("heat", "kWh/m²", -1),
    "electricity": Metric("electricity of lamps and fans", "kWh/m²", -1),
    "water": Metric("irrigation", "L/m²", -1),
    "fog": Metric("fog", "L/m²", -1),
    "co2": Metric("CO2 dosed", "kg/m²", -1, 2),
    "yield": Metric("fruit picked, estimate", "kg/m²", 1, 2),
    "dli": Metric("light a day, mean", "mol/m²", 1),
    "temperature": Metric("air temperature, mean", "°C", 0),
    "coldest": Metric("coldest air", "°C", 0),
    "hottest": Metric("hottest air", "°C", 0),
    "hours_too_cold": Metric("too cold", "h", -1),
    "hours_too_hot": Metric("too hot", "h", -1),
    "degree_hours_cold": Metric("degree hours too cold", "°C·h", -1),
    "degree_hours_hot": Metric("degree hours too hot", "°C·h", -1),
    "hours_too_humid": Metric("VPD too low", "h", -1),
    "hours_too_dry": Metric("VPD too high", "h", -1),
    "hours_co2_low": Metric("CO2 too low, in light", "h", -1),
    "hours_co2_high": Metric("CO2 too high", "h", -1),
    "hours_wet": Metric("leaves wet", "h", -1),
    "hours_disease_risk": Metric("disease risk (wet leaves or 90 % RH)", "h", -1),
    "humidity": Metric("humidity, mean", "%", 0),
    "drain_fraction": Metric("drain of irrigation", "%", 0),
    "slab_ec": Metric("slab EC, mean", "mS/cm", 0, 2),
    "movements": Metric("motor runs", "", -1, 0),
    "starts": Metric("switch and valve starts", "", -1, 0),
    "alarms": Metric("alarms raised", "", -1, 0),
}


@dataclass(frozen=True, slots=True)
class Worked:
    """What an actuator did: how often it started, how long it ran (h), and how many whole ways a motor went."""

    starts: int
    hours: float
    ways: float


@dataclass(frozen=True, slots=True)
class Result:
    """`values` by the names of METRICS; `actuators` and `alarms` (how often raised) by name."""

    days: float
    values: dict[str, float]
    actuators: dict[str, Worked]
    alarms: dict[str, int]
    notes: tuple[str, ...] = field(default=())

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "days": self.days,
            "metrics": {name: round(value, 6) for name, value in self.values.items()},
            "units": {name: METRICS[name].unit for name in self.values},
            "actuators": {
                name: {"starts": work.starts, "hours": round(work.hours, 3), "ways": round(work.ways, 3)}
                for name, work in self.actuators.items()
            },
            "alarms": self.alarms,
            "notes": list(self.notes),
        }


def result(engine: Engine) -> Result:
    """Sum up a run."""
    machines = engine.machines.by_name
    worked = {}
    for name, machine in machines.items():
        ways = machine.way if isinstance(machine, Motor) else 0.0
        worked[name] = Worked(machine.starts, machine.seconds / _HOUR, ways)
    motors = {name for name, machine in machines.items() if isinstance(machine, Motor)}
    values = measured(engine.house.book, engine.house.tally, dry_share(engine.season.crop))
    values["movements"] = float(sum(worked[name].starts for name in motors))
    values["starts"] = float(sum(work.starts for name, work in worked.items() if name not in motors))
    values["alarms"] = float(sum(engine.alarms.values()))
    days = float(engine.house.tally[tally.SECONDS]) / 86400.0
    ordered = {name: values[name] for name in METRICS}
    return Result(days, ordered, worked, dict(engine.alarms), tuple(engine.wiring.notes()))


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
