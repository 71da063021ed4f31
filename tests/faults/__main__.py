"""Every fault in every situation: `python -m tests.faults [--faults NAME ...] [--report FILE.md]` (about ten minutes).

What the actuators did, how long the house took to recover once the fault was over (its own time), and how many stored
readings were lost. Fails where a valve stayed open, a hard limit was broken, something did not come back by itself, or
a reading was lost.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from .faults import FAULTS
from .situations import SITUATIONS
from .trial import HEAD, trial


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faults", nargs="+", choices=sorted(FAULTS), metavar="NAME", default=list(FAULTS))
    parser.add_argument("--situations", nargs="+", choices=sorted(SITUATIONS), metavar="NAME", default=list(SITUATIONS))
    parser.add_argument("--report", type=Path, metavar="FILE.md", help="write the table here as well")
    arguments = parser.parse_args()
    rows, failed = [HEAD], 0
    print(HEAD, flush=True)
    for fault in arguments.faults:
        for situation in arguments.situations:
            try:
                outcome = asyncio.run(trial(fault, situation))
                failed += bool(outcome.lost)
                rows.append(outcome.row())
            except AssertionError as error:
                failed += 1
                rows.append(f"| {fault} | {situation} | FAILED: {str(error)[:300]} | | |")
            print(rows[-1], flush=True)
    if arguments.report:
        arguments.report.parent.mkdir(parents=True, exist_ok=True)
        arguments.report.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
