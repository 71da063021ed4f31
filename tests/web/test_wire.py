"""Bytes that are hardly HTTP, or no HTTP at all, against the real server."""

from __future__ import annotations

import asyncio
import contextlib
import random
from pathlib import Path

from tests.app.wait import until
from tests.e2e.rehearsal import Rehearsal

from .client import Client
from .demo_house import complaints, demo_house, weight

SEED = 20260621
ROUNDS = 300
HEAD = b"host: localhost\r\n"
JSON = b"content-type: application/json\r\n"

ODD: dict[str, bytes] = {
    "an unknown method": b"BREW /api/status HTTP/1.1\r\n%b\r\n" % HEAD,
    "a method of 10 kB": b"G" * 10_000 + b" / HTTP/1.1\r\n%b\r\n" % HEAD,
    "TRACE": b"TRACE / HTTP/1.1\r\n%b\r\n" % HEAD,
    "CONNECT": b"CONNECT localhost:22 HTTP/1.1\r\n%b\r\n" % HEAD,
    "a whole address": b"GET http://evil.example/api/status HTTP/1.1\r\n%b\r\n" % HEAD,
    "an asterisk": b"OPTIONS * HTTP/1.1\r\n%b\r\n" % HEAD,
    "no host": b"GET /api/status HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /api/status HTTP/1.1\r\n%bhost: evil.example\r\n\r\n" % HEAD,
    "a version of the future": b"GET /api/status HTTP/9.9\r\n%b\r\n" % HEAD,
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a change to websockets": b"GET /api/events HTTP/1.1\r\n%bupgrade: websocket\r\nconnection: upgrade\r\n\r\n" % HEAD,
    "TLS": bytes.fromhex("16030100a5010000a10303") + bytes(160),
    "nothing but zeros": bytes(1000),
    "lines without an end": b"GET /api/status HTTP/1.1\n" + b"x" * 70_000,
    "a header of 1 MB": b"GET / HTTP/1.1\r\n%bx: %b\r\n\r\n" % (HEAD, b"x" * 1_000_000),
    "50 000 headers": b"GET / HTTP/1.1\r\n%b%b\r\n" % (HEAD, b"a: b\r\n" * 50_000),
    "a path of 100 kB": b"GET /%b HTTP/1.1\r\n%b\r\n" % (b"a" * 100_000, HEAD),
    "a query of 20 kB": b"GET /api/history?points=%b HTTP/1.1\r\n%b\r\n" % (b"a," * 10_000, HEAD),
    "a header that is no text": b"GET / HTTP/1.1\r\n%bcookie: onsil=\xff\xfe; language=\x80\r\n\r\n" % HEAD,
    "a folded header": b"GET / HTTP/1.1\r\n%bx: a\r\n b\r\n\r\n" % HEAD,
    "a length that is none": b"POST /api/override HTTP/1.1\r\n%b%bcontent-length: many\r\n\r\n{}" % (HEAD, JSON),
    "a negative length": b"POST /api/override HTTP/1.1\r\n%b%bcontent-length: -1\r\n\r\n{}" % (HEAD, JSON),
    "two lengths": b"POST /api/override HTTP/1.1\r\n%bcontent-length: 2\r\ncontent-length: 30\r\n\r\n{}" % HEAD,
    "length and chunks": (
        b"POST /api/override HTTP/1.1\r\n%b%bcontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
        % (HEAD, JSON)
    ),
    "broken chunks": (
        b"POST /api/override HTTP/1.1\r\n%b%btransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n" % (HEAD, JSON)
    ),
    "a chunk of 2^64 bytes": (
        b"POST /api/override HTTP/1.1\r\n%b%btransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n{}" % (HEAD, JSON)
    ),
    "chunks without an end": (
        b"POST /api/rules/check HTTP/1.1\r\n%b%btransfer-encoding: chunked\r\n\r\n%b"
        % (HEAD, JSON, b"1000\r\n%b\r\n" % (b"x" * 4096) * 1000)
    ),
    "a body of 4 MB": b"POST /api/rules/check HTTP/1.1\r\n%b%bcontent-length: 4000000\r\n\r\n%b" % (
        HEAD, JSON, b"x" * 4_000_000,
    ),
    "deep JSON": b"POST /api/override HTTP/1.1\r\n%b%bcontent-length: 100000\r\n\r\n%b" % (HEAD, JSON, b"[" * 100_000),
    "an expectation": b"POST /api/override HTTP/1.1\r\n%bexpect: 100-continue\r\ncontent-length: 2\r\n\r\n" % HEAD,
    "two requests in one": b"GET /healthz HTTP/1.1\r\n%b\r\n" % HEAD * 50,
    "half a request": b"GET /api/sta",
}  # fmt: skip

TRICKS = [
    "/../../etc/passwd", "/static/../../../../etc/passwd", "/static/..%2f..%2fapi.py", "/static/%2e%2e/%2e%2e/site.py",
    "/static//etc/passwd", "/static/vendor/../../api.py", "/static/page.css%00.js", "/static/.", "/static/",
    "/%00", "/%ff%fe", "//", "/\\..\\", "/api/why/..%2f..%2fstatus", "/api/why/%0d%0aset-cookie:%20a=b",
    "/api/export?format=../../etc/passwd", "/api/history?points=%0d%0a", "/rules/version/-1",
    "/rules/version/9" + "9" * 400, "/rules/version/9" + "9" * 4400,
    "/rules/version/1e9", "/hand/%3Cscript%3E", "/login?next=%0d%0ax", "/api/journal?subject=%00&kind='--",
    "/charts?from=" + "9" * 5000, "/" + "a/" * 5000,
]  # fmt: skip


async def test_nothing_that_is_sent_breaks_the_controller(tmp_path: Path) -> None:
    """Everything odd by itself, then pieces of it at random."""
    chance = random.Random(SEED)
    async with demo_house(tmp_path) as house:
        for name, data in ODD.items():
            said = await send(house, data, 0.5)
            assert b"HTTP/1.1 5" not in said, (name, said[:300])
        for path in TRICKS:
            for method in ("GET", "HEAD", "POST", "DELETE"):
                said = await send(house, f"{method} {path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode("latin-1"))
                assert said.startswith(b"HTTP/1.1 "), path
                assert not said.startswith(b"HTTP/1.1 5"), (path, said[:300])
                assert b"root:" not in said
                assert b"set-cookie: a" not in said.partition(b"\r\n\r\n")[0]  # a body may quote what was asked for
        before = weight(house)
        pieces = [*ODD.values(), *(f"GET {path} HTTP/1.1\r\n".encode("latin-1") for path in TRICKS), HEAD, JSON]
        small = [piece for piece in pieces if len(piece) < 30_000]
        for _ in range(ROUNDS):
            data = bytearray(b"".join(chance.sample(small, chance.randint(1, 3))))
            for _ in range(chance.choice([0, 1, 1, 3, 20])):
                data[chance.randrange(len(data))] = chance.randrange(256)
            said = await send(
                house, bytes(data[: chance.choice([len(data), chance.randrange(len(data)) + 1])]), end=True
            )
            assert b"HTTP/1.1 5" not in said, (bytes(data), said[:300])
        await until(lambda: weight(house).descriptors <= before.descriptors, what="sockets are closed")
        assert weight(house).memory - before.memory < 8 << 20
        assert complaints(house) == []
        assert (await Client("127.0.0.1", house.port).get("/readyz")).text == "ready\n"


async def test_who_holds_every_connection_disturbs_the_page_alone_and_only_for_so_long(tmp_path: Path) -> None:
    async with demo_house(tmp_path) as house:
        before = weight(house)
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(300):
                _, writer = await asyncio.open_connection("127.0.0.1", house.port)
                stack.callback(writer.close)
            said = await send(house, b"GET /readyz HTTP/1.1\r\n%b\r\n" % HEAD)
            assert said.startswith((b"HTTP/1.1 200", b"HTTP/1.1 503"))
            assert house.status()["counters"]["faults"] == 0  # the door for the command line stays open
        await until(lambda: weight(house).descriptors <= before.descriptors, what="sockets are closed")
        assert (await Client("127.0.0.1", house.port).get("/readyz")).text == "ready\n"


async def send(house: Rehearsal, data: bytes, patience: float = 10.0, end: bool = False) -> bytes:
    """The beginning of what comes back for some bytes; nothing where none does within `patience` s.

    With `end` nothing more will be sent, which the server hears: it then lets go of what is not answered yet.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    try:
        with contextlib.suppress(ConnectionError, TimeoutError):
            writer.write(data)
            if end:
                writer.write_eof()
            return await asyncio.wait_for(reader.read(100_000), patience)
        return b""
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
