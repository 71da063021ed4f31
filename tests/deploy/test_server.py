"""The server side: each dashboard finds what the uplink writes, and the broker keeps strangers out.

Docker and Grafana are not tried here: the files for them are checked for what they say.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from ruamel.yaml import YAML

from controller.config.settings import Influx1Settings
from controller.model.commands import Cause, Command, Level, Verb
from controller.model.events import Alarmed, AlarmState, Commanded, Decided, Event, Measured, Moved, Noted
from controller.model.points import Quality
from controller.store import Store
from controller.uplink.influxdb import InfluxUplink
from tests.app.wait import until
from tests.store.events import at
from tests.support.influxd import Influxd, influxd
from tests.support.mosquitto import free_port

SERVER = Path(__file__).parents[2] / "deploy" / "server"
DASHBOARDS = sorted((SERVER / "grafana" / "dashboards").glob("*.json"))
UNITS = {
    "air.temperature": "°C",
    "air.humidity": "%",
    "air.co2": "ppm",
    "outside.radiation": "W/m²",
    "outside.wind_speed": "m/s",
    "slab_a.water_content": "%",
    "slab_a.ec": "mS/cm",
}


def yaml(path: Path) -> Any:
    return YAML(typ="safe").load(path)


# the dashboards


def dashboard(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def panels() -> list[Any]:
    return [
        pytest.param(panel, id=f"{path.stem}: {panel['title']}")
        for path in DASHBOARDS
        for panel in dashboard(path)["panels"]
    ]


def day() -> list[Event]:
    """Something of everything that a controller writes."""
    events: list[Event] = [Measured(point, 20.0 + n, Quality.GOOD, at(n)) for point in UNITS for n in range(3)]
    events.append(Measured("air.temperature", 99.0, Quality.BAD, at(4)))
    for second, level, rule in ((5, Level.IRRIGATION, "Slab A"), (6, Level.HAND, "kim")):
        cause = Cause(level, rule, (("air.temperature", "21 °C"),), ("nothing held it",))
        events += [
            Decided("irrigation_a", 100.0, cause, at(second)),
            Commanded("irrigation_a", Command(7, "irrigation_a.relay", Verb.ON, at(second), cause, 60.0)),
        ]
    events += [
        Moved("irrigation_a", 100.0, at(6)),
        Alarmed("Frost", AlarmState.RAISED, "critical", "air.temperature is 3 °C", at(7)),
        Alarmed("Frost", AlarmState.CLEARED, "critical", "", at(8)),
        Noted("irrigation_a", "round started", at(9)),
    ]
    return events


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    """A database that has got a day from the real uplink."""
    with influxd() as server, Store.open(tmp_path_factory.mktemp("state")) as store:
        uplink = InfluxUplink(Influx1Settings(server.url, server.database), "Gimje 1", store.outbox, UNITS)
        store.append(day())

        async def deliver() -> None:
            task = asyncio.create_task(uplink.run())
            try:
                await until(lambda: server.count("note", "text") and server.count("reading", "value"))
            finally:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

        asyncio.run(deliver())
        yield server


def as_grafana_asks(query: str) -> str:
    """The macros that Grafana fills in."""
    return (
        query.replace("$timeFilter", "time > 0")
        .replace("$__interval", "1m")
        .replace("$site", "(Gimje 1|another)")
        # a day of 1970 to now is more than a server wants to fill
        .replace("fill(0)", "fill(none)")
        .replace("fill(previous)", "fill(none)")
    )


@pytest.mark.parametrize("panel", panels())
def test_a_panel_shows_what_the_uplink_writes(panel: dict[str, Any], database: Influxd) -> None:
    (target,) = panel["targets"]
    assert database.query(as_grafana_asks(target["query"])), target["query"]
    alias = target.get("alias", "")
    for tag in re.findall(r"\$tag_(\w+)", alias):
        assert f'"{tag}"' in target["query"].partition("GROUP BY")[2]


def test_a_panel_asks_for_its_greenhouse_only(database: Influxd) -> None:
    for path in DASHBOARDS:
        for panel in dashboard(path)["panels"]:
            query = as_grafana_asks(panel["targets"][0]["query"]).replace("Gimje 1", "elsewhere")
            assert database.query(query) == [], query


def test_the_greenhouse_can_be_chosen(database: Influxd) -> None:
    for path in DASHBOARDS:
        (variable,) = dashboard(path)["templating"]["list"]
        assert database.query(variable["query"]) == [["site", "Gimje 1"]]


def test_the_alarms_are_marked_in_every_panel(database: Influxd) -> None:
    for path in DASHBOARDS:
        (mark,) = dashboard(path)["annotations"]["list"]
        assert [row[1] for row in database.query(as_grafana_asks(mark["query"]))] == ["air.temperature is 3 °C"]


def test_dashboards_fit_together() -> None:
    (source,) = yaml(SERVER / "grafana/datasources/onsil.yaml")["datasources"]
    found = [dashboard(path) for path in DASHBOARDS]
    assert len({board["uid"] for board in found}) == len(found) == 2
    for board in found:
        assert {panel["datasource"]["uid"] for panel in board["panels"]} == {source["uid"]}
        assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
        taken: set[tuple[int, int]] = set()
        for panel in board["panels"]:
            grid = panel["gridPos"]
            cells = {(grid["x"] + x, grid["y"] + y) for x in range(grid["w"]) for y in range(grid["h"])}
            assert not cells & taken, panel["title"]
            assert grid["x"] + grid["w"] <= 24
            taken |= cells


# compose.yaml


def test_compose_mounts_what_is_there_or_what_setup_makes(server_files: Path) -> None:
    services = yaml(SERVER / "compose.yaml")["services"]
    made = {path.relative_to(server_files).as_posix() for path in server_files.rglob("*")}
    bound = [volume.split(":")[0] for service in services.values() for volume in service["volumes"]]
    files = [path.removeprefix("./") for path in bound if path.startswith("./")]
    assert len(files) == 9
    for path in files:
        assert (SERVER / path).exists() or path in made, path


def test_compose_asks_for_nothing_that_setup_does_not_write(server_files: Path) -> None:
    wanted = set(re.findall(r"\$\{(\w+)", (SERVER / "compose.yaml").read_text()))
    written = {line.partition("=")[0] for line in (server_files / ".env").read_text().splitlines()}
    assert wanted <= written
    assert (server_files / ".env").stat().st_mode & 0o077 == 0


def test_only_what_is_encrypted_is_open_to_the_network() -> None:
    services = yaml(SERVER / "compose.yaml")["services"]
    published = {name: service["ports"] for name, service in services.items()}
    assert published["mosquitto"] == ["8883:8883"]
    for name in ("influxdb", "grafana"):
        assert all(port.startswith("${LISTEN:-127.0.0.1}:") for port in published[name])


def test_what_computes_much_comes_after_a_greenhouse_on_the_same_computer_and_the_broker_does_not() -> None:
    shares = {name: service.get("cpu_shares") for name, service in yaml(SERVER / "compose.yaml")["services"].items()}
    assert shares == {"influxdb": 128, "grafana": 128, "mosquitto": None}


def test_every_image_has_a_version() -> None:
    for service in yaml(SERVER / "compose.yaml")["services"].values():
        assert re.fullmatch(r"[\w/-]+:\d[\w.]*", service["image"])


# setup.sh and mosquitto.conf


@pytest.fixture(scope="module")
def server_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("server")
    setup(folder, "localhost", "127.0.0.1")
    return folder


def setup(folder: Path, *arguments: str) -> str:
    environment = {"ONSIL_SERVER": str(folder), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    done = subprocess.run(
        [SERVER / "setup.sh", *arguments], capture_output=True, text=True, env=environment, check=True
    )
    return done.stdout


def password_of(user: str, folder: Path) -> str:
    found = re.search(rf"the password of {user} at the broker is (\w+)", setup(folder, "password", user))
    assert found is not None
    return found[1]


def test_setup_again_changes_nothing(server_files: Path) -> None:
    before = {path: path.read_bytes() for path in server_files.rglob("*") if path.is_file()}
    setup(server_files, "localhost", "127.0.0.1")
    assert {path: path.read_bytes() for path in server_files.rglob("*") if path.is_file()} == before


def test_the_certificate_is_for_the_names_and_for_nothing_else(server_files: Path) -> None:
    secrets = server_files / "secrets"
    said = subprocess.run(
        ["openssl", "verify", "-CAfile", secrets / "ca.crt", "-purpose", "sslserver", secrets / "server.crt"],
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0, said.stderr
    text = subprocess.run(
        ["openssl", "x509", "-in", secrets / "server.crt", "-noout", "-ext", "subjectAltName,basicConstraints"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "DNS:localhost, IP Address:127.0.0.1" in text
    assert "CA:FALSE" in text
    assert (secrets / "ca.key").stat().st_mode & 0o077 == 0


@pytest.fixture(scope="module")
def broker(server_files: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """mosquitto with the real configuration, but for its folders and its port; the passwords of its users."""
    users = {name: password_of(name, server_files) for name in ("onsil", "valve_a", "chirpstack")}
    folder, port = server_files / "broker", free_port()
    folder.mkdir()
    text = (SERVER / "mosquitto/mosquitto.conf").read_text()
    assert text.count("listener 8883") == 1
    text = text.replace("listener 8883", f"listener {port} 127.0.0.1")
    text = text.replace("/mosquitto/data/", f"{folder}/").replace("/mosquitto/config/", f"{folder}/") + "user root\n"
    shutil.copy(SERVER / "mosquitto/acl", folder)
    for name in ("passwords", "ca.crt", "server.crt", "server.key"):
        shutil.copy(server_files / "secrets" / name, folder)
    (folder / "mosquitto.conf").write_text(text)
    process = subprocess.Popen(["mosquitto", "-c", folder / "mosquitto.conf"], stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield port, users
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.02)
    raise AssertionError("mosquitto does not start")


class Client:
    """One connection, made or refused."""

    def __init__(self, port: int, user: str, password: str, ca: Path | None) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self._answer, self._answered = "", threading.Event()
        self._got, self._subscribed = threading.Event(), threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"test-{user}-{id(self)}")
        self._client.username_pw_set(user, password)
        if ca is not None:
            self._client.tls_set(str(ca))
        self._client.on_connect = lambda *said: self._connected(str(said[3]))
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = lambda _c, _d, message: self._take(message.topic, message.payload)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._answered.wait(10)

    @property
    def answer(self) -> str:
        return self._answer

    def listen(self, topic: str) -> None:
        self._client.subscribe(topic, qos=1)
        assert self._subscribed.wait(10)

    def say(self, topic: str) -> None:
        self._client.publish(topic, b"1", qos=1).wait_for_publish(10)

    def wait(self) -> None:
        assert self._got.wait(10)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(self, answer: str) -> None:
        self._answer = answer
        self._answered.set()

    def _take(self, topic: str, payload: bytes) -> None:
        self.messages.append((topic, payload))
        self._got.set()


def test_the_broker_takes_in_who_knows_the_password(broker: tuple[int, dict[str, str]], server_files: Path) -> None:
    port, users = broker
    ca = server_files / "secrets" / "ca.crt"
    known, stranger = Client(port, "onsil", users["onsil"], ca), Client(port, "onsil", "guess", ca)
    try:
        assert (known.answer, stranger.answer) == ("Success", "Not authorized")
    finally:
        known.close()
        stranger.close()


def test_the_broker_speaks_tls_only(broker: tuple[int, dict[str, str]], server_files: Path) -> None:
    port, users = broker
    with pytest.raises(OSError, match=r"certificate|self.signed|verify"):
        Client(port, "onsil", users["onsil"], Path("/etc/ssl/certs/ca-certificates.crt"))
    plain = paho.Client(CallbackAPIVersion.VERSION2)
    answers: list[str] = []
    plain.on_connect = lambda *said: answers.append(str(said[3]))
    plain.connect("127.0.0.1", port)
    for _ in range(20):
        if plain.loop(0.5) != paho.MQTT_ERR_SUCCESS:
            break
    assert answers == []


def test_a_device_hears_and_says_only_what_is_its_own(broker: tuple[int, dict[str, str]], server_files: Path) -> None:
    port, users = broker
    ca = server_files / "secrets" / "ca.crt"
    controller, valve = Client(port, "onsil", users["onsil"], ca), Client(port, "valve_a", users["valve_a"], ca)
    try:
        controller.listen("#")
        valve.listen("#")
        valve.say("stat/valve_b/POWER")  # another's
        valve.say("cmnd/valve_b/POWER")
        valve.say("stat/valve_a/POWER")  # its own
        controller.wait()
        assert [topic for topic, _ in controller.messages] == ["stat/valve_a/POWER"]
        controller.say("cmnd/valve_b/POWER")
        controller.say("cmnd/valve_a/POWER")
        valve.wait()
        assert [topic for topic, _ in valve.messages] == ["cmnd/valve_a/POWER"]
    finally:
        controller.close()
        valve.close()
