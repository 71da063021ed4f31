"""From the plan to the network: every name gets a slot, every expression is checked and compiled, every rule a node."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from controller.model.errors import one_of
from controller.model.units import QUANTITIES, TEMPERATURE, UNITS, Unit, show, show_duration
from controller.rules.compiler import Compiled, Symbol, compile_expression
from controller.rules.parser import Demand
from controller.rules.tree import ElapsedSinceStart as Elapsed
from controller.rules.tree import Is, Name, SinceStart, Tree, Window, walk

from .actuation import Explain
from .alarms import Alarm, AlarmBook, SensorAlarm
from .arbiter import Arbiter, Claims, DrivenDemand, LatchedDemand
from .calendar import Calendar, Clockwork, DayNode, PeriodNode, WindowNode
from .conditions import ElapsedSinceStart, Held, Latch
from .demands import Proportional, Pulse
from .derived import MOIST_AIR, CounterToday, DrainFraction, Integral, MoistAir
from .irrigation import Rounds, ValveHistory
from .network import Network
from .plan import DrivePlan, Expression, IrrigationPlan, Plan, RulePlan, SetpointPlan
from .sensors import Channel, Vote
from .setpoints import Calculation, PeriodSetpoint

_PERCENT = UNITS["%"]
_PLAIN = UNITS[""]
_SWITCH_STATES = {"on": ">= 50", "off": "< 50"}
_OPENING_STATES = {"open": ">= 0.5", "closed": "< 0.5"}

_SUMS = {"radiation_sum": ("radiation", 1e-4), "dli": ("ppfd", 1e-6)}
"""Sums over time: of which quantity, and the factor from its unit times seconds to the sum's unit."""


class Builder:
    """Builds one network from one plan. It is also the scope in which expressions are compiled."""

    def __init__(self, plan: Plan, changed: Callable[[str], None]) -> None:
        self.plan = plan
        self.network = Network()
        self.clockwork = Clockwork(self.network, Calendar(plan.site))
        self.day = DayNode(self.clockwork)
        self.period = PeriodNode(self.clockwork, plan.periods)
        self.book = AlarmBook(self.network)
        self.channels: dict[str, Channel] = {}
        self.votes: dict[str, Vote] = {}
        self.arbiters: dict[str, Arbiter] = {}
        self.actuator_slots: dict[str, int] = {}
        self.given_slots: dict[str, int] = {}
        self._symbols: dict[str, Symbol] = {}
        self._grace: dict[int, float] = {}
        self._setpoints = {setpoint.name: setpoint for setpoint in plan.setpoints}
        self._resolving: list[str] = []
        self._valve = ""
        self._owner = ""
        self._histories: dict[str, ValveHistory] = {}
        self._sums: dict[tuple[str, int], int] = {}
        self._windows: dict[Window, WindowNode] = {}
        self._build(changed)

    def _build(self, changed: Callable[[str], None]) -> None:
        plan = self.plan
        self._add_sensors()
        self._add_actuator_slots()
        self._symbols["period"] = Symbol(
            self.period.slot, _PLAIN, {period.name: f"== {index}" for index, period in enumerate(plan.periods)}
        )
        claims = {actuator.name: Claims() for actuator in plan.actuators}
        for setpoint in plan.setpoints:
            self.symbol(setpoint.name)
        for rule in plan.rules:
            if isinstance(rule, DrivePlan):
                claims[rule.actuator].rules.append(self._drive(rule))
            else:
                for actuator, demand in self._latch("rule", rule):
                    claims[actuator].rules.append(demand)
        for irrigation in plan.irrigation:
            claims[irrigation.valve].rounds.append(self._rounds(irrigation))
        for rule in plan.safety:
            for actuator, demand in self._latch("safety", rule):
                claims[actuator].safety.append(demand)
        for alarm in plan.alarms:
            with self._compiling(f"alarm {alarm.name}"):
                when = self.condition(alarm.when)
            Alarm(self.network, self.book, alarm.name, alarm.priority, alarm.when.text.text, when)
        for motor_or_switch in plan.actuators:
            name = motor_or_switch.name
            self.arbiters[name] = Arbiter(self.network, motor_or_switch, claims[name], changed)

    # what names stand for

    def _add_sensors(self) -> None:
        for sensor in self.plan.sensors:
            channel = Channel(self.network, sensor)
            self.channels[sensor.point] = channel
            self._grace[channel.value] = self._grace[channel.quality] = sensor.grace
            self._add_point(sensor.point, channel.value, channel.quality)
            SensorAlarm(self.network, self.book, channel)
        for plan in self.plan.votes:
            vote = Vote(self.network, plan, [self.channels[name] for name in plan.members])
            self.votes[plan.point] = vote
            grace = self.channels[plan.point].plan.grace
            self._grace[vote.value] = self._grace[vote.quality] = grace
            self._add_point(plan.point, vote.value, vote.quality)
            text = f"{' and '.join(plan.members)} disagree"
            disagree = Compiled(lambda v, slot=vote.disagree: v[slot], frozenset({vote.disagree}), None, True, "")  # type: ignore[misc]
            Alarm(self.network, self.book, f"disagree {plan.point}", "medium", text, disagree)

    def _add_point(self, point: str, value: int, quality: int) -> None:
        quantity = self.channels[point].plan.quantity
        states = {}
        if quantity.states:
            states = dict(zip(quantity.states, ("< 0.5", ">= 0.5"), strict=True))
        self._symbols[point] = Symbol(value, quantity.unit, states, quality)

    def _add_actuator_slots(self) -> None:
        for actuator in self.plan.actuators:
            slot = self.network.slot(0.0)
            self.actuator_slots[actuator.name] = slot
            if actuator.kind == "position":
                symbol = Symbol(slot, _PERCENT, _OPENING_STATES)
            else:
                symbol = Symbol(slot, _PLAIN, _SWITCH_STATES | _OPENING_STATES)
            self._symbols[actuator.name] = symbol
            if actuator.flow is not None:
                self.given_slots[actuator.name] = self.network.slot(0.0)

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
        slot = self._sum(name, self.day.slot, "today") if name in _SUMS else None
        return None if slot is None else Symbol(slot, QUANTITIES[name].unit)

    def _sum(self, name: str, reset: int, since: str) -> int | None:
        quantity, factor = _SUMS[name]
        sources = [p for p, channel in self.channels.items() if channel.plan.quantity.name == quantity]
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
        drains = [p for p, channel in self.channels.items() if channel.plan.quantity.name == "drain"]
        if not drains or not self.given_slots:
            return None
        drained = []
        for point in drains:
            node = CounterToday(self.network, f"{point} today", self._symbols[point].slot, self.day.slot)
            self._inherit(node.slot, (self._symbols[point].slot,))
            drained.append(node.slot)
        fraction = DrainFraction(self.network, drained, list(self.given_slots.values()))
        self._inherit(fraction.slot, drained)
        return Symbol(fraction.slot, _PERCENT)

    def _setpoint(self, name: str) -> Symbol | None:
        plan = self._setpoints.get(name)
        if plan is None:
            return None
        if name in self._resolving:
            circle = " -> ".join([*self._resolving[self._resolving.index(name) :], name])
            raise plan.text.error(f"setpoint {name} depends on itself: {circle}", 0, "break the circle")
        self._resolving.append(name)
        try:
            with self._compiling(f"setpoint {name}"):
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
        indexes = {period.name: index for index, period in enumerate(self.plan.periods)}
        targets: dict[int, Compiled] = {}
        first: Compiled | None = None
        for period, expression in plan.by_period:
            if period not in indexes:
                raise expression.text.error(f"there is no period {period!r}", 0, one_of(period, indexes))
            target = self.value(expression)
            if first is not None and first.unit != target.unit:
                raise expression.text.error(f"all periods of {plan.name} need the same unit", 0, f"write {first.unit}")
            first = first or target
            targets[indexes[period]] = target
        assert first is not None
        assert first.unit is not None
        node = PeriodSetpoint(self.network, plan.name, self.period.slot, targets, plan.ramp)
        self._inherit(node.slot, [slot for target in targets.values() for slot in target.slots])
        return Symbol(node.slot, first.unit)

    # expressions

    @contextmanager
    def _compiling(self, owner: str, valve: str = "") -> Iterator[None]:
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
                f"this is in {compiled.unit or 'no unit'}, not in {like}", 0, f"write it in {like}"
            )
        if like is not None and compiled.unit.scale != like.scale:
            ratio, run = compiled.unit.scale / like.scale, compiled.run
            return Compiled(lambda v: run(v) * ratio, compiled.slots, like, compiled.absolute, "")
        return compiled

    def held(self, condition: Compiled, seconds: float) -> int:
        node = Held(self.network, self._key(f"{self._owner} for {show_duration(seconds)}"), condition, seconds)
        self._inherit(node.slot, condition.slots)
        return node.slot

    def sum_since_start(self, name: str) -> int | None:
        if not self._valve or name not in _SUMS:
            return None
        return self._sum(name, self._history(self._valve).last_start, f"since start of {self._valve}")

    def elapsed_since_start(self, seconds: float) -> int | None:
        if not self._valve:
            return None
        last_start = self._history(self._valve).last_start
        return ElapsedSinceStart(self.network, self._key(f"{self._owner} elapsed"), last_start, seconds).slot

    def _key(self, base: str) -> str:
        """A key that no other node has: the same text twice in one rule is numbered."""
        taken = {node.key for node in self.network.nodes()}
        return next(key for n in range(1, 1000) if (key := f"{base} #{n}") not in taken)

    def _history(self, valve: str) -> ValveHistory:
        if valve not in self._histories:
            self._histories[valve] = ValveHistory(self.network, valve)
        return self._histories[valve]

    def _inherit(self, slot: int, inputs: Iterable[int]) -> None:
        """What is made from points goes on without them as long as the least patient of them allows."""
        graces = [self._grace[i] for i in inputs if i in self._grace]
        if graces:
            self._grace[slot] = min(graces)

    def _patience(self, slots: Iterable[int]) -> float:
        return min((self._grace[slot] for slot in slots if slot in self._grace), default=120.0)

    # rules

    def _latch(self, kind: str, rule: RulePlan) -> list[tuple[str, LatchedDemand]]:
        key = f"{kind} {rule.name}: {rule.when.text.text}" + (f" / {rule.until.text.text}" if rule.until else "")
        with self._compiling(key):
            when = self.condition(rule.when)
            until = self.condition(rule.until) if rule.until else None
        slots = when.slots | until.slots if until else when.slots
        latch = Latch(self.network, key, when, until, self._patience(slots))
        trees = [rule.when.tree] + ([rule.until.tree] if rule.until else [])
        explain = self._explain(trees, "")
        demands = []
        for actuator, demand in rule.do:
            pulse = self._pulse(key, latch, actuator, demand)
            demands.append((actuator, LatchedDemand(rule.name, latch, demand, pulse, explain)))
        return demands

    def _pulse(self, key: str, latch: Latch, actuator: str, demand: Demand) -> Pulse | None:
        if demand.kind != "pulse":
            return None
        return Pulse(self.network, f"{key} pulse {actuator}", latch.active, demand.on_s, demand.every_s)

    def _drive(self, rule: DrivePlan) -> DrivenDemand:
        key = f"drive {rule.name}"
        with self._compiling(key):
            by = self.value(rule.by)
            assert by.unit is not None
            start = self.value(rule.start, like=by.unit)
            bands: list[tuple[Compiled | None, Compiled]] = [
                (self.condition(when), self.value(band, like=by.unit)) for when, band in rule.band_when
            ]
            bands.append((None, self.value(rule.band, like=by.unit)))
        if by.unit.dimension == TEMPERATURE and not start.absolute:
            raise rule.start.text.error("the P-band must begin at a temperature, not at a difference")
        slots = by.slots | start.slots | bands[-1][1].slots
        drive = Proportional(self.network, key, by, start, bands, self._patience(slots))
        unit = by.unit
        named = self._explain([rule.by.tree], "")

        def explain() -> tuple[tuple[str, str], ...]:
            values = self.network.values
            return (*named(), ("from", show(start.run(values), unit)), ("band", show(drive.band(), unit)))

        return DrivenDemand(rule.name, drive, explain)

    def _rounds(self, plan: IrrigationPlan) -> tuple[Rounds, Explain]:
        with self._compiling(f"irrigation {plan.name}: {plan.start.text.text}", plan.valve):
            start = self.condition(plan.start)
            skip = self.condition(plan.skip_when) if plan.skip_when else None
            stop_day = self.condition(plan.stop_day_when) if plan.stop_day_when else None
        window = self._window(plan.window) if plan.window else None
        history = self._history(plan.valve)
        slot = self.actuator_slots[plan.valve]
        explain = self._explain([plan.start.tree], plan.valve)
        rounds = Rounds(self.network, plan, history, slot, self.day.slot, window, start, skip, stop_day, explain)
        return rounds, rounds.reason

    def _window(self, window: Window) -> WindowNode:
        if window not in self._windows:
            self._windows[window] = WindowNode(self.clockwork, window)
        return self._windows[window]

    def _explain(self, trees: list[Tree], valve: str) -> Explain:
        """The names in some expressions with their present values."""
        shown: dict[str, Callable[[], str]] = {}
        for tree in trees:
            for node in walk(tree):
                match node:
                    case Name(name) | Is(name, _):
                        shown[name] = self._shower(name)
                    case SinceStart(Name(name)):
                        slot, unit = self._sum(name, self._history(valve).last_start, ""), QUANTITIES[name].unit
                        assert slot is not None
                        shown[f"{name} since last start"] = lambda s=slot, u=unit: show(self.network.values[s], u)  # type: ignore[misc]
                    case Elapsed():
                        shown["since last start"] = lambda: self._since_start(valve)
                    case _:
                        pass
        return lambda: tuple((name, text()) for name, text in shown.items())

    def _since_start(self, valve: str) -> str:
        last = self.network.values[self._history(valve).last_start]
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
        if symbol.unit == _PLAIN and symbol.states:
            return next((word for word, test in symbol.states.items() if _passes(value, test)), "none")
        return show(value, symbol.unit)


def _partner(temperature: str) -> str:
    return temperature[: -len("temperature")] + "humidity"


def _passes(value: float, test: str) -> bool:
    operator, _, bound = test.partition(" ")
    return {"<": value < float(bound), ">=": value >= float(bound), "==": value == float(bound)}[operator]
