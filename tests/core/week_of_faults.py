"""A week in a house where everything breaks, by hand and without waiting: `python -m tests.core.week_of_faults`.

    python -m tests.core.week_of_faults [--seeds 20] [--first 1] [--days 7]

The real core, devices with timers, weather with storms and rain, and a few at a time of: sensors that are silent, lie,
jump, stick or say nothing useful; devices that are deaf, refuse, are held by hand or lose their line, a whole bus at
once; crashes, power cuts, orderly stops and changes of the files; a clock that is set; hands on everything. What must
hold is checked against what the relays and motors really did. Prints a line a seed; fails at the first that breaks.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

from controller.core.calendar import SHORTEST_DAY
from controller.core.core import Core
from controller.core.plan import Plan
from controller.model.commands import Followed, Notice, Report, Verb
from controller.model.events import Alarmed, AlarmState
from controller.model.points import Quality, Reading

from .house import House, Input
from .house1 import house1
from .house2 import house2
from .test_laws import stretches

HOUR, DAY = 3600.0, 86400.0
FAULTS_AN_HOUR = 1.5
CALM = "30 h"  # at the end: until every daily cap is new and every alarm can be over
COMMIT = 1.0  # s that the store may be behind when the power goes
MAY_OPEN = 31.5  # %: where the interlock between vent and heater begins, and what a motor may be off by
SLACK = 0.1  # s


class Devices(House):
    """A house whose devices are polled, and whose vent and heater are watched at every turn."""

    def __init__(self, plan: Plan, **readings: float) -> None:
        self.held: set[str] = set()
        self.cuts: list[float] = []
        self.lies: dict[str, Callable[[float], float]] = {}
        self.burned_into_open_vent = 0.0
        self._saved: list[tuple[float, bytes]] = []
        self._opening, self._spans_seen = 100.0, 0
        self._looked_at = 0.0
        super().__init__(plan, poll=50.0, **readings)

    def _turn(self) -> None:
        polled = self.t >= self._next_poll
        super()._turn()
        if polled:
            self.step(*(d.report(self.now()) for d in self.devices.values() if self._answers(d.output)))
        self._watch()

    def _answers(self, output: str) -> bool:
        return not self.devices[output].silent and output not in self.held

    def _step(self, inputs: tuple[Input, ...]):  # type: ignore[no-untyped-def]
        before = len(self.commands)
        step = super()._step(inputs)
        if len(self.commands) > before or not self._saved or self.t >= self._saved[-1][0] + 60:
            self._saved = [*self._saved[-20:], (self.t, self.core.snapshot())]
        return step

    def litres(self) -> float:
        """Water that has flowed in all."""
        flows = [(plan.flow, self.devices[plan.output]) for plan in self.plan.actuators if plan.flow]
        return sum(flow * (d.on_time() + (min(self.t, d.ends) - d.began if d.verb else 0.0)) for flow, d in flows)

    def _reading(self, point: str, value: float) -> Reading:
        reading = super()._reading(point, self.litres() if point == "water.volume" else value)
        lie = self.lies.get(point)
        return reading if lie is None else reading._replace(value=lie(reading.value))

    def _watch(self) -> None:
        """Follow the vent's opening through what its motor really did, and see whether the heater is on meanwhile."""
        if not self.plan.interlocks:
            return
        vent, heater = self.device("roof_vent"), self.device("heater")
        for verb, began, ended in vent.spans[self._spans_seen :]:
            self._opening = self._moved(verb, ended - began)
        self._spans_seen = len(vent.spans)
        here = self._opening if vent.verb is None else self._moved(vent.verb, min(self.t, vent.ends) - vent.began)
        if heater.verb is Verb.ON and heater.ends > self.t and here > MAY_OPEN:
            self.burned_into_open_vent += self.t - self._looked_at
        self._looked_at = self.t

    def _moved(self, verb: Verb, seconds: float) -> float:
        plan = next(plan for plan in self.plan.actuators if plan.name == "roof_vent")
        way = 100 * seconds / (plan.travel_open if verb is Verb.OPEN else plan.travel_close)
        return min(max(self._opening + (way if verb is Verb.OPEN else -way), 0.0), 100.0)

    def power_cut(self, down: float) -> Self:
        """Everything stops, and the store is a little behind."""
        self.cuts += [self.t, self.t + down]
        for device in self.devices.values():
            device.stop(self.t)
        self.t += down
        self._boot = self.t
        snapshot = next((s for t, s in reversed(self._saved) if t <= self.t - down - COMMIT), self._saved[0][1])
        self.core = Core.restore(self.plan, snapshot)
        return self.read_now()

    def stop_in_order(self, down: float) -> Self:
        """A shortest time on is cut short then: nobody is left to wait for it."""
        self.cuts.append(self.t)
        return self.stop().restart(f"{down:.0f} s")


@dataclass
class Fault:
    """Something that is broken until `ends`."""

    kind: str
    ends: float
    mend: Callable[[], object]


class Week:
    """One house, one seed."""

    def __init__(self, plan: Plan, seed: int, days: float = 7.0) -> None:
        self.chance = random.Random(seed)
        self.plan, self.days = plan, days
        self.wild = {"wind": 0.0, "rain": 0.0, "heat": 0.0}
        self.silent: set[str] = set()
        self.kinds: Counter[str] = Counter()
        self.clock_sets = 0
        self._faults: list[Fault] = []
        self.house = Devices(plan, **self._weather(0.0))

    def run(self) -> Self:
        """The week, and then calm."""
        end, chance = self.days * DAY, self.chance
        due = chance.expovariate(FAULTS_AN_HOUR / HOUR)
        while self.house.t < end:
            self._breathe(min(300.0, max(due - self.house.t, 1.0)))
            if self.house.t >= due:
                due = self.house.t + chance.expovariate(FAULTS_AN_HOUR / HOUR)
                self._break()
        for fault in self._faults:
            fault.mend()
        self.wild = dict.fromkeys(self.wild, 0.0)
        self.house.clock_error = 0.0
        ends = self.house.t + 30 * HOUR
        while self.house.t < ends:
            self._breathe(300.0)
        return self

    def _breathe(self, seconds: float) -> None:
        for fault in [fault for fault in self._faults if fault.ends <= self.house.t]:
            self._faults.remove(fault)
            fault.mend()
        for name, value in self._weather(self.house.t).items():
            if name not in self.silent:
                self.house.values[self.house._points[name]] = value
        self.house.after(f"{seconds:.3f} s")

    def _weather(self, t: float) -> dict[str, float]:
        """What the sensors would read, were they well: a mild summer week with a storm, rain or heat now and then."""
        sun = max(math.sin((t % DAY / HOUR - 6) / 12 * math.pi), 0.0)
        flutter = self.chance.uniform(-0.2, 0.2)
        values = {
            "air_temperature": 15 + 11 * sun + self.wild["heat"] + flutter,
            "air_temperature_2": 15.3 + 11 * sun + self.wild["heat"] + flutter,
            "air_humidity": 88 - 30 * sun + flutter,
            "air_humidity_2": 87 - 30 * sun + flutter,
            "air_co2": 600 + 50 * flutter,
            "outside_temperature": 8 + 12 * sun + flutter,
            "outside_wind_speed": 3 + self.wild["wind"] + flutter,
            "outside_rain": float(self.wild["rain"] > 0),
            "outside_radiation": 850 * sun,
            "slab_a_water_content": 58 + 8 * math.sin(t / 5000) + flutter,
            "slab_a_ec": 2.4 + flutter / 10,
            "slab_a_drain": 5.0,
            "pipe_temperature": 40 + 10 * flutter,
            "water_volume": 0.0,
        }
        known = {sensor.point.replace(".", "_") for sensor in self.plan.sensors}
        return {name: value for name, value in values.items() if name in known}

    def _break(self) -> None:
        kind = self.chance.choice(list(KINDS))
        self.kinds[kind] += 1
        mend = KINDS[kind](self)
        if mend is not None:
            lasts = self.chance.choice([60.0, 10 * 60.0, HOUR, 5 * HOUR]) * self.chance.uniform(0.5, 1.5)
            self._faults.append(Fault(kind, self.house.t + lasts, mend))

    # what is asked at the end

    def broken(self) -> list[str]:
        """What did not hold, in words."""
        found = []
        house = self.house
        for plan in self.plan.actuators:
            if plan.kind == "position":
                continue
            spans = [(b, e) for verb, b, e in house.device(plan.name).spans if verb is Verb.ON]
            if (
                plan.max_on is not None
                and (longest := max((e - b for b, e in spans), default=0.0)) > plan.max_on + SLACK
            ):
                found.append(f"{plan.name} was on for {longest:.1f} s at a stretch")
            if plan.max_per_day is not None:
                most = max((_within(spans, b, b + SHORTEST_DAY) for b, _ in spans), default=0.0)
                if most > 2 * plan.max_per_day + SLACK:
                    found.append(f"{plan.name} was on for {most:.0f} s within {SHORTEST_DAY / HOUR:.0f} h")
                total, counted = sum(e - b for b, e in spans), self._days_counted()
                if total > counted * plan.max_per_day + SLACK:
                    found.append(f"{plan.name} was on for {total:.0f} s in {counted} days")
            found += self._hurried(plan.name, plan.min_on, plan.min_off)
        if house.burned_into_open_vent > SLACK:
            found.append(f"the heater burned into an open vent for {house.burned_into_open_vent:.0f} s")
        standing = house.alarms()
        if standing:
            found.append(f"after {CALM} of calm these alarms stand: {', '.join(standing)}")
        raised, cleared = (self._alarms(state) for state in (AlarmState.RAISED, AlarmState.CLEARED))
        lost = {name: raised[name] - cleared[name] for name in raised if raised[name] != cleared[name]}
        if lost:
            found.append(f"raised but not cleared as often: {lost}")
        return found

    def _hurried(self, actuator: str, min_on: float, min_off: float) -> Iterator[str]:
        """Orders that came too early. (After a power cut the last second's orders may be forgotten.)"""
        spans = [
            s
            for s in stretches(self.house, actuator)
            if not any(abs(t - end) < 3 for t in self.house.cuts for end in s[:2])
        ]
        for began, ended, by_itself in spans:
            if not by_itself and ended - began < min_on - SLACK:
                yield f"{actuator} was on for only {ended - began:.1f} s at {began:.0f} s"
        for (_, before, _), (began, _, _) in pairwise(spans):
            if began - before < min_off - SLACK:
                yield f"{actuator} was off for only {began - before:.1f} s at {before:.0f} s"

    def _days_counted(self) -> int:
        """Days that began by the core's own count, which no clock can hurry."""
        return math.ceil(self.house.t / DAY) + 1 + min(self.clock_sets, math.ceil(self.house.t / SHORTEST_DAY))

    def _alarms(self, state: AlarmState) -> Counter[str]:
        return Counter(e.alarm for e in self.house.events if isinstance(e, Alarmed) and e.state is state)


def _within(spans: list[tuple[float, float]], start: float, end: float) -> float:
    return sum(max(min(e, end) - max(b, start), 0.0) for b, e in spans)


KINDS: dict[str, Callable[[Week], Callable[[], object] | None]] = {}


def _kind(make: Callable[[Week], Callable[[], object] | None]) -> Callable[[Week], Callable[[], object] | None]:
    KINDS[make.__name__.strip("_").replace("_", " ")] = make
    return make


@_kind
def _a_sensor_is_silent(week: Week) -> Callable[[], object]:
    name = week.chance.choice(sorted(week.house._points))
    week.silent.add(name)
    week.house.reads(**{name: None})
    return lambda: week.silent.discard(name)


@_kind
def _all_sensors_are_silent(week: Week) -> Callable[[], object]:
    names = set(week.house._points)
    week.silent |= names
    week.house.reads(**dict.fromkeys(names))
    return lambda: week.silent.clear()


@_kind
def _a_sensor_says_that_it_has_no_value(week: Week) -> None:
    name = week.chance.choice(sorted(week.house._points))
    for _ in range(5):
        week.house.says_bad(**{name: "probe broken"})


@_kind
def _a_sensor_lies(week: Week) -> Callable[[], object]:
    point = week.chance.choice(sorted(sensor.point for sensor in week.plan.sensors))
    chance = random.Random(week.chance.random())
    week.house.lies[point] = week.chance.choice(
        [
            lambda value: 21.0,  # sticks
            lambda value: value + 15,
            lambda value: 1e6,
            lambda value: math.nan,
            lambda value: -math.inf,
            lambda value: chance.choice([value, 0.0, 100.0]),
            lambda value: value + chance.gauss(0, 20),
        ]
    )
    return lambda: week.house.lies.pop(point, None)


def _some_device(week: Week) -> str:
    return week.chance.choice([plan.name for plan in week.plan.actuators])


def _lost(week: Week, actuator: str) -> Callable[[], object]:
    week.house.device(actuator).silent = True
    week.house.report(actuator, Followed.LOST)

    def back() -> None:
        week.house.device(actuator).silent = False
        week.house.report(actuator, Followed.BACK)

    return back


@_kind
def _a_device_is_gone(week: Week) -> Callable[[], object]:
    return _lost(week, _some_device(week))


@_kind
def _a_bus_is_gone(week: Week) -> Callable[[], object]:
    names = [plan.name for plan in week.plan.actuators]
    mend = [_lost(week, name) for name in week.chance.sample(names, 4)]
    return lambda: [back() for back in mend]


@_kind
def _a_device_is_deaf(week: Week) -> Callable[[], object]:
    """It does not do what it is told, and nobody says so."""
    device = week.house.device(_some_device(week))
    device.silent = True

    def mend() -> None:
        device.silent = False

    return mend


@_kind
def _a_device_refuses(week: Week) -> None:
    """It says so, once; one that is away says nothing."""
    actuator = _some_device(week)
    if not week.house.device(actuator).silent:
        week.house.report(actuator, Followed.REFUSED, note="overload")


@_kind
def _a_device_is_held_by_hand(week: Week) -> Callable[[], object]:
    actuator = _some_device(week)
    output = week.house.output(actuator)
    week.house.device(actuator).silent = True
    week.house.held.add(output)
    week.house.report(actuator, Followed.HELD)

    def mend() -> None:
        week.house.held.discard(output)
        week.house.device(actuator).silent = False
        week.house.report(actuator, Followed.BACK)

    return mend


@_kind
def _a_node_starts_anew(week: Week) -> None:
    """It has lost its timer and is off."""
    actuator = _some_device(week)
    week.house.device(actuator).stop(week.house.t)
    week.house.report(actuator, Followed.LOST)
    week.house.report(actuator, Followed.BACK)


@_kind
def _a_report_is_of_another_house(week: Week) -> None:
    week.house.step(Report("nowhere", Followed.RUNNING, week.house.now(), Verb.ON))
    week.house.step(Reading("nothing.here", 5.0, week.house.now(), Quality.GOOD))


@_kind
def _the_process_is_killed(week: Week) -> None:
    week.house.restart(week.chance.choice(["0 s", "3 s", "2 min", "1 h"]))


@_kind
def _the_power_is_cut(week: Week) -> None:
    week.house.power_cut(week.chance.choice([1.0, 60.0, 3 * HOUR]))


@_kind
def _an_orderly_stop(week: Week) -> None:
    week.house.stop_in_order(week.chance.choice([2.0, 600.0]))


@_kind
def _the_files_are_saved(week: Week) -> None:
    week.house.restart("0 s", lose=False)


@_kind
def _the_clock_is_set(week: Week) -> None:
    week.clock_sets += 1
    week.house.set_clock(week.chance.choice(["1 d", "-1 d", "3 h", "-3 h", "20 min", "-400 d", "3 s"]))


@_kind
def _the_clock_is_right_again(week: Week) -> None:
    week.clock_sets += 1
    week.house.set_clock(f"{-week.house.clock_error:.0f} s")


@_kind
def _a_hand(week: Week) -> None:
    value, time = week.chance.choice([0.0, 40.0, 100.0]), week.chance.choice(["1 min", "30 min", "9 h"])
    week.house.override(_some_device(week), value, time)


@_kind
def _a_storm(week: Week) -> Callable[[], object]:
    week.wild["wind"] = week.chance.uniform(10, 20)
    return lambda: week.wild.update(wind=0.0)


@_kind
def _rain(week: Week) -> Callable[[], object]:
    week.wild["rain"] = 1.0
    return lambda: week.wild.update(rain=0.0)


@_kind
def _great_heat_or_frost(week: Week) -> Callable[[], object]:
    week.wild["heat"] = week.chance.choice([-16.0, 16.0])
    return lambda: week.wild.update(heat=0.0)


@_kind
def _the_disk_is_full(week: Week) -> Callable[[], object]:
    week.house.step(Notice("store", True, "high", "disk full"))
    return lambda: week.house.step(Notice("store", False, "high", ""))


@_kind
def _a_flood_of_readings(week: Week) -> None:
    point = week.chance.choice([sensor.point for sensor in week.plan.sensors])
    week.house.step(*(Reading(point, week.chance.uniform(0, 40), week.house.now()) for _ in range(500)))


HOUSES = {"house1": house1, "house2": house2}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--days", type=float, default=7.0)
    options = parser.parse_args()
    failed = 0
    for seed in range(options.first, options.first + options.seeds):
        for name, plan in HOUSES.items():
            began = time.perf_counter()
            week = Week(plan(), seed, options.days).run()
            broken = week.broken()
            failed += bool(broken)
            print(
                f"{name} seed {seed}: {sum(week.kinds.values())} faults, {len(week.house.commands)} commands, "
                f"{week.house.litres():.0f} L, {time.perf_counter() - began:.1f} s: {'; '.join(broken) or 'all held'}",
                flush=True,
            )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
