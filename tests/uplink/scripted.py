"""A small real HTTP server that answers writes as a test tells it to, and remembers what it has taken."""

from __future__ import annotations

import gzip
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

TAKE = (204, "", {})

Reply = tuple[int, str, dict[str, str]] | None
"""Status, body, headers; None hangs up without an answer."""


class Request(NamedTuple):
    path: str
    authorization: str
    lines: list[str]


class Scripted:
    """`replies` are given one after the other; after them `rule` decides, which takes everything at first."""

    def __init__(self) -> None:
        self.replies: deque[Reply] = deque()
        self.rule: Callable[[list[str]], Reply] = lambda lines: TAKE
        self.requests: list[Request] = []
        self.taken: list[str] = []
        self.url = ""


@contextmanager
def scripted() -> Iterator[Scripted]:
    """A running server for the length of a with block."""
    script = Scripted()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = gzip.decompress(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.headers["Content-Encoding"] == "gzip"
            lines = body.decode().split("\n")
            script.requests.append(Request(self.path, self.headers.get("Authorization", ""), lines))
            reply = script.replies.popleft() if script.replies else script.rule(lines)
            if reply is None:
                self.close_connection = True
                self.connection.close()
                return
            status, text, headers = reply
            if status < 300:
                script.taken += lines
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        script.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield script
        finally:
            server.shutdown()
            thread.join()
