"""A house in the hands of a test: time passes, sensors are read, devices do what they are told, unless they are broken.

    house = House(house1())
    house.at("09:00").reads(air_temperature=26).after("10 min").expect(roof_vent=33)

Points are written with `_` for `.`. A point goes on giving the value it was last set to until it is set to
None: the sensor is then silent. Every device is real enough to have a timer of its own, so that what the core ordered
and what really happened can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from controller.core.core import Core, Step
from controller.core.plan import ActuatorPlan, Plan
from controller.core.views import ActuatorView
from controller.model.commands import Acknowledge, Command, Followed, Override, Release, Report, Verb
from controller.model.events import Alarmed, AlarmState, Event, Noted
from controller.model.points import Quality, Reading
from controller.model.time import NS, Instant
from controller.model.units import parse_duration

Input = Reading | Report | Override | Release | Acknowledge
_WORDS = {"on": 100.0, "off": 0.0, "open": 100.0, "closed": 0.0}


@dataclass
class Device:
    """One output: a relay or a motor with a timer, or a register. `spans` are the times (s) for which it really ran."""

    output: str
    verb: Verb | None = None
    began: float = 0.0
    ends: float = 0.0
    silent: bool = False
    number: float | None = None
    spans: list[tuple[Verb, float, float]] = field(default_factory=list)

    def run(self, command: Command, t: float) -> None:
        self.stop_if_due(t)
        if command.verb is Verb.SET:
            self.number = command.value
        elif command.verb in (Verb.ON, Verb.OPEN, Verb.CLOSE):
            if self.verb is not command.verb:
                self.stop(t)
                self.verb, self.began = command.verb, t
            self.ends = t + (command.seconds or 0.0)
        else:
            self.stop(t)

    def stop(self, t: float) -> None:
        if self.verb is not None:
            self.spans.append((self.verb, self.began, t))
            self.verb = None

    def stop_if_due(self, t: float) -> bool:
        if self.verb is not None and t >= self.ends:
            self.stop(self.ends)
            return True
        return False

    def report(self, at: Instant, command_id: int | None = None) -> Report:
        followed = Followed.RESTING if self.verb is None else Followed.RUNNING
        return Report(self.output, followed, at, self.verb, command_id, value=self.number)

    def on_time(self) -> float:
        """Seconds for which a relay was on."""
        return sum(end - start for verb, start, end in self.spans if verb is Verb.ON)


def turned(plan: ActuatorPlan, at: float, verb: Verb, seconds: float) -> float:
    """Where a motor physically is (%) that was at `at` and has run for so long."""
    way = 100 * seconds / (plan.travel_open if verb is Verb.OPEN else plan.travel_close)
    return min(max(at + (way if verb is Verb.OPEN else -way), 0.0), 100.0)


class House:
    """Starts at local midnight of `date` with nothing known, unless readings are given.

    Sensors are read every `poll` seconds. `journal` holds every step's inputs, and for a restart the plan that it was
    made with; `times` belong to `commands`.
    """

    def __init__(self, plan: Plan, date: str = "2026-06-21", poll: float = 10.0, **readings: float) -> None:
        self.plan = self.first_plan = plan
        self.poll = poll
        self.core = Core(plan)
        self.t = 0.0
        self.midnight = self._wall(date, plan.site.timezone)
        self.clock_error = 0.0
        self.values: dict[str, float] = {}
        self.journal: list[tuple[Instant, tuple[Input, ...]] | Plan] = []
        self.times: list[float] = []
        self.events: list[Event] = []
        self.commands: list[Command] = []
        self.devices = {commanded.output: Device(commanded.output) for commanded in (*plan.actuators, *plan.settings)}
        self._points = {sensor.point.replace(".", "_"): sensor.point for sensor in plan.sensors}
        self._jitter = 1e-4  # a value that never changes is that of a sensor that is stuck
        self._next_poll = 0.0
        self._wake = 0.0
        self._boot = 0.0
        self.reads(**readings)

    @staticmethod
    def _wall(date: str, zone: str) -> float:
        return datetime.fromisoformat(date).replace(tzinfo=ZoneInfo(zone)).timestamp()

    # time

    def now(self) -> Instant:
        wall = self.midnight + self.t + self.clock_error
        return Instant(round((self.t - self._boot) * NS), round(wall * NS))

    def at(self, time: str) -> Self:
        """Let time pass until this time of the (summer, whole) day; tomorrow's if it is over today."""
        hours, minutes = map(int, time.split(":"))
        target = hours * 3600 + minutes * 60
        while target < self.t - 1e-6:
            target += 86400
        return self._pass(target)

    def after(self, time: str) -> Self:
        """Let time pass."""
        return self._pass(self.t + parse_duration(time))

    def _pass(self, target: float) -> Self:
        while True:
            due = min(self._next_poll, self._wake, *(d.ends for d in self.devices.values() if d.verb), target)
            self.t = max(self.t, due)
            self._turn()
            if self.t >= target:
                return self

    def _turn(self) -> None:
        inputs: list[Reading | Report] = []
        if self.t >= self._next_poll:
            self._next_poll = self.t + self.poll
            self._jitter = -self._jitter
            inputs += [self._reading(point, value) for point, value in self.values.items()]
        for device in self.devices.values():
            if device.stop_if_due(self.t) and not device.silent:
                inputs.append(device.report(self.now()))
        self.step(*inputs)

    def _reading(self, point: str, value: float) -> Reading:
        can_be_stuck = next(plan.stuck_after for plan in self.plan.sensors if plan.point == point) is not None
        return Reading(point, value + self._jitter if can_be_stuck else value, self.now())

    def step(self, *inputs: Input) -> Step:
        """One step of the core now; its commands are carried out and confirmed at once."""
        first = step = self._step(inputs)
        for _ in range(20):
            reports = tuple(self._carry_out(step))
            if not reports:
                break
            step = self._step(reports)
        return first

    def _step(self, inputs: tuple[Input, ...]) -> Step:
        now = self.now()
        self.journal.append((now, inputs))
        step = self.core.step(now, inputs)
        self.events += step.events
        self.commands += step.commands
        self.times += [self.t] * len(step.commands)
        wake = step.wake_at
        self._wake = float("inf") if wake is None else self.t + max(wake.seconds_since(now), 0.001)
        return step

    def _carry_out(self, step: Step) -> Iterator[Report]:
        for command in step.commands:
            device = self.devices[command.output]
            if not device.silent:
                device.run(command, self.t)
                yield device.report(self.now(), command.id)

    # what happens

    def reads(self, **points: float | None) -> Self:
        """From now on the sensors give these values; None: nothing at all."""
        for name, value in points.items():
            point = self._points[name]
            if value is None:
                self.values.pop(point, None)
            else:
                self.values[point] = float(value)
        return self.read_now() if points else self

    def look_again(self) -> Self:
        """At its next step the core looks at everything, as one does that has just been restored."""
        network = self.core._network
        for node in network.nodes():
            network.touch(node)
        return self

    def read_now(self) -> Self:
        """All sensors are read at once, out of turn."""
        self._next_poll = self.t
        self._turn()
        return self

    def says_bad(self, **points: str) -> Self:
        """The devices answer that they have no value, once."""
        inputs = [Reading.missing(self._points[name], self.now(), Quality.BAD, note) for name, note in points.items()]
        self.step(*inputs)
        return self

    def override(self, actuator: str, value: float | str, time: str, by: str = "Kim") -> Self:
        number = _WORDS[value] if isinstance(value, str) else value
        self.step(Override(actuator, number, parse_duration(time), by))
        return self

    def release(self, actuator: str, by: str = "Kim") -> Self:
        self.step(Release(actuator, by))
        return self

    def report(self, actuator: str, followed: Followed, verb: Verb | None = None, note: str = "") -> Self:
        self.step(Report(self.output(actuator), followed, self.now(), verb, note=note))
        return self

    def set_clock(self, by: str) -> Self:
        """The wall clock jumps, e.g. by "-2 h" or "30 min"."""
        self.clock_error += parse_duration(by)
        self._turn()
        return self

    def stop(self, within: float = 1000.0) -> Self:
        """An orderly end: everything is brought to where it is to stop, in `within` seconds at most."""
        end, reports = self.t + within, list[Report]()
        while self.t < end:
            for device in self.devices.values():
                if device.stop_if_due(self.t) and not device.silent:
                    reports.append(device.report(self.now()))
            step = self.core.shut_down(self.now(), reports)
            self.events += step.events
            self.commands += step.commands
            self.times += [self.t] * len(step.commands)
            reports = list(self._carry_out(step))
            if step.wake_at is None:
                return self
            self.t += max(step.wake_at.seconds_since(self.now()), 0.001)
        return self

    def restart(
        self, down: str = "0 s", plan: Plan | None = None, lose: bool = True, taken: bytes | None = None
    ) -> Self:
        """The process dies and comes back `down` later from its last snapshot, or the one that was `taken`.

        With `lose` its monotonic clock begins anew, too.
        """
        snapshot = self.core.snapshot() if taken is None else taken
        self.t += parse_duration(down)
        for device in self.devices.values():
            device.stop_if_due(self.t)
        if lose:
            self._boot = self.t
        self.plan = plan or self.plan
        self.journal.append(self.plan)
        for commanded in (*self.plan.actuators, *self.plan.settings):
            self.devices.setdefault(commanded.output, Device(commanded.output))
        self.core = Core.restore(self.plan, snapshot)
        return self.read_now()

    # what is seen

    def view(self, actuator: str) -> ActuatorView:
        return next(view for view in self.core.actuators() if view.name == actuator)

    def output(self, actuator: str) -> str:
        commanded = (*self.plan.actuators, *self.plan.settings)
        return next(plan.output for plan in commanded if plan.name == actuator)

    def device(self, actuator: str) -> Device:
        return self.devices[self.output(actuator)]

    def expect(self, **positions: float | str) -> Self:
        """Where actuators are: a word, or % to within the deadband."""
        for actuator, wanted in positions.items():
            view = self.view(actuator)
            number = _WORDS[wanted] if isinstance(wanted, str) else wanted
            tolerance = next(plan.deadband for plan in self.plan.actuators if plan.name == actuator)
            assert abs(view.position - number) <= tolerance, (
                f"{actuator} is at {view.position:.1f} %, not {wanted}; it should be at {view.target:.1f} %: "
                + view.cause.sentence()
            )
        return self

    def expect_target(self, **targets: float) -> Self:
        """Where actuators should be by now, exactly (%)."""
        for actuator, wanted in targets.items():
            view = self.view(actuator)
            assert abs(view.target - wanted) < 0.01, f"{actuator} should be at {view.target} %: {view.cause.sentence()}"
        return self

    def because(self, **rules: str) -> Self:
        """Who decides about actuators."""
        for actuator, wanted in rules.items():
            assert wanted in (found := self.view(actuator).cause.sentence()), found
        return self

    def value(self, name: str) -> float:
        """A point or setpoint as rules see it."""
        views = [*self.core.points(), *self.core.setpoints()]
        return next(view.value for view in views if view.name == name)

    def alarms(self) -> list[str]:
        return [alarm.name for alarm in self.core.alarms()]

    def notes(self, subject: str) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Noted) and event.subject == subject]

    def alarm_states(self, name: str) -> list[AlarmState]:
        return [event.state for event in self.events if isinstance(event, Alarmed) and event.alarm == name]

    def orders(self, actuator: str) -> list[str]:
        """What the actuator's device was told, renewals apart."""
        output = self.output(actuator)
        return [str(c.verb) for c in self.commands if c.output == output and not c.renews]

    def times_on(self, actuator: str) -> list[float]:
        """How long each time on of its device lasted, as far as it is over (s)."""
        return [round(end - start, 3) for verb, start, end in self.device(actuator).spans if verb is Verb.ON]
