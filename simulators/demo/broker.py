"""A broker inside the process, for those who have none."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any


@contextlib.asynccontextmanager
async def embedded_broker() -> AsyncIterator[str]:
    """The URL of a broker on a free port of this machine; anybody may come, none but this machine can."""
    from amqtt.broker import Broker

    configuration: dict[str, Any] = {
        "listeners": {"default": {"type": "tcp", "bind": "127.0.0.1:0"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    logging.getLogger("transitions").setLevel(logging.CRITICAL)
    broker = Broker(configuration)
    await broker.start()
    try:
        # amqtt does not tell which free port it was given
        port = broker._servers["default"].instance.sockets[0].getsockname()[1]
        yield f"mqtt://127.0.0.1:{port}"
    finally:
        await broker.shutdown()
