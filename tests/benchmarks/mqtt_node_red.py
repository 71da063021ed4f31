"""Onsil against Node-RED: the same rule, broker and load, in turns, in one run.

    python -m tests.benchmarks.mqtt_node_red [--rounds 20] [--messages 100] [--bursts 5] [--burst 50000]

Measured from outside, on the wire: from the moment a sensor's message is handed to the kernel until the command for the
actuator has arrived. Both run all the time and are loaded in turns, each first in every other round, and a ratio is the
median of the ratios of the rounds: the speed of a shared machine changes within seconds, and is then that of both. The
p99 is that of all rounds together. A bare program takes its turn at latency, too: most of what it takes is the
broker's and the kernel's.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.mqtt_wire import Message, Wire
from tests.benchmarks.peers import Peer, bare, node_red, onsil
from tests.support.mosquitto import free_port, mosquitto

RATE = 100.0  # messages a second while latency is measured
COLD, WARM = 17.0, 20.0  # °C
BURSTS = ((0, False), (1, False), (0, True))  # QoS, and whether every message switches
DRY, DAMP = 70.0, 95.0  # %


class Burst(NamedTuple):
    """Messages a second until the last command, how many came before it, and processor time a message (s)."""

    rate: float
    commands: int
    cost: float


@dataclass
class Results:
    """Of one peer; lists have one entry a round."""

    start: float = 0.0
    latency: dict[int, list[list[float]]] = field(default_factory=lambda: {0: [], 1: []})
    burst: dict[tuple[int, bool], list[Burst]] = field(default_factory=dict)
    resident: float = 0.0


def measure(rounds: int, messages: int, bursts: int, burst: int) -> tuple[Results, Results, Results]:
    """The results of Node-RED, Onsil and the bare program, which takes part in latency alone."""
    settings = "max_queued_messages 0\nmax_inflight_messages 1000"
    with tempfile.TemporaryDirectory() as folder, mosquitto(settings=settings) as broker:
        peers = (node_red(broker.port, Path(folder), free_port(), 1), onsil(broker.port, Path(folder), free_port()))
        everybody = (*peers, bare(broker.port, Path(folder)))
        results = {peer.name: Results() for peer in everybody}
        with Wire(broker.port, "load") as wire:
            for peer in everybody:
                wire.subscribe(f"cmnd/{peer.name}/+", 1)
            with _running(everybody, wire, results):
                for number in range(rounds):
                    for qos in (0, 1):
                        for peer in _turn(everybody, number):
                            results[peer.name].latency[qos].append(_latency(wire, peer, qos, messages))
                for number in range(bursts):
                    for kind in BURSTS:
                        for peer in _turn(peers, number):
                            results[peer.name].burst.setdefault(kind, []).append(_burst(wire, peer, burst, *kind))
                for peer in peers:
                    results[peer.name].resident = peer.resident()
        return results["node-red"], results["onsil"], results["bare"]


def _turn(peers: tuple[Peer, ...], number: int) -> tuple[Peer, ...]:
    return peers[::-1] if number % 2 else peers


@contextmanager
def _running(peers: tuple[Peer, ...], wire: Wire, results: dict[str, Results]) -> Iterator[None]:
    try:
        for peer in peers:
            peer.start()
            results[peer.name].start = first_command(wire, peer)
            _rest(wire, peer)
        yield
    finally:
        for peer in peers:
            peer.stop()


def first_command(wire: Wire, peer: Peer) -> float:
    """Seconds from the start of the process to its answer to a temperature that is sent again and again."""
    while time.perf_counter() - peer.started < 60:
        wire.send(_reading(wire, peer, 0, COLD))
        for message in wire.drain(0.02):
            _confirm(wire, peer, message)
            if message.topic == peer.heater and message.payload == b"ON":
                return message.at - peer.started
    raise RuntimeError(f"{peer.name} does not answer: {peer.log()[-2000:]}")


def _latency(wire: Wire, peer: Peer, qos: int, messages: int) -> list[float]:
    """Seconds from each message to its command."""
    found: list[float] = []
    _rest(wire, peer)
    begun = time.perf_counter() + 0.01
    for number in range(messages):
        temperature, word = (WARM, b"OFF") if number % 2 else (COLD, b"ON")
        packet = _reading(wire, peer, qos, temperature + number % 7 * 0.01)
        time.sleep(max(0.0, begun + number / RATE - time.perf_counter()))
        sent = time.perf_counter()
        wire.send(packet)
        message = wire.wait((peer.heater, word))
        found.append(message.at - sent)
        _confirm(wire, peer, message)
    return found


def _burst(wire: Wire, peer: Peer, messages: int, qos: int, switching: bool) -> Burst:
    """Until the command that the last one causes.

    Either no message but the last switches anything, or every one crosses the threshold of the heater.
    """
    _rest(wire, peer)
    low, high = (COLD, WARM) if switching else (18.2, 18.8)
    packets = [_reading(wire, peer, qos, high if number % 2 else low) for number in range(messages - 1)]
    packets.append(_reading(wire, peer, qos, high, DAMP))
    used, sent = peer.cpu(), time.perf_counter()
    flood = wire.flood(packets)
    commands = 0
    for message in wire.messages():
        if message.topic == peer.fan:
            break
        commands += message.topic == peer.heater
    flood.join()
    _confirm(wire, peer, message)
    return Burst(messages / (message.at - sent), commands, (peer.cpu() - used) / messages)


def _rest(wire: Wire, peer: Peer) -> None:
    """Have both outputs off and nothing on its way."""
    wire.send(_reading(wire, peer, 0, WARM))
    for message in wire.drain(0.3):
        _confirm(wire, peer, message)


def _reading(wire: Wire, peer: Peer, qos: int, temperature: float, humidity: float = DRY) -> bytes:
    payload = b'{"temperature":%.2f,"humidity":%.1f,"battery":93}' % (temperature, humidity)
    return wire.publication(peer.sensor, payload, qos)


def _confirm(wire: Wire, peer: Peer, message: Message) -> None:
    """Say what a relay says when it has switched, or is asked how it stands: that happens before the first order."""
    answer = peer.answers.get(message.topic)
    word = message.payload or b"OFF"
    if answer is not None and word in (b"ON", b"OFF"):
        wire.send(wire.publication(answer, word, 0))


def _table(node: Results, ours: Results, least: Results) -> Iterator[str]:
    yield f"{'':38}{'Node-RED':>12}{'Onsil':>12}{'ratio':>8}  rounds of Node-RED / Onsil"

    def row(name: str, unit: str, theirs: list[float], own: list[float]) -> str:
        a, b = statistics.median(theirs), statistics.median(own)
        ratio = statistics.median(one / other for one, other in zip(own, theirs, strict=True))
        spread = f"{min(theirs):.4g}..{max(theirs):.4g} / {min(own):.4g}..{max(own):.4g}" if len(own) > 1 else ""
        return f"{name + ', ' + unit:38}{a:>12.4g}{b:>12.4g}{ratio:>8.2f}  {spread}"

    for qos in (0, 1):
        yield row(f"latency QoS {qos}, median", "ms", *(_parts(each.latency[qos], 0.5) for each in (node, ours)))
        all_theirs, all_own, all_bare = ([[*chain(*each.latency[qos])]] for each in (node, ours, least))
        yield row(f"latency QoS {qos}, p99", "ms", _parts(all_theirs, 0.99), _parts(all_own, 0.99))
        (a,), (b,) = (_parts(all_bare, part) for part in (0.5, 0.99))
        yield f"  of a bare program: median {a:.4g} ms, p99 {b:.4g} ms"
    for qos, switching in BURSTS:
        theirs, own = (each.burst[qos, switching] for each in (node, ours))
        name = f"burst QoS {qos}, " + ("every one switches" if switching else "one switches")
        yield row(name, "1/s", [burst.rate for burst in theirs], [burst.rate for burst in own])
        yield row("  processor time", "µs each", *([1e6 * burst.cost for burst in each] for each in (theirs, own)))
        if switching:
            yield row(
                "  commands in it", "count", *([float(burst.commands) for burst in each] for each in (theirs, own))
            )
    yield row("start to first command", "s", [node.start], [ours.start])
    yield row("resident memory", "MB", [node.resident], [ours.resident])


def _parts(rounds: list[list[float]], part: float) -> list[float]:
    return [1000 * sorted(each)[min(len(each) - 1, int(len(each) * part))] for each in rounds]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--messages", type=int, default=100)
    parser.add_argument("--bursts", type=int, default=5)
    parser.add_argument("--burst", type=int, default=50_000)
    wanted = parser.parse_args()
    for line in _table(*measure(wanted.rounds, wanted.messages, wanted.bursts, wanted.burst)):
        print(line)


if __name__ == "__main__":
    main()
