"""What every page has around it: the head, the way to the other pages, the clock, and a dialog for a hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from controller.web.access import Person
from controller.web.assets import url
from controller.web.html import Html, el
from controller.web.language import LANGUAGES, N_, Speech, minute
from controller.web.names import label

ICONS = {
    "now": "M3 11 12 4l9 7M5 10v10h14V10M9 20v-6h6v6",
    "charts": "M3 3v18h18M6 15l4-5 4 3 6-8",
    "hand": (
        "M8 13V5.5a1.5 1.5 0 0 1 3 0V11V4a1.5 1.5 0 0 1 3 0v7V5.5a1.5 1.5 0 0 1 3 0V14"
        "c0 4-2 7-5.5 7S6 19 4.5 15l-1-3a1.4 1.4 0 0 1 2.5-1z"
    ),
    "rules": "M6 3h9l4 4v14H6zM14 3v5h5M9 12h7M9 16h7",
    "alarms": "M12 3a6 6 0 0 1 6 6v5l2 3H4l2-3V9a6 6 0 0 1 6-6zM10 20h4",
    "devices": "M4 5h16v6H4zM4 13h16v6H4zM7 8h1M7 16h1M12 8h5M12 16h5",
    "system": "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2",
}


class Tab(NamedTuple):
    """One page: its path, its icon and its title."""

    path: str
    icon: str
    title: str


TABS = (
    Tab("/", "now", N_("Now")),
    Tab("/charts", "charts", N_("Charts")),
    Tab("/hand", "hand", N_("Hand")),
    Tab("/rules", "rules", N_("Rules")),
    Tab("/alarms", "alarms", N_("Alarms")),
    Tab("/devices", "devices", N_("Devices")),
    Tab("/system", "system", N_("System")),
)


class Frame(NamedTuple):
    """What a page is drawn for. `nonce` lets the editor bring its own style sheet."""

    say: Speech
    state: Mapping[str, Any]
    person: Person
    login: bool
    nonce: str = ""


def document(frame: Frame, tab: Tab, *content: Html | str | None, live: str = "", scripts: Sequence[str] = ()) -> str:
    """The whole page. `live` names the stream of its fragments; `scripts` are what it needs besides page.js."""
    say, state = frame.say, frame.state
    stream = live or "frame"
    return "<!doctype html>" + el(
        "html",
        el(
            "head",
            el("meta", charset="utf-8"),
            el("meta", name="viewport", content="width=device-width, initial-scale=1, viewport-fit=cover"),
            el("meta", name="color-scheme", content="light dark"),
            el("meta", name="theme-color", content="#f4f6f3", media="(prefers-color-scheme: light)"),
            el("meta", name="theme-color", content="#101512", media="(prefers-color-scheme: dark)"),
            el("meta", name="htmx-config", content=_HTMX),
            el("meta", name="nonce", content=frame.nonce) if frame.nonce else None,
            el("title", f"{say(tab.title)} · {state['site']}"),
            el("link", rel="stylesheet", href=url("page.css")),
            *(el("link", rel="stylesheet", href=url(name)) for name in scripts if name.endswith(".css")),
            el("link", rel="icon", href=url("icon.svg"), type="image/svg+xml"),
            el("link", rel="apple-touch-icon", href=url("icon-192.png")),
            el("link", rel="manifest", href="/manifest.webmanifest", crossorigin="use-credentials"),
            el("script", src=url("vendor/htmx.js"), defer=True),
            el("script", src=url("vendor/htmx-sse.js"), defer=True),
            el("script", src=url("page.js"), defer=True),
            *(_script(name) for name in scripts if not name.endswith(".css")),
        ),
        el(
            "body",
            el("a", say("To the content"), href="#content", class_="skip"),
            _header(frame),
            _navigation(say, tab, state),
            el("main", *content, id="content", tabindex="-1"),
            el("div", hidden=True, hx_ext="sse", sse_connect=f"/events/{stream}", sse_swap="fragments", hx_swap="none"),
            el("dialog", id="dialog", aria_label=say("Hand")),
            el("p", id="toast", role="status", aria_live="polite"),
        ),
        lang=say.language,
    )  # fmt: skip


def _script(name: str) -> Html:
    if name.startswith("vendor/"):
        return el("script", src=url(name), defer=True)
    return el("script", src=url(name), type="module")


_HTMX = orjson.dumps(
    {
        "includeIndicatorStyles": False,
        "allowEval": False,
        "allowScriptTags": False,
        "selfRequestsOnly": True,
        "historyCacheSize": 0,
        # a refusal is shown where the answer would be
        "responseHandling": [
            {"code": "204", "swap": False},
            {"code": "[23]..", "swap": True},
            {"code": "[45]..", "swap": True, "error": False},
        ],
    }
).decode()


def frame_fragments(state: Mapping[str, Any], say: Speech) -> dict[str, Html]:
    """What changes around every page: the clock, and how many alarms there are."""
    return {"clock": _clock(state, say), "alarm-count": _alarm_count(state, say)}


def _header(frame: Frame) -> Html:
    say, state = frame.say, frame.state
    return el(
        "header",
        el("p", state["site"], class_="site"),
        _clock(state, say),
        el("p", say("Connection lost. Trying again …"), id="lost", role="alert", hidden=True),
        el("div", _languages(say), _person(frame), class_="who"),
    )


def _clock(state: Mapping[str, Any], say: Speech) -> Html:
    period = f" · {label(state['period'], say)}" if state["period"] else ""
    time = el("time", minute(state["time"]), datetime=state["time"])
    return el("p", time, period, id="clock", hx_swap_oob="true")


def _alarm_count(state: Mapping[str, Any], say: Speech) -> Html:
    standing = [alarm for alarm in state["alarms"] if alarm["state"] != "cleared"]
    new = any(alarm["state"] == "raised" for alarm in standing)
    return el(
        "b",
        f"{len(standing)}" if standing else "",
        el("span", " ", say("alarms"), class_="unseen") if standing else None,
        id="alarm-count",
        class_="badge new" if new else "badge",
        hx_swap_oob="true",
    )


def _navigation(say: Speech, current: Tab, state: Mapping[str, Any]) -> Html:
    links = [
        el(
            "a",
            icon(tab.icon),
            el("span", say(tab.title)),
            _alarm_count(state, say) if tab.icon == "alarms" else None,
            href=tab.path,
            aria_current="page" if tab == current else None,
        )
        for tab in TABS
    ]
    return el("nav", *links, aria_label=say("Pages"))


def _languages(say: Speech) -> Html:
    other = next(code for code in LANGUAGES if code != say.language)
    button = el("button", LANGUAGES[other], name="language", value=other, lang=other, class_="link")
    return el("form", button, method="post", action="/language")


def _person(frame: Frame) -> Html | None:
    if not frame.login:
        return None
    say = frame.say
    return el(
        "form",
        el("span", frame.person.name),
        el("button", say("Log out"), class_="link"),
        method="post",
        action="/logout",
    )


def icon(name: str) -> Html:
    """A small drawing that says nothing to a screen reader."""
    return el("svg", el("path", d=ICONS[name]), viewBox="0 0 24 24", class_="icon", aria_hidden="true")


def section(title: str, *content: Html | str | None, id_: str | None = None, class_: str | None = None) -> Html:
    """A part of a page with its heading."""
    return el("section", el("h2", title), *content, id=id_, class_=class_)


def heading(title: str, *more: Html | None) -> Html:
    """The title of a page."""
    return el("div", el("h1", title), *more, class_="heading")
