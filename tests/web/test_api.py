"""The API: the verbs of the command line, the past, and answers to nonsense."""

import asyncio
import csv
import io
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.model.events import Measured, Moved
from controller.model.points import Quality
from controller.model.time import NS, Instant
from controller.web.questions import OverrideQuestion
from tests.app.wait import until

from .house import House


async def test_status_and_why(house: House) -> None:
    state = (await house.client.get("/api/status")).json()
    assert state["actuators"][0]["cause"]["rule"] == "Heat"
    assert state["points"][0]["value"] == 4.0
    why = await house.client.get("/api/why/heater")
    assert "4 °C" in why.json()["cause"]["sentence"]
    wrong = await house.client.get("/api/why/heatr")
    assert (wrong.code, "did you mean heater" in wrong.json()["error"]) == (404, True)


async def test_the_stream_sends_the_status(house: House) -> None:
    reader, writer = await asyncio.open_connection(house.client.host, house.client.port)
    writer.write(b"GET /api/events HTTP/1.1\r\nhost: localhost\r\naccept-encoding: gzip\r\n\r\n")
    line = await asyncio.wait_for(reader.readuntil(b"\n\ndata: "[1:]), 5)
    assert b"text/event-stream" in line
    assert b"heater" in await asyncio.wait_for(reader.readline(), 5)
    writer.close()


async def test_the_verbs(house: House) -> None:
    ask = house.client.ask
    assert (await ask("/api/override", {"actuator": "heater", "value": 0, "seconds": 60})).code == 200
    await until(lambda: house.relay.verbs() == ["on", "off"])
    assert (await house.client.get("/api/status")).json()["actuators"][0]["hand"]["by"] == "the page"
    assert (await ask("/api/release", {"actuator": "heater"})).code == 200
    await until(lambda: house.relay.verbs() == ["on", "off", "on"])
    assert (await ask("/api/acknowledge", {"alarm": "Frost"})).code == 200
    assert (await ask("/api/acknowledge", {"alarm": "Fire"})).code == 400


NONSENSE: list[tuple[Any, int]] = [
    (b"nonsense", 422),
    (b"", 422),
    (b"[]", 422),
    (b"null", 422),
    (b"\xff", 422),
    (b'{"actuator": "\\ud800", "value": 1, "seconds": 1}', 422),
    ({"actuator": "heater", "value": "all", "seconds": 1}, 422),
    ({"actuator": "heater", "value": True, "seconds": 1}, 422),
    ({"actuator": "heater", "value": 101, "seconds": 1}, 422),
    (b'{"actuator": "heater", "value": NaN, "seconds": 1}', 422),
    (b'{"actuator": "heater", "value": 1, "seconds": 1e999}', 422),
    ({"actuator": "heater", "value": 1, "seconds": 0}, 422),
    ({"actuator": "heater", "value": 1, "seconds": 9, "by": "somebody else"}, 422),
    ({"actuator": "heatr", "value": 1, "seconds": 9}, 400),
    (b"x" * 1_000_000, 400),
]


@pytest.mark.parametrize(("question", "code"), NONSENSE)
async def test_nonsense_is_refused_in_words(house: House, question: Any, code: int) -> None:
    answer = await house.client.ask("/api/override", question)
    assert answer.code == code
    assert answer.json()["error"]
    assert house.relay.verbs() == ["on"]


async def test_only_json_is_taken(house: House) -> None:
    answer = await house.client.submit("/api/override", {"actuator": "heater"})
    assert answer.code == 400
    answer = await house.client.request("POST", "/api/override", b"{}", {"content-type": "text/plain"})
    assert answer.code == 403


# the past


@pytest.fixture
async def told(house: House) -> House:
    """An hour of minutes: the temperature climbs by 0.1 °C a minute, the heater is on in the first half."""
    now = int((await house.client.get("/api/status")).json()["wall_ns"])
    start = now // (60 * NS) * 60 - 3600
    events: list[Measured | Moved] = []
    for minute in range(60):
        for second in (5, 35):
            at = Instant(0, (start + 60 * minute + second) * NS)
            events.append(Measured("air.temperature", 20 + 0.1 * minute, Quality.GOOD, at))
        if minute in (0, 30):
            events.append(Moved("heater", 100.0 if minute == 0 else 0.0, Instant(0, (start + 60 * minute) * NS)))
    house.store.append(events)
    await asyncio.to_thread(house.store.flush)
    return house


async def test_history_as_columns(told: House) -> None:
    await until_minutes(told, 59)
    found = (await told.client.get("/api/history?from=-3600&points=air.temperature&actuators=heater")).json()
    assert found["step"] == 60
    mean = [v for v in found["points"]["air.temperature"]["mean"] if v is not None]
    assert mean[:3] == pytest.approx([20.0, 20.1, 20.2], abs=0.11)
    assert 100.0 in found["actuators"]["heater"]
    assert {mark["kind"] for mark in found["marks"]} >= {"alarm", "cause"}
    assert len(found["sun"]) >= 1


async def until_minutes(house: House, wanted: int) -> None:
    """Rollups are written once the minutes after them have begun: wait for the first."""
    await until(lambda: len(house.store.history.spans("air.temperature", 60, 0, 1 << 33)) >= wanted, what="rollups")


async def test_csv_and_workbook_say_the_same(told: House) -> None:
    await until_minutes(told, 59)
    path = "/api/export?from=-3600&points=air.temperature&actuators=heater&format="
    text = (await told.client.get(path + "csv")).body.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["time", "air.temperature [°C]", "heater [%]"]
    times = [datetime.fromisoformat(row[0]) for row in rows[1:]]
    assert {later - earlier for earlier, later in pairwise(times)} == {timedelta(minutes=1)}
    book = openpyxl.load_workbook(io.BytesIO((await told.client.get(path + "xlsx")).body))
    sheet = list(book.worksheets[0].iter_rows(values_only=True))
    assert list(sheet[0]) == rows[0]
    assert [str(row[0])[:16] for row in sheet[1:]] == [time.strftime("%Y-%m-%d %H:%M") for time in times]
    assert [row[1] for row in sheet[1:]] == [float(row[1]) if row[1] else None for row in rows[1:]]


@pytest.mark.parametrize(
    "query",
    ["from=yesterday", "from=-1&to=x", "from=5&to=4", "from=0", "points=air.temprature", "format=doc", "from=9e9",
     "from=" + "9" * 30, "from=1e400", "to=-99999999999999", "actuators=x", "from=2026-13-01", "from=%00"],
)  # fmt: skip
async def test_a_time_that_is_none(house: House, query: str) -> None:
    for path in ("/api/export", "/api/history"):
        answer = await house.client.get(f"{path}?{query}")
        assert answer.code == 400 or (path, query) == ("/api/history", "format=doc"), answer.text


async def test_exports_leave_nothing_behind(told: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    await told.client.get("/api/export?from=-3600")
    await told.client.get("/api/export?from=-3600&format=doc")
    await until(lambda: not list(tmp_path.glob("onsil-export-*")))


async def test_the_journal(told: House) -> None:
    entries = (await told.client.get("/api/journal?from=-600&kind=alarm")).json()
    assert entries[0]["subject"] == "Frost"
    assert entries[0]["state"] == "raised"


# the document


async def test_the_document_says_what_there_is(house: House) -> None:
    document = (await house.client.get("/api/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    schema = document["components"]["schemas"]["OverrideQuestion"]
    jsonschema.validate({"actuator": "heater", "value": 5, "seconds": 60}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"actuator": "heater", "value": 500, "seconds": 60}, schema)
    assert schema["properties"].keys() == OverrideQuestion.model_fields.keys()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            answer = await _call(house, method, path, operation)
            assert answer.code < 500, (path, answer.text)
            assert answer.code not in (404, 405) or "{" in path
            code = str(answer.code)
            assert code in operation["responses"], (path, code)
            if code == "200" and operation["responses"]["200"]["content"].get("application/json"):
                assert answer.headers["content-type"] == "application/json"


async def _call(house: House, method: str, path: str, operation: dict[str, Any]) -> Any:
    if path == "/api/events":
        return await house.client.get("/api/status")  # a stream has no end
    filled = path.replace("{actuator}", "heater")
    if method == "get":
        return await house.client.get(filled)
    return await house.client.ask(filled, {})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_no_request_breaks_the_controller(house: House, data: st.DataObject) -> None:
    """Whatever is asked, the answer is in words and the house goes on."""
    text = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20)
    pieces = st.sampled_from(["api", "status", "why", "heater", "history", "export", "rules", "hand", "..", "%"])
    path = "/" + "/".join(data.draw(st.lists(pieces | text.map(_quoted), max_size=4)))
    query = "&".join(data.draw(st.lists(st.sampled_from(["from=", "to=", "points=", "format="]), max_size=2)))
    method = data.draw(st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"]))
    raw = data.draw(st.none() | st.binary(max_size=60))
    if path.startswith(("/events", "/api/events")):
        return
    answer = await house.client.request(method, f"{path}?{query}", raw, {"content-type": "application/json"})
    assert answer.code < 500
    assert b"Traceback" not in answer.body
    assert house.relay.verbs() == ["on"]


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text)
