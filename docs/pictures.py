"""The pictures of README and documentation, from a running demonstration: `python -m docs.pictures` (three minutes).

Each is at most 150 kB, all together at most 1 MB; needs Debian's chromium.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console

from controller.app.control import NotRunning, ask
from simulators.demo import files
from simulators.demo.view import View

IMAGES = Path(__file__).parent / "images"
CHROMIUM = "/usr/bin/chromium"
DESK, WIDE, PHONE = {"width": 1140, "height": 680}, {"width": 1200, "height": 700}, {"width": 390, "height": 780}
LARGEST, TOGETHER = 150_000, 1_000_000  # bytes
SPEED = 240  # of two cores the browser takes one: faster, and readings would turn stale
START = "2026-04-10T06:00"
RUNS = 105.0  # real s until there is something on the charts
PATIENCE = 30.0  # real s for the demonstration to begin
PAGES = {  # what must be there before a picture is taken
    "now": ("/", "#drawing svg"),
    "charts": ("/charts", "#chart[data-drawn]"),
    "rules": ("/rules", "#sentences li"),
}
# rich's own form of an SVG fetches a font from the network; the fonts of the computer do
SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"><style>
.{unique_id}-matrix {{ font: {char_height}px/{line_height}px "DejaVu Sans Mono", monospace }}
{styles}
</style><defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}"
height="{terminal_height}"/></clipPath>{lines}</defs>{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g></g></svg>
"""


def main() -> int:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="onsil-pictures-") as name, chromium() as browser:
        folder = Path(name)
        with demonstration(folder) as url:
            _terminal(browser, folder / "state", time.monotonic() + RUNS)
            for page, (path, ready) in PAGES.items():
                _shoot(browser, url + path, ready, WIDE if page == "now" else DESK, f"{page}-desk.png")
                _shoot(browser, url + path, ready, PHONE, f"{page}-phone.png")
            _shoot(browser, url, PAGES["now"][1], PHONE, "now-phone-ko.png", language="ko", scheme="dark")
        _report(browser, folder)
    return _weigh()


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """The browser."""
    os.environ.setdefault("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def demonstration(folder: Path) -> Iterator[str]:
    """`onsil demo`, and the address of its page."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", "controller.cli", "demo", "--headless", "--start", START]
    command += ["--speed", str(SPEED), "--port", str(port), "--state", str(folder / "state")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + PATIENCE
        while not _status(folder / "state"):
            if time.monotonic() > end:
                raise TimeoutError("the demonstration did not begin")
            time.sleep(0.2)
        yield f"http://localhost:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)


def _status(state: Path) -> dict[str, Any]:
    try:
        return ask(state, {"do": "status"})
    except NotRunning:
        return {}


def _shoot(
    browser: Browser, url: str, ready: str, size: dict[str, int], name: str, language: str = "en", scheme: str = "light"
) -> None:
    with _window(browser, size, scheme) as page:
        page.context.add_cookies([{"name": "language", "value": language, "url": url}])
        page.goto(url)
        page.wait_for_selector(ready)
        page.wait_for_timeout(500)  # fonts and the last stroke of a chart
        page.screenshot(path=IMAGES / name)


@contextlib.contextmanager
def _window(browser: Browser, size: dict[str, int], scheme: str = "light") -> Iterator[Page]:
    context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    try:
        yield context.new_page()
    finally:
        context.close()


def _terminal(browser: Browser, state: Path, until: float) -> None:
    """The live view, which needs a while for its trends."""
    console = Console(record=True, width=128, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    view = View(f"{SPEED} times real time   Ctrl-C ends it")
    while time.monotonic() < until:
        shown = view.draw(_status(state))
        time.sleep(0.5)
    console.print(shown)
    drawn = console.export_svg(title="onsil demo", code_format=SVG)
    with _window(browser, DESK) as page:
        page.set_content(f'<body style="margin:0">{drawn}')
        page.locator("svg").first.screenshot(path=IMAGES / "terminal.png")


def _report(browser: Browser, folder: Path) -> None:
    """A fortnight of spring: house1 against a house that is two degrees cooler at night."""
    files.environment()
    cooler = folder / "cooler"
    cooler.mkdir()
    for each in files.EXAMPLE.glob("*.yaml"):
        (cooler / each.name).write_text(each.read_text(encoding="utf-8").replace("night: 16 °C", "night: 14 °C"))
    report = folder / "report.html"
    command = [sys.executable, "-m", "controller.cli", "backtest", str(files.EXAMPLE), "--against", str(cooler)]
    season = ["--days", "14", "--start", "2026-03-01", "--report", str(report)]
    subprocess.run([*command, *season], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with _window(browser, DESK) as page:
        page.goto(report.as_uri())
        page.wait_for_timeout(1500)
        page.screenshot(path=IMAGES / "report.png")


def _weigh() -> int:
    """How large they are; 1 where that is too large for a repository."""
    sizes = {path.name: path.stat().st_size for path in sorted(IMAGES.glob("*.png"))}
    for name, size in sizes.items():
        print(f"{size / 1000:6.0f} kB  {name}")
    return int(max(sizes.values()) > LARGEST or sum(sizes.values()) > TOGETHER)


if __name__ == "__main__":
    sys.exit(main())
