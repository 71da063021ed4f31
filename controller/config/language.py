"""rules.yaml as the core takes it: names looked up, demands held against the actuators they are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from controller.core.plan import (
    ActuatorPlan,
    AlarmPlan,
    ControlPlan,
    DefinePlan,
    DrivePlan,
    Expression,
    IrrigationPlan,
    LimitPlan,
    Pace,
    PeriodPlan,
    PumpPlan,
    RulePlan,
    SetPlan,
    SetpointPlan,
    SettingPlan,
    StagePlan,
    SumPlan,
)
from controller.model.errors import one_of
from controller.model.units import UNITS, Unit, UnitError, best_unit, unit
from controller.rules.parser import Demand, Text
from controller.rules.tree import Number, walk

from .fields import Corrected, Periods
from .problems import Problems
from .rules_file import Control, Drive, Irrigation, Rule, RulesFile, Safety, SafetySet, SetRule
from .texts import Amount
from .treatment import rate

_WORDS = {"position": ("open", "closed", "keep"), "switch": ("on", "off", "keep"), "valve": ("open", "closed", "keep")}


class Language:
    """Turns the models of rules.yaml into parts of the plan; what does not fit goes to `problems`."""

    def __init__(
        self,
        rules: RulesFile,
        actuators: Mapping[str, ActuatorPlan],
        settings: Mapping[str, SettingPlan],
        points: Iterable[str],
        problems: Problems,
    ) -> None:
        self._file, self._actuators, self._settings, self._problems = rules, actuators, settings, problems
        self._points = frozenset(points)
        for entries in (rules.rules, rules.limits, rules.stages, rules.irrigation, rules.safety, rules.alarms):
            self._no_name_twice([entry.name for entry in entries])
        self._names_are_free()

    def _names_are_free(self) -> None:
        """What the file gives a name to must not have the name of something else."""
        taken = dict.fromkeys(self._points, "a point") | dict.fromkeys(self._actuators, "an actuator")
        taken |= dict.fromkeys(self._settings, "a setting")
        sections = (
            ([name for name, _ in self._file.define], "a definition"),
            (self._file.setpoints, "a setpoint"),
            (self._file.sums, "a sum"),
            (self._file.controls, "a control"),
        )
        for names, kind in sections:
            for name in names:
                if name.text in taken:
                    message = f"{name.text} is the name of {taken[name.text]} already"
                    self._problems.add(name.error(message, 0, "choose another name"))
                taken[name.text] = kind

    def _no_name_twice(self, names: Iterable[Text]) -> None:
        seen: dict[str, Text] = {}
        for name in names:
            if name.text in seen:
                message = f"{name.text!r} is the name of the one on line {seen[name.text].place.line} already"
                self._problems.add(name.error(message, 0, "choose another name"))
            seen[name.text] = name

    def periods(self) -> tuple[PeriodPlan, ...]:
        return tuple(PeriodPlan(name.text, window, name.place) for name, window in self._file.periods.items())

    def setpoints(self) -> tuple[SetpointPlan, ...]:
        made = []
        for name, value in self._file.setpoints.items():
            with self._problems.caught():
                made.append(self._setpoint(name, value))
        return tuple(made)

    def _setpoint(self, name: Text, value: Expression | Periods | Corrected) -> SetpointPlan:
        if isinstance(value, Periods):
            return self._by_period(name, value)
        if isinstance(value, Expression):
            return SetpointPlan(name.text, name, value)
        add_low, add_high = value.add_within or (None, None)
        low, high = value.within or (None, None)
        return replace(
            self._setpoint(name, value.value),
            corrections=value.add,
            correction_low=add_low,
            correction_high=add_high,
            low=low,
            high=high,
        )

    def _by_period(self, name: Text, periods: Periods) -> SetpointPlan:
        known = [period.text for period in self._file.periods]
        for period, _ in periods.values:
            if period.text not in known:
                hint = one_of(period.text, [*known, "ramp"]) if known else "name it under periods:"
                raise period.error(f"there is no period {period.text!r}", 0, hint)
        agreed = _unit_of(periods)
        ramp = rate(periods.ramp, agreed) if periods.ramp else None
        down = rate(periods.ramp_down, agreed) if periods.ramp_down else None
        values = tuple((period.text, value) for period, value in periods.values)
        return SetpointPlan(
            name.text, name, by_period=values, ramp=ramp, ramp_down=down, over=periods.over, shape=periods.shape
        )

    def defines(self) -> tuple[DefinePlan, ...]:
        return tuple(
            DefinePlan(name.text, expression, parameters)
            for (name, parameters), expression in self._file.define.items()
        )

    def sums(self) -> tuple[SumPlan, ...]:
        made = []
        for name, total in self._file.sums.items():
            low, high = total.within or (None, None)
            made.append(SumPlan(name.text, total.of, total.reset, low, high, total.forget))
        return tuple(made)

    def controls(self) -> tuple[ControlPlan, ...]:
        return tuple(
            ControlPlan(name.text, name, need.by, need.start, **_banded(need))
            for name, need in self._file.controls.items()
        )

    def limits(self) -> tuple[LimitPlan, ...]:
        made = []
        for limit in self._file.limits:
            with self._problems.caught():
                rising, falling = (Pace(*pace) if pace else None for pace in (limit.rising, limit.falling))
                bounds = limit.at_least, limit.at_most
                if not any((*bounds, rising, falling)):
                    raise limit.name.error("this limit limits nothing", 0, "write at_most: 50 %")
                actuator = self._actuator(limit.of)
                made.append(LimitPlan(limit.name.text, actuator.name, limit.when, *bounds, rising, falling))
        return tuple(made)

    def stages(self) -> tuple[StagePlan, ...]:
        made = []
        for stages in self._file.stages:
            with self._problems.caught():
                switches = tuple(self._of_kind(name, "switch", "valve").name for name in stages.switches)
                if len(stages.on_at) != len(switches) or sorted(stages.on_at) != list(stages.on_at):
                    hint = "write the marks in rising order, one for each switch"
                    raise stages.name.error(f"on_at does not fit {len(switches)} switches", 0, hint)
                made.append(
                    StagePlan(
                        stages.name.text,
                        stages.by,
                        switches,
                        tuple(stages.on_at),
                        stages.hysteresis,
                        stages.delay,
                        stages.rotate,
                        stages.rotate_every,
                    )
                )
        return tuple(made)

    def pumps(self) -> tuple[PumpPlan, ...]:
        made = []
        fed: dict[str, Text] = {}
        for pump in self._file.pumps:
            with self._problems.caught():
                switch = self._of_kind(pump.pump, "switch", "valve")
                valves = [self._of_kind(name, "valve") for name in pump.valves]
                for name in pump.valves:
                    if name.text in fed:
                        raise name.error(f"{name.text} has a pump already", 0, "name it once")
                    fed[name.text] = name
                for name, valve in zip(pump.valves, valves, strict=True):
                    if pump.capacity is not None and valve.flow is None:
                        raise name.error(f"nobody knows how much flows through {valve.name}", 0, "give its flow")
                made.append(PumpPlan(switch.name, tuple(valve.name for valve in valves), pump.capacity))
        return tuple(made)

    def rules(self) -> tuple[RulePlan | DrivePlan, ...]:
        made: list[RulePlan | DrivePlan] = []
        for rule in self._file.rules:
            with self._problems.caught():
                if isinstance(rule, Drive):
                    made.append(self._drive(rule))
                elif isinstance(rule, Rule):
                    made.append(self._rule(rule, rule.do))
        return tuple(made)

    def sets(self) -> tuple[SetPlan, ...]:
        made = []
        for rule in (*self._file.rules, *self._file.safety):
            if isinstance(rule, SetRule):
                with self._problems.caught():
                    made.append(replace(self._set(rule), safety=isinstance(rule, SafetySet)))
        return tuple(made)

    def _set(self, rule: SetRule) -> SetPlan:
        plan = self._settings.get(rule.set.text)
        if plan is None:
            if rule.set.text in self._actuators:
                kind = self._actuators[rule.set.text].kind
                raise rule.set.error(f"{rule.set.text} is a {kind}: it takes no number", 0, "write drive:, or do:")
            hint = one_of(rule.set.text, self._settings) if self._settings else "write kind: setting in site.yaml"
            raise rule.set.error(f"there is no setting {rule.set.text!r}", 0, hint)
        text, tree = rule.to.text, rule.to.tree
        if isinstance(tree, Number) and tree.unit.dimension == plan.unit.dimension:
            value = tree.value * tree.unit.scale / plan.unit.scale
            if not plan.low <= value <= plan.high:
                limits = f"{plan.low:g} .. {plan.high:g} {plan.unit}".rstrip()
                raise text.error(f"{plan.name} cannot be {text.text}", 0, f"site.yaml limits it to {limits}")
        return SetPlan(rule.name.text, plan.name, rule.to, rule.when)

    def safety(self) -> tuple[RulePlan, ...]:
        made = []
        for rule in self._file.safety:
            if isinstance(rule, Safety):
                with self._problems.caught():
                    made.append(self._rule(rule, rule.force))
        return tuple(made)

    def _rule(self, rule: Rule | Safety, asked: Mapping[Text, tuple[Text, Demand]]) -> RulePlan:
        do = []
        for name, (text, demand) in asked.items():
            with self._problems.caught():
                _check_demand(self._actuator(name), text, demand)
                do.append((name.text, demand))
        return RulePlan(rule.name.text, rule.when, rule.until, tuple(do))

    def _drive(self, rule: Drive) -> DrivePlan:
        actuator = self._actuator(rule.drive)
        if actuator.kind != "position":
            message = f"{actuator.name} is a {actuator.kind}: it cannot be moved in proportion"
            raise rule.drive.error(message, 0, "write when: and do:")
        return DrivePlan(rule.name.text, actuator.name, rule.by, rule.start, **_banded(rule))

    def irrigation(self) -> tuple[IrrigationPlan, ...]:
        made = []
        for rounds in self._file.irrigation:
            with self._problems.caught():
                made.append(self._rounds(rounds))
        return tuple(made)

    def _rounds(self, rounds: Irrigation) -> IrrigationPlan:
        names = rounds.valve if isinstance(rounds.valve, list) else [rounds.valve]
        if not names:
            raise rounds.name.error("a valve is missing", 0, "name one under valve:")
        first, *then = [self._of_kind(name, "valve") for name in names]
        if rounds.start is None and not rounds.at:
            raise rounds.name.error("nothing starts these rounds", 0, "write start: or at:")
        if len({valve.name for valve in (first, *then)}) < len(names):
            raise rounds.name.error("a valve stands here twice", 0, "name each once")
        meter = rounds.give.meter
        if meter is not None and meter.text not in self._points:
            raise meter.error(f"there is no point {meter.text!r}", 0, one_of(meter.text, self._points))
        return IrrigationPlan(
            rounds.name.text,
            first.name,
            rounds.start,
            rounds.window,
            _seconds(rounds.give, first, names[0]),
            rounds.skip_when,
            rounds.stop_day_when,
            rounds.rest,
            tuple(rounds.at),
            tuple(valve.name for valve in then),
            rounds.give.litres if meter else None,
            meter.text if meter else None,
        )

    def alarms(self) -> tuple[AlarmPlan, ...]:
        return tuple(AlarmPlan(alarm.name.text, alarm.when, alarm.priority) for alarm in self._file.alarms)

    def notify(self) -> dict[str, tuple[str, ...]]:
        """The addresses for each priority. An empty one (a variable that is set to nothing) tells nobody."""
        return {
            priority: tuple(address.text for address in addresses if address.text)
            for priority, addresses in self._file.notify.items()
        }

    def _actuator(self, name: Text) -> ActuatorPlan:
        found = self._actuators.get(name.text)
        if name.text in self._settings:
            raise name.error(f"{name.text} is a setting: it takes a number", 0, f"write set: {name.text} and to:")
        if found is None:
            raise name.error(f"there is no actuator {name.text!r}", 0, one_of(name.text, self._actuators))
        return found

    def _of_kind(self, name: Text, *kinds: str) -> ActuatorPlan:
        actuator = self._actuator(name)
        if actuator.kind not in kinds:
            fitting = [known for known, other in self._actuators.items() if other.kind in kinds]
            hint = one_of(actuator.name, fitting) if fitting else f"write kind: {kinds[0]} in site.yaml"
            raise name.error(f"{actuator.name} is a {actuator.kind}, not a {kinds[0]}", 0, hint)
        return actuator


def _banded(plan: Drive | Control) -> dict[str, Any]:
    """What drives and controls have in common."""
    low, high = plan.within or (None, None)
    return {
        "band": plan.band.width,
        "band_when": tuple(plan.band_when.items()),
        "reverse": plan.band.below,
        "integral": plan.integral,
        "low": low,
        "high": high,
    }


def _seconds(give: Amount, valve: ActuatorPlan, name: Text) -> float:
    """How long a valve is open at most."""
    if give.seconds is not None:
        return give.seconds
    assert give.litres is not None
    if valve.flow is None:
        raise name.error(f"nobody knows how much flows through {valve.name}", 0, "give its flow in site.yaml")
    return give.litres / valve.flow


def _check_demand(actuator: ActuatorPlan, text: Text, demand: Demand) -> None:
    word = text.text.split()[0]
    words = _WORDS[actuator.kind]
    if actuator.kind == "position":
        if demand.kind == "pulse":
            raise text.error(f"{actuator.name} is a motor: it cannot be pulsed", 0, "write it like 70 %")
        if word in ("on", "off"):
            raise text.error(f"{actuator.name} is a motor: it is not on or off", 0, "write open, closed or 70 %")
        return
    if demand.kind in ("at least", "at most") or not word.isalpha():
        message = f"{actuator.name} is a {actuator.kind}: it has no part way"
        raise text.error(message, 0, f"write {words[0]} or {words[1]}")


def _unit_of(periods: Periods) -> Unit:
    """The unit of a setpoint: that of most of its plain numbers and of its pace, of the first number in doubt.

    Raises ConfigError for a number that is in another one.
    """
    plain = [(value.text, value.tree) for _, value in periods.values if isinstance(value.tree, Number)]
    units = [number.unit for _, number in plain]
    if periods.ramp:
        units.append(_unit_of_pace(periods.ramp))
    if not plain:
        read = [node.unit for _, value in periods.values for node in walk(value.tree) if isinstance(node, Number)]
        return next(iter([*read, *units]), UNITS[""])
    (most, _), *_ = Counter(unit.dimension for unit in units).most_common()
    agreed = next(unit for unit in units if unit.dimension == most)
    for text, number in plain:
        if number.unit.dimension != most:
            message = f"this is in {number.unit.symbol or 'no unit'}, not in {agreed}"
            raise text.error(message, 0, f"write it in {agreed}")
    return agreed


def _unit_of_pace(ramp: Text) -> Unit:
    symbol = ramp.text.rpartition("/")[0].strip().lstrip("+-.0123456789 ")
    try:
        return best_unit(unit(symbol).dimension)
    except UnitError:
        return UNITS[""]
