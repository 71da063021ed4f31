"""A house with a page in processes of their own, and Debian's chromium to look at it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from controller.app.clock import ScaledClock
from controller.app.control import NotRunning, ask
from controller.model.time import NS
from simulators.demo import files
from tests.support.mosquitto import mosquitto

CHROMIUM = Path("/usr/bin/chromium")
AXE = Path("tests/web/vendor/axe.js")
SHOTS = Path("build/screenshots")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-default-apps", "--disable-sync", "--no-first-run", "--force-color-profile=srgb",
]  # fmt: skip
SPEED = 60
START = "2026-06-21T10:00:00"
READY_WITHIN = 30.0  # real s
ALWAYS = "  - {name: Test lamp, when: air.temperature > -40 °C, priority: low}\n"


@dataclass(slots=True)
class PageHouse:
    """A house; house1 has an alarm that always stands. `stop` and `start` are the controller's; the field goes on."""

    folder: Path
    clock: ScaledClock
    port: int
    process: subprocess.Popen[bytes] | None = None
    state: Path = field(init=False)
    site: Path = field(init=False)

    def __post_init__(self) -> None:
        self.state, self.site = self.folder / "state", self.folder / "site"

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        """Start the controller, and wait until its points are known."""
        command = [sys.executable, "-m", "controller.cli", "run", "-c", str(self.site), "--state", str(self.state)]
        with (self.folder / "controller.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--clock", str(self.clock), "--port", str(self.port)], stdout=log, stderr=log
            )
        end = time.monotonic() + READY_WITHIN
        while time.monotonic() < end:
            with contextlib.suppress(NotRunning):
                points = {point["name"]: point for point in self.status()["points"]}
                warm = [point["value"] for name, point in points.items() if name.endswith("air.temperature")]
                if None not in warm:
                    return
            time.sleep(0.05)
        raise AssertionError(f"the controller did not get ready:\n{(self.folder / 'controller.log').read_text()}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(20)

    def status(self) -> dict[str, Any]:
        return ask(self.state, {"do": "status"})

    def actuator(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = next(each for each in self.status()["actuators"] if each["name"] == name)
        return found

    def rules(self) -> str:
        return (self.site / "rules.yaml").read_text(encoding="utf-8")


@contextlib.contextmanager
def page_house(folder: Path, speed: float = SPEED, example: Path = files.EXAMPLE) -> Iterator[PageHouse]:
    """The house, running `speed` times faster than time."""
    files.environment()
    began = datetime.fromisoformat(START).replace(tzinfo=files.timezone())
    clock = ScaledClock(speed, time.time_ns(), round(began.timestamp()) * NS)
    with (
        mosquitto(username="onsil", password="demo") as broker,
        _field(folder, clock, broker.url, example) as addresses,
    ):
        house = PageHouse(folder, clock, _free_port())
        house.site.mkdir()
        house.state.mkdir()
        files.write_site(house.site, addresses, None, example=example)
        rules = house.rules().replace("\nalarms:\n", f"\nalarms:\n{ALWAYS}")
        (house.site / "rules.yaml").write_text(rules, encoding="utf-8")
        house.start()
        try:
            yield house
        finally:
            house.stop()


@contextlib.contextmanager
def _field(folder: Path, clock: ScaledClock, broker: str, example: Path) -> Iterator[dict[str, str]]:
    arguments = ["--site", str(example), "--folder", str(folder / "ports"), "--clock", str(clock)]
    process = subprocess.Popen(
        [sys.executable, "-m", "simulators.demo.field_process", *arguments, "--broker", broker],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(20)
        process.stdout.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """The browser."""
    os.environ.setdefault("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}


@dataclass(slots=True)
class Looker:
    """One person's browser window; `complaints` is what its console said."""

    page: Page
    complaints: list[str]


@contextlib.contextmanager
def looker(
    browser: Browser, url: str, size: dict[str, int] = DESK, language: str = "en", **more: Any
) -> Iterator[Looker]:
    """A window of its own, in a language."""
    context: BrowserContext = browser.new_context(viewport={"width": size["width"], "height": size["height"]}, **more)
    context.add_cookies([{"name": "language", "value": language, "url": url}])
    page = context.new_page()
    found = Looker(page, [])
    page.on("console", lambda said: found.complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: found.complaints.append(str(error)))
    try:
        yield found
    finally:
        context.close()


def barriers(page: Page) -> list[str]:
    """What axe-core finds that would keep somebody out."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']})")
    return [
        f"{each['id']}: {each['help']}: {node['html'][:160]} {node['any'][0]['message'] if node['any'] else ''}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
