"""The page over https."""

import asyncio
import ssl
from pathlib import Path
from typing import Any

from controller.web.access import Users
from controller.web.listener import Tls, bind
from controller.web.server import serve
from tests.support.certificates import Certificates

from .house import House


async def test_over_https_the_cookie_never_travels_in_clear(house: House, tmp_path: Path) -> None:
    made = Certificates(tmp_path)
    Users(house.state).add("kim", "viewer", "geranium-blossom")
    listener = bind("127.0.0.1", 0)
    tls = Tls(made.broker, made.broker_key)
    serving = asyncio.create_task(serve(house.desk, listener, house.state, tls))
    try:
        context = ssl.create_default_context(cafile=str(made.authority))
        connection: Any = await asyncio.open_connection(*listener.getsockname(), ssl=context)
        reader, writer = connection
        body = b"name=kim&password=geranium-blossom"
        writer.write(
            b"POST /login HTTP/1.1\r\nhost: localhost\r\norigin: https://localhost\r\nconnection: close\r\n"
            b"content-type: application/x-www-form-urlencoded\r\ncontent-length: %d\r\n\r\n" % len(body) + body
        )
        answer = (await asyncio.wait_for(reader.read(), 10)).lower()
        writer.close()
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        listener.close()
    assert answer.startswith(b"http/1.1 303")
    cookie = next(line for line in answer.splitlines() if line.startswith(b"set-cookie: onsil="))
    assert b"secure" in cookie
