"""What many points cost: the running controller with points that each arrive once a second over MQTT.

    python -m tests.benchmarks.mqtt_load [--points 100 1000] [--seconds 30]

Points come as sensors send them: ten to a JSON message, each device at its own moment of the second, every value a
little different from the last. Beside the driver everything runs: core, store with its history, page. The share of a
core is processor time over real time, from outside.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path

from controller.app.control import NotRunning, ask
from tests.benchmarks.mqtt_wire import Wire
from tests.benchmarks.peers import Peer, controller
from tests.support.mosquitto import free_port, mosquitto

A_MESSAGE = 10  # points
WARM_UP = 5.0  # s

_QUANTITIES = ("temperature", "humidity", "co2", "radiation", "ec", "ph", "voltage", "level", "wind_speed", "weight")
_UNITS = {"ec": "mS/cm", "level": "%"}
_TYPICAL = {"co2": 700.0, "radiation": 300.0, "ec": 2.0, "ph": 6.0, "wind_speed": 3.0}


def measure(points: int, seconds: float) -> tuple[float, float, float]:
    """Share of one core, resident MB, and readings a second that the core has taken."""
    with tempfile.TemporaryDirectory() as folder, mosquitto(settings="max_queued_messages 0") as broker:
        onsil = controller(Path(folder), _site(points, broker.port), _rules(points), free_port())
        onsil.start()
        try:
            with Wire(broker.port, "sensors") as wire:
                _send(wire, points, WARM_UP)
                used, taken, began = onsil.cpu(), _readings(onsil), time.perf_counter()
                _send(wire, points, seconds)
                passed = time.perf_counter() - began
                share = (onsil.cpu() - used) / passed
                return share, onsil.resident(), (_readings(onsil) - taken) / passed
        finally:
            onsil.stop()


def _readings(onsil: Peer) -> int:
    """How many readings the core has taken so far."""
    try:
        answer = ask(onsil.state, {"do": "status"})
    except NotRunning:
        raise RuntimeError(f"the controller has ended: {onsil.log()[-2000:]}") from None
    return int(answer["counters"]["readings"])


def _send(wire: Wire, points: int, seconds: float) -> None:
    """Every device once a second, spread over it."""
    devices = points // A_MESSAGE
    chance = random.Random(1)
    began = time.perf_counter()
    for number in range(int(devices * seconds)):
        device = number % devices
        time.sleep(max(0.0, began + number / devices - time.perf_counter()))
        values = ",".join(f'"{name}":{_TYPICAL.get(name, 20.0) + chance.random():.2f}' for name in _QUANTITIES)
        wire.send(wire.publication(f"field/{device}", b"{%s}" % values.encode(), 0))


def _site(points: int, port: int) -> str:
    lines = [
        "onsil: 1",
        "site: {name: Load, latitude: 35.8, longitude: 126.9, timezone: Asia/Seoul}",
        f'buses: {{broker: {{driver: mqtt, url: "mqtt://127.0.0.1:{port}"}}}}',
        "devices:",
    ]
    sensors = ["sensors:"]
    for device in range(points // A_MESSAGE):
        names = ", ".join(f"d{device}.{name}: {name}" for name in _QUANTITIES)
        lines += [f"  d{device}: {{bus: broker, profile: json, topic: field/{device}, points: {{{names}}}}}"]
        sensors += [f"  d{device}.{name}: {{unit: '{unit}'}}" for name, unit in _UNITS.items()]
    relays = ", ".join(f"r{device}.relay: power/{device + 1}" for device in range(_relays(points)))
    lines += [f"  relays: {{bus: broker, profile: tasmota, topic: relays, points: {{{relays}}}}}", *sensors]
    lines += ["actuators:"]
    lines += [f"  r{device}: {{kind: switch, output: r{device}.relay, safe: off}}" for device in range(_relays(points))]
    return "\n".join(lines) + "\n"


def _rules(points: int) -> str:
    rules = ["onsil: 1", "rules:"]
    for device in range(_relays(points)):
        when = f"d{device}.temperature > 40 °C and d{device}.humidity < 90 % for 1 min"
        rules += [f"  - {{name: Cool {device}, when: '{when}', do: {{r{device}: on}}}}"]
    return "\n".join(rules) + "\n"


def _relays(points: int) -> int:
    return min(points // A_MESSAGE, 32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, nargs="*", default=[100, 1000])
    parser.add_argument("--seconds", type=float, default=30.0)
    wanted = parser.parse_args()
    print(f"{'points at 1 Hz':>16}{'readings/s':>12}{'share of a core':>17}{'of 15 %':>9}{'resident MB':>13}")
    for points in wanted.points:
        share, resident, rate = measure(points, wanted.seconds)
        print(f"{points:>16}{rate:>12.0f}{share:>16.1%} {share / 0.15:>8.2f}{resident:>13.1f}")


if __name__ == "__main__":
    main()
