import asyncio
from pathlib import Path
from typing import Any

import pytest

from controller.app.clock import SystemClock
from controller.app.control import NotRunning, Refused, ask, listening
from controller.app.desk import Desk
from controller.app.engine import Engine
from controller.core.core import Core

from .house import Memory, Relay, plan, temperature
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
        house[1].answer(question)


async def test_nonsense_on_the_socket_gets_an_answer(house: tuple[Engine, Desk, Relay], tmp_path: Path) -> None:
    async with listening(tmp_path, house[1].answer):
        reader, writer = await asyncio.open_unix_connection(tmp_path / "control.sock")
        for line in (b"not json\n", b"[1]\n", b'{"do": {"a": 1}}\n'):
            writer.write(line)
            assert b'"error"' in await asyncio.wait_for(reader.readline(), 5)
        writer.close()
