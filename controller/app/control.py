"""The running controller's door: a unix socket in the state directory that takes and answers lines of JSON."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import orjson

log = logging.getLogger("onsil.control")

NAME = "control.sock"
LONGEST_LINE = 320 * 1024  # the longest rules, and what JSON makes of their quotes and ends of lines
MOST_GUESTS = 50  # connections at once; further ones are hung up on

Answer = Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]


class Refused(Exception):
    """The question makes no sense, or its answer is no; the text says why."""


class NotRunning(Exception):
    """No controller listens in this state directory."""


@contextlib.asynccontextmanager
async def listening(state: Path, answer: Answer) -> AsyncIterator[None]:
    """Serve the socket. `answer` is called with each question, and may raise Refused."""
    path = state / NAME
    path.unlink(missing_ok=True)
    guests = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal guests
        guests += 1
        try:
            while guests <= MOST_GUESTS and (line := await reader.readline()):
                writer.write(await _reply(line, answer) + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            pass  # gone, or a line without end: there is nobody to tell
        finally:
            guests -= 1
            writer.close()

    server = await asyncio.start_unix_server(serve, path, limit=LONGEST_LINE)
    # who may open the socket may open the vents: the owner and the group of the service, nobody else
    path.chmod(0o660)
    try:
        yield
    finally:
        server.close()
        path.unlink(missing_ok=True)


def ask(state: Path, question: Mapping[str, Any], timeout: float = 5.0) -> dict[str, Any]:
    """Ask the controller of this state directory. Raises NotRunning and Refused."""
    line = b""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout)
            connection.connect(str(state / NAME))
            connection.sendall(orjson.dumps(question) + b"\n")
            while not line.endswith(b"\n") and (more := connection.recv(65536)):
                line += more
    except OSError as error:
        raise NotRunning(f"no controller answers in {state} ({error.strerror or error})") from None
    if not line:
        raise NotRunning(f"the controller in {state} is just stopping")
    reply: dict[str, Any] = orjson.loads(line)
    if "error" in reply:
        raise Refused(reply["error"])
    return reply


async def _reply(line: bytes, answer: Answer) -> bytes:
    try:
        question = orjson.loads(line)
        if not isinstance(question, dict):
            raise Refused("a question is a JSON object")
        return orjson.dumps(await answer(question))
    except orjson.JSONDecodeError as error:
        return orjson.dumps({"error": f"this is not JSON: {error}"})
    except Refused as refusal:
        return orjson.dumps({"error": str(refusal)})
    except Exception as error:
        log.exception("a question could not be answered")
        return orjson.dumps({"error": f"the controller failed on this: {error}"})
