"""The scan that an admin begins on the page: on a virtual line, at a real broker, and where it is refused."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from controller.app.serial_ports import holders
from controller.config.loading import check_texts
from controller.model.addresses import without_secrets
from controller.store.entries import NOTE
from tests.drivers.mqtt.field import client as mqtt_client
from tests.support.mosquitto import mosquitto

from . import house as houses
from .house import House
from .test_access import logged_in
from .virtual_line import READS, VirtualLine, probe

ADAPTER = "serial/by-id/usb-Adapter-if00-port0"


async def told(house: House) -> list[str]:
    """The notes of the journal."""
    await asyncio.to_thread(house.store.flush)
    return [entry.data()["text"] for entry in house.store.history.entries(0, 1 << 62, None, NOTE)]


def plugged(house: House) -> Path:
    link = house.dev / ADAPTER
    link.parent.mkdir(parents=True, exist_ok=True)
    return link


async def scan_that(house: House, is_so: Any, patience: float = 60.0) -> dict[str, Any]:
    """The scan, once it is so."""
    async with asyncio.timeout(patience):
        while not is_so(scan := (await house.client.get("/api/scan")).json()["scan"]):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    found: dict[str, Any] = scan
    return found


def command_lines() -> list[str]:
    """Of all processes, as everybody on this computer sees them."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended
            found.append(path.read_text(errors="replace"))
    return found


async def test_a_line_is_scanned_live_and_stopped_with_what_was_found(house: House) -> None:
    link = plugged(house)
    with VirtualLine(link, [probe(1), probe(3)]) as line:
        assert (await house.client.get("/api/scan")).json() == {
            "scan": None,
            "ports": [{"name": str(link), "taken": ""}],
        }
        assert (await house.client.ask("/api/scan", {"target": str(link)})).json() == {"done": "the scan has begun"}
        running = await scan_that(house, lambda scan: len(scan["found"]) == 2)
        assert running["state"] == "running"
        assert "baud 8N1, address" in running["at"]
        again = await house.client.ask("/api/scan", {"target": str(link)})
        assert (again.code, "is just scanning" in again.json()["error"]) == (400, True)
        assert (await house.client.ask("/api/scan/cancel", {})).code == 200
        stopped = await scan_that(house, lambda scan: scan["state"] != "running")
        assert stopped["state"] == "cancelled"
        assert (await house.client.ask("/api/scan/cancel", {})).code == 400
    assert line.functions <= READS
    assert line.functions
    assert [found.partition(":")[0] for found in stopped["found"]] == ["address 1", "address 3"]
    assert f"port: {link}" in stopped["fragment"]
    site = "onsil: 1\nsite: {name: House, latitude: 35.8, longitude: 126.9, timezone: Asia/Seoul, language: en}\n"
    assert check_texts(site + stopped["fragment"], "onsil: 1\n").errors == ()
    assert f"scan of {link} begun by the page" in await told(house)
    assert house.relay.verbs() == ["on"]


async def test_a_broker_is_scanned_and_its_password_told_nowhere(open_house: House, caplog: Any) -> None:
    page = await logged_in(open_house, "kim", "admin")
    open_house.client.cookies = page.cookies
    form = {"target": "mqtt", "name": "onsil", "password": "p@ss:w/rd"}
    with mosquitto("onsil", "p@ss:w/rd") as broker:
        async with mqtt_client(broker.url, username="onsil", password="p@ss:w/rd") as hand:
            device = {
                "ip": "1.2.3.4", "dn": "Pump", "fn": ["Pump"], "mac": "AABBCC", "t": "pump", "ft": "%prefix%/%topic%/",
                "tp": ["cmnd", "stat", "tele"], "rl": [1, 0], "ver": 1,
            }  # fmt: skip
            await hand.publish("tasmota/discovery/AABBCC/config", json.dumps(device), 1, retain=True)
        address = broker.url.removeprefix("mqtt://")
        begun = await page.submit("/devices/scan", {**form, "address": address})
        assert (begun.code, 'id="scan"' in begun.text) == (200, True)
        assert "ss:w" not in begun.text
        assert not any("ss%3Aw" in words or "p@ss" in words for words in command_lines())
        done = await scan_that(open_house, lambda scan: scan["state"] != "running")
        assert (done["state"], done["target"]) == ("done", broker.url)
        assert ["tasmota" in line for line in done["found"]] == [True]
        assert "username: onsil" in done["fragment"]
        shown = (await page.get("/devices")).text
        wrong = await page.submit("/devices/scan", {**form, "address": address, "password": "wr0ng-one"})
        assert wrong.code == 200
        failed = await scan_that(open_house, lambda scan: scan["state"] != "running")
    assert failed["state"] == "failed"
    assert failed["why"]
    notes = await told(open_house)
    assert notes.count(f"scan of {broker.url} begun by kim") == 2
    for secret in ("p@ss", "ss:w", "ss%3Aw", "wr0ng"):
        assert secret not in f"{shown} {done} {failed} {notes} {caplog.text}"


@pytest.mark.parametrize(
    "target",
    ["", "mqtt", "/dev/null", "/etc/passwd", "dev", "ftp://kim:secret@host", "mqtt://", "mqtt://x:secret@h:99999", "mqtt://:0",
     "mqtt://h\nmqtt://secret@i", "tcp://127.0.0.1:502", "mqtts://h?ca=/etc/shadow", "/dev/\0", "mqtts://[::1"],
)  # fmt: skip
async def test_what_is_no_port_and_no_broker_is_refused(house: House, target: str) -> None:
    answer = await house.client.ask("/api/scan", {"target": target})
    assert answer.code == 400
    assert "secret" not in answer.text
    assert (await house.client.submit("/devices/scan", {"target": target})).code == 400
    assert (await house.client.get("/api/scan")).json()["scan"] is None


async def test_a_port_that_the_controller_needs_is_refused_whatever_its_name(house: House) -> None:
    link = plugged(house)
    with VirtualLine(link, []):
        other = house.dev / "ttyUSB0"
        other.symlink_to(link)
        settings = SimpleNamespace(name="rs485", options={"driver": "modbus", "port": str(other)})
        house.buses.append(SimpleNamespace(settings=settings))
        for name in (link, other):
            answer = await house.client.ask("/api/scan", {"target": str(name)})
            assert answer.json() == {"error": f"{name} cannot be scanned: the bus rs485 uses it"}
        ports = (await house.client.get("/api/scan")).json()["ports"]
        assert ports == [{"name": str(link), "taken": "the bus rs485 uses it"}]
        house.buses.clear()
        opened = os.open(link, os.O_RDWR | os.O_NOCTTY)
        answer = await house.client.ask("/api/scan", {"target": str(other)})
        assert answer.json() == {"error": f"{other} cannot be scanned: the controller itself has it open"}
        os.close(opened)


async def test_a_scan_gives_way_when_the_controller_is_given_the_port(house: House) -> None:
    link = plugged(house)
    with VirtualLine(link, [probe(1)]):
        await house.client.ask("/api/scan", {"target": str(link)})
        await scan_that(house, lambda scan: scan["found"])
        house.buses.append(SimpleNamespace(settings=SimpleNamespace(name="rs485", options={"port": str(link)})))
        over = await scan_that(house, lambda scan: scan["state"] != "running")
    assert (over["state"], over["why"]) == ("failed", "the bus rs485 uses it")
    assert over["fragment"]


@pytest.mark.parametrize("role", ["viewer", "operator"])
async def test_only_an_admin_scans(open_house: House, role: str) -> None:
    client = await logged_in(open_house, "lee", role)
    assert (await client.get("/api/scan")).code == 403
    for path in ("/api/scan", "/api/scan/cancel"):
        assert (await client.ask(path, {"target": "mqtt://127.0.0.1:9"})).code == 403
    for path in ("/devices/scan", "/devices/scan/cancel"):
        assert (await client.submit(path, {"target": "mqtt", "address": "127.0.0.1:9"})).code == 403
    assert "scan-form" not in (await client.get("/devices")).text


async def test_another_site_begins_none(open_house: House) -> None:
    client = await logged_in(open_house, "kim", "admin")
    for path in ("/devices/scan", "/devices/scan/cancel", "/api/scan"):
        fields = {"target": "mqtt", "address": "127.0.0.1:9"}
        assert (await client.submit(path, fields, origin="http://evil.example")).code == 403
    assert (await client.get("/api/scan")).json()["scan"] is None


async def test_a_scan_that_never_ends_is_ended(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.web.scans.PATIENCE", 1.0)
    link = plugged(house)
    with VirtualLine(link, []):
        await house.client.ask("/api/scan", {"target": str(link)})
        over = await scan_that(house, lambda scan: scan["state"] != "running")
    assert (over["state"], over["why"]) == ("failed", "it took longer than 1 s")


async def test_nothing_of_a_scan_stays_when_the_page_ends(tmp_path: Path) -> None:
    link = tmp_path / "dev" / ADAPTER
    link.parent.mkdir(parents=True)
    with VirtualLine(link, [probe(1)]):
        device = link.readlink()
        async with houses.house(tmp_path) as house:
            await house.client.ask("/api/scan", {"target": str(link)})
            await scan_that(house, lambda scan: scan["found"])
            assert holders(device)
        assert not holders(device)


async def test_the_page_says_it_in_korean(house: House) -> None:
    client = house.client
    client.cookies["language"] = "ko"
    link = plugged(house)
    with VirtualLine(link, [probe(1)]):
        page = (await client.get("/devices")).text
        assert str(link) in page
        assert "장치에는 아무것도 쓰지 않습니다" in page
        refused = await client.submit("/devices/scan", {"target": "mqtt", "address": ""})
        assert (refused.code, "mqtt://192.168.0.10처럼" in refused.text) == (400, True)
        assert 'id="scan"' in (await client.submit("/devices/scan", {"target": str(link)})).text
        await scan_that(house, lambda scan: scan["found"])
        running = (await client.get("/devices")).text
        assert "스캔하는 중입니다" in running
        assert "주소 1: xy-md02" in running
        stopped = (await client.submit("/devices/scan/cancel", {})).text
        assert "스캔을 멈췄습니다" in stopped
        assert "profile: xy-md02" in stopped


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mqtt://kim:secret@broker:1883", "mqtt://broker:1883"),
        ("mqtt://kim:a b@c@broker", "mqtt://broker"),
        ("mqtt://broker", "mqtt://broker"),
        ("/dev/ttyUSB0", "/dev/ttyUSB0"),
    ],
)
def test_an_address_as_it_may_be_shown(text: str, shown: str) -> None:
    assert without_secrets(text) == shown
