"""The uplink as a part of the controller: a thread of its own, started and ended by a task."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import sqlite3
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from controller.config.settings import Influx1Settings, Influx2Settings
from controller.store.outbox import Outbox
from controller.uplink.backoff import Backoff
from controller.uplink.influxdb.client import connect
from controller.uplink.influxdb.drain import BATCH, Batch, Drain
from controller.uplink.lines import LineWriter

log = logging.getLogger("onsil.uplink")

NAME = "influxdb"
GATHER = 1.0  # s that news are left to gather before they are sent
IDLE = 60.0  # s of waiting for news, after which the outbox is looked at anyway
SWITCH = 0.001  # s that a computing thread may keep the control loop waiting
END_WITHIN = 2.0  # s that a request under way gets at the end

Server = Influx1Settings | Influx2Settings


class InfluxUplink:
    """Drains the store's outbox into one server. Nothing it does can hold up control, and nothing is ever given up.

    `open_outbox` is the store's `outbox`. `units` are those of points whose names do not end in a quantity.
    """

    def __init__(
        self,
        server: Server,
        site: str,
        open_outbox: Callable[[str], Outbox],
        units: Mapping[str, str] | None = None,
        *,
        backoff: Backoff | None = None,
    ) -> None:
        self._server, self._site, self._units = server, site, units or {}
        self._outbox = open_outbox(NAME)
        self._backoff = backoff or Backoff(random.Random())
        self._drain: Drain | None = None
        self._note = "not started yet"

    def status(self) -> dict[str, Any]:
        """Name, whether the last batch was taken, and in words what is wrong."""
        drain = self._drain
        online = drain is not None and drain.online
        return {"name": NAME, "online": online, "note": drain.note if drain is not None else self._note}

    async def run(self) -> None:
        """Drain until cancelled. Raises what it cannot recover from (ImportError, mistakes of ours)."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()
        stop = threading.Event()

        def serve() -> None:
            error: BaseException | None = None
            try:
                self._serve(stop)
            except BaseException as caught:
                error = caught
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_settle, ended, error)

        # a daemon: a server that holds a request for ever must not keep the process from ending
        threading.Thread(target=serve, name=f"uplink {NAME}", daemon=True).start()
        try:
            await asyncio.shield(ended)
        finally:
            stop.set()
            self._outbox.wake()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(ended), END_WITHIN)

    def _serve(self, stop: threading.Event) -> None:
        # a backlog is made into lines as fast as the processor can: let the control loop in after 1 ms, not 5
        sys.setswitchinterval(min(SWITCH, sys.getswitchinterval()))
        client = connect(self._server)
        drain = self._drain = Drain(self._outbox, client, LineWriter(self._site, self._units), self._backoff)
        self._outbox.rewind()
        try:
            # one batch is made ready while the one before is with the server
            with ThreadPoolExecutor(1, f"uplink {NAME} lines") as helper:
                _Loop(drain, self._outbox, helper, stop).run()
        finally:
            client.close()
            self._outbox.close()


class _Loop:
    def __init__(self, drain: Drain, outbox: Outbox, helper: ThreadPoolExecutor, stop: threading.Event) -> None:
        self._drain, self._outbox, self._helper, self._stop = drain, outbox, helper, stop
        self._next: Future[Batch | None] | None = None

    def run(self) -> None:
        """Until stopped."""
        while not self._stop.is_set():
            try:
                batch = self._prepared()
            except sqlite3.Error as error:
                log.warning("the outbox cannot be read: %s", error)
                self._drain.note = f"the outbox cannot be read: {error}"
                self._stop.wait(GATHER)
                continue
            if batch is None:
                self._outbox.wait(IDLE)
                self._stop.wait(GATHER)
                continue
            if batch.portion.points >= BATCH // 2:
                self._next = self._helper.submit(self._drain.prepare)
            self._send(batch)

    def _prepared(self) -> Batch | None:
        ready, self._next = self._next, None
        return ready.result() if ready is not None else self._drain.prepare()

    def _send(self, batch: Batch) -> None:
        told = ""
        while not self._stop.is_set():
            pause = self._drain.send(batch)
            if not pause:
                return
            if self._drain.note != told:
                told = self._drain.note
                log.warning("%s", told)
            self._stop.wait(pause)


def _settle(ended: asyncio.Future[None], error: BaseException | None) -> None:
    if ended.done():
        return
    if error is None:
        ended.set_result(None)
    else:
        ended.set_exception(error)
