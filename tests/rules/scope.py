"""A scope for tests: names with units and states, and values given by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from controller.model.units import UNITS, unit
from controller.rules.compiler import Compiled, Symbol, compile_expression
from controller.rules.parser import Text, parse_condition
from controller.rules.tree import Window

NAN = float("nan")


@dataclass
class Names:
    """`units` of numbers, `states` of points that have words for values. Every name has a quality slot behind it."""

    units: dict[str, str] = field(default_factory=dict)
    states: dict[str, dict[str, str]] = field(default_factory=dict)
    differences: tuple[str, ...] = ()
    memory: dict[str, int] = field(default_factory=dict)
    """Slots of what has a memory, by its description."""

    def symbol(self, name: str) -> Symbol | None:
        every = [*self.units, *self.states]
        if name not in every:
            return None
        slot = 2 * every.index(name)
        written = unit(self.units[name]) if name in self.units else UNITS[""]
        return Symbol(slot, written, self.states.get(name, {}), slot + 1, absolute=name not in self.differences)

    def names(self) -> Iterable[str]:
        return [*self.units, *self.states]

    def held(self, condition: Compiled, seconds: float) -> int:
        return self._remember(f"held {seconds:g} s")

    def over(self, function: str, value: Compiled, seconds: float) -> int:
        return self._remember(f"{function} {seconds:g} s")

    def within(self, window: Window) -> int:
        return self._remember(f"within {window}")

    def sum_since_start(self, name: str) -> int | None:
        return self._remember(f"{name} since start") if name == "radiation_sum" else None

    def elapsed_since_start(self, seconds: float) -> int | None:
        return self._remember(f"{seconds:g} s since start")

    def _remember(self, what: str) -> int:
        return self.memory.setdefault(what, 100 + len(self.memory))

    def compile(self, text: str) -> Compiled:
        return compile_expression(Text(text), parse_condition(Text(text)), self)

    def run(self, text: str, **values: float) -> float:
        """The value of an expression; names are written with `_` for `.`, what is not given is unknown."""
        slots = [NAN] * 200
        for name in self.names():
            symbol = self.symbol(name)
            assert symbol is not None
            assert symbol.quality_slot is not None
            value = values.get(name.replace(".", "_"), NAN)
            slots[symbol.slot], slots[symbol.quality_slot] = value, 0.0 if value == value else 2.0
        for what, slot in self.memory.items():
            slots[slot] = values.get(what, NAN)
        return self.compile(text).run(slots)


GREENHOUSE = Names(
    {
        "air.temperature": "°C",
        "outside.temperature": "°C",
        "air.humidity": "%",
        "air.vpd": "kPa",
        "air.co2": "ppm",
        "outside.radiation": "W/m²",
        "radiation_sum": "J/cm²",
        "outside.wind_speed": "m/s",
        "roof_vent": "%",
        "bonus": "K",
    },
    {
        "outside.rain": {"dry": "< 0.5", "wet": ">= 0.5"},
        "period": {"night": "== 0", "day": "== 1"},
        "heater": {"on": ">= 50", "off": "< 50"},
    },
    differences=("bonus",),
)
