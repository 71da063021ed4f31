"""The least that can answer: a blocking socket, one comparison, no rules, no state, no safety.

    python -m tests.benchmarks.mqtt_bare PORT

Most of what it takes is what broker, kernel and load take of everybody's reaction.
"""

from __future__ import annotations

import json
import sys

from tests.benchmarks.mqtt_wire import Wire

NAME = "bare"
_PATIENCE = 3600.0  # s: others are measured meanwhile


def main() -> None:
    with Wire(int(sys.argv[1]), NAME, _PATIENCE) as wire:
        wire.subscribe(f"{NAME}/sensor", 1)
        is_on = False
        for message in wire.messages():
            temperature = json.loads(message.payload)["temperature"]
            wanted = temperature < 18 or (is_on and temperature <= 19)
            if wanted != is_on:
                is_on = wanted
                wire.send(wire.publication(f"cmnd/{NAME}/POWER1", b"ON" if is_on else b"OFF", 1))


if __name__ == "__main__":
    main()
