"""A small house with a page: real engine, real store, real server; only the relay is a list."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from controller.app.clock import SystemClock
from controller.app.desk import Desk
from controller.app.engine import Engine
from controller.app.readiness import missing
from controller.app.records import Records
from controller.app.status import describe
from controller.config import Configuration
from controller.core.core import Core
from controller.model.events import Noted
from controller.model.ports import BusHealth, DeviceHealth
from controller.store import Store
from controller.web.listener import bind
from controller.web.server import serve
from tests.app.house import Relay, plan, temperature
from tests.app.wait import until

from .client import Client

BUSES = [BusHealth("rs485", True, "", 2, [DeviceHealth("<box>", False, 12, 3, 1, 1, 1, note='"><script>')])]


@dataclass(slots=True)
class House:
    """What the tests look at.

    `site` and `state` are its directories, `dev` has its serial ports, `buses` is what site.yaml would wire, `asked`
    counts how often the status was computed.
    """

    client: Client
    relay: Relay
    desk: Desk
    engine: Engine
    store: Store
    site: Path
    state: Path
    dev: Path
    buses: list[SimpleNamespace]
    asked: int = 0


@contextlib.asynccontextmanager
async def house(folder: Path, host: str = "127.0.0.1", language: str = "en") -> AsyncIterator[House]:
    """The house, cold enough to be heated and to raise an alarm."""
    relay, clock = Relay(), SystemClock()
    site, state, dev = folder / "site", folder / "state", folder / "dev"
    for directory in (site, state, dev):
        directory.mkdir(exist_ok=True)
    buses: list[SimpleNamespace] = []
    small = replace(plan(), site=replace(plan().site, language=cast("Any", language)))
    with Store.open(state) as store:
        engine = Engine(Core(small), clock, relay.output, store)
        engine.adopt(engine.core)
        engine.emit((temperature(4.0, clock),))
        await until(lambda: relay.verbs() == ["on"])
        texts = SimpleNamespace(texts=SimpleNamespace(site="", rules="# nothing\n"), buses=buses)
        records = Records(
            store.history,
            site,
            state,
            lambda: cast("Configuration", texts),
            lambda subject, text: store.append((Noted(subject, text, clock.now()),)),
        )
        listener = bind(host, 0)
        client = Client("127.0.0.1", listener.getsockname()[1])
        found = House(client, relay, cast("Desk", None), engine, store, site, state, dev, buses)

        def status() -> dict[str, Any]:
            found.asked += 1
            return describe(small.site, clock.now(), engine, BUSES, [store.status()], store.counters())

        def lacking() -> list[str]:
            return missing(engine.idle(), BUSES, False, store.status()["online"])

        found.desk = Desk(engine, status, None, records, lacking)
        serving = asyncio.create_task(serve(found.desk, listener, state, dev=dev))
        try:
            yield found
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            listener.close()
