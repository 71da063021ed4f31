import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from controller.app.clock import SystemClock
from controller.app.desk import Desk
from controller.app.engine import Engine
from controller.app.status import describe
from controller.core.core import Core
from controller.model.ports import BusHealth, DeviceHealth
from controller.web.render import page
from controller.web.server import bind, serve

from .house import Memory, Relay, plan, temperature
from .wait import until

BUSES = [BusHealth("rs485", True, "", 0, [DeviceHealth("<box>", False, note='"><script>')])]


async def http(address: tuple[str, int], request: str, body: bytes = b"") -> tuple[int, bytes]:
    """One request over a real connection: status code and everything that followed the headers."""
    reader, writer = await asyncio.open_connection(*address)
    head = f"{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {len(body)}\r\n"
    if body:
        head += "content-type: application/json\r\n"
    writer.write(head.encode() + b"\r\n" + body)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    headers, _, rest = answer.partition(b"\r\n\r\n")
    return int(headers.split()[1]), rest


@pytest.fixture
async def house() -> AsyncIterator[tuple[tuple[str, int], Relay, Desk]]:
    relay, clock = Relay(), SystemClock()
    engine = Engine(Core(plan()), clock, relay.output, Memory())
    engine.adopt(engine.core)
    engine.emit((temperature(4.0, clock),))
    await until(lambda: relay.verbs() == ["on"])
    desk = Desk(engine, lambda: describe(plan().site, clock.now(), engine, BUSES, [], {}))
    listener = bind("127.0.0.1", 0)
    task = asyncio.create_task(serve(desk, listener))
    yield listener.getsockname(), relay, desk
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    listener.close()


House = tuple[tuple[str, int], Relay, Desk]


async def test_the_page_shows_the_house_and_escapes_every_name(house: House) -> None:
    code, body = await http(house[0], "GET /")
    text = body.decode()
    assert code == 200
    assert "&lt;House &amp; Co&gt;" in text
    assert "<House" not in text
    assert "<script>" not in text.replace('<script src="/static/page.js" defer></script>', "")
    for part in ("air.temperature", "4 °C", "heater", "Heat", "rs485"):
        assert part in text


async def test_status_and_why_as_json(house: House) -> None:
    code, body = await http(house[0], "GET /api/status")
    state: dict[str, Any] = orjson.loads(body)
    assert code == 200
    assert state["actuators"][0]["cause"]["rule"] == "Heat"
    assert state["points"][0]["value"] == 4.0
    code, body = await http(house[0], "GET /api/why/heater")
    assert code == 200
    assert "4 °C" in orjson.loads(body)["cause"]["sentence"]
    code, body = await http(house[0], "GET /api/why/heatr")
    assert code == 404
    assert "did you mean heater" in orjson.loads(body)["error"]


async def test_the_stream_sends_the_page_again(house: House) -> None:
    reader, writer = await asyncio.open_connection(*house[0])
    writer.write(b"GET /api/events HTTP/1.1\r\nhost: x\r\n\r\n")
    await asyncio.wait_for(reader.readuntil(b"data: "), 5)
    line = await asyncio.wait_for(reader.readline(), 5)
    assert "heater" in orjson.loads(line)["html"]
    writer.close()


async def test_a_hand_on_the_page(house: House) -> None:
    address, relay, _ = house
    question = orjson.dumps({"actuator": "heater", "value": 0, "seconds": 60})
    assert (await http(address, "POST /api/override", question))[0] == 200
    await until(lambda: relay.verbs() == ["on", "off"])
    assert (await http(address, "POST /api/release", b'{"actuator": "heater"}'))[0] == 200
    await until(lambda: relay.verbs() == ["on", "off", "on"])
    assert (await http(address, "POST /api/acknowledge", b'{"alarm": "Frost"}'))[0] == 200
    assert (await http(address, "POST /api/acknowledge", b'{"alarm": "Fire"}'))[0] == 400
    assert (await http(address, "POST /api/override", b'{"actuator": "heater", "value": "all"}'))[0] == 400
    assert (await http(address, "POST /api/override", b"nonsense"))[0] == 400
    assert (await http(address, "POST /api/override"))[0] == 415


async def test_static_files_and_nothing_else(house: House) -> None:
    assert (await http(house[0], "GET /static/page.js"))[0] == 200
    assert (await http(house[0], "GET /static/page.css"))[0] == 200
    assert (await http(house[0], "GET /static/..%2frender.py"))[0] == 404


async def test_the_page_speaks_korean(house: House) -> None:
    assert "구동기" in page({**house[2].status(), "language": "ko"})
