"""Alarms: those that stand, and those that were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from controller.web.html import Html, el
from controller.web.language import Speech, minute
from controller.web.phrases import told

from .layout import heading, section

State = Mapping[str, Any]


def fragments(state: State, may_acknowledge: bool, say: Speech) -> dict[str, Html]:
    return {"standing": _standing(state, may_acknowledge, say)}


def content(found: Mapping[str, Html], past: Sequence[Mapping[str, str]], say: Speech) -> list[Html]:
    return [heading(say("Alarms")), found["standing"], section(say("History"), history(past, say))]


def _standing(state: State, may_acknowledge: bool, say: Speech) -> Html:
    alarms = [alarm for alarm in state["alarms"] if alarm["state"] != "cleared"]
    inside = (
        el("ul", *(_alarm(alarm, may_acknowledge, say) for alarm in alarms), class_="rows")
        if alarms
        else el("p", say("No alarm. All is well."), class_="calm good")
    )
    return el("div", inside, id="standing", aria_live="polite", hx_swap_oob="true")


def _alarm(alarm: State, may_acknowledge: bool, say: Speech) -> Html:
    since, state = minute(alarm["since"]), told(alarm["state"], say)
    button = el(
        "button",
        say("I have seen it"),
        type="button",
        hx_post="/acknowledge",
        hx_vals=_json(alarm["name"]),
        hx_target="#toast",
    )
    return el(
        "li",
        el("span", told(alarm["priority"], say), class_="priority"),
        el("b", told(alarm["name"], say)),
        el("span", told(alarm["text"], say), class_="why"),
        el("small", say("{state} since {time}", state=state, time=since)),
        button if may_acknowledge and alarm["state"] == "raised" else None,
        class_=f"alarm {alarm['priority']} {alarm['state']}",
    )


def _json(name: str) -> str:
    from orjson import dumps

    return dumps({"alarm": name}).decode()


def history(past: Sequence[Mapping[str, str]], say: Speech) -> Html:
    if not past:
        return el("p", say("Nothing yet."), class_="calm")
    lines = [
        el(
            "tr",
            el("td", el("time", minute(line["at"]), datetime=line["at"])),
            el("td", told(line["priority"], say)),
            el("td", told(line["subject"], say)),
            el("td", told(line["state"], say)),
            el("td", told(line["text"], say)),
        )
        for line in past
    ]
    titles = (say("When"), say("Priority"), say("Alarm"), say("State"), say("Text"))
    head = el("tr", *(el("th", title, scope="col") for title in titles))
    table = el("table", el("thead", head), el("tbody", *lines), class_="told")
    return el("div", table, class_="wide", tabindex="0", role="region", aria_label=say("History"))
