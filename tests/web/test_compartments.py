"""The pages of a site with compartments: each has its own part, and what is shared has one."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from controller.app.engine import Counters, Engine
from controller.app.status import describe
from controller.config import load_texts
from controller.core.plan import Plan
from controller.web.bands import bands
from controller.web.forecast import Expected, expected
from controller.web.html import join
from controller.web.language import Speech, speech
from controller.web.names import label
from controller.web.sentences import sentences
from controller.web.views import charts, hand, now
from tests.core.house import House
from tests.core.writing import GIMJE, rounds, sensor, valve
from tests.web.test_forecast import state as forecast_state

BAYS = Path(__file__).parents[2] / "deploy" / "examples" / "bays"
READINGS = {
    "outside_temperature": 12.0,
    "outside_wind_speed": 3.0,
    "outside_rain": 1.0,
    "outside_radiation": 500.0,
    "east_air_temperature": 17.0,
    "east_air_humidity": 70.0,
    "west_air_temperature": 30.0,
    "west_air_humidity": 60.0,
}


@pytest.fixture(scope="module")
def house() -> House:
    plan = load_texts(*((BAYS / name).read_text(encoding="utf-8") for name in ("site.yaml", "rules.yaml"))).plan
    made = House(plan, poll=30)
    made.clock_error = 9 * 3600
    return made.reads(**READINGS).after("10 min")


@pytest.fixture(scope="module")
def state(house: House) -> dict[str, Any]:
    engine = cast("Engine", SimpleNamespace(core=house.core, counters=Counters()))
    return describe(house.plan.site, house.now(), engine, [], [], {})


def speaking(language: str, state: dict[str, Any]) -> Speech:
    return speech(language).about(state["compartments"])


def page(house: House, state: dict[str, Any], language: str = "en") -> str:
    say = speaking(language, state)
    found = now.fragments(state, {}, bands(house.plan), expected(house.plan, state), say)
    return join(now.content(found, state, say))


def part(text: str, start: str, end: str) -> str:
    return text[text.index(f'id="{start}"') : text.index(f'id="{end}"')]


def test_each_compartment_has_its_drawing_its_climate_and_what_runs(house: House, state: dict[str, Any]) -> None:
    text = page(house, state)
    east, west = part(text, "in-east", "in-west"), part(text, "in-west", "shared")
    for own, other, warm, heated in ((east, "west", "17 °C", "on"), (west, "east", "30 °C", "off")):
        assert own.count('class="house"') == 1
        assert f'id="p-{other}-2e-air-2e-temperature' not in own
        assert re.search(rf'<tspan class="hero">{warm}</tspan>', own)
        assert re.search(rf"Heater</span><span class=\"reading\"><b>{heated}</b>", own)
        assert "Boiler" not in own
    assert "Heat east" in east
    assert "Fogger" in west
    assert "Fogger" not in east


def test_what_is_shared_stands_behind_them(house: House, state: dict[str, Any]) -> None:
    shared = page(house, state).partition('id="shared"')[2]
    assert "Boiler" in shared
    assert "Outside temperature" in shared
    assert "Air temperature" not in shared
    assert 'class="house"' not in shared


def test_the_same_rain_falls_on_every_drawing(house: House, state: dict[str, Any]) -> None:
    text = page(house, state)
    assert part(text, "in-east", "in-west").count('class="rain"') == part(text, "in-west", "shared").count(
        'class="rain"'
    )
    assert text.count('class="rain"') > 2


@pytest.mark.parametrize(("language", "names"), [("en", ("East bay", "Shared")), ("ko", ("동쪽 동", "공용"))])
def test_a_jump_to_each_with_how_warm_it_is(
    house: House, state: dict[str, Any], language: str, names: tuple[str, str]
) -> None:
    jump = part(page(house, state, language), "jump", "in-east")
    assert re.search(rf'<a href="#in-east">{names[0]}<b id="warmth-east"[^>]*>17 °C</b></a>', jump)
    assert f'<a href="#shared">{names[1]}</a>' in jump


def test_no_id_stands_twice_and_every_fragment_has_its_place(house: House, state: dict[str, Any]) -> None:
    say = speaking("en", state)
    found = now.fragments(state, {}, bands(house.plan), expected(house.plan, state), say)
    ids = re.findall(r'id="([^"]+)"', join(now.content(found, state, say)))
    assert len(ids) == len(set(ids))
    assert set(found) <= set(ids)


def test_what_comes_next_stands_with_what_it_moves(state: dict[str, Any]) -> None:
    coming = [
        Expected("round", "Water west by light", 600, "light", "west.irrigation"),
        Expected("period", "night", 3600, "time"),
    ]
    found = now.fragments(state, {}, {}, coming, speaking("en", state))
    assert "Water west" in found["next-west"]
    assert "Water west" not in found["next-east"]
    assert "hidden" in found["next-east"]
    assert "Night begins" in found["next"]


def test_a_name_is_said_with_its_compartment_unless_it_is_clear(state: dict[str, Any]) -> None:
    say = speaking("ko", state)
    assert label("east.air.temperature", say) == "동쪽 동 · 실내 온도"
    assert label("east.air.temperature", say.inside("east")) == "실내 온도"
    assert label("east.air.temperature", say.inside("west")) == "동쪽 동 · 실내 온도"
    assert label("outside.temperature", say.inside("west")) == "외부 온도"
    assert label("east.air.temperature", speech("ko")) == "east.air.temperature"


def test_hand_and_charts_have_a_heading_for_each(house: House, state: dict[str, Any]) -> None:
    say = speaking("en", state)
    hands = join(hand.content(hand.fragments(state, say), state, [], say))
    assert re.findall(r"<h2>([^<]+)</h2>", hands)[:3] == ["East bay", "West bay", "Shared"]
    form = join(charts.content(state, house.plan, {}, (), say))
    assert re.findall(r"<legend>([^<]+)</legend>", form)[:2] == ["East bay · Points", "East bay · Actuators"]
    chosen = re.findall(r'name="point" value="([^"]+)" checked', form)
    assert chosen == ["east.air.temperature", "east.air.humidity", "west.air.temperature", "west.air.humidity"]
    assert '"east.air.temperature":"East bay · Air temperature"' in form


def test_a_rule_is_told_with_the_compartment_of_what_it_moves(house: House) -> None:
    found = {name: text for name, text, _ in sentences(house.plan, speech("en"))}
    assert "East bay · Heater" in found["Heat east"]


def test_the_next_round_goes_by_the_light_of_its_own_compartment(house: House) -> None:
    start = "{0}.dli since last start > 2 mol/m²"
    plan = Plan(
        GIMJE,
        (sensor("east.ppfd"), sensor("west.ppfd")),
        (valve("east.bed"), valve("west.bed")),
        irrigation=tuple(rounds(bay, f"{bay}.bed", start.format(bay), "1 min") for bay in ("east", "west")),
        compartments=house.plan.compartments,
    )
    made = House(plan, east_ppfd=500, west_ppfd=100).after("1 min")
    made.override("east.bed", "open", "1 min").override("west.bed", "open", "1 min").after("5 min")
    due = {each.subject: each.seconds for each in expected(plan, forecast_state(made))}
    assert due["west"] == pytest.approx(5 * due["east"], rel=0.2)
