"""The API's operations: one table that makes both the routes and the OpenAPI document, so that neither can lie."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import orjson
from pydantic import ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from controller.app.control import Refused
from controller.app.desk import Desk
from controller.app.past import parse_time
from controller.app.records import MOST_TEXT, Records
from controller.model.errors import ConfigError, Place
from controller.model.time import NS
from controller.store import export
from controller.web import timeline
from controller.web.access import Person, Role, person_of
from controller.web.backups import MEDIA as BACKUP_MEDIA
from controller.web.backups import Backups, Sent
from controller.web.checking import Checker, can_backtest
from controller.web.eras import eras
from controller.web.feed import Feed
from controller.web.language import Speech, speech
from controller.web.phrases import told
from controller.web.questions import (
    AcknowledgeQuestion,
    OverrideQuestion,
    Question,
    ReleaseQuestion,
    RulesQuestion,
    ScanQuestion,
    TrialQuestion,
)
from controller.web.scans import Scans
from controller.web.setpoint_lines import setpoints_over

log = logging.getLogger("onsil.web")

Asked = TypeVar("Asked", bound=Question)
Endpoint = Callable[[Request], Awaitable[Response]]
LONGEST_BODY = 2 * MOST_TEXT
MOST_SERIES = 64


class NotAllowed(Exception):
    """The person's role does not suffice."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `parameters` are those of the path and the query with a description of each.

    `media` are the types that the answer may have.
    """

    method: str
    path: str
    summary: str
    role: Role
    answer: Endpoint
    body: type[Question] | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    media: tuple[str, ...] = ("application/json",)


class Api:
    """Answers over one desk."""

    def __init__(self, desk: Desk, feed: Feed, backups: Backups, scans: Scans) -> None:
        self._desk, self._feed = desk, feed
        self.backups, self.scans = backups, scans
        self.checker = Checker()
        self._exporting = asyncio.Lock()

    def operations(self) -> list[Operation]:
        """Everything that the API can do."""
        span = {
            "from": "14:30, 2026-06-21 14:30, 30 min ago, ISO 8601, seconds since 1970, or -3600: 1 h before `to`",
            "to": "The same; now where left away",
        }
        wanted = {**span, "points": "Names, with commas; all where left away", "actuators": "The same"}
        one = {"actuator": "Its name in site.yaml"}
        looking, working, ruling = Role.VIEWER, Role.OPERATOR, Role.ADMIN
        operations = [
            Operation("GET", "/api/status", "Everything that the controller sees and does now", looking, self.status),
            Operation(
                "GET", "/api/events", "The status every second", looking, self.events, media=("text/event-stream",)
            ),
            Operation(
                "GET", "/api/why/{actuator}", "Why an actuator is where it is, or was", looking, self.why,
                parameters={**one, "at": span["from"]},
            ),
            Operation("POST", "/api/override", "Set an actuator by hand", working, self.override, OverrideQuestion),
            Operation("POST", "/api/release", "Give it back to the rules", working, self.release, ReleaseQuestion),
            Operation(
                "POST", "/api/acknowledge", "Note that an alarm was seen", working, self.acknowledge,
                AcknowledgeQuestion,
            ),
            Operation("GET", "/api/history", "A stretch of the past as columns", looking, self.history,
                      parameters={**wanted, "language": "en or ko: that of the marks"}),
            Operation("GET", "/api/journal", "What was decided, noted and alarmed", looking, self.journal,
                      parameters={**span, "kind": "decision, command, alarm or note", "subject": "Of what"}),
            Operation("GET", "/api/export", "A file with one row a minute", looking, self.export,
                      parameters={**wanted, "format": ", ".join(export.FORMATS)}, media=tuple(export.FORMATS.values())),
            Operation("GET", "/api/rules", "The text of rules.yaml", looking, self.rules),
            Operation("POST", "/api/rules/check", "What is wrong with a text", looking, self.check, RulesQuestion),
            Operation("POST", "/api/rules", "Check a text and put it into force", ruling, self.apply, RulesQuestion),
            Operation("POST", "/api/backup", "Configuration and data in one file", ruling, self.backup,
                      media=(BACKUP_MEDIA,)),
            Operation("GET", "/api/scan", "The last scan, and which ports there are", ruling, self.scanned),
            Operation("POST", "/api/scan", "Begin to look what is on a bus", ruling, self.scan, ScanQuestion),
            Operation("POST", "/api/scan/cancel", "End the scan that is under way", ruling, self.cancel_scan),
            Operation("GET", "/api/shadow", "What runs beside the rules in force, and what it would do otherwise",
                      looking, self.shadow),
            Operation("POST", "/api/shadow", "Check a text and run it beside the rules in force", ruling,
                      self.begin_shadow, RulesQuestion),
            Operation("POST", "/api/shadow/end", "End what runs beside the rules in force", ruling, self.end_shadow),
            Operation("POST", "/api/shadow/apply", "Put what runs beside the rules in force in their place", ruling,
                      self.apply_shadow),
        ]  # fmt: skip
        if can_backtest():
            operations.append(
                Operation("POST", "/api/rules/try", "Try a text against the rules in force", ruling, self.attempt,
                          TrialQuestion)
            )  # fmt: skip
        return operations

    def routes(self) -> list[Route]:
        return [
            Route(operation.path, answering(operation.role, operation.answer), methods=[operation.method])
            for operation in self.operations()
        ]

    # the present

    async def status(self, request: Request) -> Response:
        return as_json(self._feed.now().state)

    async def events(self, request: Request) -> Response:
        return StreamingResponse(self._feed.states(), media_type="text/event-stream")

    async def why(self, request: Request) -> Response:
        actuator, at = request.path_params["actuator"], request.query_params.get("at")
        try:
            self._desk.why(actuator)
        except Refused as refusal:
            return as_json({"error": str(refusal)}, 404)
        return as_json(await asyncio.to_thread(self._desk.why, actuator, at))

    async def override(self, request: Request) -> Response:
        asked = await body(request, OverrideQuestion)
        self._feed.forget()
        return as_json(self._desk.override(asked.actuator, asked.value, asked.seconds, who(request).name))

    async def release(self, request: Request) -> Response:
        asked = await body(request, ReleaseQuestion)
        self._feed.forget()
        return as_json(self._desk.release(asked.actuator, who(request).name))

    async def acknowledge(self, request: Request) -> Response:
        asked = await body(request, AcknowledgeQuestion)
        self._feed.forget()
        return as_json(self._desk.acknowledge(asked.alarm, who(request).name))

    # the past

    async def history(self, request: Request) -> Response:
        records, (start, end) = self.records(), self._span(request, 86400)
        points, actuators = self._chosen(request)
        say = speech(request.query_params.get("language", "en")).about(self._feed.now().state["compartments"])
        return as_json(await asyncio.to_thread(self._history, records, start, end, points, actuators, say))

    def _history(
        self, records: Records, start: int, end: int, points: list[str], actuators: list[str], say: Speech
    ) -> Any:
        plan, now = self._desk.plan, self._now()
        over = timeline.stretch(start, end)
        read = export.columns(records.history, points, over)
        past = eras(records, plan, over.start, over.end)
        plans = [era.plan for era in past if era.plan is not None and era.plan.setpoints]
        sensors = list({sensor.point for each in plans for sensor in each.sensors} - read.keys())
        known = {name: column["mean"] for name, column in read.items()}
        known |= {name: c["mean"] for name, c in export.columns(records.history, sensors, over).items()}
        times = over.times()
        return {
            "start": over.start,
            "end": over.end,
            "step": over.step,
            "points": read,
            "actuators": export.positions(records.history, actuators, over, now),
            "setpoints": setpoints_over(past, times, known),
            "marks": timeline.marks(records.history, plan, over.start, over.end, say),
            "sun": timeline.suns(plan.site, over.start, over.end) if over.end - over.start < 35 * 86400 else [],
        }

    async def journal(self, request: Request) -> Response:
        records, (start, end) = self.records(), self._span(request, 86400)
        kind, subject = (request.query_params.get(name) for name in ("kind", "subject"))
        entries = await asyncio.to_thread(records.history.entries, start * NS, end * NS, subject, kind, 1000)
        return as_json(
            [{"at": e.at_ns / NS, "kind": e.kind, "subject": e.subject, **e.data()} for e in reversed(entries)]
        )

    async def export(self, request: Request) -> Response:
        records, (start, end) = self.records(), self._span(request, 86400)
        points, actuators = self._chosen(request)
        form = request.query_params.get("format", "csv")
        order = export.Order(start, min(end, self._now() // 60 * 60), points, actuators)
        if form not in export.FORMATS:
            raise Refused(f"the format is one of {', '.join(export.FORMATS)}")
        if order.end <= order.start:
            raise Refused("this time is empty")
        async with self._exporting:  # one at a time: each has a whole day in memory
            number, name = tempfile.mkstemp(prefix="onsil-export-", suffix=f".{form}")
            os.close(number)
            path = Path(name)
            try:
                await asyncio.to_thread(export.write, records.history, self._desk.plan, order, form, path)
            except BaseException as error:
                await asyncio.to_thread(path.unlink, missing_ok=True)
                if isinstance(error, ValueError):
                    raise Refused(str(error)) from None
                raise
        return _Temporary(path, media_type=export.FORMATS[form], filename=f"onsil-{start}-{order.end}.{form}")

    def records(self) -> Records:
        """Raises Refused where there is no past."""
        if self._desk.records is None:
            raise Refused("this controller keeps no history")
        return self._desk.records

    def _now(self) -> int:
        return int(self._feed.now().state["wall_ns"]) // NS

    def _span(self, request: Request, usual: int) -> tuple[int, int]:
        now_ns = int(self._feed.now().state["wall_ns"])
        zone = ZoneInfo(self._desk.plan.site.timezone)

        def moment(name: str, otherwise: int) -> int:
            text = request.query_params.get(name)
            if text is None:
                return otherwise
            if text.isdecimal() and len(text) < 15:
                return int(text)
            if text.startswith("-") and text[1:].isdecimal() and len(text) < 15:
                return otherwise + usual + int(text)
            try:
                return parse_time(text, zone, now_ns) // NS
            except (ValueError, OverflowError) as error:
                raise Refused(str(error)) from None

        end = moment("to", now_ns // NS + 1)
        start = moment("from", end - usual)
        if not 0 <= start < end <= 1 << 33:
            raise Refused("the time must begin before it ends")
        if end - start > timeline.LONGEST:
            raise Refused(f"the time is longer than {timeline.LONGEST // 86400} days")
        return start, end

    def _chosen(self, request: Request) -> tuple[list[str], list[str]]:
        plan = self._desk.plan
        known = ([*export.units(plan)], [actuator.name for actuator in plan.actuators])
        chosen = []
        for key, names in zip(("points", "actuators"), known, strict=True):
            text = request.query_params.get(key)
            wanted = names if text is None else [name for name in text.split(",") if name]
            unknown = [name for name in wanted if name not in names]
            if unknown:
                raise Refused(f"there is no {key.removesuffix('s')} {unknown[0]!r}")
            chosen.append(list(dict.fromkeys(wanted))[:MOST_SERIES])
        return chosen[0], chosen[1]

    # the rules

    async def rules(self, request: Request) -> Response:
        records = self.records()
        return as_json({"rules": records.rules_file(), "in_force": records.rules_in_force()})

    async def check(self, request: Request) -> Response:
        asked = await body(request, RulesQuestion)
        return as_json(await self.report(asked.rules, request.query_params.get("language", "en")))

    async def report(self, rules: str, language: str) -> dict[str, Any]:
        """What the checker says of a text. Raises Refused."""
        state = self._feed.now().state
        return await self.checker.check(
            {
                "site": self.records().site_text(),
                "rules": rules,
                "in_force": self.records().rules_in_force(),
                "now": int(state["wall_ns"]) // NS,
                "language": language,
                "values": {p["name"]: p["value"] for p in state["points"]},
            }
        )

    async def apply(self, request: Request) -> Response:
        asked = await body(request, RulesQuestion)
        language = request.query_params.get("language", "en")
        found = await self.put_into_force(asked.rules, who(request).name, language)
        return as_json(found, 200 if "done" in found else 422)

    async def put_into_force(self, rules: str, by: str, language: str) -> dict[str, Any]:
        """Write a text that is right, and wait until the controller has taken it over. Raises Refused."""
        wrong = await self._mistakes(rules, language)
        if wrong is not None:
            return wrong
        await asyncio.to_thread(self.records().write_rules, rules, by)
        return await self._taken_over(rules)

    async def _mistakes(self, rules: str, language: str) -> dict[str, Any] | None:
        """What is wrong with a text; None where it is right. Raises Refused."""
        found = await self.report(rules, language)
        return {"error": _first_mistake(found), "errors": found["errors"]} if found["errors"] else None

    async def _taken_over(self, rules: str) -> dict[str, Any]:
        """Wait until the controller runs what was written. Raises Refused."""
        records = self.records()
        ends = time.monotonic() + 10
        while time.monotonic() < ends:
            if records.rules_in_force() == rules:
                await self._kept(records, rules)
                return {"done": "the new rules are in force"}
            await asyncio.sleep(0.1)
        raise Refused("the file is written, but the controller has not taken it over yet; see the alarms")

    async def _kept(self, records: Records, rules: str) -> None:
        """Wait a moment until the version is in the store, so that who looks for it next finds it."""
        ends = time.monotonic() + 3
        with contextlib.suppress(sqlite3.Error):
            while time.monotonic() < ends:
                versions = await asyncio.to_thread(records.versions)
                if versions and versions[0].text == rules:
                    return
                await asyncio.sleep(0.1)

    async def shadow(self, request: Request) -> Response:
        return as_json(self._desk.shadow())

    async def begin_shadow(self, request: Request) -> Response:
        asked = await body(request, RulesQuestion)
        wrong = await self._mistakes(asked.rules, request.query_params.get("language", "en"))
        if wrong is not None:
            return as_json(wrong, 422)
        answer = await self._desk.begin_shadow(asked.rules, who(request).name)
        self._feed.forget()
        return as_json(answer)

    async def end_shadow(self, request: Request) -> Response:
        answer = await self._desk.end_shadow(who(request).name)
        self._feed.forget()
        return as_json(answer)

    async def apply_shadow(self, request: Request) -> Response:
        return as_json(await self.put_shadow_into_force(who(request).name))

    async def put_shadow_into_force(self, by: str) -> dict[str, Any]:
        """The rules of the shadow, which fit the site or would not run, in place of the others. Raises Refused."""
        rules = await self._desk.apply_shadow(by)
        self._feed.forget()
        return await self._taken_over(rules)

    async def attempt(self, request: Request) -> Response:
        asked = await body(request, TrialQuestion)
        records, now = self.records(), self._feed.now().state["time"]
        wrong = await self._mistakes(asked.rules, "en")  # among others for secrets: the trial would quote them
        if wrong is not None:
            raise Refused(wrong["error"])
        text = await self.checker.backtest(
            records.site_text(), asked.rules, records.rules_in_force(), now[:10], asked.days
        )
        return as_json({"report": text})

    # tools

    async def backup(self, request: Request) -> Sent:
        self._feed.forget()
        return await self.backups.make(self.records(), who(request).name, self._feed.now().state["time"])

    async def scanned(self, request: Request) -> Response:
        last = self.scans.last
        ports = await asyncio.to_thread(self.scans.ports, self.records())
        return as_json({"scan": None if last is None else asdict(last), "ports": [asdict(port) for port in ports]})

    async def scan(self, request: Request) -> Response:
        asked = await body(request, ScanQuestion)
        await self.begin_scan(asked, who(request).name)
        return as_json({"done": "the scan has begun"})

    async def begin_scan(self, asked: ScanQuestion, by: str) -> None:
        """Raises Refused."""
        now = self._feed.now().state["time"]
        await self.scans.start(self.records(), asked.target, asked.thorough, by, now)
        self._feed.forget()

    async def cancel_scan(self, request: Request) -> Response:
        self.scans.cancel()
        self._feed.forget()
        return as_json({"done": "the scan has ended"})


def _first_mistake(found: Mapping[str, Any]) -> str:
    """The first mistake of a checker's report, as `onsil check` says it."""
    first = found["errors"][0]
    return str(ConfigError(first["message"], Place(first["file"], first["line"], first["column"]), first["suggestion"]))


class _Temporary(FileResponse):
    """A file that is gone once it has been sent, or could not be."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await asyncio.to_thread(Path(self.path).unlink, missing_ok=True)


def answering(role: Role, endpoint: Endpoint) -> Endpoint:
    """The endpoint for those who have the role, with the answers that say no."""

    async def answer(request: Request) -> Response:
        try:
            if not who(request).may(role):
                raise NotAllowed(f"this needs the role {role.name.lower()}")
            return await endpoint(request)
        except NotAllowed as error:
            return as_json({"error": str(error)}, 403)
        except ValidationError as error:
            return as_json({"error": _first(error)}, 422)
        except Refused as refusal:
            say = speech(request.query_params.get("language", "en"))
            return as_json({"error": told(str(refusal), say)}, 400)
        except sqlite3.Error as error:
            log.warning("the history cannot be read: %s", error)
            return as_json({"error": "the history cannot be read now"}, 503)

    return answer


def who(request: Request) -> Person:
    """The person who asks; the guard lets nobody without one come this far."""
    person = person_of(request)
    if person is None:
        raise NotAllowed("log in first")
    return person


async def body(request: Request, model: type[Asked]) -> Asked:
    """The body as the model. Raises Refused and ValidationError."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refused("send application/json")
    return model.model_validate_json(await raw_body(request))


async def raw_body(request: Request, longest: int = LONGEST_BODY) -> bytes:
    """The body, as long as it is not too long. Raises Refused."""
    data = bytearray()
    try:
        async for chunk in request.stream():
            data += chunk
            if len(data) > longest:
                raise Refused("this is too long")
    except ClientDisconnect:
        raise Refused("the request ended before its body did") from None
    return bytes(data)


def as_json(data: Any, code: int = 200) -> Response:
    return Response(orjson.dumps(data), code, media_type="application/json")


def _first(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(map(str, found["loc"]))
    return f"{place}: {found['msg']}" if place else str(found["msg"])
