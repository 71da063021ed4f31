"""Those that are compared: Node-RED 4 as npm installs it, Onsil, and the least there can be. A process each."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from simulators.season import compiling
from tests.benchmarks.mqtt_bare import NAME

NODE_RED = "4.1.8"
ROOT = Path(__file__).parents[2]

_NO_DELAY = """\
const { Socket } = require("net");
const connect = Socket.prototype.connect;
Socket.prototype.connect = function (...wanted) { this.setNoDelay(true); return connect.apply(this, wanted); };
"""
_SITE = """\
onsil: 1
site: {{name: Benchmark, latitude: 35.80, longitude: 126.88, timezone: Asia/Seoul}}
buses:
  broker: {{driver: mqtt, url: "mqtt://127.0.0.1:{port}"}}
devices:
  sensor:
    bus: broker
    profile: json
    topic: onsil/sensor
    points: {{air.temperature: temperature, air.humidity: humidity}}
  relays:
    bus: broker
    profile: tasmota
    topic: onsil
    points: {{heater.relay: power/1, fan.relay: power/2}}
sensors:  # no air changes as fast as the load does
  air.temperature: {{max_rate: 100000 °C/min}}
  air.humidity: {{max_rate: 100000 %/min}}
actuators:
  heater: {{kind: switch, output: heater.relay, safe: off}}
  fan: {{kind: switch, output: fan.relay, safe: off}}
"""
_RULES = """\
onsil: 1
rules:
  - name: Heat
    when: air.temperature < 18 °C
    until: air.temperature > 19 °C
    do: {heater: on}
  - name: Dry
    when: air.humidity > 90 %
    until: air.humidity < 80 %
    do: {fan: on}
"""


class Peer:
    """A process with two rules for what arrives at `sensor` ({"temperature": 21.5, "humidity": 70}).

    The heater is on below 18 °C and off above 19 °C; the fan is on above 90 % and off below 80 %.
    """

    def __init__(self, name: str, arguments: Sequence[str | Path], folder: Path) -> None:
        self.name = name
        self.sensor = f"{name}/sensor"
        self.heater, self.fan = f"cmnd/{name}/POWER1", f"cmnd/{name}/POWER2"
        self.answers = {topic: topic.replace("cmnd/", "stat/") for topic in (self.heater, self.fan)}
        self._arguments = [str(argument) for argument in arguments]
        self.state = folder / name / "state"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.started = 0.0

    def start(self) -> None:
        log = (self._folder / f"{self.name}.log").open("wb")
        self.started = time.perf_counter()
        self._process = subprocess.Popen(self._arguments, stdout=log, stderr=log, cwd=ROOT)

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def resident(self) -> float:
        """MB of memory, children included."""
        return sum(each.memory_info().rss for each in self._all()) / 1e6

    def cpu(self) -> float:
        """Seconds of processor time since the start."""
        return sum(sum(each.cpu_times()[:2]) for each in self._all())

    def log(self) -> str:
        return (self._folder / f"{self.name}.log").read_text(errors="replace")

    def _all(self) -> list[psutil.Process]:
        assert self._process is not None
        process = psutil.Process(self._process.pid)
        return [process, *process.children(recursive=True)]


def node_red(port: int, folder: Path, web_port: int, qos: int) -> Peer:
    """Node-RED with one flow; installed once, outside the project.

    It has no setting for TCP_NODELAY, without which every command of QoS 1 waits 40 ms for the one before it to be
    acknowledged: it gets that from outside, so that like is compared with like.
    """
    program = _install() / "node_modules" / "node-red" / "red.js"
    home = folder / "node-red"
    home.mkdir()
    flows = home / "flows.json"
    (home / "nodelay.js").write_text(_NO_DELAY)
    peer = Peer(
        "node-red",
        ["node", "--require", home / "nodelay.js", program, "--userDir", home, "--port", str(web_port), flows],
        folder,
    )
    flows.write_text(json.dumps(_flow(port, peer, qos)))
    return peer


def onsil(port: int, folder: Path, web_port: int) -> Peer:
    """The controller with its page and its store."""
    return controller(folder, _SITE.format(port=port), _RULES, web_port)


def controller(folder: Path, site: str, rules: str, web_port: int) -> Peer:
    """`onsil run` as the Debian package has it: with the core compiled, here if that has not been done before."""
    home = folder / "onsil"
    home.mkdir()
    (home / "site.yaml").write_text(site, encoding="utf-8")
    (home / "rules.yaml").write_text(rules, encoding="utf-8")
    tree = folder / "packages"
    for package in ("controller", "drivers", "simulators"):
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__"))
    compiling.place(tree)
    (tree / "__main__.py").write_text("import sys\n\nfrom controller.cli import main\n\nsys.exit(main())\n")
    command = [sys.executable, tree, "run", "-c", home, "--state", home / "state", "--port", str(web_port)]
    return Peer("onsil", command, folder)


def bare(port: int, folder: Path) -> Peer:
    """What adds little to the time of broker and kernel."""
    return Peer(NAME, [sys.executable, "-m", "tests.benchmarks.mqtt_bare", str(port)], folder)


def _install() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "onsil-bench" / f"node-red-{NODE_RED}"
    if not (cache / "node_modules" / "node-red" / "red.js").exists():
        cache.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(cache), f"node-red@{NODE_RED}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return cache


def _flow(port: int, peer: Peer, qos: int) -> list[dict[str, object]]:
    def node(id: str, type: str, wires: list[list[str]], **settings: object) -> dict[str, object]:
        return {"id": id, "type": type, "z": "tab", "x": 100, "y": 100, "wires": wires, **settings}

    def rule(
        name: str, property: str, on: tuple[str, str], off: tuple[str, str], topic: str
    ) -> list[dict[str, object]]:
        def word(text: str) -> dict[str, object]:
            put = {"t": "set", "p": "payload", "pt": "msg", "to": text, "tot": "str"}
            return node(f"{name} {text}", "change", [[f"{name} changes"]], rules=[put])

        return [
            node(
                name,
                "switch",
                [[f"{name} ON"], [f"{name} OFF"]],
                property=f"payload.{property}",
                propertyType="msg",
                rules=[{"t": comparison, "v": value, "vt": "num"} for comparison, value in (on, off)],
                checkall="true",
                outputs=2,
            ),
            word("ON"),
            word("OFF"),
            # Onsil commands a relay when its state changes, so this rule does the same
            node(
                f"{name} changes",
                "rbe",
                [[f"{name} out"]],
                func="rbe",
                property="payload",
                inout="out",
                septopics=False,
            ),
            node(f"{name} out", "mqtt out", [], topic=topic, qos=str(qos), retain="false", broker="broker"),
        ]

    return [
        {"id": "tab", "type": "tab", "label": "house", "disabled": False},
        {
            "id": "broker",
            "type": "mqtt-broker",
            "broker": "127.0.0.1",
            "port": str(port),
            "clientid": "node-red",
            "autoConnect": True,
            "protocolVersion": "4",
            "keepalive": "60",
            "cleansession": True,
        },
        node("in", "mqtt in", [["heater", "fan"]], topic=peer.sensor, qos=str(qos), datatype="json", broker="broker"),
        *rule("heater", "temperature", ("lt", "18"), ("gt", "19"), peer.heater),
        *rule("fan", "humidity", ("gt", "90"), ("lt", "80"), peer.fan),
    ]
