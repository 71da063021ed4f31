"""What the page costs: the first useful paint on a slow phone, its weight, and what many open pages do to control.

    python -m tests.benchmarks.page [--seconds 20] [--messages 600]

Needs Debian's chromium. Paint and weight are those of a real browser on this computer with its processor slowed down
four times; the load are twenty streams of the page *Now*. Control latency is timed from outside, on the wire: from a
sensor's MQTT message to the command, with and without the pages, in turns.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import Browser

from tests.benchmarks.mqtt_node_red import COLD, RATE, WARM, first_command
from tests.benchmarks.mqtt_wire import Wire
from tests.benchmarks.peers import Peer, onsil
from tests.e2e.browser import PHONE, PageHouse, chromium, looker, page_house
from tests.support.mosquitto import free_port, mosquitto

PATHS = ("/", "/charts", "/hand", "/rules", "/alarms", "/devices", "/system")
PAINT_S, WEIGHT_KB, SHARE, LATENCY = 1.0, 300.0, 10.0, 1.5  # what was asked for
SLOWER, PAGES, TRIES, TURNS = 4, 20, 5, 4


def main(seconds: float, messages: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name, page_house(Path(name), speed=1.0) as house:
        with chromium() as browser:
            for path in PATHS:
                paint, weight = _seen(browser, house, path)
                print(f"{path:10} first paint {paint:5.2f} s  {paint / PAINT_S:5.2f} of {PAINT_S:g} s"
                      f"    weight {weight:6.1f} kB  {weight / WEIGHT_KB:5.2f} of {WEIGHT_KB:g} kB")  # fmt: skip
        idle, busy = _shares(house, seconds)
        print(f"processor  {idle:5.2f} % of a core with no page, {busy:5.2f} % with {PAGES}:"
              f" {busy - idle:5.2f} more, {(busy - idle) / SHARE:5.2f} of {SHARE:g} %")  # fmt: skip
    alone, watched = _latencies(messages)
    for part, index in (("median", 0), ("p99", 1)):
        ratio = watched[index] / alone[index]
        print(f"control    {part:6} {alone[index]:6.2f} ms alone, {watched[index]:6.2f} ms with {PAGES} pages:"
              f" {ratio:5.2f} of {LATENCY:g} times")  # fmt: skip


def _seen(browser: Browser, house: PageHouse, path: str) -> tuple[float, float]:
    """Seconds until the first contentful paint and kB over the wire, medians of visits with an empty cache."""
    paints, weights = [], []
    for _ in range(TRIES):
        with looker(browser, house.url, PHONE, service_workers="block") as seen:
            page, sizes = seen.page, []
            session = page.context.new_cdp_session(page)
            session.send("Network.enable")
            session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
            session.on("Network.loadingFinished", lambda end, sizes=sizes: sizes.append(end["encodedDataLength"]))
            page.goto(house.url + path, wait_until="load")
            page.wait_for_timeout(500)
            paints.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime") / 1000)
            weights.append(sum(sizes) / 1000)
    return statistics.median(paints), statistics.median(weights)


def _shares(house: PageHouse, seconds: float) -> tuple[float, float]:
    """The controller's share of a core (%) without and with the pages."""
    assert house.process is not None
    process = psutil.Process(house.process.pid)

    def share() -> float:
        process.cpu_percent()
        time.sleep(seconds)
        return process.cpu_percent()

    idle = share()
    with _pages(house.port):
        return idle, share()


@contextmanager
def _pages(port: int) -> Iterator[None]:
    """Twenty readers of the stream, in a process of their own that has read the first of each."""
    command = [sys.executable, "-m", "tests.benchmarks.page", "--read", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as readers:
        assert readers.stdout is not None
        readers.stdout.readline()
        try:
            yield
        finally:
            readers.kill()


async def _read(port: int) -> None:
    """What that process does."""
    streams = [await asyncio.open_connection("localhost", port) for _ in range(PAGES)]
    for reader, writer in streams:
        writer.write(b"GET /events/now HTTP/1.1\r\nhost: localhost\r\n\r\n")
        await reader.readuntil(b"event: fragments")
    print("reading", flush=True)
    await asyncio.gather(*(_read_on(reader) for reader, _ in streams))


async def _read_on(reader: asyncio.StreamReader) -> None:
    while await reader.read(65536):
        pass


def _latencies(messages: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Median and 99th percentile in ms, alone and watched, of turns that alternate."""
    took: dict[bool, list[float]] = {False: [], True: []}
    with tempfile.TemporaryDirectory() as folder, mosquitto() as broker, Wire(broker.port, "load") as wire:
        port = free_port()
        peer = onsil(broker.port, Path(folder), port)
        wire.subscribe(f"cmnd/{peer.name}/+", 1)
        peer.start()
        try:
            first_command(wire, peer)
            for turn in range(2 * TURNS):
                if turn % 2:
                    with _pages(port):
                        took[True] += _turn(wire, peer, messages)
                else:
                    took[False] += _turn(wire, peer, messages)
        finally:
            peer.stop()
    alone, watched = (sorted(took[key]) for key in (False, True))
    return _two(alone), _two(watched)


def _turn(wire: Wire, peer: Peer, messages: int) -> list[float]:
    """ms from each temperature to the command that it causes."""
    found = []
    _settle(wire, peer)
    begun = time.perf_counter() + 0.01
    for number in range(messages):
        temperature, word = (WARM, b"OFF") if number % 2 else (COLD, b"ON")
        payload = b'{"temperature":%.2f,"humidity":70.0,"battery":93}' % (temperature + number % 7 * 0.01)
        packet = wire.publication(peer.sensor, payload, 0)
        time.sleep(max(0.0, begun + number / RATE - time.perf_counter()))
        sent = time.perf_counter()
        wire.send(packet)
        found.append((wire.wait((peer.heater, word)).at - sent) * 1000)
        wire.send(wire.publication(peer.answers[peer.heater], word, 0))
    return found


def _settle(wire: Wire, peer: Peer) -> None:
    """Both outputs off, and nothing on its way."""
    wire.send(wire.publication(peer.sensor, b'{"temperature":%.2f,"humidity":70.0,"battery":93}' % WARM, 0))
    for message in wire.drain(0.3):
        if message.topic in peer.answers:
            wire.send(wire.publication(peer.answers[message.topic], message.payload or b"OFF", 0))


def _two(values: list[float]) -> tuple[float, float]:
    return statistics.median(values), values[len(values) * 99 // 100]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--messages", type=int, default=600)
    parser.add_argument("--read", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.read:
        asyncio.run(_read(given.read))
    else:
        main(given.seconds, given.messages)
