"""From the plan to the network: every expression is checked and compiled, every rule becomes a node."""

from __future__ import annotations

from controller.model.units import TEMPERATURE, show
from controller.rules.compiler import Compiled, Symbol
from controller.rules.parser import Demand

from .alarms import Alarm, AlarmBook, Disagreement, SensorAlarm
from .arbiter import Arbiter, Claims, DrivenDemand, LatchedDemand
from .calendar import Calendar, Clockwork, DayNode, PeriodNode
from .conditions import Latch
from .demands import Proportional, Pulse
from .irrigation import Rounds
from .motor import Motor
from .network import Network
from .plan import ActuatorPlan, DrivePlan, IrrigationPlan, Plan, RulePlan
from .scope import PERCENT, PLAIN, PlanScope
from .sensors import Channel, Vote
from .stage import Shown, Stage
from .switch import Switch

_SWITCH_STATES = {"on": ">= 50", "off": "< 50"}
_OPENING_STATES = {"open": ">= 0.5", "closed": "< 0.5"}


class Builder:
    """Builds the network of one plan. Raises ConfigError where the plan's parts do not fit together."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.network = Network()
        self.clockwork = Clockwork(self.network, Calendar(plan.site))
        self.day = DayNode(self.clockwork)
        self.period = PeriodNode(self.clockwork, plan.periods)
        self.book = AlarmBook(self.network)
        self.models: dict[str, Switch | Motor] = {
            actuator.name: Motor(actuator) if actuator.kind == "position" else Switch(actuator)
            for actuator in plan.actuators
        }
        self.scope = PlanScope(plan, self.clockwork, self.models, self.day.slot, self.period.slot)
        self.channels: dict[str, Channel] = {}
        self.votes: dict[str, Vote] = {}
        self._slots: dict[str, int] = {}
        self._add_sensors()
        self._add_actuator_names()
        claims = self._add_rules()
        self.stage = Stage(plan, self.network, self.book, self.day.slot)
        for actuator in plan.actuators:
            arbiter = Arbiter(self.network, actuator, claims[actuator.name], self.stage.look_at)
            self.stage.add(arbiter, self.models[actuator.name], self._shown_in(actuator))

    def _add_sensors(self) -> None:
        for sensor in self.plan.sensors:
            channel = Channel(self.network, sensor)
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
        periods = {period.name: f"== {index}" for index, period in enumerate(self.plan.periods)}
        self.scope.declare("period", Symbol(self.period.slot, PLAIN, periods))

    def _add_rules(self) -> dict[str, Claims]:
        plan = self.plan
        claims = {actuator.name: Claims() for actuator in plan.actuators}
        for setpoint in plan.setpoints:
            self.scope.symbol(setpoint.name)
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
            demands.append((actuator, LatchedDemand(rule.name, latch, demand, pulse, explain)))
        return demands

    def _pulse(self, key: str, latch: Latch, actuator: str, demand: Demand) -> Pulse | None:
        if demand.kind != "pulse":
            return None
        return Pulse(self.network, f"{key} pulse {actuator}", latch, demand.on_s, demand.every_s)

    def _drive(self, rule: DrivePlan) -> DrivenDemand:
        key = f"drive {rule.name}"
        with self.scope.compiling(key):
            by = self.scope.value(rule.by)
            assert by.unit is not None
            start = self.scope.value(rule.start, like=by.unit)
            bands: list[tuple[Compiled | None, Compiled]] = [
                (self.scope.condition(when), self.scope.value(band, like=by.unit)) for when, band in rule.band_when
            ]
            bands.append((None, self.scope.value(rule.band, like=by.unit)))
        if by.unit.dimension == TEMPERATURE and start.absolute is False:
            raise rule.start.text.error("the P-band must begin at a temperature, not at a difference")
        slots = by.slots.union(start.slots, *(band.slots for _, band in bands))
        drive = Proportional(self.network, key, by, start, bands, self.scope.patience(slots))
        unit = by.unit
        named = self.scope.explain([rule.by.tree], "")

        def explain() -> tuple[tuple[str, str], ...]:
            values = self.network.values
            return (*named(), ("from", show(start.run(values), unit)), ("band", show(drive.band(), unit)))

        return DrivenDemand(rule.name, drive, explain)

    def _rounds(self, plan: IrrigationPlan) -> Rounds:
        with self.scope.compiling(f"irrigation {plan.name}: {plan.start.text.text}", plan.valve):
            start = self.scope.condition(plan.start)
            skip = self.scope.condition(plan.skip_when) if plan.skip_when else None
            stop_day = self.scope.condition(plan.stop_day_when) if plan.stop_day_when else None
        window = self.scope.window(plan.window) if plan.window else None
        valve = self.scope.valve(plan.valve)
        explain = self.scope.explain([plan.start.tree], plan.valve)
        return Rounds(self.network, self.book, plan, valve, self.day.slot, window, start, skip, stop_day, explain)

    def _shown_in(self, actuator: ActuatorPlan) -> Shown:
        flowing = None if actuator.kind == "position" else self.scope.valve(actuator.name).flowing
        return Shown(self._slots[actuator.name], flowing, self.scope.given.get(actuator.name))
