"""The web server inside the controller's event loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from controller.app.desk import Desk
from controller.app.serial_ports import DEV
from controller.web.access import Access, Users
from controller.web.access.people import is_local
from controller.web.backups import Backups
from controller.web.listener import Tls
from controller.web.scans import Scans
from controller.web.site import application

MOST_CONNECTIONS = 200


class _Server(uvicorn.Server):
    """Signals belong to the controller: it brings the outputs to safe positions before it goes."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def stop(self) -> None:
        """Let go of every connection, and end what is still answered: one that was cancelled leaves all that open."""
        for server in self.servers if self.started else ():
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        answering = list(self.server_state.tasks)
        log = logging.getLogger("uvicorn.error")
        log.addFilter(_not_let_go)
        try:
            for task in answering:
                task.cancel()
            await asyncio.gather(*answering, return_exceptions=True)
        finally:
            log.removeFilter(_not_let_go)


def _not_let_go(record: logging.LogRecord) -> bool:
    """Whether a line of the log is about anything but an answer that was cancelled: that is no error of a page."""
    return record.exc_info is None or not isinstance(record.exc_info[1], asyncio.CancelledError)


async def serve(desk: Desk, listener: socket.socket, state: Path, tls: Tls | None = None, dev: Path = DEV) -> None:
    """Serve the page until cancelled. `state` is the directory with the users and the key of their sessions.

    Who listens beyond localhost lets nobody in without a login. `dev` is where the serial ports are.
    """
    backups, scans = Backups(), Scans(dev)
    await asyncio.to_thread(backups.sweep, state)
    access = Access(Users(state), beyond_localhost=not is_local(listener.getsockname()[0]))
    config = uvicorn.Config(
        application(desk, access, backups, scans),
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        lifespan="off",
        loop="asyncio",
        http="h11",
        ws="none",
        timeout_graceful_shutdown=1,
        limit_concurrency=MOST_CONNECTIONS,
        proxy_headers=False,
        h11_max_incomplete_event_size=32 * 1024,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
    )
    server = _Server(config)
    with contextlib.closing(listener.dup()) as listening:
        try:
            await server.serve(sockets=[listening])
        finally:
            await server.stop()
            await scans.stop()
