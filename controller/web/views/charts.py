"""Charts: the form around the drawing, which charts.js makes from /api/history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from controller.core.plan import Plan, placed
from controller.store.export import units
from controller.web.bands import Band
from controller.web.html import Html, el
from controller.web.language import N_, Speech
from controller.web.names import label

from .layout import heading
from .parts import parts

State = Mapping[str, Any]

RANGES = (
    ("hour", 3600, N_("1 hour")),
    ("day", 86400, N_("1 day")),
    ("week", 7 * 86400, N_("7 days")),
    ("month", 30 * 86400, N_("30 days")),
    ("season", 150 * 86400, N_("Season")),
)
USUAL = ("air.temperature", "air.humidity")
JS_WORDS = {
    "nothing": N_("There are no measurements of this time yet."),
    "failed": N_("The history cannot be read now."),
    "low": N_("lowest"),
    "mean": N_("mean"),
    "high": N_("highest"),
    "last": N_("last"),
    "point": N_("Point"),
    "time": N_("Time"),
    "sun": N_("Sun"),
    "alarm": N_("Alarm"),
    "note": N_("Note"),
    "cause": N_("Cause"),
}


def content(state: State, plan: Plan, bands: Mapping[str, Band], formats: Sequence[str], say: Speech) -> list[Html]:
    known = units(plan)
    usual = [p["name"] for part in parts(state, say) for p in part.points if placed(p["name"], say.places)[1] in USUAL]
    chosen = usual or [p["name"] for p in state["points"][:2]]
    settings = {
        "now": state["wall_ns"] // 1_000_000_000,
        "zone": plan.site.timezone,
        "language": say.language,
        "units": {**known, **{s["name"]: _unit(s["text"]) for s in state["setpoints"]}},
        "labels": {name: label(name, say) for name in (*known, *(a.name for a in plan.actuators),
                                                        *(s.name for s in plan.setpoints))},
        "bands": {point: band._asdict() for point, band in bands.items()},
        "words": {key: say(text) for key, text in JS_WORDS.items()},
    }  # fmt: skip
    ranges = [
        el("button", say(title), type="button", data_range=seconds, aria_pressed="true" if name == "day" else "false")
        for name, seconds, title in RANGES
    ]
    return [
        heading(say("Charts")),
        el(
            "div",
            el("div", *ranges, class_="ranges", role="group", aria_label=say("Length")),
            el(
                "div",
                el("button", "←", type="button", data_move="-1", aria_label=say("Earlier")),
                el("button", "→", type="button", data_move="1", aria_label=say("Later")),
                el("button", say("Zoom in"), type="button", data_zoom="in"),
                el("button", say("Zoom out"), type="button", data_zoom="out"),
                class_="ranges",
            ),
            class_="toolbar",
        ),
        el("p", id="chart-title", aria_live="polite"),
        el("div", id="chart", role="img", aria_label=say("Chart of the chosen points; the table below has the values")),
        el("div", id="lanes", role="img", aria_label=say("Positions of the actuators over the same time")),
        el("p", id="mark", role="status"),
        el("details", el("summary", say("Points and actuators")), _choice(state, chosen, say), open=True),
        el("div", id="summary", class_="wide", tabindex="0", role="region", aria_label=say("Values")),
        el("section", el("h2", say("Download")), _downloads(formats, say)),
        el("script", _data(settings), type="application/json", id="settings"),
    ]


def _unit(text: str) -> str:
    return text.partition(" ")[2]


def _choice(state: State, chosen: Sequence[str], say: Speech) -> Html:
    extra = el("label", el("input", type="checkbox", id="setpoints", checked=True), say("Setpoints"), class_="chip")
    found = []
    for part in parts(state, say):
        points = [_chip("point", p["name"], p["name"] in chosen, part.say) for p in part.points]
        actuators = [_chip("actuator", a["name"], True, part.say) for a in part.actuators]
        points += [] if part.name else [extra]
        for title, chips in ((say("Points"), points), (say("Actuators"), actuators)):
            title = f"{part.title} · {title}" if state["compartments"] else title
            found += [el("fieldset", el("legend", title), *chips)] if chips else []
    told = say("The setpoints are those of the rules that were in force at each time.")
    return el("form", *found, el("p", told, class_="calm"), id="choice")


def _chip(kind: str, name: str, checked: bool, say: Speech) -> Html:
    box = el("input", type="checkbox", name=kind, value=name, checked=checked)
    return el("label", box, label(name, say), title=name, class_="chip")


def _downloads(formats: Sequence[str], say: Speech) -> Html:
    links = [
        el("a", name.upper(), href=f"/api/export?format={name}", data_format=name, download=True, class_="button")
        for name in formats
    ]
    return el("div", el("p", say("What the chart shows, one row a minute."), class_="calm"), *links, id="downloads")


def _data(settings: Mapping[str, Any]) -> Html:
    """JSON inside a script element: nothing in it can end the element."""
    return Html(orjson.dumps(settings).decode().replace("<", "\\u003c").replace(">", "\\u003e"))
