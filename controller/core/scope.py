"""What names stand for: points, derived points, actuators, setpoints, periods, each with a slot of the network.

A derived point or a setpoint gets its node when it is first named, so that what nobody uses costs nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from controller.model.errors import one_of
from controller.model.units import QUANTITIES, UNITS, Unit, show, show_duration
from controller.rules.compiler import Compiled, Symbol, compile_expression
from controller.rules.tree import ElapsedSinceStart as Elapsed
from controller.rules.tree import Is, Name, SinceStart, Tree, Window, walk

from .actuation import Explain
from .calendar import Clockwork, WindowNode
from .conditions import ElapsedSinceStart, Held
from .derived import MOIST_AIR, CounterToday, DrainFraction, Integral, MoistAir
from .irrigation import Valve
from .motor import Motor
from .plan import Expression, Plan, SetpointPlan
from .setpoints import Calculation, PeriodSetpoint
from .switch import Switch
from .windows import SlidingWindow

PERCENT = UNITS["%"]
PLAIN = UNITS[""]

_SUMS = {"radiation_sum": ("radiation", 1e-4), "dli": ("ppfd", 1e-6)}
"""Sums over time: of which quantity, and the factor from its unit times seconds to the sum's unit."""

_PATIENCE = 120.0
"""Seconds of grace for what depends on no point."""


class PlanScope:
    """Resolves names while expressions are compiled. `day` and `period` are the calendar's slots."""

    def __init__(
        self, plan: Plan, clockwork: Clockwork, models: Mapping[str, Switch | Motor], day: int, period: int
    ) -> None:
        self.network = clockwork.network
        self._clockwork = clockwork
        self._windows: dict[Window, WindowNode] = {}
        self.given: dict[str, int] = {}
        self._plan = plan
        self._day, self._period = day, period
        self._quantities: dict[str, str] = {}
        self._symbols: dict[str, Symbol] = {}
        self._grace: dict[int, float] = {}
        self._setpoints = {setpoint.name: setpoint for setpoint in plan.setpoints}
        self._resolving: list[str] = []
        self._valve = ""
        self._owner = ""
        self._valves = {
            name: Valve(self.network, name, model) for name, model in models.items() if isinstance(model, Switch)
        }
        self._sums: dict[tuple[str, int], int] = {}
        self._numbers = Counter[str]()

    # names

    def declare(self, name: str, symbol: Symbol, quantity: str = "", grace: float | None = None) -> None:
        """Give a name its slot. `grace` is how long what depends on it may go on without it."""
        self._symbols[name] = symbol
        if quantity:
            self._quantities[name] = quantity
        if grace is not None:
            self._grace[symbol.slot] = grace
            if symbol.quality_slot is not None:
                self._grace[symbol.quality_slot] = grace

    def names(self) -> Iterable[str]:
        derived = [f"{group}.{key}" for group in self._moist_groups() for key in MOIST_AIR]
        return [*self._symbols, *self._setpoints, *derived, *_SUMS, "drain_fraction"]

    def symbol(self, name: str) -> Symbol | None:
        known = self._symbols.get(name)
        if known is None:
            known = self._setpoint(name) or self._moist_air(name) or self._day_sum(name) or self._drain_fraction(name)
            if known is not None:
                self._symbols[name] = known
        return known

    def _moist_groups(self) -> list[str]:
        points = self._symbols
        return [p[: -len(".temperature")] for p in points if p.endswith(".temperature") and _partner(p) in points]

    def _moist_air(self, name: str) -> Symbol | None:
        group, _, key = name.rpartition(".")
        if key not in MOIST_AIR or group not in self._moist_groups():
            return None
        temperature, humidity = self._symbols[f"{group}.temperature"], self._symbols[f"{group}.humidity"]
        node = MoistAir(self.network, name, temperature.slot, humidity.slot)
        self._inherit(node.slot, (temperature.slot, humidity.slot))
        return Symbol(node.slot, QUANTITIES[key].unit)

    def _day_sum(self, name: str) -> Symbol | None:
        slot = self._sum(name, self._day, "today") if name in _SUMS else None
        return None if slot is None else Symbol(slot, QUANTITIES[name].unit)

    def _sum(self, name: str, reset: int, since: str) -> int | None:
        quantity, factor = _SUMS[name]
        sources = [point for point, of in self._quantities.items() if of == quantity]
        if not sources:
            return None
        source = self._symbols[f"outside.{quantity}" if f"outside.{quantity}" in sources else sources[0]]
        if (name, reset) not in self._sums:
            node = Integral(self.network, f"{name} {since}", source.slot, reset, factor)
            self._inherit(node.slot, (source.slot,))
            self._sums[name, reset] = node.slot
        return self._sums[name, reset]

    def _drain_fraction(self, name: str) -> Symbol | None:
        if name != "drain_fraction":
            return None
        drains = [point for point, of in self._quantities.items() if of == "drain"]
        if not drains or not self.given:
            return None
        drained = []
        for point in drains:
            node = CounterToday(self.network, f"{point} today", self._symbols[point].slot, self._day)
            self._inherit(node.slot, (self._symbols[point].slot,))
            drained.append(node.slot)
        fraction = DrainFraction(self.network, drained, list(self.given.values()))
        self._inherit(fraction.slot, drained)
        return Symbol(fraction.slot, PERCENT)

    def _setpoint(self, name: str) -> Symbol | None:
        plan = self._setpoints.get(name)
        if plan is None:
            return None
        if name in self._resolving:
            circle = " -> ".join([*self._resolving[self._resolving.index(name) :], name])
            raise plan.text.error(f"setpoint {name} depends on itself: {circle}", 0, "break the circle")
        self._resolving.append(name)
        try:
            with self.compiling(f"setpoint {name}"):
                return self._calculation(plan) if plan.value else self._period_setpoint(plan)
        finally:
            self._resolving.pop()

    def _calculation(self, plan: SetpointPlan) -> Symbol:
        assert plan.value is not None
        value = self.value(plan.value)
        node = Calculation(self.network, plan.name, value)
        self._inherit(node.slot, value.slots)
        assert value.unit is not None
        return Symbol(node.slot, value.unit, absolute=value.absolute)

    def _period_setpoint(self, plan: SetpointPlan) -> Symbol:
        indexes = {period.name: index for index, period in enumerate(self._plan.periods)}
        targets: dict[int, Compiled] = {}
        unit: Unit | None = None
        for period, expression in plan.by_period:
            if period not in indexes:
                raise expression.text.error(f"there is no period {period!r}", 0, one_of(period, indexes))
            target = self.value(expression, like=unit)
            unit = unit or target.unit
            targets[indexes[period]] = target
        assert unit is not None
        node = PeriodSetpoint(self.network, plan.name, self._period, targets, plan.ramp)
        self._inherit(node.slot, sorted({slot for target in targets.values() for slot in target.slots}))
        return Symbol(node.slot, unit, absolute=any(target.absolute is not False for target in targets.values()))

    # expressions

    @contextmanager
    def compiling(self, owner: str, valve: str = "") -> Iterator[None]:
        """What is compiled inside belongs to `owner`; "last start" means that of `valve`."""
        before = self._owner, self._valve
        self._owner, self._valve = owner, valve
        try:
            yield
        finally:
            self._owner, self._valve = before

    def condition(self, expression: Expression) -> Compiled:
        compiled = compile_expression(expression.text, expression.tree, self)
        if compiled.unit is not None:
            raise expression.text.error("a condition is expected here, not a number", 0, "compare it with < or >")
        return compiled

    def value(self, expression: Expression, like: Unit | None = None) -> Compiled:
        """A number; with `like`, one in the same unit."""
        compiled = compile_expression(expression.text, expression.tree, self)
        if compiled.unit is None:
            raise expression.text.error("a number is expected here, not a condition")
        if like is not None and compiled.unit.dimension != like.dimension:
            raise expression.text.error(
                f"this is in {compiled.unit.symbol or 'no unit'}, not in {like}", 0, f"write it in {like}"
            )
        if like is not None and compiled.unit.scale != like.scale:
            ratio, run = compiled.unit.scale / like.scale, compiled.run
            return Compiled(lambda v: run(v) * ratio, compiled.slots, like, compiled.absolute, "")
        return compiled

    def held(self, condition: Compiled, seconds: float) -> int:
        node = Held(self.network, self._key(f"{self._owner} for {show_duration(seconds)}"), condition, seconds)
        self._inherit(node.slot, condition.slots)
        return node.slot

    def over(self, function: str, value: Compiled, seconds: float) -> int:
        key = self._key(f"{self._owner} {function} {show_duration(seconds)}")
        node = SlidingWindow(self.network, key, function, value, seconds)
        self._inherit(node.slot, value.slots)
        return node.slot

    def within(self, window: Window) -> int:
        return self.window(window).slot

    def window(self, window: Window) -> WindowNode:
        """The node that knows whether it is now inside a part of the day."""
        if window not in self._windows:
            self._windows[window] = WindowNode(self._clockwork, window)
        return self._windows[window]

    def sum_since_start(self, name: str) -> int | None:
        if not self._valve or name not in _SUMS:
            return None
        return self._sum(name, self.valve(self._valve).last_start, f"since start of {self._valve}")

    def elapsed_since_start(self, seconds: float) -> int | None:
        if not self._valve:
            return None
        last_start = self.valve(self._valve).last_start
        return ElapsedSinceStart(self.network, self._key(f"{self._owner} elapsed"), last_start, seconds).slot

    def _key(self, base: str) -> str:
        """A key that no other node has: the same text twice in one rule is numbered."""
        self._numbers[base] += 1
        return f"{base} #{self._numbers[base]}"

    def valve(self, name: str) -> Valve:
        """What the rounds of a valve share."""
        return self._valves[name]

    def _inherit(self, slot: int, inputs: Iterable[int]) -> None:
        """What is made from points goes on without them as long as the least patient of them allows."""
        graces = [self._grace[i] for i in inputs if i in self._grace]
        if graces:
            self._grace[slot] = min(graces)

    def patience(self, slots: Iterable[int]) -> float:
        return min((self._grace[slot] for slot in slots if slot in self._grace), default=_PATIENCE)

    # explanations

    def explain(self, trees: list[Tree], valve: str) -> Explain:
        """The names in some expressions with their present values."""
        shown: dict[str, Callable[[], str]] = {}
        for tree in trees:
            for node in walk(tree):
                match node:
                    case Name(name) | Is(name, _):
                        shown[name] = self._shower(name)
                    case SinceStart(Name(name)):
                        slot, unit = self._sum(name, self.valve(valve).last_start, ""), QUANTITIES[name].unit
                        assert slot is not None
                        shown[f"{name} since last start"] = lambda s=slot, u=unit: show(self.network.values[s], u)  # type: ignore[misc]
                    case Elapsed():
                        shown["since last start"] = lambda: self._since_start(valve)
                    case _:
                        pass
        return lambda: tuple((name, text()) for name, text in shown.items())

    def _since_start(self, valve: str) -> str:
        last = self.network.values[self.valve(valve).last_start]
        return "no start yet" if last != last else show_duration(self.network.now.t - last)

    def _shower(self, name: str) -> Callable[[], str]:
        symbol = self.symbol(name)
        assert symbol is not None
        return lambda: self.shown(symbol)

    def shown(self, symbol: Symbol) -> str:
        """A symbol's present value as a person reads it."""
        values = self.network.values
        value = values[symbol.slot]
        if value != value:
            quality = symbol.quality_slot
            return "unknown" if quality is None else {0.0: "unknown", 1.0: "stale", 2.0: "bad"}[values[quality]]
        if symbol.unit == PLAIN and symbol.states:
            return next((word for word, test in symbol.states.items() if _passes(value, test)), "none")
        return show(value, symbol.unit)


def _partner(temperature: str) -> str:
    return temperature[: -len("temperature")] + "humidity"


def _passes(value: float, test: str) -> bool:
    operator, _, bound = test.partition(" ")
    return {"<": value < float(bound), ">=": value >= float(bound), "==": value == float(bound)}[operator]
