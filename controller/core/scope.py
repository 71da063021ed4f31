"""What names stand for: points, derived points, actuators, setpoints, periods, each with a slot of the network.

A derived point or a setpoint gets its node when it is first named, so that what nobody uses costs nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from controller.model.errors import one_of
from controller.model.units import QUANTITIES, TEMPERATURE, TIME, UNITS, Unit, best_unit, show, show_duration
from controller.rules.compiler import Compiled, Definition, Symbol, compile_expression
from controller.rules.parser import Text
from controller.rules.tree import Call, Is, Name, SinceStart, Tree, Window, children
from controller.rules.tree import ElapsedSinceStart as Elapsed

from .actuation import Explain
from .calendar import Clockwork, WindowNode
from .conditions import ElapsedSinceStart, Held
from .control import Band, Need, Proportional
from .derived import MOIST_AIR, CounterToday, DrainFraction, Integral, MoistAir, Sum
from .irrigation import Pump, Valve
from .motor import Motor
from .plan import ControlPlan, DrivePlan, Expression, Plan, SetpointPlan, SumPlan
from .setpoints import Bounds, Calculation, Corrected, PeriodSetpoint
from .switch import Switch
from .windows import SlidingWindow

PERCENT = UNITS["%"]
PLAIN = UNITS[""]
_DIRECTION = UNITS["°"]

_SUMS = {"radiation_sum": ("radiation", 1e-4), "dli": ("ppfd", 1e-6)}
"""Sums over time: of which quantity, and the factor from its unit times seconds to the sum's unit."""

_DRAIN = "drain_fraction"

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
        self.pumps = {pump.switch: Pump(self.network, pump.capacity) for pump in plan.pumps}
        pump_of = {valve: self.pumps[pump.switch] for pump in plan.pumps for valve in pump.valves}
        self._valves = {
            name: Valve(self.network, name, model, pump_of.get(name))
            for name, model in models.items()
            if isinstance(model, Switch)
        }
        self._definitions = {
            define.name: Definition(define.expression.text, define.expression.tree, define.parameters)
            for define in plan.defines
        }
        self._named_sums = {total.name: total for total in plan.sums}
        self._controls = {control.name: control for control in plan.controls}
        self._never = self.network.slot(0.0)
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
        own = [*self._setpoints, *self._named_sums, *self._controls]
        return [*self._symbols, *own, *derived, *self._totals()]

    def _totals(self) -> Iterator[str]:
        """Sums and drain fractions that can be made of what there is, each of its own compartment."""
        for compartment in ("", *(each.name for each in self._plan.compartments)):
            start = f"{compartment}." if compartment else ""
            yield from (start + key for key, (quantity, _) in _SUMS.items() if self._measured(quantity, compartment))
            if self._measured("drain", compartment) and self._given_in(compartment):
                yield start + _DRAIN

    def symbol(self, name: str) -> Symbol | None:
        known = self._symbols.get(name)
        if known is None:
            known = (
                self._setpoint(name)
                or self._named_sum(name)
                or self._need(name)
                or self._moist_air(name)
                or self._day_sum(name)
                or self._drain_fraction(name)
            )
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

    def _measured(self, quantity: str, compartment: str) -> list[str]:
        """The points of a quantity in a compartment: no compartment goes by what another measures."""
        points = [point for point, of in self._quantities.items() if of == quantity]
        return [point for point in points if self._plan.compartment_of(point) == compartment]

    def _given_in(self, compartment: str) -> list[int]:
        return [slot for valve, slot in self.given.items() if self._plan.compartment_of(valve) == compartment]

    def _day_sum(self, name: str) -> Symbol | None:
        _, key = self._plan.placed(name)
        slot = self._sum(name, self._day, "today") if key in _SUMS else None
        return None if slot is None else Symbol(slot, QUANTITIES[key].unit)

    def _sum(self, name: str, reset: int, since: str) -> int | None:
        compartment, key = self._plan.placed(name)
        quantity, factor = _SUMS[key]
        sources = self._measured(quantity, compartment)
        if not sources:
            return None
        source = self._symbols[f"outside.{quantity}" if f"outside.{quantity}" in sources else sources[0]]
        if (name, reset) not in self._sums:
            node = Integral(self.network, f"{name} {since}", source.slot, reset, factor)
            self._inherit(node.slot, (source.slot,))
            self._sums[name, reset] = node.slot
        return self._sums[name, reset]

    def _drain_fraction(self, name: str) -> Symbol | None:
        compartment, key = self._plan.placed(name)
        drains, given = self._measured("drain", compartment), self._given_in(compartment)
        if key != _DRAIN or not drains or not given:
            return None
        drained = []
        for point in drains:
            node = CounterToday(self.network, f"{point} today", self._symbols[point].slot, self._day)
            self._inherit(node.slot, (self._symbols[point].slot,))
            drained.append(node.slot)
        fraction = DrainFraction(self.network, name, drained, given)
        self._inherit(fraction.slot, drained)
        return Symbol(fraction.slot, PERCENT)

    @contextmanager
    def _resolved(self, name: str, text: Text, kind: str) -> Iterator[None]:
        """What is named inside must not depend on `name` again."""
        if name in self._resolving:
            circle = " -> ".join([*self._resolving[self._resolving.index(name) :], name])
            raise text.error(f"{kind} {name} depends on itself: {circle}", 0, "break the circle")
        self._resolving.append(name)
        try:
            with self.compiling(f"{kind} {name}"):
                yield
        finally:
            self._resolving.pop()

    def _setpoint(self, name: str) -> Symbol | None:
        plan = self._setpoints.get(name)
        if plan is None:
            return None
        with self._resolved(name, plan.text, "setpoint"):
            base = self._calculation(plan) if plan.value else self._period_setpoint(plan)
            return self._corrected(plan, base)

    def _corrected(self, plan: SetpointPlan, base: Symbol) -> Symbol:
        if not (plan.corrections or plan.low or plan.high):
            return base
        corrections = [self._difference(expression, base) for expression in plan.corrections]
        correction_bounds = (
            self._difference(plan.correction_low, base) if plan.correction_low else None,
            self._difference(plan.correction_high, base) if plan.correction_high else None,
        )
        bounds = self.bounds(plan.low, plan.high, base.unit)
        node = Corrected(self.network, plan.name, base.slot, corrections, correction_bounds, bounds)
        self._inherit(node.slot, (base.slot,))
        return replace(base, slot=node.slot)

    def _difference(self, expression: Expression, base: Symbol) -> Compiled:
        """Something that can be added to `base`."""
        compiled = self.value(expression, like=base.unit)
        if base.unit.dimension == TEMPERATURE and compiled.absolute is True:
            raise expression.text.error("a correction is a difference, not a temperature", 0, "write it in K")
        return compiled

    def bounds(self, low: Expression | None, high: Expression | None, unit: Unit) -> Bounds:
        """Two bounds in one unit, where there are any."""
        return self.value(low, like=unit) if low else None, self.value(high, like=unit) if high else None

    def _named_sum(self, name: str) -> Symbol | None:
        plan = self._named_sums.get(name)
        if plan is None:
            return None
        with self._resolved(name, plan.of.text, "sum"):
            return self._sum_node(plan, self._day if plan.reset == "day" else self._never, f"sum {name}")

    def _sum_node(self, plan: SumPlan, reset: int, key: str) -> Symbol:
        rate = self.value(plan.of)
        assert rate.unit is not None
        unit = best_unit(rate.unit.dimension.times(TIME))
        bounds = self.bounds(plan.low, plan.high, unit)
        node = Sum(self.network, key, plan, rate, bounds, reset, rate.unit.scale / unit.scale)
        self._inherit(node.slot, rate.slots)
        return Symbol(node.slot, unit, absolute=False)

    def _need(self, name: str) -> Symbol | None:
        plan = self._controls.get(name)
        if plan is None:
            return None
        with self._resolved(name, plan.text, "control"):
            band = self.band(plan)
            control = Proportional(self.network, f"control {name}", band, self.patience(band.must_know()))
            return Symbol(Need(self.network, name, control).slot, PERCENT)

    def band(self, plan: ControlPlan | DrivePlan) -> Band:
        """What a proportional control goes by."""
        by = self.value(plan.by)
        assert by.unit is not None
        start = self.value(plan.start, like=by.unit)
        if by.unit.dimension == TEMPERATURE and start.absolute is False and by.absolute is not False:
            raise plan.start.text.error("the P-band must begin at a temperature, not at a difference")
        widths: list[tuple[Compiled | None, Compiled]] = [
            (self.condition(when), self.value(width, like=by.unit)) for when, width in plan.band_when
        ]
        widths.append((None, self.value(plan.band, like=by.unit)))
        low, high = self.bounds(plan.low, plan.high, PERCENT)
        return Band(by, start, tuple(widths), plan.reverse, plan.integral, low, high)

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
        node = PeriodSetpoint(self.network, plan.name, self._period, targets, plan)
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
        compiled = compile_expression(expression.text, expression.tree, self, self._definitions)
        if compiled.unit is not None:
            raise expression.text.error("a condition is expected here, not a number", 0, "compare it with < or >")
        return compiled

    def value(self, expression: Expression, like: Unit | None = None) -> Compiled:
        """A number; with `like`, one in the same unit."""
        compiled = compile_expression(expression.text, expression.tree, self, self._definitions)
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
        node = SlidingWindow(self.network, key, function, value, seconds, circular=value.unit == _DIRECTION)
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
        if not self._valve:
            return None
        if self._plan.placed(name)[1] in _SUMS:
            return self._sum(name, self.valve(self._valve).last_start, f"since start of {self._valve}")
        plan = self._named_sums.get(name)
        if plan is None:
            return None
        if (name, last_start := self.valve(self._valve).last_start) not in self._sums:
            key = f"sum {name} since start of {self._valve}"
            self._sums[name, last_start] = self._sum_node(plan, last_start, key).slot
        return self._sums[name, last_start]

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
            self._explain(tree, valve, shown, frozenset())
        return lambda: tuple((name, text()) for name, text in shown.items())

    def _explain(self, tree: Tree, valve: str, shown: dict[str, Callable[[], str]], known: frozenset[str]) -> None:
        """Add the names of a tree and of what it is defined by. `known` are the parameters of a definition."""
        match tree:
            case Name(name) | Call(name, _) if name in self._definitions:
                definition = self._definitions[name]
                self._explain(definition.tree, valve, shown, frozenset(definition.parameters))
            case Name(name) | Is(name, _) if name not in known:
                shown[name] = self._shower(name)
            case SinceStart(Name(name)):
                symbol = self.symbol(name)
                with self.compiling("", valve):
                    slot = self.sum_since_start(name)
                assert symbol is not None
                assert slot is not None
                shown[f"{name} since last start"] = partial(self._shown_slot, slot, symbol.unit)
                return
            case Elapsed():
                shown["since last start"] = partial(self._since_start, valve)
            case _:
                pass
        for child in children(tree):
            self._explain(child, valve, shown, known)

    def _shown_slot(self, slot: int, unit: Unit) -> str:
        return show(self.network.values[slot], unit)

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
