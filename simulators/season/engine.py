"""Drives the real core through a season: weather and greenhouse on one side, its commands on the other.

The core gets its readings in one step per cadence, is called again exactly when it asks for it, and hears of its
devices what they would say. Nothing of the rules is abridged.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import count
from typing import Final

from controller.core.core import Core
from controller.core.plan import Plan
from controller.model.commands import Command, Report
from controller.model.events import Alarmed, AlarmState, Event
from controller.model.points import Quality, Reading
from controller.model.time import NS, Instant
from simulators.faults.schedule import Edge, Fault, Kind
from simulators.greenhouse import controls, data
from simulators.weather.table import WeatherTable

from . import instruments
from .compartments import Compartments
from .house import Driven, House, MachineHouse, PlainHouse
from .machines import Machines, Motor, Relay
from .season import Season
from .wiring import SensorWire, Wiring, wire

Watcher = Callable[[Instant, Sequence[Event]], None]
"""Sees what the core says, step by step."""

_LONGEST_SILENCE: Final = 1200.0
"""s: slow sensors, those of slabs on a radio, report at least this often."""

_TOGETHER: Final = 1_000_000
"""ns: a timer that is due this shortly before the next readings waits for them. Rounding must not make a sensor stale
that is just about to be read."""

_ROUNDS: Final = 16
"""Steps at one moment in which commands and reports answer each other."""


class Engine:
    """One run of one plan. `houses` are its compartments, or one where it has none, and `house` is all of them as one.

    `machine`: as machine code; otherwise the same numbers come more slowly.

    Raises ImportError where `machine` is asked for without the package numba.
    """

    def __init__(self, plan: Plan, season: Season, weather: WeatherTable, *, machine: bool) -> None:
        self.plan = plan
        self.season = season
        self.wirings = wire(plan)
        self.sensors = [sensor for wiring in self.wirings for sensor in wiring.sensors]
        self.machines = Machines(plan.actuators, self.wirings)
        self.core = Core(plan.unmeasured(), telling=False)
        self.alarms: Counter[str] = Counter()
        self.commands = 0
        self.steps = 0
        self.now = self.start = _instant(season)
        self._end = self.start.after(season.seconds).mono_ns
        chance = instruments.chance(season.seed)
        numbers = count()
        made = MachineHouse if machine else PlainHouse
        houses: list[House] = []
        for wiring in self.wirings:
            panel = [value for w in wiring.sensors for value in _row(next(numbers), w)]
            houses.append(made(_given(wiring, season), weather, panel, chance, season.bands.numbers()))
        self.houses: tuple[House, ...] = tuple(houses)
        self.house: Driven = houses[0] if len(houses) == 1 else Compartments(houses)
        self._even = chance.even
        self._physics = self._sensed = self.start.mono_ns
        self._cadences = [_cadence(w.plan.stale_after, season.cadence) for w in self.sensors]
        self._rhythms = sorted(set(self._cadences))
        self._due = [self.start.mono_ns] * len(self._rhythms)
        self._soonest = self.start.mono_ns
        self._groups: dict[int, list[tuple[int, str]]] = {}
        self._lost: dict[str, float] = {}
        self._edges: list[Edge] = [edge for edge in season.faults.edges if edge.at < self.start.wall_ns + self._end]
        self._watchers: list[Watcher] = []
        self._wake = self.start.mono_ns

    def watch(self, watcher: Watcher) -> None:
        """Have somebody see all events but the readings."""
        self._watchers.append(watcher)

    def run(self, seconds: float = math.inf) -> bool:
        """Go on for so many seconds, or to the end. Whether there is more."""
        end = self._end if seconds == math.inf else min(self.now.mono_ns + round(seconds * NS), self._end)
        offset = self.start.wall_ns - self.start.mono_ns
        machines = self.machines
        while True:
            soonest = self._soonest
            stops = machines.next_end()
            at = min(soonest, self._wake)
            if stops:
                at = min(at, stops)
            if self._edges:
                at = min(at, self._edges[0].at - offset)
            at = max(at, self.now.mono_ns)
            if at < soonest <= at + _TOGETHER:
                at = soonest
            if at >= end:
                break
            self.now = now = tuple.__new__(Instant, (at, at + offset))
            inputs: list[Reading | Report] = []
            while self._edges and self._edges[0].at <= now.wall_ns:
                self._physics_to(at)
                self._turn_fault(self._edges.pop(0))
            if stops and stops <= at:
                self._physics_to(at)
                inputs += machines.run_out(now)
            if soonest <= at:
                inputs += self._readings(at)
            self._step(now, inputs)
        self.now = Instant(end, end + offset)
        self._physics_to(end)
        return end < self._end

    def elapsed(self) -> float:
        """Seconds since the start."""
        return self._seconds(self.now.mono_ns)

    def _seconds(self, at: int) -> float:
        """Of a time since the start. Whole seconds apart: 104 days of nanoseconds are more than a float tells apart."""
        since = at - self.start.mono_ns
        return since // NS + since % NS / NS

    def _step(self, now: Instant, inputs: list[Reading | Report]) -> None:
        step = self.core.step(now, inputs)
        self.steps += 1
        self._hear(now, step.events)
        for _ in range(_ROUNDS):
            if not step.commands:
                break
            self._physics_to(now.mono_ns)
            reports = [self._obey(command, now) for command in step.commands]
            step = self.core.step(now, reports)
            self.steps += 1
            self._hear(now, step.events)
        self._wake = now.mono_ns + NS if step.commands else _wake(step.wake_at)

    def _obey(self, command: Command, now: Instant) -> Report:
        self.commands += 1
        return self.machines.obey(command, now)

    def _hear(self, now: Instant, events: list[Event]) -> None:
        if not events:
            return
        for event in events:
            if type(event) is Alarmed and event.state is AlarmState.RAISED:
                self.alarms[event.alarm] += 1
        for watcher in self._watchers:
            watcher(now, events)

    # the greenhouse

    def _physics_to(self, at: int) -> None:
        """Let the greenhouse live until then, under what the machines do meanwhile."""
        if at > self._physics:
            self.machines.act(self.house.control, self._physics, at)
            self.house.live(self._seconds(at))
            self._physics = at

    # sensors

    def _readings(self, at: int) -> list[Reading]:
        if at > self._physics:
            self.machines.act(self.house.control, self._physics, at)
            self._physics = at
        shown = self.house.show(self._seconds(at), (at - self._sensed) / NS)
        self._sensed = at
        group, now = self._read_now(at), self.now
        if self._lost:
            return [self._reading(point, shown[number], number) for number, point in group]
        # as tuples are made: the constructor of a named one is a function in Python, and there are twelve every minute
        new, kind, good = tuple.__new__, Reading, Quality.GOOD
        return [new(kind, (point, shown[number], now, good, "")) for number, point in group]

    def _read_now(self, at: int) -> list[tuple[int, str]]:
        """The sensors that are due, which is noted, by number and name."""
        beats = 0
        for place, rhythm in enumerate(self._rhythms):
            if self._due[place] <= at:
                self._due[place] = at + rhythm
                beats |= 1 << place
        self._soonest = min(self._due)
        group = self._groups.get(beats)
        if group is None:
            due = {rhythm for place, rhythm in enumerate(self._rhythms) if beats >> place & 1}
            group = self._groups[beats] = [
                (number, w.plan.point) for number, w in enumerate(self.sensors) if self._cadences[number] in due
            ]
        return group

    def _reading(self, point: str, value: float, number: int) -> Reading:
        chance = self._lost.get(point, 0.0)
        if chance and self._even[(self.steps + number * 104729) % instruments.TABLE] < chance:
            return Reading.missing(point, self.now, Quality.STALE, "no answer")
        return Reading(point, value, self.now)

    # faults

    def _turn_fault(self, edge: Edge) -> None:
        """A fault comes or goes."""
        fault, on = edge.fault, edge.comes
        if fault.kind is Kind.DOOR:
            for wiring, house in zip(self.wirings, self.houses, strict=True):
                if fault.target in (Kind.DOOR, wiring.named(Kind.DOOR)):
                    house.control[controls.DOOR] = float(on)
        for number, w in enumerate(self.sensors):
            if w.plan.point == fault.target:
                self._turn_sensor(fault, number * instruments.FIELDS, on)
        machine = self.machines.by_name.get(fault.target)
        if machine is not None:
            _turn_machine(fault, machine, on)
            self.machines.touch()

    def _turn_sensor(self, fault: Fault, base: int, on: bool) -> None:
        size = fault.size if on else 0.0
        match fault.kind:
            case Kind.FROZEN:
                self.house.panel[base + instruments.FROZEN] = float(on)
            case Kind.OFFSET:
                self.house.panel[base + instruments.OFFSET] = size
            case Kind.DRIFT:
                self.house.panel[base + instruments.CREEP] = size
                if not on:
                    self.house.panel[base + instruments.OFFSET] = 0.0
            case Kind.SPIKES:
                self.house.panel[base + instruments.SPIKE] = size
                self.house.panel[base + instruments.CHANCE] = fault.chance if on else 0.0
            case Kind.DROPOUT if on:
                self._lost[fault.target] = fault.chance
            case Kind.DROPOUT:
                self._lost.pop(fault.target, None)
            case _:
                pass


def _turn_machine(fault: Fault, machine: Relay | Motor, on: bool) -> None:
    size = fault.size if on else 0.0
    match machine, fault.kind:
        case Motor(), Kind.SLIP:
            machine.slip = size
        case Relay(), Kind.WELDED:
            machine.weld(on)
        case Relay(), Kind.LEAKING:
            machine.leaking = size
        case Relay(), Kind.BLOCKED:
            machine.blocked = on
        case _:
            pass


def _instant(season: Season) -> Instant:
    wall = round(season.start.timestamp() * NS)
    return Instant(0, wall)


def _given(wiring: Wiring, season: Season) -> dict[str, float]:
    """The structure and the crop. A valve waters as many m² as its flow is enough for."""
    given = data.house(season.structure_of(wiring.compartment), season.crop_of(wiring.compartment))
    flows = [each.plan.flow for each in wiring.actuators if each.plan.flow]
    if flows and given["irrigation_rate"] > 0:
        given["irrigation_area"] = flows[0] / given["irrigation_rate"]
    return given


def _row(number: int, w: SensorWire) -> list[float]:
    character = instruments.USUAL.get(w.plan.quantity.name, instruments.Character())
    return instruments.row(number, -1 if w.place is None else w.place, w.plan.quantity, w.constant, character)


def _cadence(stale_after: float, cadence: float) -> int:
    """Nanoseconds between two readings of a sensor that must be heard of every `stale_after` s."""
    if stale_after < cadence:
        return round(stale_after / 2 * NS)
    times = math.floor(min(stale_after / 3, _LONGEST_SILENCE) / cadence)
    return round(max(times, 1) * cadence * NS)


def _wake(at: Instant | None) -> int:
    return 2**62 if at is None else at.mono_ns
