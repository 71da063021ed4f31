"""The pages: each drawn whole by the server, and kept fresh by a stream of the parts that have changed."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from importlib.metadata import version
from typing import Any
from urllib.parse import parse_qsl, quote
from zoneinfo import ZoneInfo

import orjson
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from controller.app.control import Refused
from controller.app.desk import Desk
from controller.model.time import NS
from controller.store import export
from controller.store.entries import ALARM, NOTE
from controller.web import timeline
from controller.web.access import Access, Role
from controller.web.access.guard import POLICY
from controller.web.api import Api, NotAllowed, raw_body, who
from controller.web.assets import asset, url
from controller.web.bands import Band, bands
from controller.web.checking import can_backtest
from controller.web.feed import Draw, Feed, Fragments
from controller.web.forecast import expected
from controller.web.html import Html, el, join
from controller.web.language import LANGUAGES, Speech, speech
from controller.web.phrases import told
from controller.web.questions import ScanQuestion
from controller.web.trends import Trends
from controller.web.views import alarms, backup, charts, devices, hand, now, rules, scan, shadow, system
from controller.web.views.layout import TABS, Frame, document, frame_fragments

LANGUAGE = "language"  # the cookie that has a person's choice
LONGEST_FORM = 16 * 1024
DAYS_OF_HANDS, DAYS_OF_ALARMS = 7, 30
_YEAR = 365 * 86400

Endpoint = Callable[[Request], Awaitable[Response]]


class Pages:
    """Draws over one desk."""

    def __init__(self, desk: Desk, feed: Feed, api: Api, access: Access) -> None:
        self._desk, self._feed, self._api, self._access = desk, feed, api, access
        self._trends = Trends(desk.records.history) if desk.records else None
        self._bands: tuple[object, Mapping[str, Band]] = (None, {})

    def routes(self) -> list[Route]:
        pages = (self.now, self.charts, self.hand, self.rules, self.alarms, self.devices, self.system)
        return [
            *(Route(tab.path, _page(endpoint)) for tab, endpoint in zip(TABS, pages, strict=True)),
            Route("/events/{view}", self.events),
            Route("/hand/{actuator}", self._part(self.ask_hand)),
            Route("/hand/{actuator}", self._part(self.take_hand), methods=["POST"]),
            Route("/hand/{actuator}/release", self._part(self.release), methods=["POST"]),
            Route("/acknowledge", self._part(self.acknowledge), methods=["POST"]),
            Route("/rules/versions", self._part(self.versions)),
            Route("/rules/version/{at:int}", self._part(self.version)),
            Route("/rules/version/{at:int}", self._part(self.bring_back), methods=["POST"]),
            Route("/system/backup", _back_to_system),
            Route("/system/backup", self.backup, methods=["POST"]),
            Route("/devices/scan", self._part(self.scan), methods=["POST"]),
            Route("/devices/scan/cancel", self._part(self.cancel_scan), methods=["POST"]),
            Route("/rules/shadow", self._part(self.compare_shadow)),
            Route("/rules/shadow/apply", self._part(self.apply_shadow), methods=["POST"]),
            Route("/rules/shadow/end", self._part(self.ask_to_end_shadow)),
            Route("/rules/shadow/end", self._part(self.end_shadow), methods=["POST"]),
            Route("/language", self.language, methods=["POST"]),
            Route("/manifest.webmanifest", self.manifest),
            Route("/worker.js", _worker),
        ]

    # what is drawn

    def _frame(self, request: Request, nonce: str = "") -> Frame:
        state = self._feed.now().state
        return Frame(language_of(request, state), state, who(request), self._access.login_needed, nonce)

    def _known_bands(self) -> Mapping[str, Band]:
        plan = self._desk.plan
        if self._bands[0] is not plan:
            self._bands = (plan, bands(plan))
        return self._bands[1]

    def _draw(self, view: str, say: Speech, role: Role) -> Draw:
        """How a view's fragments are drawn from a state."""

        def draw(state: dict[str, Any]) -> Fragments:
            found = dict(frame_fragments(state, say))
            match view:
                case "now":
                    plan = self._desk.plan
                    names = [point["name"] for point in state["points"]]
                    trends = self._trends.of(names, state["wall_ns"]) if self._trends else {}
                    found |= now.fragments(state, trends, self._known_bands(), expected(plan, state), say)
                case "hand":
                    found |= hand.fragments(state, say)
                case "rules":
                    found |= shadow.fragments(self._desk.shadow(), self._desk.plan, role >= Role.ADMIN, say)
                case "alarms":
                    found |= alarms.fragments(state, role >= Role.OPERATOR, say)
                case "devices":
                    found |= devices.fragments(state, say)
                    if role >= Role.ADMIN:
                        found["scan"] = scan.fragment(self._api.scans.last, say)
                case "system":
                    found |= system.fragments(state, self._machine(), say)
                    if role >= Role.ADMIN:
                        found["backup"] = backup.fragment(self._api.backups, say)
            return found

        return draw

    def _fragments(self, view: str, frame: Frame) -> Fragments:
        role = frame.person.role
        key = f"{view} {frame.say.language} {role}"
        return self._feed.fragments(key, self._draw(view, frame.say, role))

    def _machine(self) -> dict[str, Any]:
        records = self._desk.records
        usage = shutil.disk_usage(records.state) if records else shutil.disk_usage("/")
        return {"free": usage.free, "total": usage.total, "version": own_version()}

    # the pages

    async def now(self, request: Request) -> str:
        frame = self._frame(request)
        return document(frame, TABS[0], *now.content(self._fragments("now", frame), frame.state, frame.say), live="now")

    async def charts(self, request: Request) -> str:
        frame = self._frame(request)
        content = charts.content(frame.state, self._desk.plan, self._known_bands(), export.formats(), frame.say)
        return document(frame, TABS[1], *content, scripts=("vendor/uplot.css", "vendor/uplot.js", "charts.js"))

    async def hand(self, request: Request) -> str:
        frame = self._frame(request)
        log = [line for line in await self._told(NOTE, DAYS_OF_HANDS, frame) if _is_by_hand(line["text"])]
        content = hand.content(self._fragments("hand", frame), frame.state, log[:50], frame.say)
        return document(frame, TABS[2], *content, live="hand")

    async def rules(self, request: Request) -> str:
        request.state.nonce = secrets.token_urlsafe(16)
        frame = self._frame(request, request.state.nonce)
        records = self._api.records()
        try:
            text = records.rules_file()
        except Refused:
            text = records.rules_in_force()
        content = rules.content(
            text,
            records.rules_in_force(),
            shadow.content(self._fragments("rules", frame), frame.say),
            await self._versions(frame),
            frame.person.may(Role.ADMIN),
            can_backtest(),
            self._desk.plan.site.timezone,
            frame.say,
        )
        scripts = ("vendor/uplot.css", "vendor/uplot.js", "rules.js")
        return document(frame, TABS[3], *content, live="rules", scripts=scripts)

    async def alarms(self, request: Request) -> str:
        frame = self._frame(request)
        past = await self._told(ALARM, DAYS_OF_ALARMS, frame)
        content = alarms.content(self._fragments("alarms", frame), past[:200], frame.say)
        return document(frame, TABS[4], *content, live="alarms")

    async def devices(self, request: Request) -> str:
        frame = self._frame(request)
        drawn = self._fragments("devices", frame)
        parts = {name: html for name, html in drawn.items() if name.startswith("bus-")}
        tool = None
        if "scan" in drawn:
            ports = await asyncio.to_thread(self._api.scans.ports, self._desk.records) if self._desk.records else []
            tool = scan.content(drawn["scan"], ports, frame.say)
        return document(frame, TABS[5], *devices.content(parts, tool, frame.say), live="devices")

    async def system(self, request: Request) -> str:
        return await self._system(self._frame(request))

    async def _system(self, frame: Frame, refusal: str = "") -> str:
        """The page; `refusal` says why there is no backup, where one was just asked for."""
        log = await self._told(NOTE, DAYS_OF_HANDS, frame)
        if self._desk.records is not None:
            await self._api.backups.look_up(self._desk.records, int(frame.state["wall_ns"]), self._zone())
        drawn = self._fragments("system", frame)
        tool = backup.content(drawn["backup"], frame.say) if "backup" in drawn else None
        return document(frame, TABS[6], *system.content(drawn, tool, refusal, log[:100], frame.say), live="system")

    async def events(self, request: Request) -> Response:
        view, state = request.path_params["view"], self._feed.now().state
        say, role = language_of(request, state), who(request).role
        key = f"{view} {say.language} {role}"
        stream = self._feed.updates(key, self._draw(view, say, role))
        return StreamingResponse(stream, media_type="text/event-stream")

    async def _told(self, kind: str, days: int, frame: Frame) -> list[dict[str, str]]:
        """Lines of the journal, the newest first; none where it cannot be read."""
        records, now_ns = self._desk.records, int(frame.state["wall_ns"])
        if records is None:
            return []
        try:
            entries = await asyncio.to_thread(
                records.history.entries, now_ns - days * 86400 * NS, now_ns + NS, None, kind, 500
            )
        except sqlite3.Error:
            return []
        return timeline.told_lines(entries, self._zone())

    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._desk.plan.site.timezone)

    # a hand

    def _actuator(self, request: Request, state: Mapping[str, Any]) -> dict[str, Any]:
        name = request.path_params["actuator"]
        self._desk.actuator(name)
        return next(dict(each) for each in state["actuators"] if each["name"] == name)

    async def ask_hand(self, request: Request) -> Html:
        frame = self._frame(request)
        actuator = self._actuator(request, frame.state)
        return hand.dialog(actuator, self._desk.plan, frame.state, frame.person.may(Role.OPERATOR), frame.say)

    async def take_hand(self, request: Request) -> Html:
        frame, form = self._for(Role.OPERATOR, request), await form_of(request)
        actuator = self._actuator(request, frame.state)
        try:
            value, seconds = float(form["value"]), float(form["seconds"])
        except (KeyError, ValueError):
            raise Refused(frame.say("Choose a value and a time.")) from None
        self._desk.allowed(actuator["name"], value, seconds)
        if form.get("sure") != "yes":
            until = datetime.fromisoformat(frame.state["time"]) + timedelta(seconds=seconds)
            return hand.confirm(actuator, value, seconds, until.strftime("%H:%M"), self._desk.plan, frame.say)
        self._desk.override(actuator["name"], value, seconds, frame.person.name)
        self._feed.forget()
        return _said(frame.say("It is set."))

    async def release(self, request: Request) -> Html:
        frame = self._for(Role.OPERATOR, request)
        self._desk.release(request.path_params["actuator"], frame.person.name)
        self._feed.forget()
        return _said(frame.say("It follows the rules again."))

    async def acknowledge(self, request: Request) -> Html:
        frame, form = self._for(Role.OPERATOR, request), await form_of(request)
        self._desk.acknowledge(form.get("alarm", ""), frame.person.name)
        self._feed.forget()
        return join(frame.say("It is noted that you have seen it."))

    # the rules

    async def _versions(self, frame: Frame) -> Html:
        records = self._api.records()
        try:
            found = await asyncio.to_thread(records.versions)
        except sqlite3.Error:
            found = []
        return rules.versions_list(found, records.rules_in_force(), self._zone(), frame.say)

    async def versions(self, request: Request) -> Html:
        return await self._versions(self._frame(request))

    async def version(self, request: Request) -> Html:
        frame, version_ = self._frame(request), await self._version(request)
        in_force = self._api.records().rules_in_force()
        return rules.version_dialog(version_, in_force, frame.person.may(Role.ADMIN), self._zone(), frame.say)

    async def bring_back(self, request: Request) -> Html:
        frame, version_ = self._for(Role.ADMIN, request), await self._version(request)
        found = await self._api.put_into_force(version_.text, frame.person.name, frame.say.language)
        if "error" in found:
            raise Refused(found["error"])
        return _said(frame.say("The rules of then are in force again."), reload=True)

    async def _version(self, request: Request) -> Any:
        at_ns = request.path_params["at"]
        for found in await asyncio.to_thread(self._api.records().versions):
            if found.at_ns == at_ns:
                return found
        raise Refused("there is no such version")

    # tools

    async def backup(self, request: Request) -> Response:
        """The archive; the page with the reason where there is none."""
        frame = self._frame(request)
        try:
            self._for(Role.ADMIN, request)
            return await self._api.backup(request)
        except (NotAllowed, Refused) as error:
            why = told(str(error), frame.say)
            code = 403 if isinstance(error, NotAllowed) else 400
        return HTMLResponse(await self._system(frame, why), code, headers=_policy(request))

    async def scan(self, request: Request) -> Html:
        frame, form = self._for(Role.ADMIN, request), await form_of(request)
        target = form.get("target", "")
        if target == scan.BROKER:
            target = _broker(form)
        try:
            asked = ScanQuestion(target=target, thorough="thorough" in form)
        except ValidationError:
            raise Refused("this is too long") from None
        await self._api.begin_scan(asked, frame.person.name)
        return scan.fragment(self._api.scans.last, frame.say)

    async def cancel_scan(self, request: Request) -> Html:
        frame = self._for(Role.ADMIN, request)
        await self._api.cancel_scan(request)
        return scan.fragment(self._api.scans.last, frame.say)

    # the shadow

    def _shadow(self, say: Speech) -> dict[str, Any]:
        found = self._desk.shadow()
        if not found["running"]:
            raise Refused(say("No shadow runs."))
        return found

    async def compare_shadow(self, request: Request) -> Html:
        frame = self._frame(request)
        text, in_force = self._shadow(frame.say)["rules"], self._api.records().rules_in_force()
        return shadow.comparison(text, in_force, frame.person.may(Role.ADMIN), frame.say)

    async def apply_shadow(self, request: Request) -> Html:
        frame = self._for(Role.ADMIN, request)
        await self._api.put_shadow_into_force(frame.person.name)
        return _said(frame.say("Applied. The new rules are in force."), reload=True)

    async def ask_to_end_shadow(self, request: Request) -> Html:
        frame = self._for(Role.ADMIN, request)
        self._shadow(frame.say)
        return shadow.end_dialog(frame.say)

    async def end_shadow(self, request: Request) -> Html:
        frame = self._for(Role.ADMIN, request)
        await self._desk.end_shadow(frame.person.name)
        self._feed.forget()
        return _said(frame.say("The shadow has ended."))

    def _for(self, role: Role, request: Request) -> Frame:
        frame = self._frame(request)
        if not frame.person.may(role):
            raise NotAllowed(frame.say("Your role does not allow this."))
        return frame

    # around the pages

    def _part(self, endpoint: Callable[[Request], Awaitable[Html]]) -> Endpoint:
        """A part of a page that htmx asks for; a refusal is shown where the answer would be."""

        async def answer(request: Request) -> Response:
            try:
                return HTMLResponse(await endpoint(request))
            except NotAllowed as error:
                why, code = str(error), 403
            except Refused as refusal:
                why, code = str(refusal), 400
            except sqlite3.Error:
                why, code = "the history cannot be read now", 503
            say = language_of(request, self._feed.now().state)
            return HTMLResponse(_said(told(why, say), "bad"), code)

        return answer

    async def language(self, request: Request) -> Response:
        chosen = (await form_of(request)).get(LANGUAGE, "")
        back = request.headers.get("referer", "/")
        path = "/" + back.split("//", 1)[-1].partition("/")[2] if "//" in back else "/"
        answer = RedirectResponse(path if path.startswith("/") and not path.startswith("//") else "/", 303)
        if chosen in LANGUAGES:
            answer.set_cookie(LANGUAGE, chosen, max_age=_YEAR, httponly=True, samesite="strict")
        return answer

    async def manifest(self, request: Request) -> Response:
        state = self._feed.now().state
        icons = [
            {"src": url(f"icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": "any maskable"}
            for size in (192, 512)
        ]
        data = {
            "name": state["site"],
            "short_name": "Onsil",
            "lang": language_of(request, state).language,
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": "#f4f6f3",
            "theme_color": "#1f7a4a",
            "icons": [*icons, {"src": url("icon.svg"), "sizes": "any", "type": "image/svg+xml"}],
        }
        return Response(orjson.dumps(data), media_type="application/manifest+json")


def language_of(request: Request, state: Mapping[str, Any]) -> Speech:
    """The language that the person has chosen, or that of the site."""
    chosen = request.cookies.get(LANGUAGE, "")
    language = chosen if chosen in LANGUAGES else str(state.get("language", "en"))
    return speech(language).about(state.get("compartments", ()))


@cache
def own_version() -> str:
    return version("onsil")


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form. Raises Refused."""
    data = await raw_body(request, LONGEST_FORM)
    try:
        return dict(parse_qsl(data.decode(), keep_blank_values=True, max_num_fields=20))
    except (UnicodeDecodeError, ValueError):
        raise Refused("this is no form") from None


def _broker(form: Mapping[str, str]) -> str:
    """The address of a broker with the name and the password that were given beside it."""
    scheme, there, rest = form.get("address", "").strip().rpartition("://")
    name, password = (quote(form.get(key, ""), safe="") for key in ("name", "password"))
    login = f"{name}:{password}@" if name and password else f"{name}@" if name else ""
    return f"{scheme if there else 'mqtt'}://{login}{rest}"


async def _back_to_system(_: Request) -> Response:
    """For those who come back to where a backup was refused."""
    return RedirectResponse("/system", 303)


def _page(endpoint: Callable[[Request], Awaitable[str]]) -> Endpoint:
    """A whole page; what cannot be shown is said in its place."""

    async def answer(request: Request) -> Response:
        try:
            page = await endpoint(request)
        except Refused as refusal:
            return HTMLResponse(f"<!doctype html>{el('p', str(refusal))}", 404)
        return HTMLResponse(page, headers=_policy(request))

    return answer


def _policy(request: Request) -> dict[str, str]:
    """The editor brings its style sheet along: a nonce of this one answer lets it, and nothing else."""
    nonce = getattr(request.state, "nonce", "")
    return {"content-security-policy": POLICY.format(nonce=f" 'nonce-{nonce}'" if nonce else "")}


def _said(text: str, kind: str = "good", reload: bool = False) -> Html:
    """One line in the dialog, which page.js then closes."""
    return el("p", text, class_=f"said {kind}", data_done="reload" if reload else "close")


def _is_by_hand(text: str) -> bool:
    return text.startswith(("override", "released"))


async def _worker(_: Request) -> Response:
    """The service worker must come from the root to be responsible for all of it."""
    found = asset("worker.js")
    return Response(
        b"" if found is None else found.data, media_type="text/javascript", headers={"cache-control": "no-cache"}
    )
