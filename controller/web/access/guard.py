"""Stands in front of every route: who asks, from where, and which headers the answer has."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

import orjson
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .people import ANYBODY_HERE, Access, Person, is_local
from .sessions import COOKIE

OPEN = frozenset({"/login", "/healthz", "/readyz", "/static/page.css", "/static/icon.svg"})
"""What can be reached without a login: the login with what it looks like, and health."""

LONGEST_PATH = 500
"""Characters. No path of ours comes near it."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{nonce}; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

HEADERS = {
    # everything comes from this server and nothing is inline, so injected markup could not run
    "content-security-policy": POLICY.format(nonce=""),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}


class Guard:
    """Wraps the application. Routes find the person in the request by `person_of`."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        refusal = self._refusal(scope)
        target = refusal if refusal is not None else self._app
        await target(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope) -> Response | None:
        """The answer to one who may not come in; None lets the request through, with its person."""
        connection = HTTPConnection(scope)
        headers, path = connection.headers, scope["path"]
        if len(path) > LONGEST_PATH:
            return _no(414, f"there is no path longer than {LONGEST_PATH} characters")
        if not self._access.login_needed:
            # a page of the internet can let its own name point to this computer, and would then pass for this page
            if not is_local(_host(headers)):
                return _no(
                    421, f"this page is only for this computer, by the name localhost; asked for {_host(headers)!r}"
                )
            scope["person"] = ANYBODY_HERE
        else:
            person = self._person(connection, headers)
            if person is None and path not in OPEN:
                return self._to_login(scope, headers)
            scope["person"] = person
        if scope["method"] not in SAFE and not _from_here(scope, headers):
            return _no(403, "this request comes from another site")
        return None

    def _person(self, connection: HTTPConnection, headers: Headers) -> Person | None:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._access.by_token(token.strip())
        return self._access.by_cookie(connection.cookies.get(COOKIE, ""))

    def _to_login(self, scope: Scope, headers: Headers) -> Response:
        wants_page = scope["method"] in SAFE and "text/html" in headers.get("accept", "")
        if not wants_page or scope["path"].startswith("/api/"):
            answer = _no(401, "log in, or send a token: authorization: Bearer ...")
            answer.headers["www-authenticate"] = "Bearer"
            if "hx-request" in headers:
                answer.headers["hx-redirect"] = "/login"
            return answer
        return RedirectResponse(f"/login?next={quote(scope['path'])}", 303)


def person_of(connection: HTTPConnection) -> Person | None:
    """Who asks; None only at the open paths."""
    person: Person | None = connection.scope.get("person")
    return person


def _host(headers: Headers) -> str:
    """The name by which the page was asked for, without a port."""
    return urlsplit(f"//{headers.get('host', '')}").hostname or ""


def _from_here(scope: Scope, headers: Headers) -> bool:
    """Whether a request that changes something was made by this page or by a program, not by another site's page.

    Browsers say where a form or script comes from. What carries a token, or JSON without an origin, is a program: a
    page of another site can send neither without being asked for leave first, and leave is never given.
    """
    if headers.get("authorization", "").lower().startswith("bearer "):
        return True
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc == headers.get("host", "")
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return False
    return headers.get("content-type", "").partition(";")[0].strip() == "application/json"


def _with_headers(send: Send) -> Send:
    async def send_more(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return send_more


def _no(code: int, why: str) -> Response:
    data: dict[str, Any] = {"error": why}
    return Response(orjson.dumps(data), code, media_type="application/json")
