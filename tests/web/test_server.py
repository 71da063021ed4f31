"""The web server leaves nothing open when its part of the controller ends or begins anew."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from .whole import whole_house


async def test_whoever_watches_the_page_is_let_go_without_a_complaint_when_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MQTT_PASSWORD", "a secret")
    async with whole_house(tmp_path) as whole:
        reader, writer = await asyncio.open_connection("127.0.0.1", whole.client.port)
        writer.write(b"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert b" 200 " in await reader.readline()
    async with asyncio.timeout(10):
        await reader.read()
    writer.close()
    assert [record.getMessage() for record in caplog.records if record.name == "uvicorn.error"] == []
