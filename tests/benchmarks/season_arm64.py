"""The same season on this machine and on arm64: by how much do the two come apart?

    python -m tests.benchmarks.season_arm64 [--days 3] [--json]

The arm64 package is built and installed into a Debian root of its own, where its compiled core and the greenhouse in
plain Python run under qemu; here all is plain Python. Every five minutes all of the greenhouse is compared to the last
bit, and every decision with its time. Needs what
tests.deploy.debian_root needs: root, debootstrap, qemu-user-static. Takes some minutes.

With `--course` it only prints one machine's own course; that is what runs in the root.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

_ROW = 300.0  # s
_STARTS = ("2026-01-10", "2026-06-21")
_SEEDS = (1, 2)

Course = dict[str, Any]


def course(start: str, days: float, seed: int) -> Course:
    """What there was, as numbers without a loss, and what was decided."""
    from controller.model.events import Decided
    from simulators.demo.files import EXAMPLE
    from simulators.season.command import plan_of
    from simulators.season.engine import Engine
    from simulators.season.season import Season

    plan = plan_of(EXAMPLE)
    season = Season(datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(plan.site.timezone)), days, seed=seed)
    engine = Engine(plan, season, season.table(plan.site), machine=False)
    decisions: list[list[object]] = []
    engine.watch(
        lambda now, events: decisions.extend(
            [now.mono_ns, event.actuator, event.target, event.cause.sentence()]
            for event in events
            if isinstance(event, Decided)
        )
    )
    rows = []
    more = True
    while more:
        more = engine.run(_ROW)
        rows.append(
            [value.hex() for value in (*engine.houses[0].state, *engine.houses[0].output, *engine.houses[0].book)]
        )
    return {"decisions": decisions, "rows": rows}


def courses(days: float) -> dict[str, Any]:
    """All of them, and whose they are."""
    runs = {f"{start}, seed {seed}": course(start, days, seed) for start in _STARTS for seed in _SEEDS}
    return {"machine": platform.machine(), "libc": " ".join(platform.libc_ver()), "runs": runs}


def elsewhere(days: float) -> dict[str, Any]:
    """As `courses`, by the arm64 package in a Debian root."""
    from tests.deploy.machine import entered

    repository = Path(__file__).parents[2]
    with tempfile.TemporaryDirectory() as folder, entered("arm64") as machine:
        build = [str(repository / "deploy/debian/build.sh"), "arm64", folder]
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "VERSION": "0.1.0", "PYTHON": sys.executable}
        subprocess.run(build, env=environment, check=True, stdout=subprocess.DEVNULL, cwd=repository)
        (package,) = Path(folder).glob("*.deb")
        (machine.root / "root" / package.name).write_bytes(package.read_bytes())
        machine.run("dpkg", "--install", f"/root/{package.name}")
        machine.write("/root/season.py", Path(__file__).read_text(encoding="utf-8"))
        machine.shell(f"/usr/lib/onsil/bin/python3 /root/season.py --course --days {days} >/root/course.json")
        found: dict[str, Any] = json.loads((machine.root / "root/course.json").read_text())
        return found


def apart(one: Course, other: Course) -> dict[str, Any]:
    """How far two courses of the same season come apart."""
    first, second = _numbers(one["rows"]), _numbers(other["rows"])
    pairs = [(a, b) for rows in zip(first, second, strict=True) for a, b in zip(*rows, strict=True)]
    decisions = list(zip(one["decisions"], other["decisions"], strict=False))
    return {
        "numbers": len(pairs),
        "numbers_equal_to_the_last_bit": sum(a.hex() == b.hex() for a, b in pairs),
        "largest_relative_difference": max(abs(a - b) / max(abs(a), abs(b), 1e-12) for a, b in pairs),
        "decisions": max(len(one["decisions"]), len(other["decisions"])),
        "decisions_that_are_the_same": sum(a == b for a, b in decisions),
    }


def _numbers(rows: Sequence[Sequence[str]]) -> list[list[float]]:
    return [[float.fromhex(text) for text in row] for row in rows]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--days", type=float, default=3.0, help="of each of the four seasons (3)")
    parser.add_argument("--course", action="store_true", help="print this machine's course, as JSON")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    here = courses(options.days)
    if options.course:
        json.dump(here, sys.stdout)
        return 0
    there = elsewhere(options.days)
    found = {name: apart(here["runs"][name], there["runs"][name]) for name in here["runs"]}
    machines = [f"{each['machine']}, {each['libc']}" for each in (here, there)]
    if options.json:
        print(json.dumps({"machines": machines, "seasons": found}))
    else:
        print(" beside ".join(machines))
        for name, figures in found.items():
            print(f"\n{name}, {options.days:g} days")
            print("\n".join(f"  {what.replace('_', ' '):34} {value:,}" for what, value in figures.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
