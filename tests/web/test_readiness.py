"""/readyz: what it takes to be called ready, and what is said of the rest."""

from __future__ import annotations

import asyncio
import math
import socket
from pathlib import Path

import pytest

from controller.app import engine as engine_module
from controller.app import readiness
from controller.app.application import Application, Options
from controller.app.readiness import missing
from controller.model.ports import BusHealth
from simulators.demo import files
from tests.app.house import Faulty
from tests.app.wait import until

from .client import Client
from .house import House

UP, DOWN = BusHealth("line", online=True), BusHealth("broker", note="refused")


@pytest.mark.parametrize(
    ("idle", "buses", "limping", "store_takes", "found"),
    [
        (20.0, [UP], False, True, []),
        (0.0, [], False, True, []),
        (61.0, [UP], False, True, ["core"]),
        (0.0, [UP, DOWN], False, True, ["buses"]),
        (0.0, [UP], True, True, ["rules"]),
        (0.0, [UP], False, False, ["store"]),
        (61.0, [DOWN], True, False, ["core", "buses", "rules", "store"]),
    ],
)
def test_what_is_missing(
    idle: float, buses: list[BusHealth], limping: bool, store_takes: bool, found: list[str]
) -> None:
    assert missing(idle, buses, limping, store_takes) == found


async def test_a_stuck_core(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await house.client.get("/readyz")).text == "ready\n"
    monkeypatch.setattr(house.engine, "core", Faulty(house.engine.core, math.inf))
    monkeypatch.setattr(engine_module, "RETRY", 0.01)
    monkeypatch.setattr(readiness, "STEPS_WITHIN", 0.0)  # nobody is to wait a minute here
    house.engine.emit(())
    await until(lambda: house.engine.counters.faults > 2)
    answer = await house.client.get("/readyz")
    assert (answer.code, answer.text) == (503, "not ready: core\n")
    assert (await house.client.get("/healthz")).code == 200


async def test_a_controller_that_limps_is_ready_once_it_has_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MQTT_PASSWORD", "INFLUX_TOKEN", "ALARM_URL"):
        monkeypatch.setenv(name, "" if name == "ALARM_URL" else "demo")
    site, state = tmp_path / "site", tmp_path / "state"
    site.mkdir()
    files.write_site(site, {"rs485": str(tmp_path / "no-port"), "broker": "mqtt://127.0.0.1:9"}, None)
    rules = site / "rules.yaml"
    right = rules.read_text(encoding="utf-8")
    rules.write_text("rules: [", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    application, started = Application(Options(site, state, port)), asyncio.Event()
    running = asyncio.create_task(application.run(lambda _: started.set()))
    try:
        await asyncio.wait_for(started.wait(), 30)
        client = Client("127.0.0.1", port)
        answer = await client.get("/readyz")
        assert (answer.code, answer.text) == (503, "not ready: buses, rules\n")
        assert (await client.ask("/api/rules", {"rules": right.partition("\nnotify:")[0] + "\n"})).code == 200
        assert (await client.get("/readyz")).text == "not ready: buses\n"
    finally:
        application.stop()
        await running
