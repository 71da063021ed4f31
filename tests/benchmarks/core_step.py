"""The cost of one changed reading in the core: the example house, and 500 rules of which one depends on the point.

    python -m tests.benchmarks.core_step [--steps 4000] [--json]

House: `Core.step` with one changed reading, the median over each of its points; the worst point is reported too.
Rules: 500 rules, each on a point of its own, of which one sees its value change. Beside it, in turn with it: the same
500 conditions evaluated by the package rule-engine, which does not know what a change touches, and by the plain
Python that our compiler makes of them. Idle: a step without input. Memory: what 500 rules take, by tracemalloc.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable

from controller.core.core import Core
from controller.core.plan import Plan
from controller.model.commands import Command, Followed, Report, Verb
from controller.model.points import Reading
from controller.model.time import NS, Instant
from controller.rules.compiler import Function
from tests.core.house1 import house1
from tests.core.writing import GIMJE, rule, sensor, switch

RULES = 500
NOON = 1_782_010_800 * NS
USUAL = {
    "air.temperature": (24.0, 24.2),
    "air.temperature_2": (24.1, 24.3),
    "air.humidity": (70.0, 70.4),
    "air.humidity_2": (70.0, 70.4),
    "air.co2": (600.0, 604.0),
    "outside.temperature": (15.0, 15.1),
    "outside.wind_speed": (3.0, 3.4),
    "outside.rain": (0.0, 0.0),
    "outside.radiation": (400.0, 404.0),
    "slab_a.water_content": (60.0, 60.1),
    "slab_a.ec": (2.0, 2.1),
    "slab_a.drain": (0.0, 0.1),
}


class Bench:
    """A core whose devices confirm at once, and its clock: one step every 50 ms."""

    def __init__(self, plan: Plan) -> None:
        self.core = Core(plan)
        self.now = Instant(0, NOON)

    def step(self, *inputs: Reading | Report) -> None:
        step = self.core.step(self.now, inputs)
        if step.commands:
            self.core.step(self.now, [self._confirmed(command) for command in step.commands])

    def _confirmed(self, command: Command) -> Report:
        resting = command.verb in (Verb.OFF, Verb.STOP)
        verb = None if resting else command.verb
        return Report(command.output, Followed.RESTING if resting else Followed.RUNNING, self.now, verb, command.id)

    def settle(self, values: dict[str, tuple[float, float]], seconds: float) -> None:
        for _ in range(round(seconds / 5)):
            self.now = self.now.after(5.0)
            self.step(*(Reading(point, low, self.now) for point, (low, _) in values.items()))

    def time(self, point: str | None, value: float) -> float:
        """µs of one step."""
        self.now = self.now.after(0.05)
        inputs = [] if point is None else [Reading(point, value, self.now)]
        began = time.perf_counter_ns()
        step = self.core.step(self.now, inputs)
        took = time.perf_counter_ns() - began
        if step.commands:
            self.core.step(self.now, [self._confirmed(command) for command in step.commands])
        return took / 1000


def house(steps: int) -> dict[str, float]:
    """Median µs of a step by point, and of a step without input ("")."""
    bench = Bench(house1())
    bench.settle(USUAL, 3600)
    times: dict[str, list[float]] = {point: [] for point in ["", *USUAL]}
    for turn in range(steps):
        for point, values in USUAL.items():
            times[point].append(bench.time(point, values[turn % 2]))
        times[""].append(bench.time(None, 0.0))
        if turn % 100 == 0:
            bench.settle(USUAL, 5)
    return {point: statistics.median(found) for point, found in times.items()}


def many_rules() -> Plan:
    return Plan(
        GIMJE,
        tuple(sensor(f"zone{n}.temperature") for n in range(RULES)),
        tuple(switch(f"fan{n}") for n in range(RULES)),
        rules=tuple(
            rule(
                f"Cool zone {n}",
                f"zone{n}.temperature > 28 °C and not zone{n}.temperature > 45 °C",
                {f"fan{n}": "on"},
                until=f"zone{n}.temperature < 26 °C",
            )
            for n in range(RULES)
        ),
    )


def rule_engine_function(values: dict[str, float]) -> Callable[[], None]:
    import rule_engine

    rules = [rule_engine.Rule(f"zone{n} > 28 and not zone{n} > 45") for n in range(RULES)]

    def evaluate() -> None:
        for each in rules:
            each.matches(values)

    return evaluate


def plain_function(plan: Plan, values: list[float]) -> Callable[[], None]:
    core = Core(plan)
    functions: list[Function] = [
        core._builder.scope.condition(each.when).run
        for each in plan.rules  # type: ignore[union-attr]
    ]

    def evaluate() -> None:
        for function in functions:
            function(values)

    return evaluate


def compare(steps: int) -> tuple[float, float, float]:
    """Median µs of the core, of rule-engine and of plain evaluation, in turn."""
    plan = many_rules()
    bench = Bench(plan)
    bench.settle({f"zone{n}.temperature": (20.0, 20.0) for n in range(RULES)}, 10)
    named = {f"zone{n}": 20.0 for n in range(RULES)}
    theirs = rule_engine_function(named)
    plain = plain_function(plan, list(bench.core._network.values))
    ours, rule_engine_times, plain_times = [], [], []
    for turn in range(steps):
        value = 20.0 + 0.1 * (turn % 2)
        ours.append(bench.time("zone250.temperature", value))
        if turn % 20 == 0:
            named["zone250"] = value
            for function, times in ((theirs, rule_engine_times), (plain, plain_times)):
                began = time.perf_counter_ns()
                function()
                times.append((time.perf_counter_ns() - began) / 1000)
    return statistics.median(ours), statistics.median(rule_engine_times), statistics.median(plain_times)


def memory_of_a_rule() -> float:
    """Bytes: what the core keeps of a rule with its sensor and switch, the plan apart."""
    plan = many_rules()
    Core(plan)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    core = Core(plan)
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert core.plan is plan
    return (after - before) / RULES


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    points = house(options.steps // 4)
    idle = points.pop("")
    ours, theirs, plain = compare(options.steps)
    worst = max(points, key=lambda point: points[point])
    result = {
        "house_us": round(statistics.median(points.values()), 1),
        "house_worst_us": round(points[worst], 1),
        "house_worst_point": worst,
        "idle_us": round(idle, 1),
        "rules_500_us": round(ours, 1),
        "rule_engine_us": round(theirs, 1),
        "plain_us": round(plain, 1),
        "ratio_to_rule_engine": round(ours / theirs, 4),
        "ratio_to_plain": round(ours / plain, 3),
        "bytes_per_rule": round(memory_of_a_rule()),
    }
    if options.json:
        print(json.dumps(result))
    else:
        print("\n".join(f"{name:24} {value}" for name, value in result.items()))
        print("\n".join(f"  {point:22} {took:.1f} µs" for point, took in points.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
