"""How fast seasons run: the example house with its rules, decisions at least every minute, on one core.

    python -m tests.benchmarks.season [--days 365] [--json]

Each way that there is, in a process of its own: plain Python for both, the greenhouse as machine code, and the compiled
controller as well (`python -m simulators.season` makes both). The time is that of the run alone, not of the weather
that both would read. Beside it, as measured elsewhere on two x86 cores: GL-Gym 0.3.2, which decides every 15 minutes,
and GreenLight 2.0.5. The same season must come out of every way.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from datetime import datetime
from zoneinfo import ZoneInfo

from simulators.season import compiled, compiling

GL_GYM = 8.2
"""Simulated days per second, with a controller that decides every 15 minutes."""

GREENLIGHT = 0.12
"""Simulated days per second."""

WANTED = 36.0
MOST_MEMORY = 300.0  # MB
_PLAIN_DAYS = 2.0

WAYS = ("plain", "machine", "compiled")


def measure(way: str, days: float) -> dict[str, object]:
    """One way, in this process."""
    if way == "compiled":
        assert compiling.use(), "not compiled yet: python -m simulators.season"
    from simulators.season import backtest
    from simulators.season.command import plan_from
    from simulators.season.season import Season
    from tests.config.example import RULES, SITE

    plan = plan_from(SITE, RULES)
    start = datetime(2026, 1, 1, tzinfo=ZoneInfo(plan.site.timezone))
    machine = way != "plain"
    backtest.run(plan, Season(start, 0.1), machine=machine)  # whatever is loaded or made on first use
    wanted = Season(start, days)
    weather = wanted.table(plan.site)
    cpu = time.process_time()
    run = backtest.run(plan, wanted, weather, machine=machine)
    cpu = time.process_time() - cpu
    return {
        "days": days,
        "days_per_second": round(days / run.seconds, 2),
        "days_per_cpu_second": round(days / cpu, 2),
        "steps_a_minute": round(run.steps / days / 1440, 2),
        "resident_mb": _resident(resource.RUSAGE_SELF),
        "resident_while_compiling_mb": _resident(resource.RUSAGE_CHILDREN),
        "metrics": run.result.values,
    }


def _resident(who: int) -> float:
    """The most that this process, or the largest of its children, has had in memory; MB."""
    return round(resource.getrusage(who).ru_maxrss / 1024, 1)


def in_a_process(way: str, days: float) -> dict[str, object]:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.season", "--way", way, "--days", str(days)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
    result: dict[str, object] = json.loads(done.stdout)
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--days", type=float, default=365.0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        print(json.dumps(measure(options.way, options.days)))
        return 0
    found = {"plain": in_a_process("plain", min(_PLAIN_DAYS, options.days))}
    if compiled.available():
        found["machine"] = in_a_process("machine", options.days)
        if compiling.possible():
            compiling.build()
            found["compiled"] = in_a_process("compiled", options.days)
    best = max(found, key=lambda way: float(str(found[way]["days_per_second"])))
    speed = float(str(found[best]["days_per_second"]))
    same = found.get("machine", {}).get("metrics") == found.get("compiled", found.get("machine", {})).get("metrics")
    result = {
        **{f"{way}_{name}": value for way, each in found.items() for name, value in each.items() if name != "metrics"},
        "ratio_to_gl_gym": round(speed / GL_GYM, 2),
        "ratio_to_greenlight": round(speed / GREENLIGHT, 1),
        "ratio_to_wanted": round(speed / WANTED, 2),
        "within_memory": all(
            float(str(each[name])) <= MOST_MEMORY
            for each in found.values()
            for name in ("resident_mb", "resident_while_compiling_mb")
        ),
        "same_numbers": same,
    }
    if options.json:
        print(json.dumps(result))
    else:
        print("\n".join(f"{name:32} {value}" for name, value in result.items()))
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
