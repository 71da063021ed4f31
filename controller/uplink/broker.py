"""Connections to an MQTT broker for uplinks. aiomqtt is loaded with this module: import it where it is used."""

from __future__ import annotations

import asyncio
import secrets
import socket
import ssl
from collections.abc import Coroutine
from typing import Any

import aiomqtt

from controller.config.settings import BrokerSettings

KEEPALIVE = 20  # s
PATIENCE = 10.0  # s for any single answer of the broker
_AGAIN = 2.0  # s
UNREACHABLE = (aiomqtt.MqttError, OSError)
"""What connecting and talking raise where it is the network's or the broker's fault."""


def client(broker: BrokerSettings, will: aiomqtt.Will) -> aiomqtt.Client:
    """A connection to enter once, in a clean session. Raises OSError for a certificate's file that cannot be read."""
    return aiomqtt.Client(
        broker.host,
        broker.port,
        username=broker.username,
        password=broker.password,
        identifier=f"onsil-{secrets.token_hex(6)}",
        clean_session=True,
        will=will,
        keepalive=KEEPALIVE,
        timeout=PATIENCE,
        tls_context=_tls(broker),
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
    )


async def together(*parts: Coroutine[Any, Any, None]) -> None:
    """Run these until one ends or fails, or the caller is cancelled; all of them end then."""
    tasks = {asyncio.create_task(part) for part in parts}
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        # again and again: Python 3.11's wait_for, which aiomqtt uses, loses a cancellation that comes with its result
        while tasks := {task for task in tasks if not task.done()}:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=_AGAIN)


def _tls(broker: BrokerSettings) -> ssl.SSLContext | None:
    if not broker.tls:
        return None
    context = ssl.create_default_context(cafile=broker.ca)
    if broker.certificate is not None:
        context.load_cert_chain(broker.certificate, broker.key)
    return context
