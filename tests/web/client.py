"""HTTP over real connections, as a browser or a program speaks it."""

from __future__ import annotations

import asyncio
import http.client
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode


@dataclass(slots=True)
class Answer:
    """What came back; `headers` in lower case."""

    code: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True)
class Client:
    """Speaks to one server. `headers` go with every request; cookies are kept as a browser keeps them."""

    host: str
    port: int
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.request("GET", path, None, headers)

    async def ask(self, path: str, question: Any, **headers: str) -> Answer:
        """A program's POST."""
        raw = question if isinstance(question, bytes) else json.dumps(question).encode()
        return await self.request("POST", path, raw, {"content-type": "application/json", **headers})

    async def submit(self, path: str, fields: dict[str, str], **headers: str) -> Answer:
        """A form of the page itself."""
        kind = {"content-type": "application/x-www-form-urlencoded", "origin": self.origin}
        return await self.request("POST", path, urlencode(fields).encode(), {**kind, **headers})

    async def request(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        return await asyncio.to_thread(self._request, method, path, body, headers)

    def _request(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=40)
        sent = {"host": f"localhost:{self.port}", **self.headers}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            for name, value in answer.getheaders():
                if name.lower() == "set-cookie":
                    key, _, rest = value.partition("=")
                    self.cookies[key] = rest.partition(";")[0]
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read())
        finally:
            connection.close()
