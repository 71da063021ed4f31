"""Whether many messages leave anything behind: the running controller, flooded, and its memory on the way.

    python -m tests.benchmarks.mqtt_soak [--messages 1000000]

Ten million take about ten minutes. A tenth of the messages are rubbish, some switch a relay. The memory of the process
after a tenth of the messages is the measure: what is lazily made has been made by then. Exits 1 where it has grown by
more than a twentieth since.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.mqtt_node_red import first_command
from tests.benchmarks.mqtt_wire import Wire
from tests.benchmarks.peers import Peer, onsil
from tests.support.mosquitto import free_port, mosquitto

A_ROUND = 20_000  # messages
GROWTH = 1.05
_RUBBISH = (b"", b"{", b"\xff\xfe", b"[1]", b'{"temperature":"warm"}', b"\x00" * 200)


def soak(messages: int) -> Iterator[tuple[int, float, float]]:
    """After each round: messages so far, resident MB, messages a second."""
    with tempfile.TemporaryDirectory() as folder, mosquitto(settings="max_queued_messages 0") as broker:
        peer = onsil(broker.port, Path(folder), free_port())
        peer.start()
        try:
            with Wire(broker.port, "load") as wire:
                wire.subscribe(f"cmnd/{peer.name}/+", 1)
                first_command(wire, peer)
                done = 0
                while done < messages:
                    began = time.perf_counter()
                    _round(wire, peer, done)
                    done += A_ROUND
                    yield done, peer.resident(), A_ROUND / (time.perf_counter() - began)
        finally:
            peer.stop()


def _round(wire: Wire, peer: Peer, begun: int) -> None:
    packets = [
        wire.publication(peer.sensor, _RUBBISH[number // 10 % len(_RUBBISH)], 0)
        if number % 10 == 5
        else wire.publication(peer.sensor, _payload(begun + number), number % 2)
        for number in range(A_ROUND)
    ]
    # the last one switches the fan, and the next round switches it back
    last = b'{"temperature":20,"humidity":%d}' % (95 if begun // A_ROUND % 2 == 0 else 70)
    packets.append(wire.publication(peer.sensor, last, 1))
    flood = wire.flood(packets)
    word = b"ON" if begun // A_ROUND % 2 == 0 else b"OFF"
    while True:
        message = next(wire.messages())
        if message.topic in peer.answers and message.payload in (b"ON", b"OFF"):
            wire.send(wire.publication(peer.answers[message.topic], message.payload, 0))
        if (message.topic, message.payload) == (peer.fan, word):
            break
    flood.join()


def _payload(number: int) -> bytes:
    humidity = 95 if number // A_ROUND % 2 else 70
    return b'{"temperature":%.2f,"humidity":%d}' % (17 + number // 500 % 2 * 3 + number % 50 * 0.01, humidity)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=1_000_000)
    wanted = parser.parse_args()
    base, shown = 0.0, 0
    for done, resident, rate in soak(wanted.messages):
        if done >= wanted.messages // 10 and not base:
            base = resident
        if done * 10 // wanted.messages > shown or done >= wanted.messages:
            shown = done * 10 // wanted.messages
            print(f"{done:>12,} messages {resident:8.1f} MB {rate:10,.0f}/s", flush=True)
    grown = resident / base
    print(f"memory at the end over memory after a tenth: {grown:.3f} (at most {GROWTH})")
    return 0 if grown <= GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
