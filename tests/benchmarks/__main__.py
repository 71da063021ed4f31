"""All benchmarks, one after the other: `make bench`, or `make bench ARGS="core_step house1"` for some of them.

Each is a module of its own, prints ratios from its own run, and can be run alone: python -m tests.benchmarks.NAME.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

BENCHMARKS = (
    "house1",
    "core_step",
    "mqtt_node_red",
    "modbus_cycle",
    "mqtt_load",
    "uplink_drain",
    "uplink_latency",
    "store_wear",
    "page",
    "season",
    "season_memory",
    "twin_watch",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.benchmarks", description="Runs the benchmarks.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {', '.join(BENCHMARKS)} (all)")
    names = parser.parse_args().names or BENCHMARKS
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}")
    failed = []
    for name in names:
        print(f"\n== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}"], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"\nnot measured: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
