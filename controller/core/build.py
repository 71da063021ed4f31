"""From the plan to the network: every expression is checked and compiled, every rule becomes a node."""

from __future__ import annotations

from controller.model.commands import Level
from controller.model.units import show
from controller.rules.compiler import Symbol
from controller.rules.parser import Demand

from .alarms import Alarm, AlarmBook, Disagreement, SensorAlarm
from .arbiter import Arbiter
from .calendar import Calendar, Clockwork, DayNode, PeriodNode
from .claims import Claims, DrivenDemand, LatchedDemand, LimitedDemand, StagedDemand
from .conditions import Latch
from .control import Proportional
from .feedback import Feedback, MeasuredMotor
from .irrigation import Parts, Rounds
from .limits import Limit
from .motor import Motor
from .network import Network
from .plan import (
    ActuatorPlan,
    DrivePlan,
    IrrigationPlan,
    LimitPlan,
    Plan,
    RulePlan,
    SetPlan,
    SettingPlan,
    StagePlan,
)
from .pulse import Pulse
from .scope import PERCENT, PLAIN, PlanScope
from .sensors import Ages, Channel, Vote
from .setting import Choice, Ladder, Setting, Settings
from .stage import Shown, Stage
from .stages import Stages
from .start_times import StartTimes
from .switch import Switch

_SWITCH_STATES = {"on": ">= 50", "off": "< 50"}
_OPENING_STATES = {"open": ">= 0.5", "closed": "< 0.5"}


class Builder:
    """Builds the network of one plan. Raises ConfigError where the plan's parts do not fit together."""

    def __init__(self, plan: Plan, telling: bool = True) -> None:
        self.plan = plan
        self.network = Network()
        self.clockwork = Clockwork(self.network, Calendar(plan.site))
        self.day = DayNode(self.clockwork)
        self.period = PeriodNode(self.clockwork, plan.periods)
        self.book = AlarmBook(self.network)
        self.models: dict[str, Switch | Motor] = {actuator.name: _model(actuator) for actuator in plan.actuators}
        self.scope = PlanScope(plan, self.clockwork, self.models, self.day.slot, self.period.slot)
        self.channels: dict[str, Channel] = {}
        self.votes: dict[str, Vote] = {}
        self._slots: dict[str, int] = {}
        self._add_sensors(telling)
        self._add_actuator_names()
        claims = self._add_rules()
        self.stage = Stage(plan, self.network, self.book, self.day.slot)
        for actuator in plan.actuators:
            self._add_feedback(actuator)
            arbiter = Arbiter(self.network, actuator, claims[actuator.name], self.stage.look_at)
            self.stage.add(arbiter, self.models[actuator.name], self._shown_in(actuator))
        self.settings = Settings(self.network, self.stage.number)
        for setting in plan.settings:
            self.settings.add(self._setting(setting))

    def _add_sensors(self, telling: bool) -> None:
        ages = Ages(self.network)
        for sensor in self.plan.sensors:
            channel = Channel(self.network, ages, sensor, telling)
            self.channels[sensor.point] = channel
            self._declare_point(sensor.point, channel, channel)
            SensorAlarm(self.network, self.book, channel)
        for plan in self.plan.votes:
            members = [self.channels[name] for name in plan.members]
            vote = Vote(self.network, plan, members)
            self.votes[plan.point] = vote
            # a voted point need not have a sensor of its own: it then measures what its members do
            self._declare_point(plan.point, vote, self.channels.get(plan.point, members[0]))
            Disagreement(self.network, self.book, vote)

    def _declare_point(self, point: str, node: Channel | Vote, channel: Channel) -> None:
        sensor = channel.plan
        quantity = sensor.quantity
        states = dict(zip(quantity.states, ("< 0.5", ">= 0.5"), strict=True)) if quantity.states else {}
        symbol = Symbol(node.value, quantity.unit, states, node.quality)
        self.scope.declare(point, symbol, quantity.name, sensor.grace)

    def _add_actuator_names(self) -> None:
        for actuator in self.plan.actuators:
            slot = self.network.slot(0.0)
            self._slots[actuator.name] = slot
            if actuator.kind == "position":
                symbol = Symbol(slot, PERCENT, _OPENING_STATES)
            else:
                symbol = Symbol(slot, PLAIN, _SWITCH_STATES | _OPENING_STATES)
            self.scope.declare(actuator.name, symbol)
            if actuator.flow is not None:
                self.scope.given[actuator.name] = self.network.slot(0.0)
        for setting in self.plan.settings:
            slot = self._slots[setting.name] = self.network.slot()
            self.scope.declare(setting.name, Symbol(slot, setting.unit))
        periods = {period.name: f"== {index}" for index, period in enumerate(self.plan.periods)}
        self.scope.declare("period", Symbol(self.period.slot, PLAIN, periods))

    def _add_feedback(self, actuator: ActuatorPlan) -> None:
        """The sensor of a motor's position. It stands before the motor, for it is restored first."""
        model = self.models[actuator.name]
        if isinstance(model, MeasuredMotor) and actuator.measured is not None:
            source = self.votes.get(actuator.measured) or self.channels[actuator.measured]
            Feedback(self.network, model, source, self.stage.look_at)

    def _add_rules(self) -> dict[str, Claims]:
        plan = self.plan
        claims = {actuator.name: Claims() for actuator in plan.actuators}
        for name in [named.name for group in (plan.setpoints, plan.sums, plan.controls) for named in group]:
            self.scope.symbol(name)
        for rule in plan.rules:
            if isinstance(rule, DrivePlan):
                claims[rule.actuator].rules.append(self._drive(rule))
            else:
                for actuator, demand in self._latch("rule", rule):
                    claims[actuator].rules.append(demand)
        for limit in plan.limits:
            claims[limit.actuator].rules.append(self._limit(limit))
        for staged in plan.stages:
            for switch, claim in self._stages(staged).items():
                claims[switch].rules.append(claim)
        pump_of = {valve: pump.switch for pump in plan.pumps for valve in pump.valves}
        for irrigation in plan.irrigation:
            rounds = self._rounds(irrigation)
            for valve, turn in rounds.turns.items():
                claims[valve].rounds.append(turn)
            for pump in dict.fromkeys(pump_of[valve] for valve in rounds.turns if valve in pump_of):
                claims[pump].rounds.append(rounds.pump_turn)
        for rule in plan.safety:
            for actuator, demand in self._latch("safety", rule):
                claims[actuator].safety.append(demand)
        for alarm in plan.alarms:
            with self.scope.compiling(f"alarm {alarm.name}"):
                when = self.scope.condition(alarm.when)
            Alarm(self.network, self.book, alarm.name, alarm.priority, alarm.when.text.text, when)
        return claims

    def _latch(self, kind: str, rule: RulePlan) -> list[tuple[str, LatchedDemand]]:
        key = f"{kind} {rule.name}: {rule.when.text.text}" + (f" / {rule.until.text.text}" if rule.until else "")
        with self.scope.compiling(key):
            when = self.scope.condition(rule.when)
            until = self.scope.condition(rule.until) if rule.until else None
        slots = when.slots | until.slots if until else when.slots
        latch = Latch(self.network, key, when, until, self.scope.patience(slots))
        trees = [rule.when.tree] + ([rule.until.tree] if rule.until else [])
        explain = self.scope.explain(trees, "")
        demands = []
        for actuator, demand in rule.do:
            pulse = self._pulse(key, latch, actuator, demand)
            demands.append((actuator, LatchedDemand(rule.name, explain, latch, demand, pulse)))
        return demands

    def _pulse(self, key: str, latch: Latch, actuator: str, demand: Demand) -> Pulse | None:
        if demand.kind != "pulse":
            return None
        return Pulse(self.network, f"{key} pulse {actuator}", latch, demand.on_s, demand.every_s)

    def _drive(self, rule: DrivePlan) -> DrivenDemand:
        key = f"drive {rule.name}"
        with self.scope.compiling(key):
            band = self.scope.band(rule)
        patience = self.scope.patience(band.must_know())
        drive = Proportional(self.network, key, band, patience, self._slots[rule.actuator])
        unit, values = band.by.unit, self.network.values
        assert unit is not None
        named = self.scope.explain([rule.by.tree], "")

        def explain() -> tuple[tuple[str, str], ...]:
            start, width = show(band.start.run(values), unit), show(band.width(values), unit)
            return (*named(), ("from", start), ("band", f"{width} below" if band.reverse else width))

        return DrivenDemand(rule.name, explain, drive)

    def _limit(self, plan: LimitPlan) -> LimitedDemand:
        with self.scope.compiling(f"limit {plan.name}"):
            when = self.scope.condition(plan.when) if plan.when else None
            low, high = self.scope.bounds(plan.low, plan.high, PERCENT)
        expressions = [expression for expression in (plan.when, plan.low, plan.high) if expression]
        explain = self.scope.explain([expression.tree for expression in expressions], "")
        return LimitedDemand(plan.name, explain, Limit(self.network, plan, when, low, high))

    def _stages(self, plan: StagePlan) -> dict[str, StagedDemand]:
        with self.scope.compiling(f"stages {plan.name}"):
            need = self.scope.value(plan.by, like=PERCENT)
        stages = Stages(self.network, plan, need, self.scope.patience(need.slots))
        explain = self.scope.explain([plan.by.tree], "")
        return {name: StagedDemand(plan.name, explain, stages, name) for name in plan.switches}

    def _setting(self, plan: SettingPlan) -> Setting:
        safety, rules = self._ladder(Level.SAFETY, plan), self._ladder(Level.RULE, plan)
        return Setting(self.settings, self.book, plan, self._slots[plan.name], safety, rules)

    def _ladder(self, level: Level, plan: SettingPlan) -> Ladder:
        sets = [rule for rule in self.plan.sets if rule.setting == plan.name]
        choices = [self._choice(rule, plan) for rule in sets if rule.safety is (level is Level.SAFETY)]
        return Ladder(level, choices, self.scope.patience(slot for choice in choices for slot in choice.slots()))

    def _choice(self, rule: SetPlan, plan: SettingPlan) -> Choice:
        with self.scope.compiling(f"{'safety' if rule.safety else 'set'} {rule.name}"):
            value = self.scope.value(rule.value, like=plan.unit)
            when = self.scope.condition(rule.when) if rule.when else None
        trees = [rule.value.tree] + ([rule.when.tree] if rule.when else [])
        return Choice(rule.name, value, when, self.scope.explain(trees, ""))

    def _rounds(self, plan: IrrigationPlan) -> Rounds:
        scope, name = self.scope, f"irrigation {plan.name}"
        start = f": {plan.start.text.text}" if plan.start else ""
        with scope.compiling(f"{name}{start}", plan.valve):
            parts = Parts(
                valves=tuple(scope.valve(valve) for valve in (plan.valve, *plan.then)),
                day=self.day.slot,
                start=scope.condition(plan.start) if plan.start else None,
                skip=scope.condition(plan.skip_when) if plan.skip_when else None,
                stop_day=scope.condition(plan.stop_day_when) if plan.stop_day_when else None,
                window=scope.window(plan.window) if plan.window else None,
                times=self._start_times(name, plan) if plan.times else None,
                meter=self._meter(plan.meter) if plan.meter else None,
                explain=scope.explain([plan.start.tree] if plan.start else [], plan.valve),
            )
        return Rounds(self.network, self.book, plan, parts)

    def _start_times(self, name: str, plan: IrrigationPlan) -> StartTimes:
        times = ", ".join(map(str, plan.times))
        return StartTimes(self.clockwork, f"{name} at {times}", plan.times, self.day.slot)

    def _meter(self, point: str) -> int:
        symbol = self.scope.symbol(point)
        assert symbol is not None, f"config checks that {point} is a point"
        return symbol.slot

    def _shown_in(self, actuator: ActuatorPlan) -> Shown:
        flowing = None if actuator.kind == "position" else self.scope.valve(actuator.name).flowing
        return Shown(self._slots[actuator.name], flowing, self.scope.given.get(actuator.name))


def _model(plan: ActuatorPlan) -> Switch | Motor:
    if plan.kind != "position":
        return Switch(plan)
    return Motor(plan) if plan.measured is None else MeasuredMotor(plan)
