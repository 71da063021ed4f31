"""How much memory seasons take: the largest process of each command line, and all of its processes together.

    python -m tests.benchmarks.season_memory [--days 365] [--json]

The first run finds an empty cache and compiles; the later ones load what it has kept. The largest process is the
kernel's count (`ru_maxrss`) of the command with every process that it has waited for; all together is the sum of their
resident memory, looked at ten times a second, in which what they share counts for each.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

from simulators.demo.files import EXAMPLE

MOST = 300.0  # MB
_LOOK = 0.1  # s
_TRIALS = 4


def measure(arguments: list[str], cache: Path) -> tuple[float, float]:
    """MB of the largest process of a command line of `onsil`, and of all together."""
    command = [sys.executable, "-m", "controller.cli", *arguments]
    process = psutil.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | {"XDG_CACHE_HOME": str(cache)})
    together = 0
    while True:
        done, status, used = os.wait4(process.pid, os.WNOHANG)
        if done:
            break
        together = max(together, sum(map(_resident, [process, *_children(process)])))
        psutil.wait_procs([], timeout=_LOOK)
    assert os.waitstatus_to_exitcode(status) == 0, f"{' '.join(arguments)} has failed"
    return used.ru_maxrss / 1024, together / 2**20


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _resident(process: psutil.Process) -> int:
    try:
        resident: int = process.memory_info().rss
    except psutil.Error:
        return 0
    return resident


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--days", type=float, default=365.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as name:
        cache, house, other = (Path(name) / part for part in ("cache", "house", "other"))
        for folder in (house, other):
            shutil.copytree(EXAMPLE, folder)
        days = ["--days", str(options.days)]
        season, against = ["backtest", str(house), *days], ["--against", str(other)]
        page = ["--report", str(Path(name) / "page.html")]
        tune = ["tune", str(house), "--over", "heating_temperature.night=14..20 °C", *days, "--trials", str(_TRIALS)]
        for title, arguments in {
            "first run": season,
            "later run": season,
            "two houses": [*season, *against],
            "two houses and a page": [*season, *against, *page],
            "tune, two workers": [*tune, "--workers", "2"],
        }.items():
            found[title] = measure(arguments, cache)
        shutil.rmtree(cache)
        found["first run, two houses and a page"] = measure([*season, *against, *page], cache)
    if options.json:
        print(json.dumps({title: {"largest": one, "together": all_} for title, (one, all_) in found.items()}))
    else:
        print(f"{'MB':36}{'largest':>10}{'of 300':>10}{'together':>10}")
        for title, (largest, together) in found.items():
            print(f"{title:36}{largest:10.0f}{largest / MOST:10.2f}{together:10.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
