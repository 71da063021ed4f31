"""A site of two compartments in a real browser, each a greenhouse of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="the package playwright is not installed")

from playwright.sync_api import Browser, expect

from .browser import CHROMIUM, PHONE, PageHouse, looker, page_house
from .test_page import SHOTS, SIZES, WAIT, barriers

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's package chromium is not installed")

BAYS = Path(__file__).parents[2] / "deploy" / "examples" / "bays"
PAGES = {"/": "#drawing-west svg", "/charts": "#chart[data-drawn]", "/hand": "#a-west-2e-fan"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageHouse]:
    with page_house(tmp_path_factory.mktemp("bays"), example=BAYS) as found:
        yield found


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("path", PAGES)
def test_the_pages_can_be_seen_and_read(
    browser: Browser, house: PageHouse, path: str, language: str, size: str
) -> None:
    with looker(browser, house.url, SIZES[size], language) as seen:
        page = seen.page
        page.goto(house.url + path)
        page.wait_for_selector(PAGES[path], timeout=WAIT)
        expect(page.locator("h2, legend", has_text="West bay" if language == "en" else "서쪽 동").first).to_be_visible()
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / f"compartments-{path.strip('/') or 'now'}-{language}-{size}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the screen"
        assert barriers(page) == []
        assert seen.complaints == []


def test_a_phone_jumps_to_a_compartment_and_its_values_move(browser: Browser, house: PageHouse) -> None:
    with looker(browser, house.url, PHONE) as seen:
        page = seen.page
        page.goto(house.url)
        page.click("#jump a[href='#in-west']")
        title = page.locator("#in-west > h2")
        expect(title).to_be_in_viewport()
        bar = page.locator("#jump").bounding_box()
        head = title.bounding_box()
        assert bar is not None
        assert head is not None
        assert bar["y"] <= 1, "the way to the other compartments goes along"
        assert head["y"] >= bar["y"] + bar["height"], "the bar covers the title"
        drawing = page.locator("#drawing-west")
        before = drawing.inner_html()
        expect(drawing).not_to_have_js_property("innerHTML", before, timeout=WAIT)
        assert seen.complaints == []


def test_a_hand_in_one_compartment_moves_nothing_in_the_other(browser: Browser, house: PageHouse) -> None:
    with looker(browser, house.url) as seen:
        page = seen.page
        page.goto(house.url)
        page.click("#in-west #a-west-2e-fan button")
        dialog = page.locator("dialog")
        expect(dialog.locator("h2")).to_have_text("West bay · Fan")
        dialog.get_by_label("on", exact=True).check()
        page.click("dialog button.primary")
        expect(dialog.locator(".question")).to_contain_text("West bay · Fan: on")
        page.click("dialog button.primary")
        expect(page.locator("#a-west-2e-fan")).to_contain_text("by hand until", timeout=WAIT)
        assert house.actuator("east.fan")["hand"] is None
        assert seen.complaints == []


def test_a_chart_shows_the_setpoints_that_were_in_force(browser: Browser, house: PageHouse) -> None:
    rules = house.rules()
    (house.site / "rules.yaml").write_text(rules.replace("warmth + 4 K", "warmth + 9 K"), encoding="utf-8")
    with looker(browser, house.url) as seen:
        page = seen.page
        page.goto(house.url)
        expect(page.locator("#p-east-2e-ventilation")).to_contain_text("29 °C", timeout=WAIT)
        page.goto(f"{house.url}/charts?length=3600")
        page.wait_for_selector("#chart[data-drawn]", timeout=WAIT)
        page.screenshot(path=SHOTS / "charts-other-rules.png", full_page=True)
        asked = page.request.get(f"{house.url}/api/history?from=-3600&points=east.air.temperature&actuators=")
        setpoints = asked.json()["setpoints"]
        opening = [value for value in setpoints["east.ventilation"] if value is not None]
        assert opening == [24] * opening.count(24) + [29] * opening.count(29)
        assert opening.count(24) > 0
        assert set(setpoints["east.warmth"]) <= {None, 20}
        assert seen.complaints == []
