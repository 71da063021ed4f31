"""The Modbus driver on a line on which anything happens, for a long time: does it go on, and does it grow?

    python -m tests.benchmarks.modbus_soak [--messages 10000000]

Prints resident memory at ten points of the way, in MB.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import random
import time
from collections.abc import Sequence

import psutil

from controller.model.commands import Verb
from drivers.kit import at_work
from drivers.modbus import line
from tests.drivers.modbus.conftest import command
from tests.drivers.modbus.wild import WildLink, wild_line


async def soak(messages: int) -> None:
    logging.disable(logging.WARNING)
    line._FIRST_REOPEN = 0.0001
    link = WildLink(random.Random(1))
    driver, outputs = wild_line(link)
    began, sizes = time.monotonic(), []
    async with at_work(driver, _nobody) as task:
        for part in range(1, 11):
            while link.asked < messages * part // 10:
                driver.send(command(link.dice.choice(outputs), link.dice.choice(list(Verb)), 30.0))
                await asyncio.sleep(0.001)
                if task.done():
                    raise SystemExit(f"the driver ended: {task}")
            gc.collect()
            sizes.append(psutil.Process().memory_info().rss / 2**20)
            rate = link.asked / (time.monotonic() - began)
            print(f"{link.asked:>10} messages  {sizes[-1]:6.1f} MB  {rate:.0f} a second", flush=True)
    print(f"grown by {sizes[-1] - sizes[0]:.1f} MB since the first tenth")


def _nobody(_: Sequence[object]) -> None:
    """Nobody listens."""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000_000)
    asyncio.run(soak(parser.parse_args().messages))
