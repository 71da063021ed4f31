"""Rules: the editor, what the checker says, a sentence for each rule, and the versions."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import orjson

from controller.app.records import Version
from controller.model.time import NS
from controller.web.html import Html, el, join
from controller.web.language import N_, Speech

from .layout import heading, section

KEYS = (
    "periods", "setpoints", "rules", "irrigation", "safety", "alarms", "notify", "name", "when", "until", "do",
    "drive", "by", "from", "band", "band_when", "valve", "start", "window", "give", "skip_when", "stop_day_when",
    "rest", "force", "priority", "define", "sums", "controls", "limits", "stages", "pumps", "ramp", "within", "and",
    "or", "not", "for", "is", "since last start", "average", "minimum", "maximum", "rate", "clamp", "min", "max",
    "abs", "at least", "at most", "sunrise", "sunset", "period", "time", "day", "night",
)  # fmt: skip
JS_WORDS = {
    "unsaved": N_("Not applied yet."),
    "same": N_("These rules are in force."),
    "checking": N_("Checking …"),
    "right": N_("No mistake found."),
    "wrong": N_("Mistakes: {n}"),
    "failed": N_("The check did not work."),
    "applied": N_("Applied. The new rules are in force."),
    "line": N_("Line {n}"),
    "time": N_("Time"),
    "trying": N_("Trying … this takes a while."),
    "beside": N_("These rules run beside those in force."),
}


def content(
    text: str, in_force: str, shadow: Html, versions: Html, may_apply: bool, may_try: bool, zone: str, say: Speech
) -> list[Html]:
    settings = {
        "words": {key: say(word) for key, word in JS_WORDS.items()},
        "keys": KEYS,
        "inForce": in_force,
        "zone": zone,
    }
    buttons = [
        el("button", say("Apply"), type="button", id="apply", class_="primary", disabled=True),
        el("button", say("Run beside"), type="button", id="beside", disabled=True),
        el("button", say("Try it"), type="button", id="try") if may_try else None,
        el("button", say("Undo my changes"), type="button", id="reset"),
    ]
    tools = buttons if may_apply else [el("span", say("Your role may look, not change."))]
    return [
        heading(say("Rules")),
        shadow,
        el(
            "div",
            el(
                "div",
                el("div", *tools, el("span", id="state", role="status", aria_live="polite"), class_="toolbar"),
                el("div", id="editor"),
                el("textarea", text, id="text", spellcheck="false", aria_label=say("Rules"), readonly=not may_apply),
                class_="editing",
            ),
            el(
                "div",
                section(say("What the check says"), el("div", id="findings"), id_="check"),
                section(say("What each rule does"), el("ol", id="sentences")),
                section(
                    say("Setpoints today"),
                    el("p", say("As they are with the present weather all day."), class_="calm"),
                    el("div", id="picture", role="img", aria_label=say("Setpoints over the day")),
                ),
                section(say("Trial"), el("pre", id="trial"), id_="trial-part") if may_try else None,
                class_="aside",
            ),
            class_="split",
        ),
        section(say("Versions"), versions, id_="versions"),
        el(
            "script",
            Html(orjson.dumps(settings).decode().replace("<", "\\u003c").replace(">", "\\u003e")),
            type="application/json",
            id="settings",
        ),
    ]


def versions_list(versions: Sequence[Version], in_force: str, zone: ZoneInfo, say: Speech) -> Html:
    """The texts that were in force, the newest first."""
    if not versions:
        return el("p", say("Nothing yet."), class_="calm")
    lines = []
    for version in versions:
        at = datetime.fromtimestamp(version.at_ns // NS, zone)
        size = len(version.text.splitlines())
        lines.append(
            el(
                "li",
                el(
                    "button",
                    el("time", at.strftime("%Y-%m-%d %H:%M:%S"), datetime=at.isoformat()),
                    el("span", say("{n} lines", n=size)),
                    el("b", say("in force")) if version.text == in_force else None,
                    type="button",
                    class_="plain",
                    hx_get=f"/rules/version/{version.at_ns}",
                    hx_target="#dialog",
                ),
            )
        )
    return el("ul", *lines, class_="rows versions")


def version_dialog(version: Version, in_force: str, may_apply: bool, zone: ZoneInfo, say: Speech) -> Html:
    """What would change if this version were brought back."""
    at = datetime.fromtimestamp(version.at_ns // NS, zone).strftime("%Y-%m-%d %H:%M:%S")
    return join(
        el("h2", say("Rules of {time}", time=at)),
        diff(in_force, version.text, say),
        el(
            "div",
            el("button", say("Bring back"), type="button", class_="primary", hx_post=f"/rules/version/{version.at_ns}",
               hx_target="#dialog") if may_apply and version.text != in_force else None,
            el("button", say("Close"), type="button", data_close=True),
            class_="buttons",
        ),
    )  # fmt: skip


def diff(before: str, after: str, say: Speech) -> Html:
    """The lines that differ, with a few around them."""
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2))[2:]
    if not lines:
        return el("p", say("No difference."), class_="calm")
    kinds = {"+": "added", "-": "removed", "@": "place"}
    return el(
        "pre",
        *(el("span", line + "\n", class_=kinds.get(line[:1])) for line in lines),
        class_="diff",
        tabindex="0",
    )


__all__ = ["content", "diff", "version_dialog", "versions_list"]
