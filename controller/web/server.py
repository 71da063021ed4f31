"""The web server inside the controller's event loop."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import uvicorn

from controller.app.desk import Desk
from controller.web.pages import application


class _Server(uvicorn.Server):
    """Signals belong to the controller: it brings the outputs to safe positions before it goes."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind(host: str, port: int) -> socket.socket:
    """A listening socket, so that a port in use is an error at the start and not a crash later. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=64)


async def serve(desk: Desk, listener: socket.socket) -> None:
    """Serve the page until cancelled."""
    config = uvicorn.Config(
        application(desk),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        loop="asyncio",
        http="h11",
        ws="none",
        timeout_graceful_shutdown=1,
        limit_concurrency=100,
    )
    await _Server(config).serve(sockets=[listener.dup()])
