"""What will probably happen next: rounds of irrigation, periods, ends of overrides. Small, honest estimates. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from controller.core.calendar import Calendar
from controller.core.plan import IrrigationPlan, Plan
from controller.model.time import NS
from controller.model.units import QUANTITIES
from controller.rules.tree import Compare, ElapsedSinceStart, Name, Number, Or, SinceStart, Tree

FARTHEST = 12 * 3600.0  # s; what lies further ahead nobody can know from the present light
_PER_SECOND = {"radiation_sum": ("radiation", 1e-4), "dli": ("ppfd", 1e-6)}  # of what, and the factor to the sum's unit


class Expected(NamedTuple):
    """Something that is due in `seconds`. `kind` is round, period or release; `basis` is light, time or "".

    `subject` is the rule, the period or the actuator; `moves` the actuator, "" for a period.
    """

    kind: str
    subject: str
    seconds: float
    basis: str = ""
    moves: str = ""


def expected(plan: Plan, state: Mapping[str, Any]) -> list[Expected]:
    """What is due within twelve hours after `state`, the nearest first."""
    calendar, now = Calendar(plan.site), int(state["wall_ns"])
    found = [*_rounds(plan, state, calendar, now), *_periods(plan, state, calendar, now), *_releases(state)]
    return sorted((e for e in found if 0 <= e.seconds <= FARTHEST), key=lambda e: e.seconds)


def _rounds(plan: Plan, state: Mapping[str, Any], calendar: Calendar, now: int) -> Iterator[Expected]:
    views = {view["rule"]: view for view in state["rounds"]}
    rates = {point["name"]: point["value"] for point in state["points"] if point["quality"] == "good"}
    busy = {a["name"] for a in state["actuators"] if a["on"]}
    for rule in plan.irrigation:
        view = views.get(rule.name)
        if view is None or rule.valve in busy:
            continue
        due = [*_by_start(rule, view, rates, plan), *_by_time(rule, calendar, now)]
        for seconds, basis in sorted(due):
            at = now + round(seconds * NS)
            if rule.window is None or calendar.inside(rule.window, at):
                yield Expected("round", rule.name, seconds, basis, rule.valve)
                break
            opening = min((start for start, _ in calendar.spans(rule.window, now) if start >= at), default=None)
            if opening is not None:  # due before the window opens: it starts with it
                yield Expected("round", rule.name, (opening - now) / NS, "time", rule.valve)
                break


def _by_start(
    rule: IrrigationPlan, view: Mapping[str, Any], rates: Mapping[str, float | None], plan: Plan
) -> Iterator[tuple[float, str]]:
    """When each alternative of the start condition comes true, if light and all else stay as they are."""
    for part in _alternatives(rule.start.tree) if rule.start else ():
        match part:
            case Compare(">" | ">=", SinceStart(Name(name)), Number(value, unit)) if (
                plan.placed(name)[1] in _PER_SECOND
            ):
                compartment, key = plan.placed(name)
                wanted = value * unit.scale / QUANTITIES[key].unit.scale
                gathered = view["sums"].get(name)
                quantity, factor = _PER_SECOND[key]
                rate = _rate(quantity, compartment, rates, plan)
                if gathered is not None and wanted <= gathered:
                    yield 0.0, "light"
                elif gathered is not None and rate is not None and rate > 0:
                    yield (wanted - gathered) / (rate * factor), "light"
            case ElapsedSinceStart(seconds) if view["since"] is not None:
                yield max(seconds - view["since"], 0.0), "time"
            case _:
                pass


def _rate(quantity: str, compartment: str, rates: Mapping[str, float | None], plan: Plan) -> float | None:
    """The value that the core sums up: that outside, or else the first of its kind in the compartment."""
    points = [sensor.point for sensor in plan.sensors if sensor.quantity.name == quantity]
    sources = [point for point in points if plan.compartment_of(point) == compartment]
    source = f"outside.{quantity}" if f"outside.{quantity}" in sources else next(iter(sources), "")
    return rates.get(source)


def _alternatives(tree: Tree) -> Iterable[Tree]:
    if isinstance(tree, Or):
        return [*_alternatives(tree.left), *_alternatives(tree.right)]
    return [tree]


def _by_time(rule: IrrigationPlan, calendar: Calendar, now: int) -> Iterator[tuple[float, str]]:
    for moment in rule.times:
        today = calendar.today(moment, now)
        at = today if today > now else calendar.today(moment, calendar.midnight_after(now))
        yield (at - now) / NS, "time"


def _periods(plan: Plan, state: Mapping[str, Any], calendar: Calendar, now: int) -> Iterator[Expected]:
    coming = [
        Expected("period", period.name, (start - now) / NS, "time")
        for period in plan.periods
        for start, _ in calendar.spans(period.window, now)
        if start > now and period.name != state["period"]
    ]
    yield from sorted(coming, key=lambda e: e.seconds)[:1]


def _releases(state: Mapping[str, Any]) -> Iterator[Expected]:
    for actuator in state["actuators"]:
        if actuator["hand"]:
            yield Expected("release", actuator["name"], actuator["hand"]["seconds"], moves=actuator["name"])
