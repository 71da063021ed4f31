"""How much faster four Dask workers tune than one does, on this machine's cores.

    python -m tests.benchmarks.season_tune [--days 30] [--trials 16] [--json]

Both are clusters of processes on this machine, warmed up with a season for each worker, so that what is loaded and
compiled on first use does not count. Workers import this module, too: were anything of the controller imported at its
top, they would not find it compiled.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulators.season.tune import Task


def task(days: float) -> Task:
    from simulators.season import ranges
    from simulators.season.tune import Task, keep
    from tests.config.example import RULES, SITE
    from tests.simulators.season.rules import season

    over = (ranges.read("heating_temperature.night=12..20 °C"),)
    return Task(SITE, RULES, season(days), over, (("energy", False),), (keep("hours_too_cold < 10"),))


def measure(workers: int, days: float, trials: int) -> float:
    """Seconds for so many seasons."""
    from distributed import Client, LocalCluster

    from simulators.season.tune import Tuning

    kind: Any = LocalCluster
    client_of: Any = Client
    cluster = kind(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None)
    with cluster, client_of(cluster) as client, client.get_executor(pure=False) as executor:
        Tuning(task(1.0)).run(2 * workers, executor, workers)
        began = time.perf_counter()
        Tuning(task(days)).run(trials, executor, workers)
        return time.perf_counter() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--days", type=float, default=30.0)
    parser.add_argument("--trials", type=int, default=16)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    one, four = (measure(workers, options.days, options.trials) for workers in (1, 4))
    result = {
        "cores": os.cpu_count(),
        "one_worker_s": round(one, 2),
        "four_workers_s": round(four, 2),
        "ratio": round(one / four, 2),
    }
    if options.json:
        print(json.dumps(result))
    else:
        print("\n".join(f"{name:16} {value}" for name, value in result.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
