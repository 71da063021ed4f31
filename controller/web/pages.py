"""Routes: the page, the API behind it, and a stream of what changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.resources import files
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from controller.app.control import Refused
from controller.app.desk import Desk
from controller.web.render import body, page

EVENTS_EVERY = 1.0  # real seconds between two states in the stream
LONGEST_BODY = 4096

HEADERS = {
    # everything comes from this server and nothing is inline, so injected markup could not run
    "content-security-policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


def application(desk: Desk) -> Starlette:
    """The ASGI application over one desk."""

    async def index(_: Request) -> Response:
        return HTMLResponse(page(desk.status()), headers=HEADERS)

    async def status(_: Request) -> Response:
        return _json(desk.status())

    async def why(request: Request) -> Response:
        try:
            return _json(desk.why(request.path_params["actuator"]))
        except Refused as refusal:
            return _json({"error": str(refusal)}, 404)

    async def events(_: Request) -> Response:
        return StreamingResponse(_states(desk), media_type="text/event-stream", headers=HEADERS)

    return Starlette(
        routes=[
            Route("/", index),
            Route("/static/{name}", _static),
            Route("/api/status", status),
            Route("/api/events", events),
            Route("/api/why/{actuator}", why),
            *(
                Route(f"/api/{name}", _asking(desk, name), methods=["POST"])
                for name in ("override", "release", "acknowledge")
            ),
        ]
    )


def _asking(desk: Desk, name: str) -> Callable[[Request], Awaitable[Response]]:
    async def ask(request: Request) -> Response:
        # a form of another site can only post plain text or form fields: JSON proves that the page itself asks
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return _json({"error": "send application/json"}, 415)
        raw = await request.body()
        if len(raw) > LONGEST_BODY:
            return _json({"error": "too long"}, 413)
        try:
            question = orjson.loads(raw)
            if not isinstance(question, dict):
                raise Refused("a question is a JSON object")
            return _json(desk.answer({"by": "the page", **question, "do": name}))
        except orjson.JSONDecodeError as error:
            return _json({"error": f"this is not JSON: {error}"}, 400)
        except Refused as refusal:
            return _json({"error": str(refusal)}, 400)

    return ask


async def _states(desk: Desk) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    while True:
        state = desk.status()
        yield b"data: " + orjson.dumps({"html": body(state), "time": state["time"]}) + b"\n\n"
        await asyncio.sleep(EVENTS_EVERY)


_MEDIA = {"page.css": "text/css", "page.js": "text/javascript"}


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _MEDIA:
        return Response("not found", 404)
    return Response((files("controller.web") / "static" / name).read_bytes(), media_type=_MEDIA[name], headers=HEADERS)


def _json(data: Any, code: int = 200) -> Response:
    return Response(orjson.dumps(data), code, media_type="application/json", headers=HEADERS)
