"""One status a second for everybody who looks, and none while nobody does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from controller.web.html import Html

State = dict[str, Any]
Fragments = dict[str, Html]
Draw = Callable[[State], Fragments]

EVERY = 1.0  # real seconds between two states
_GOLDEN = 0.618034  # multiples of it, without their whole part, spread evenly however many there are
LASTS = 600.0  # real seconds of one stream; who comes again must still be allowed to
ALIVE_EVERY = 15.0  # real seconds after which a stream with nothing new says so, or proxies would close it


@dataclass(slots=True)
class Moment:
    """One state with what has been drawn of it, so that a thousand readers cost one drawing a view."""

    number: int
    state: State
    at: float
    fragments: dict[str, Fragments] = field(default_factory=dict)
    messages: dict[tuple[str, int], bytes] = field(default_factory=dict)
    json: bytes | None = None


class Feed:
    """Shared by all streams. `status` is asked at most once in `EVERY` seconds."""

    def __init__(self, status: Callable[[], State]) -> None:
        self._status = status
        self._moment: Moment | None = None
        self._outdated = False
        self._readers = 0

    def now(self) -> Moment:
        """The present moment, which may be up to `EVERY` seconds old."""
        at = time.monotonic()
        if self._moment is None or self._outdated or at - self._moment.at >= EVERY * 0.9:
            self._outdated = False
            number = 0 if self._moment is None else self._moment.number + 1
            self._moment = Moment(number, self._status(), at)
        return self._moment

    def forget(self) -> None:
        """Somebody has changed something: who asks next is to see it."""
        self._outdated = True

    def fragments(self, view: str, draw: Draw) -> Fragments:
        """What a view looks like now. `view` names what `draw` draws, with everything that it depends on."""
        return self._drawn(self.now(), view, draw)

    async def updates(self, view: str, draw: Draw) -> AsyncGenerator[bytes]:
        """Server-sent events: first all fragments, then those that differ from the ones before.

        A reader that is slow misses moments, never fragments: each message is made from what that reader has seen.
        """
        phase, last, said_at, seen = self._phase(), -1, time.monotonic(), Fragments()
        ends = time.monotonic() + LASTS
        yield b"retry: 1500\n\n"
        while time.monotonic() < ends:
            moment = self.now()
            drawn = self._drawn(moment, view, draw)
            message = self._message(moment, view, last, drawn, seen)
            seen, last = drawn, moment.number
            if message or time.monotonic() - said_at >= ALIVE_EVERY:
                said_at = time.monotonic()
                yield message or b": alive\n\n"
            await self._pause(phase)

    async def states(self) -> AsyncIterator[bytes]:
        """Server-sent events with the whole state as JSON."""
        phase, ends = self._phase(), time.monotonic() + LASTS
        yield b"retry: 1500\n\n"
        while time.monotonic() < ends:
            moment = self.now()
            if moment.json is None:
                moment.json = orjson.dumps(moment.state)
            yield b"event: status\ndata: " + moment.json + b"\n\n"
            await self._pause(phase)

    def _phase(self) -> float:
        """When in each second a new reader is served: spread over half of it, so that no crowd is served at once."""
        self._readers += 1
        return self._readers * _GOLDEN % 1 * EVERY / 2

    async def _pause(self, phase: float) -> None:
        """Until the reader's time in the next second: all then see the moment that the first of them made."""
        await asyncio.sleep(EVERY - (time.monotonic() - phase) % EVERY + 0.001)

    def _drawn(self, moment: Moment, view: str, draw: Draw) -> Fragments:
        if view not in moment.fragments:
            moment.fragments[view] = draw(moment.state)
        return moment.fragments[view]

    def _message(self, moment: Moment, view: str, last: int, drawn: Fragments, seen: Fragments) -> bytes:
        known = moment.messages.get((view, last))
        if known is None or last < 0:
            changed = [html for name, html in drawn.items() if seen.get(name) != html]
            known = _event("fragments", "".join(changed)) if changed else b""
            moment.messages[view, last] = known
        return known


def _event(name: str, text: str) -> bytes:
    lines = "".join(f"data: {line}\n" for line in text.split("\n"))
    return f"event: {name}\n{lines}\n".encode()
