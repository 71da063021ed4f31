import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller.app.clock import SystemClock
from controller.app.control import NotRunning, Refused, ask, listening
from controller.app.desk import Desk
from controller.app.engine import Engine
from controller.app.status import describe
from controller.cli.printing import status_lines, why_lines
from controller.core.core import Core
from controller.core.plan import SetPlan, SettingPlan
from controller.model.commands import Command
from controller.model.units import unit

from .house import Memory, Relay, expression, plan, temperature
from .wait import until


@pytest.fixture
async def house() -> tuple[Engine, Desk, Relay]:
    relay, clock = Relay(), SystemClock()
    engine = Engine(Core(plan()), clock, relay.output, Memory())
    engine.adopt(engine.core)
    engine.emit((temperature(4.0, clock),))
    await until(lambda: relay.verbs() == ["on"])
    return engine, Desk(engine, lambda: {"time": "now"}), relay


async def asking(state: Path, **question: Any) -> dict[str, Any]:
    return await asyncio.to_thread(ask, state, question)


async def test_questions_over_the_socket(house: tuple[Engine, Desk, Relay], tmp_path: Path) -> None:
    engine, desk, relay = house
    async with listening(tmp_path, desk.answer):
        assert (await asking(tmp_path, do="status")) == {"time": "now"}
        why = await asking(tmp_path, do="why", actuator="heater")
        assert why["cause"]["rule"] == "Heat"
        assert "4 °C" in why["cause"]["sentence"]
        await asking(tmp_path, do="override", actuator="heater", value=0, seconds=60, by="Kim")
        await until(lambda: relay.verbs() == ["on", "off"])
        assert (await asking(tmp_path, do="why", actuator="heater"))["cause"]["level"] == "hand"
        await asking(tmp_path, do="release", actuator="heater")
        await until(lambda: relay.verbs() == ["on", "off", "on"])
        await asking(tmp_path, do="acknowledge", alarm="Frost", by="Kim")
        await until(lambda: str(engine.core.alarms()[0].state) == "acknowledged")
    with pytest.raises(NotRunning):
        await asking(tmp_path, do="status")


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ({"do": "dance"}, "no question 'dance'"),
        ({"do": "why", "actuator": "heatr"}, "did you mean heater"),
        ({"do": "override", "actuator": "heater", "value": 101, "seconds": 5}, "0 to 100"),
        ({"do": "override", "actuator": "heater", "value": True, "seconds": 5}, "0 to 100"),
        ({"do": "override", "actuator": "heater", "value": 5, "seconds": 0}, "lasts from"),
        ({"do": "override", "actuator": "heater", "value": 5, "seconds": 1e9}, "lasts from"),
        ({"do": "acknowledge", "alarm": "Fros"}, "did you mean Frost"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    house: tuple[Engine, Desk, Relay], question: dict[str, Any], why: str
) -> None:
    with pytest.raises(Refused, match=why):
        await house[1].answer(question)


async def test_nonsense_on_the_socket_gets_an_answer(house: tuple[Engine, Desk, Relay], tmp_path: Path) -> None:
    async with listening(tmp_path, house[1].answer):
        reader, writer = await asyncio.open_unix_connection(tmp_path / "control.sock")
        for line in (b"not json\n", b"[1]\n", b'{"do": {"a": 1}}\n'):
            writer.write(line)
            assert b'"error"' in await asyncio.wait_for(reader.readline(), 5)
        writer.close()


FEED = SettingPlan("feed", "mixer.ec", unit("mS/cm"), 0.5, 4.0, 1.5, 0.05)


@pytest.fixture
async def mixer() -> tuple[Engine, Desk, list[Command]]:
    """A house with a mixer that is told 2.4 mS/cm."""
    told: list[Command] = []
    rule = SetPlan("Feed", "feed", expression("2.4 mS/cm"))
    whole = replace(plan(), settings=(FEED,), sets=(rule,))
    engine = Engine(
        Core(whole), SystemClock(), lambda name: told.append if name == "mixer.ec" else Relay().output(name), Memory()
    )
    engine.adopt(engine.core)
    await until(lambda: len(told) == 1)
    return engine, Desk(engine, lambda: {"time": "now"}), told


@pytest.mark.parametrize(("value", "number"), [(1.8, 1.8), ("1.8 mS/cm", 1.8), ("1800 µS/cm", 1.8)])
async def test_a_setting_is_taken_in_hand_in_its_unit_and_says_why(
    mixer: tuple[Engine, Desk, list[Command]], value: object, number: float
) -> None:
    _, desk, told = mixer
    assert desk.why("feed")["text"] == "2.4 mS/cm"
    assert desk.why("feed")["cause"]["rule"] == "Feed"
    question = {"do": "override", "actuator": "feed", "value": value, "seconds": 60, "by": "Kim"}
    assert await desk.answer(question) == {"done": "feed is set to 1.8 mS/cm for 1 min"}
    await until(lambda: told[-1].value == pytest.approx(number))
    assert desk.why("feed")["cause"]["level"] == "hand"
    assert "\n".join(why_lines(desk.why("feed"))).startswith("feed: 1.8 mS/cm\nhand: Kim")
    await desk.answer({"do": "release", "actuator": "feed"})
    await until(lambda: told[-1].value == pytest.approx(2.4))


@pytest.mark.parametrize("value", [0.4, 4.1, "9 mS/cm", "2 °C", "much", True, None, float("nan")])
async def test_a_number_that_a_setting_cannot_be_is_refused(
    mixer: tuple[Engine, Desk, list[Command]], value: object
) -> None:
    with pytest.raises(Refused, match=r"the value is a number from 0\.5 to 4 mS/cm"):
        mixer[1].override("feed", value, 60, "Kim")


async def test_the_status_shows_settings(mixer: tuple[Engine, Desk, list[Command]]) -> None:
    engine, desk, _ = mixer
    desk.override("feed", 1.8, 60, "Kim")
    await until(lambda: engine.core.settings()[0].hand is not None)
    state = describe(engine.core.plan.site, SystemClock().now(), engine, [], [], {})
    (feed,) = state["settings"]
    assert (feed["name"], feed["value"], feed["text"]) == ("feed", 1.8, "1.8 mS/cm")
    assert feed["hand"]["by"] == "Kim"
    assert "  feed: 1.8 mS/cm" in status_lines(state)
