"""Plays a scenario through the real core: ideal devices that do what they are told, sensors that show what is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from controller.core.core import Core
from controller.core.plan import Plan, SensorPlan
from controller.core.views import SettingView
from controller.model.commands import Report
from controller.model.errors import NOWHERE, Place
from controller.model.points import Reading
from controller.model.time import NS, Instant
from controller.rules.parser import Demand

from .devices import IdealDevices
from .scenario import Expectation, Given, Scenario, Step

USUAL = {
    # what a point shows that no step has given: a mild, dull, calm day in the unit of its quantity
    "temperature": 20.0,
    "humidity": 70.0,
    "co2": 400.0,
    "water_content": 60.0,
    "ec": 2.0,
    "ph": 6.0,
}

_SETTLE = 60.0  # s beyond the way of the slowest motor, which the core closes first because nobody knows where it is
_LONGEST_CADENCE = 60.0  # s between two readings of a point
_TREMBLE = 1e-6  # a sensor that never changes would count as stuck
_NEAR = 2.0  # % by which a position may miss


@dataclass(frozen=True, slots=True)
class Failure:
    """An expectation that did not hold, as a sentence."""

    message: str
    place: Place = NOWHERE

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place != NOWHERE else self.message


def play(plan: Plan, scenario: Scenario) -> list[Failure]:
    """What did not come out as the scenario says; empty if all of it did."""
    actuators = plan.actuators
    settle = _SETTLE + 1.2 * max((max(a.travel_open, a.travel_close) for a in actuators), default=0.0)
    house = _House(plan, scenario.at - round(settle * NS))
    house.run(settle)
    failures: list[Failure] = []
    for step in scenario.steps:
        house.given |= step.given
        house.run(step.seconds)
        failures += house.compare(scenario.name, step)
    return failures


class _House:
    """A core among ideal devices. Time starts at `wall_ns`."""

    def __init__(self, plan: Plan, wall_ns: int) -> None:
        self.given: dict[str, Given] = {}
        self._plan = plan
        self._zone = ZoneInfo(plan.site.timezone)
        self._core = Core(plan.unmeasured())
        self._now = Instant(0, wall_ns)
        self._voted = {member: vote.point for vote in plan.votes for member in vote.members}
        self._due = {sensor.point: self._now for sensor in plan.sensors}
        self._devices = IdealDevices()
        self._inputs: list[Reading | Report] = []
        self._readings = 0

    def run(self, seconds: float) -> None:
        """Let time pass. What is given shows from the very beginning."""
        end = self._now.after(seconds)
        self._due = dict.fromkeys(self._due, self._now)
        wake: Instant | None = self._now
        while True:
            times = [*self._due.values(), *filter(None, (wake, self._devices.next_end()))]
            moment = max(min(times, default=end), self._now)
            if moment > end:
                break
            self._now = moment
            self._inputs += [*self._measured(), *self._devices.run_out(moment)]
            step = self._core.step(moment, self._inputs)
            self._inputs = [self._devices.obey(command, moment) for command in step.commands]
            wake = moment if self._inputs else step.wake_at
        self._now = end
        self._core.step(end, ())

    def _measured(self) -> Iterator[Reading]:
        for sensor in self._plan.sensors:
            if self._due[sensor.point] <= self._now:
                cadence = min(max(sensor.stale_after / 3, 1.0), _LONGEST_CADENCE)
                self._due[sensor.point] = self._now.after(cadence)
                yield self._shown(sensor)

    def _shown(self, sensor: SensorPlan) -> Reading:
        given = self.given.get(sensor.point) or self.given.get(self._voted.get(sensor.point, ""))
        if given is None:
            usual = USUAL.get(sensor.quantity.name, 0.0)
            given = Given(min(max(usual, sensor.low), sensor.high))
        if given.value != given.value:
            return Reading.missing(sensor.point, self._now, given.quality, "as the scenario says")
        self._readings += 1
        # the core calibrates what it is told: the scenario names the value behind that
        raw = (given.value - sensor.offset) / sensor.gain
        tremble = 0.0 if sensor.quantity.states else _TREMBLE * (self._readings % 2)
        return Reading(sensor.point, raw - tremble if raw >= sensor.high else raw + tremble, self._now)

    def compare(self, name: str, step: Step) -> Iterator[Failure]:
        """Sentences for what is not as expected."""
        views = {view.name: view for view in self._core.actuators()}
        clock = datetime.fromtimestamp(self._now.wall_ns / NS, self._zone).strftime("%H:%M")
        settings = {view.name: view for view in self._core.settings()}
        for expectation in step.then:
            if (setting := settings.get(expectation.actuator)) is not None:
                yield from self._compare_setting(name, clock, expectation, setting)
                continue
            view = views[expectation.actuator]
            if not (_holds(expectation.demand, view.position, _NEAR) and expectation.because in ("", view.cause.rule)):
                is_now = f"is at {view.position:.0f} %" + (f", {view.moving}" if view.moving else "")
                message = f"{name}: at {clock} {view.name} should be {_wanted(expectation)}, but {is_now}"
                yield Failure(f"{message}, by {view.cause.sentence()}", expectation.place)
        if step.alarms is not None:
            yield from self._compare_alarms(name, clock, step.alarms, step.place)

    def _compare_setting(self, name: str, clock: str, expectation: Expectation, view: SettingView) -> Iterator[Failure]:
        near = next(plan.deadband for plan in self._plan.settings if plan.name == view.name)
        if not (_holds(expectation.demand, view.value, near) and expectation.because in ("", view.cause.rule)):
            message = f"{name}: at {clock} {view.name} should be {_wanted(expectation)}, but is {view.text}"
            yield Failure(f"{message}, by {view.cause.sentence()}", expectation.place)

    def _compare_alarms(self, name: str, clock: str, wanted: Sequence[str], place: Place) -> Iterator[Failure]:
        known = {alarm.name for alarm in self._plan.alarms}
        standing = {view.name for view in self._core.alarms()} & known
        for alarm in sorted(set(wanted) ^ standing):
            said = "should have been raised" if alarm in wanted else "was raised without being expected"
            yield Failure(f"{name}: at {clock} the alarm {alarm!r} {said}", place)


def _wanted(expectation: Expectation) -> str:
    return expectation.text + (f" because of {expectation.because!r}" if expectation.because else "")


def _holds(demand: Demand, here: float, near: float) -> bool:
    match demand.kind:
        case "at least":
            return here >= demand.value - near
        case "at most":
            return here <= demand.value + near
        case _:
            return abs(here - demand.value) <= near
