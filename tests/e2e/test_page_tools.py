"""Backup and scan in a real browser: asked for, followed, and read by a program for the blind."""

from __future__ import annotations

import asyncio
import json
import tarfile
import threading
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright", reason="the package playwright is not installed")

from playwright.sync_api import Browser, Page, expect

from controller.web.access import Users
from tests.drivers.mqtt.field import client as mqtt_client
from tests.support.mosquitto import mosquitto
from tests.web import house as houses
from tests.web.house import House
from tests.web.virtual_line import READS, VirtualLine, probe

from .browser import CHROMIUM, DESK, PHONE, SHOTS, barriers, looker

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's package chromium is not installed")

ADAPTER = "serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0"
LOOKS = [("en", "desk", DESK), ("ko", "phone", PHONE)]
WAIT = 30_000  # ms


class Running:
    """The small house, and a line with two probes at its only free serial port; `line` remembers what it was asked."""

    house: House
    line: VirtualLine
    link: Path

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.house.client.port}"

    async def open(self, folder: Path, stack: AsyncExitStack) -> None:
        self.house = await stack.enter_async_context(houses.house(folder))
        self.link = self.house.dev / ADAPTER
        self.link.parent.mkdir(parents=True)
        self.line = stack.enter_context(VirtualLine(self.link, [probe(1), probe(2)]))
        (self.house.site / "site.yaml").write_text("onsil: 1\n")

    def call(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it in the loop of the house: the browser waits in this thread's."""
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    @contextmanager
    def living(self) -> Iterator[None]:
        thread = threading.Thread(target=self._loop.run_forever)
        thread.start()
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            self._loop.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Running]:
    found, stack = Running(), AsyncExitStack()
    with found.living():
        try:
            found.call(found.open(tmp_path, stack))
            yield found
        finally:
            found.call(stack.aclose())


def looks_right(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the screen"
    assert barriers(page) == []


@pytest.mark.parametrize(("language", "name", "size"), LOOKS)
def test_a_backup_is_downloaded(
    browser: Browser, place: Running, language: str, name: str, size: dict[str, int]
) -> None:
    with looker(browser, place.url, size, language) as seen:
        page = seen.page
        page.goto(f"{place.url}/system")
        before = page.locator("#backup [role=status]").inner_text()
        with page.expect_download() as download:
            page.click("#backup button")
        assert download.value.suggested_filename.startswith("onsil-")
        with tarfile.open(download.value.path()) as archive:
            assert {"config/site.yaml", "state/onsil.db"} <= {*archive.getnames()}
        expect(page.locator("#backup [role=status]")).not_to_have_text(before, timeout=WAIT)
        expect(page.locator("#backup button")).to_be_enabled(timeout=WAIT)
        page.click("summary")
        looks_right(page, f"backup-{language}-{name}")
        assert seen.complaints == []


def test_why_there_is_no_backup_is_said_on_the_page(
    browser: Browser, place: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.web.backups.SPARE", 1 << 50)
    with looker(browser, place.url, PHONE, "ko") as seen:
        page = seen.page
        page.goto(f"{place.url}/system")
        page.click("#backup button")
        expect(page.locator("main [role=alert]")).to_contain_text("디스크 공간이 부족합니다", timeout=WAIT)
        looks_right(page, "backup-refused-ko-phone")
        page.click("nav a[href='/system']")
        expect(page.locator("main [role=alert]")).to_have_count(0)


@pytest.mark.parametrize(("language", "name", "size"), LOOKS)
def test_a_line_is_scanned_and_the_fragment_copied(
    browser: Browser, place: Running, language: str, name: str, size: dict[str, int]
) -> None:
    with looker(browser, place.url, size, language, permissions=["clipboard-read", "clipboard-write"]) as seen:
        page = seen.page
        page.goto(f"{place.url}/devices")
        expect(page.locator(f"[value='{place.link}']")).to_be_checked()
        expect(page.locator("#scan-form .broker")).not_to_be_visible()
        looks_right(page, f"scan-form-{language}-{name}")
        page.click("#scan-form button")
        expect(page.locator("#scan .found li")).to_have_count(2, timeout=WAIT)
        expect(page.locator("#scan-form")).not_to_be_visible()
        looks_right(page, f"scan-running-{language}-{name}")
        page.click("#scan button")
        fragment = page.locator("#scan-fragment")
        expect(fragment).to_contain_text("profile: xy-md02", timeout=WAIT)
        expect(page.locator("#scan-form")).to_be_visible()
        page.click("#scan [data-copy]")
        expect(page.locator("#toast")).not_to_be_empty()
        assert page.evaluate("navigator.clipboard.readText()") == fragment.text_content()
        looks_right(page, f"scan-done-{language}-{name}")
        assert seen.complaints == []
    assert place.line.functions <= READS


def test_a_broker_is_scanned_with_a_password(browser: Browser, place: Running) -> None:
    with mosquitto("onsil", "s3cret") as broker, looker(browser, place.url, PHONE, "ko") as seen:
        place.call(announce(broker.url))
        page = seen.page
        page.goto(f"{place.url}/devices")
        page.check("#scan-form [value=mqtt]")
        page.fill("[name=address]", broker.url)
        page.fill("[name=name]", "onsil")
        page.fill("[name=password]", "s3cret")
        looks_right(page, "scan-broker-ko-phone")
        page.keyboard.press("Enter")
        expect(page.locator("#scan-fragment")).to_contain_text("profile: tasmota", timeout=WAIT)
        assert "s3cret" not in page.content()
        page.check("#scan-form [value=mqtt]")
        page.fill("[name=address]", "nonsense://")
        page.keyboard.press("Enter")
        expect(page.locator("#scan-said")).to_contain_text("mqtt://192.168.0.10", timeout=WAIT)
        looks_right(page, "scan-refused-ko-phone")


async def announce(url: str) -> None:
    device = {
        "ip": "1.2.3.4", "dn": "Pump", "fn": ["Pump"], "mac": "AABBCC", "t": "pump", "ft": "%prefix%/%topic%/",
        "tp": ["cmnd", "stat", "tele"], "rl": [1, 0], "ver": 1,
    }  # fmt: skip
    async with mqtt_client(url, username="onsil", password="s3cret") as hand:
        await hand.publish("tasmota/discovery/AABBCC/config", json.dumps(device), 1, retain=True)


def test_who_is_no_admin_sees_neither(browser: Browser, place: Running) -> None:
    Users(place.house.state).add("lee", "operator", "geranium-blossom")
    with looker(browser, place.url, PHONE) as seen:
        page = seen.page
        page.goto(f"{place.url}/system")
        page.fill("[name=name]", "lee")
        page.fill("[name=password]", "geranium-blossom")
        page.keyboard.press("Enter")
        page.wait_for_selector("#numbers")
        expect(page.locator("#backup")).to_have_count(0)
        page.goto(f"{place.url}/devices")
        expect(page.locator("#scan-form")).to_have_count(0)
