"""The ASGI application: pages, API, files, login and health, behind the guard."""

from __future__ import annotations

import asyncio
import logging
import time

import orjson
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from controller.app.control import Refused
from controller.app.desk import Desk
from controller.web.access import Access, Guard, Role, person_of
from controller.web.access.limiter import Limiter
from controller.web.access.sessions import COOKIE, LASTS
from controller.web.api import Api, answering
from controller.web.assets import static
from controller.web.backups import Backups
from controller.web.feed import Feed
from controller.web.metrics import MEDIA, metrics
from controller.web.openapi import document
from controller.web.pages import LANGUAGE, Pages, form_of, language_of, own_version
from controller.web.scans import Scans
from controller.web.views.login import page as login_page

log = logging.getLogger("onsil.web")

MOST_LOGINS_AT_ONCE = 4  # each takes 19 MB while a password is checked; they wait for each other


def application(desk: Desk, access: Access, backups: Backups, scans: Scans) -> ASGIApp:
    """Everything behind the guard, compressed where that pays."""
    feed = Feed(desk.status)
    api = Api(desk, feed, backups, scans)
    pages = Pages(desk, feed, api, access)
    door = _Door(desk, access)

    async def openapi(_: Request) -> Response:
        return Response(orjson.dumps(document(api.operations(), own_version())), media_type="application/json")

    async def scraped(_: Request) -> Response:
        return Response(metrics(feed.now().state), media_type=MEDIA)

    routes = [
        *pages.routes(),
        *api.routes(),
        Route("/api/openapi.json", answering(Role.VIEWER, openapi)),
        Route("/metrics", answering(Role.VIEWER, scraped)),
        Route("/static/{name:path}", static),
        *door.routes(),
    ]
    return Guard(GZipMiddleware(Starlette(routes=routes), minimum_size=500, compresslevel=6), access)


class _Door:
    """Login, logout and health: what can be reached by those who have not come in."""

    def __init__(self, desk: Desk, access: Access) -> None:
        self._desk, self._access = desk, access
        self._limiter = Limiter()
        self._checking = asyncio.Semaphore(1)
        self._waiting = 0

    def routes(self) -> list[Route]:
        return [
            Route("/login", self.ask),
            Route("/login", self.login, methods=["POST"]),
            Route("/logout", self.logout, methods=["POST"]),
            Route("/healthz", self.healthz),
            Route("/readyz", self.readyz),
        ]

    async def healthz(self, _: Request) -> Response:
        """Whether the process answers."""
        return PlainTextResponse("ok\n")

    async def readyz(self, _: Request) -> Response:
        """Whether it runs the greenhouse: the core steps, every bus is there, rules are in force, the store takes.

        Who has not come in hears which of these fails, and no more.
        """
        missing = self._desk.missing()
        if missing:
            return PlainTextResponse(f"not ready: {', '.join(missing)}\n", 503)
        return PlainTextResponse("ready\n")

    async def ask(self, request: Request) -> Response:
        if person_of(request) is not None:
            return RedirectResponse("/", 303)
        target = request.query_params.get("next", "/")
        chosen = request.query_params.get(LANGUAGE)
        answer = self._page(request, target)
        if chosen is not None:
            answer = RedirectResponse("/login", 303)
            answer.set_cookie(LANGUAGE, chosen[:2], max_age=365 * 86400, httponly=True, samesite="strict")
        return answer

    async def login(self, request: Request) -> Response:
        try:
            form = await form_of(request)
        except Refused as refusal:
            return PlainTextResponse(str(refusal), 400)
        name, password, target = (form.get(key, "") for key in ("name", "password", "next"))
        client = request.client.host if request.client else ""
        keys = (f"from {client}", f"as {name}")
        say = language_of(request, {"language": self._desk.plan.site.language})
        wait = self._limiter.wait(keys, time.monotonic())
        if wait > 0 or self._waiting >= MOST_LOGINS_AT_ONCE:
            message = say("Too many attempts. Try again in {time}.", time=say.duration(max(wait, 1)))
            answer = self._page(request, target, message, 429)
            answer.headers["retry-after"] = str(round(max(wait, 1)))
            return answer
        if not await self._right(name, password):
            self._limiter.failed(keys, time.monotonic())
            log.warning("a login as %r from %s failed", name[:40], client)
            return self._page(request, target, say("Name or password is wrong."), 403)
        self._limiter.succeeded(keys)
        if self._desk.records is not None:
            self._desk.records.note("login", f"{name} logged in")
        answer = RedirectResponse(target if _own(target) else "/", 303)
        answer.set_cookie(
            COOKIE,
            self._access.sessions.cookie(name),
            max_age=LASTS,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    async def _right(self, name: str, password: str) -> bool:
        self._waiting += 1
        try:
            async with self._checking:
                return await asyncio.to_thread(self._access.users.verify, name, password)
        finally:
            self._waiting -= 1

    async def logout(self, _: Request) -> Response:
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return answer

    def _page(self, request: Request, target: str, message: str = "", code: int = 200) -> Response:
        site = self._desk.plan.site
        say = language_of(request, {"language": site.language})
        users = bool(self._access.users.names())
        return HTMLResponse(login_page(say, site.name, target if _own(target) else "/", message, users), code)


def _own(target: str) -> bool:
    """Whether it is a path of this page: after the login nobody is sent elsewhere."""
    return target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
