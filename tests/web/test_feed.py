"""One status for everybody, only what has changed, and nothing while nobody looks."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

import pytest

from controller.web import feed as feeds
from controller.web.feed import Feed
from controller.web.html import Html, el


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "EVERY", 0.05)


class Source:
    """Counts how often it is asked; only `b` changes."""

    def __init__(self) -> None:
        self.asked = self.drawn = 0

    def status(self) -> dict[str, Any]:
        self.asked += 1
        return {"n": self.asked}

    def draw(self, state: Mapping[str, Any]) -> dict[str, Html]:
        self.drawn += 1
        return {"a": el("p", "same", id="a"), "b": el("p", state["n"], id="b")}


async def listen(feed: Feed, source: Source, messages: int) -> list[bytes]:
    found = []
    async with contextlib.aclosing(feed.updates("view", source.draw)) as stream:
        async for message in stream:
            found.append(message)
            if len(found) > messages:
                break
    return found


async def test_a_hundred_listeners_cost_one_status_and_one_drawing_a_moment() -> None:
    source = Source()
    feed = Feed(source.status)
    heard = await asyncio.gather(*(listen(feed, source, 5) for _ in range(100)))
    assert source.asked <= 8
    assert source.drawn <= source.asked
    assert all(len(messages) == 6 for messages in heard)


async def test_the_first_message_is_whole_and_the_next_have_what_changed() -> None:
    source = Source()
    _, first, second, third = await listen(Feed(source.status), source, 3)
    assert b'id="a"' in first
    assert b'id="b"' in first
    assert b'id="a"' not in second + third
    assert b'id="b"' in second


async def test_nobody_looks_nobody_asks() -> None:
    source = Source()
    feed = Feed(source.status)
    await listen(feed, source, 2)
    asked = source.asked
    await asyncio.sleep(0.2)
    assert source.asked == asked


async def test_a_stream_ends_some_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes again is asked again whether he may."""
    monkeypatch.setattr(feeds, "LASTS", 0.1)
    source = Source()
    assert len(await asyncio.wait_for(listen(Feed(source.status), source, 1000), 5)) < 10


async def test_a_message_of_many_lines_is_one_event() -> None:
    source = Source()
    drawn = {"a": Html("<p>one\ntwo</p>")}
    async for message in Feed(source.status).updates("view", lambda _: drawn):
        if b"fragments" in message:
            assert message == b"event: fragments\ndata: <p>one\ndata: two</p>\n\n"
            return
