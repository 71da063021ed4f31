"""Protection that is missing: vents that nobody closes in a storm, valves that nothing bounds, idle actuators."""

from __future__ import annotations

from collections.abc import Iterator

from controller.core.plan import DrivePlan, Plan
from controller.rules.tree import names_in

from ..finding import Finding
from ..survey import Survey

_VENTS = ("vent", "window", "천창", "측창", "창")


def unguarded_vents(survey: Survey) -> Iterator[Finding]:
    """Vents without a safety rule that watches the wind."""
    plan = survey.plan
    winds = {sensor.point for sensor in plan.sensors if sensor.quantity.name == "wind_speed"}
    guarded = {
        name
        for rule in plan.safety
        if winds & set(names_in(rule.when.tree))
        for name, demand in rule.do
        if demand.kind in ("exactly", "at most")
    }
    for actuator in plan.actuators:
        if actuator.kind != "position" or actuator.name in guarded or not _is_vent(actuator.name):
            continue
        how = "no point measures the wind speed: add a sensor and a safety rule"
        if winds:
            how = f"add under safety: when: {min(winds)} > 15 m/s, force: {{{actuator.name}: at most 5 %}}"
        yield Finding(
            "unguarded vent", f"no safety rule closes {actuator.name} in a storm", actuator.place, suggestion=how
        )


def unbounded_irrigation(survey: Survey) -> Iterator[Finding]:
    """Valves without hard limits, and rounds that could follow each other without a break."""
    plan = survey.plan
    watering = {valve for rule in plan.irrigation for valve in (rule.valve, *rule.then)}
    for actuator in plan.actuators:
        if actuator.kind != "valve" and actuator.name not in watering:
            continue
        missing = [
            name
            for name, limit in (("max_on", actuator.max_on), ("max_per_day", actuator.max_per_day))
            if limit is None
        ]
        if missing:
            yield Finding(
                "unbounded irrigation",
                f"{actuator.name} has no {' and no '.join(missing)}: a fault could drown the crop",
                actuator.place,
                suggestion="write for example max_on: 15 min, max_per_day: 90 min",
            )


def unmoved_actuators(survey: Survey) -> Iterator[Finding]:
    """Actuators that no rule moves."""
    moved = _moved(survey.plan)
    for actuator in survey.plan.actuators:
        if actuator.name not in moved:
            yield Finding("nobody moves it", f"no rule moves {actuator.name}", actuator.place)
    set_by_rules = {rule.setting for rule in survey.plan.sets if not rule.safety}
    for setting in survey.plan.settings:
        if setting.name not in set_by_rules:
            yield Finding("nobody moves it", f"no rule sets {setting.name}", setting.place)


def _moved(plan: Plan) -> set[str]:
    moved = {valve for rule in plan.irrigation for valve in (rule.valve, *rule.then)}
    moved |= {pump.switch for pump in plan.pumps} | {name for staged in plan.stages for name in staged.switches}
    for rule in plan.rules:
        moved |= {rule.actuator} if isinstance(rule, DrivePlan) else {name for name, _ in rule.do}
    for safety in plan.safety:
        moved |= {name for name, demand in safety.do if demand.kind != "keep"}
    return moved


def _is_vent(name: str) -> bool:
    return any(word in name.lower() for word in _VENTS)
