"""rules.yaml as the core takes it: names looked up, demands held against the actuators they are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from controller.core.plan import (
    ActuatorPlan,
    AlarmPlan,
    DrivePlan,
    Expression,
    IrrigationPlan,
    PeriodPlan,
    RulePlan,
    SetpointPlan,
)
from controller.model.errors import one_of
from controller.model.units import UNITS, Unit, UnitError, best_unit, unit
from controller.rules.parser import Demand, Text
from controller.rules.tree import Number, walk

from .fields import Periods
from .problems import Problems
from .rules_file import Drive, Irrigation, Rule, RulesFile, Safety
from .treatment import rate

_WORDS = {"position": ("open", "closed", "keep"), "switch": ("on", "off", "keep"), "valve": ("open", "closed", "keep")}


class Language:
    """Turns the models of rules.yaml into parts of the plan; what does not fit goes to `problems`."""

    def __init__(
        self, rules: RulesFile, actuators: Mapping[str, ActuatorPlan], points: Iterable[str], problems: Problems
    ) -> None:
        self._file, self._actuators, self._problems = rules, actuators, problems
        self._points = frozenset(points)
        for entries in (rules.rules, rules.irrigation, rules.safety, rules.alarms):
            self._no_name_twice([entry.name for entry in entries])

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
                if name.text in self._points or name.text in self._actuators:
                    kind = "a point" if name.text in self._points else "an actuator"
                    raise name.error(f"{name.text} is the name of {kind} already", 0, "choose another name")
                if isinstance(value, Periods):
                    made.append(self._by_period(name, value))
                else:
                    made.append(SetpointPlan(name.text, name, value))
        return tuple(made)

    def _by_period(self, name: Text, periods: Periods) -> SetpointPlan:
        known = [period.text for period in self._file.periods]
        for period, _ in periods.values:
            if period.text not in known:
                hint = one_of(period.text, [*known, "ramp"]) if known else "name it under periods:"
                raise period.error(f"there is no period {period.text!r}", 0, hint)
        ramp = rate(periods.ramp, _unit_of(periods)) if periods.ramp else None
        values = tuple((period.text, value) for period, value in periods.values)
        return SetpointPlan(name.text, name, by_period=values, ramp=ramp)

    def rules(self) -> tuple[RulePlan | DrivePlan, ...]:
        made: list[RulePlan | DrivePlan] = []
        for rule in self._file.rules:
            with self._problems.caught():
                made.append(self._drive(rule) if isinstance(rule, Drive) else self._rule(rule, rule.do))
        return tuple(made)

    def safety(self) -> tuple[RulePlan, ...]:
        made = []
        for rule in self._file.safety:
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
        return DrivePlan(rule.name.text, actuator.name, rule.by, rule.start, rule.band, tuple(rule.band_when.items()))

    def irrigation(self) -> tuple[IrrigationPlan, ...]:
        made = []
        for rounds in self._file.irrigation:
            with self._problems.caught():
                made.append(self._rounds(rounds))
        return tuple(made)

    def _rounds(self, rounds: Irrigation) -> IrrigationPlan:
        valve = self._actuator(rounds.valve)
        if valve.kind != "valve":
            valves = [name for name, actuator in self._actuators.items() if actuator.kind == "valve"]
            hint = one_of(valve.name, valves) if valves else "write kind: valve in site.yaml"
            raise rounds.valve.error(f"{valve.name} is a {valve.kind}, not a valve", 0, hint)
        return IrrigationPlan(
            rounds.name.text,
            valve.name,
            rounds.start,
            rounds.window,
            rounds.give,
            rounds.skip_when,
            rounds.stop_day_when,
            rounds.rest,
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
        if found is None:
            raise name.error(f"there is no actuator {name.text!r}", 0, one_of(name.text, self._actuators))
        return found


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
    """The unit of a setpoint: that of the first number in it."""
    for _, value in periods.values:
        for node in walk(value.tree):
            if isinstance(node, Number):
                return node.unit
    assert periods.ramp is not None
    symbol = periods.ramp.text.rpartition("/")[0].strip().lstrip("+-.0123456789 ")
    try:
        return best_unit(unit(symbol).dimension)
    except UnitError:
        return UNITS[""]


def expressions_of(plan: RulePlan | DrivePlan | IrrigationPlan | AlarmPlan | SetpointPlan) -> list[Expression]:
    """Every expression of one part of the plan."""
    match plan:
        case RulePlan():
            found = [plan.when, plan.until]
        case DrivePlan():
            found = [plan.by, plan.start, plan.band, *(part for pair in plan.band_when for part in pair)]
        case IrrigationPlan():
            found = [plan.start, plan.skip_when, plan.stop_day_when]
        case AlarmPlan():
            found = [plan.when]
        case SetpointPlan():
            found = [plan.value, *(value for _, value in plan.by_period)]
    return [expression for expression in found if expression is not None]
