"""Each rule in one sentence. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from controller.core.plan import DrivePlan, Expression, IrrigationPlan, Plan, RulePlan, SetPlan
from controller.rules.parser import Demand
from controller.web.language import Speech
from controller.web.names import label

Kinds = Mapping[str, str]


def sentences(plan: Plan, say: Speech) -> list[tuple[str, str, int]]:
    """(name, sentence, line of the file) of everything that acts, in the order of the file."""
    say = say.about(map(asdict, plan.compartments))
    kinds: Kinds = {actuator.name: actuator.kind for actuator in plan.actuators}
    found = [
        *((rule.name, _rule(rule, kinds, say), _line(rule)) for rule in plan.rules),
        *((rule.name, _set(rule, say), rule.value.text.place.line) for rule in plan.sets),
        *((rule.name, _round(rule, say), rule.start.text.place.line if rule.start else 0) for rule in plan.irrigation),
        *((rule.name, _safety(rule, kinds, say), _line(rule)) for rule in plan.safety),
        *(
            (alarm.name, say("Alarm ({priority}) when {condition}.", priority=say(alarm.priority),
                             condition=_said(alarm.when)), alarm.when.text.place.line)
            for alarm in plan.alarms
        ),
    ]  # fmt: skip
    return sorted(found, key=lambda each: each[2])


def _line(rule: RulePlan | DrivePlan) -> int:
    return (rule.when if isinstance(rule, RulePlan) else rule.by).text.place.line


def _said(expression: Expression) -> str:
    return " ".join(expression.text.text.split())


def _rule(rule: RulePlan | DrivePlan, kinds: Kinds, say: Speech) -> str:
    if isinstance(rule, DrivePlan):
        text = say(
            "{actuator} opens in proportion: closed while {by} is at {start}, fully open {band} above.",
            actuator=label(rule.actuator, say), by=_said(rule.by), start=_said(rule.start), band=_said(rule.band),
        ) if not rule.reverse else say(
            "{actuator} opens in proportion: closed while {by} is at {start}, fully open {band} below.",
            actuator=label(rule.actuator, say), by=_said(rule.by), start=_said(rule.start), band=_said(rule.band),
        )  # fmt: skip
        widths = [
            say("When {condition} the band is {band}.", condition=_said(when), band=_said(width))
            for when, width in rule.band_when
        ]
        return " ".join([text, *widths])
    demands = _demands(rule, kinds, say)
    if rule.until is None:
        return say("While {condition}: {demands}.", condition=_said(rule.when), demands=demands)
    return say(
        "When {condition}: {demands}, until {end}.", condition=_said(rule.when), demands=demands, end=_said(rule.until)
    )


def _set(rule: SetPlan, say: Speech) -> str:
    setting, value = label(rule.setting, say), _said(rule.value)
    if rule.when is None:
        return say("{setting} is set to {value}.", setting=setting, value=value)
    condition = _said(rule.when)
    text = say("While {condition}: {setting} is set to {value}.", condition=condition, setting=setting, value=value)
    return say("Above all else: {sentence}", sentence=text) if rule.safety else text


def _safety(rule: RulePlan, kinds: Kinds, say: Speech) -> str:
    return say("Above all else: {sentence}", sentence=_rule(rule, kinds, say))


def _demands(rule: RulePlan, kinds: Kinds, say: Speech) -> str:
    return ", ".join(f"{label(name, say)} {_demand(demand, kinds.get(name, ''), say)}" for name, demand in rule.do)


def _demand(demand: Demand, kind: str, say: Speech) -> str:
    value = f"{demand.value:g} %"
    match demand.kind:
        case "at least":
            return say("at least {value}", value=value)
        case "at most":
            return say("at most {value}", value=value)
        case "pulse":
            on, every = say.duration(demand.on_s), say.duration(demand.every_s)
            return say("on for {time} every {period}", time=on, period=every)
        case "keep":
            return say("stays as it is")
        case _ if kind == "position":
            return value  # a screen at 100 % is drawn: nobody would call it open
        case _:
            words = (say("off"), say("on")) if kind == "switch" else (say("closed"), say("open"))
            return {0.0: words[0], 100.0: words[1]}.get(demand.value, value)


def _round(rule: IrrigationPlan, say: Speech) -> str:
    valves = ", ".join(label(valve, say) for valve in (rule.valve, *rule.then))
    parts = [say("{valves}: {time} of water", valves=valves, time=say.duration(rule.give))]
    if rule.start:
        parts.append(say("when {condition}", condition=_said(rule.start)))
    if rule.times:
        parts.append(say("at {times}", times=", ".join(map(str, rule.times))))
    if rule.window:
        parts.append(say("between {window}", window=rule.window))
    if rule.skip_when:
        parts.append(say("skipped when {condition}", condition=_said(rule.skip_when)))
    if rule.stop_day_when:
        parts.append(say("no more that day when {condition}", condition=_said(rule.stop_day_when)))
    return ", ".join(parts) + "."
