"""The pages as they are served."""

import asyncio

import pytest

from controller.web.views.layout import TABS
from tests.app.wait import until

from . import house as houses
from .house import House

PATHS = [tab.path for tab in TABS]


@pytest.mark.parametrize("path", PATHS)
async def test_every_page_is_there_and_escapes_every_name(house: House, path: str) -> None:
    answer = await house.client.get(path, accept="text/html")
    assert answer.code == 200
    assert "&lt;House &amp; Co&gt;" in answer.text
    assert "<House" not in answer.text
    assert "<box>" not in answer.text
    assert '"><script>' not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]


async def test_now_says_what_runs_and_why(house: House) -> None:
    text = (await house.client.get("/")).text
    for part in ("Air temperature", "4 °C", "Heater", "Because of the rule “Heat”.", "Frost"):
        assert part in text


async def test_the_page_is_in_the_language_of_the_site_until_somebody_chooses_another(tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    async with houses.house(tmp_path_factory.mktemp("ko"), language="ko") as house:
        assert '<html lang="ko">' in (await house.client.get("/")).text
        answer = await house.client.submit("/language", {"language": "en"}, referer=f"{house.client.origin}/hand?x=1")
        assert (answer.code, answer.headers["location"]) == (303, "/hand?x=1")
        assert '<html lang="en">' in (await house.client.get("/")).text


@pytest.mark.parametrize("referer", ["http://evil.example//evil.example", "nonsense", "http://x/\\evil"])
async def test_the_choice_of_a_language_leads_nowhere_else(house: House, referer: str) -> None:
    answer = await house.client.submit("/language", {"language": "xx"}, referer=referer)
    assert answer.headers["location"].startswith("/")
    assert not answer.headers["location"].startswith("//")
    assert "language" not in house.client.cookies


async def test_a_hand_is_asked_twice_before_anything_moves(house: House) -> None:
    client = house.client
    assert "What holds all the same" in (await client.get("/hand/heater")).text
    first = await client.submit("/hand/heater", {"value": "0", "seconds": "1800"})
    assert "Sure?" in first.text
    assert house.relay.verbs() == ["on"]
    await client.submit("/hand/heater", {"value": "0", "seconds": "1800", "sure": "yes"})
    await until(lambda: house.relay.verbs() == ["on", "off"])
    await asyncio.to_thread(house.store.flush)
    page = (await client.get("/hand")).text
    assert "the page holds it by hand until" in page
    assert "override to 0 % by the page for 30 min" in page
    await client.submit("/hand/heater/release", {})
    await until(lambda: house.relay.verbs() == ["on", "off", "on"])


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/hand/heatr", {"value": "0", "seconds": "60"}),
        ("/hand/heater", {"value": "nan", "seconds": "60", "sure": "yes"}),
        ("/hand/heater", {"value": "1e9", "seconds": "60", "sure": "yes"}),
        ("/hand/heater", {"value": "0", "seconds": "inf", "sure": "yes"}),
        ("/hand/heater", {"value": "0", "seconds": "inf"}),
        ("/hand/heater", {"value": "0", "seconds": "nan"}),
        ("/hand/heater", {"value": "0", "seconds": "1e30"}),
        ("/hand/heater", {"seconds": "60"}),
        ("/hand/heater/release/x", {}),
        ("/acknowledge", {"alarm": "Fire"}),
        ("/rules/version/5", {}),
    ],
)
async def test_what_makes_no_sense_is_refused(house: House, path: str, fields: dict[str, str]) -> None:
    assert 400 <= (await house.client.submit(path, fields)).code < 500
    assert house.relay.verbs() == ["on"]


async def test_an_alarm_is_acknowledged_in_the_name_of_the_person(house: House) -> None:
    assert "I have seen it" in (await house.client.get("/alarms")).text
    await house.client.submit("/acknowledge", {"alarm": "Frost"})
    await until(lambda: str(house.engine.core.alarms()[0].state) == "acknowledged")
    assert "I have seen it" not in (await house.client.get("/alarms")).text


async def test_it_can_be_installed(house: House) -> None:
    manifest = (await house.client.get("/manifest.webmanifest")).json()
    assert manifest["display"] == "standalone"
    assert {icon["sizes"] for icon in manifest["icons"]} >= {"192x192", "512x512"}
    for icon in manifest["icons"]:
        assert (await house.client.get(icon["src"])).code == 200
    assert (await house.client.get("/worker.js")).headers["content-type"].startswith("text/javascript")


async def test_pages_are_compressed(house: House) -> None:
    answer = await house.client.get("/", accept_encoding="gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.body) < 8000
