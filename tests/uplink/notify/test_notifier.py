"""Messages really go out through Apprise, and wait for a service that is away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from controller.app.clock import SystemClock
from controller.model.events import Alarmed, AlarmState
from controller.uplink.notify import Announcer, Notifier, notifier
from tests.app.wait import until


class Service:
    """A web service that takes Apprise's JSON; while `refuses`, it answers 503."""

    def __init__(self) -> None:
        self.taken: list[dict[str, str]] = []
        self.asked = 0
        self.refuses = False
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length:")[1].split("\r\n")[0])
        body = json.loads(await reader.readexactly(length))
        self.asked += 1
        if not self.refuses:
            self.taken.append(body)
        answer = b"503 Busy" if self.refuses else b"200 OK"
        writer.write(b"HTTP/1.1 " + answer + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()


@asynccontextmanager
async def service() -> AsyncIterator[Service]:
    made = Service()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


@asynccontextmanager
async def running(address: str) -> AsyncIterator[Notifier]:
    made = Notifier(Announcer("Gimje house 1", {"high": (address,)}), SystemClock())
    task = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def frost() -> Alarmed:
    return Alarmed("Frost", AlarmState.RAISED, "high", "air.temperature < 5 °C", SystemClock().now())


async def test_a_message_goes_out() -> None:
    async with service() as web, running(f"json://127.0.0.1:{web.port}/") as made:
        made.hear([frost()])
        await until(lambda: web.taken, 30)
        assert web.taken[0]["title"] == "Gimje house 1: Frost"
        assert web.taken[0]["message"] == "high: air.temperature < 5 °C"
        await until(lambda: made.status()["online"])


async def test_a_message_waits_for_a_service_that_is_away(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(notifier, "FIRST_PAUSE", 0.01)
    async with service() as web, running(f"json://127.0.0.1:{web.port}/") as made:
        web.refuses = True
        made.hear([frost()])
        await until(lambda: web.asked, 30)
        await until(lambda: not made.status()["online"], 30)
        assert "waits" in made.status()["note"]
        web.refuses = False
        await until(lambda: web.taken, 30)
        await until(lambda: made.status()["online"], 30)
        assert len(web.taken) == 1


async def test_an_address_that_apprise_does_not_know_is_said_without_showing_it(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(notifier, "FIRST_PAUSE", 60.0)
    async with running("nonsense://user:secret@host") as made:
        made.hear([frost()])
        await until(lambda: not made.status()["online"], 30)
        assert "address 1 of notify is none that Apprise understands" in made.status()["note"]
        assert "secret" not in made.status()["note"]
