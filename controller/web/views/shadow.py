"""The shadow on the rules' page: who began it, what it would do otherwise now, and what it has found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from controller.core.plan import Plan
from controller.web.html import Html, el, join
from controller.web.language import Speech, minute
from controller.web.names import label

from .drawing import shown
from .layout import section
from .now import why
from .rules import diff

State = Mapping[str, Any]


def fragments(shadow: State, plan: Plan, may_end: bool, say: Speech) -> dict[str, Html]:
    """The parts that change, by their ids. While no shadow runs they are empty, which hides their section."""
    head = now = same = found = join()
    if shadow["running"]:
        kinds = {actuator.name: actuator.kind for actuator in plan.actuators}
        head = _head(shadow, may_end, say)
        now = _now([each for each in shadow["now"] if each["differs"]], kinds, say)
        same = _table(
            [each for each in shadow["now"] if not each["differs"]], kinds, say("Where both do the same"), say
        )
        found = _table(shadow["found"], kinds, say("Differences so far"), say)
    parts = {"shadow": head, "shadow-now": now, "shadow-found": found, "shadow-same": same}
    drawn = {name: el("div", html, id=name, hx_swap_oob="true") for name, html in parts.items()}
    return drawn | {"shadow-count": el("b", shadow.get("count", 0), id="shadow-count", hx_swap_oob="true")}


def content(found: Mapping[str, Html], say: Speech) -> Html:
    """The section made of its fragments; what is folded out stays so while they change."""
    return section(
        say("Shadow"),
        found["shadow"],
        found["shadow-now"],
        el("details", el("summary", say("Differences so far"), ": ", found["shadow-count"]), found["shadow-found"]),
        el("details", el("summary", say("Where both do the same")), found["shadow-same"]),
        id_="shadow-part",
    )


def comparison(text: str, in_force: str, may_apply: bool, say: Speech) -> Html:
    """What would change if the shadow's rules came into force."""
    apply = _button(say("Apply"), hx_post="/rules/shadow/apply", class_="primary")
    return join(
        el("h2", say("The shadow's rules beside those in force")),
        diff(in_force, text, say),
        el("div", apply if may_apply and text != in_force else None, _close(say), class_="buttons"),
    )


def end_dialog(say: Speech) -> Html:
    """The question before what was counted is gone."""
    end = _button(say("End it"), hx_post="/rules/shadow/end", class_="primary")
    return join(
        el("h2", say("End the shadow?")),
        el("p", say("What it has found stays in the journal; its rules are gone.")),
        el("div", end, _close(say), class_="buttons"),
    )


def _head(shadow: State, may_end: bool, say: Speech) -> Html:
    text = say(
        "Begun by {who}, {time}. Its rules see all that those in force see, and move nothing.",
        who=shadow["by"], time=minute(shadow["since"]),
    )  # fmt: skip
    compare = say("Compare and apply …") if may_end else say("Compare")
    return join(
        el("p", text),
        el(
            "div",
            _button(compare, hx_get="/rules/shadow"),
            _button(say("End …"), hx_get="/rules/shadow/end") if may_end else None,
            class_="buttons",
        ),
    )


def _now(differing: Sequence[State], kinds: Mapping[str, str], say: Speech) -> Html:
    if not differing:
        return el("p", say("Now it would do the same."), class_="calm")
    title = say("Now it would do otherwise")
    return join(el("h3", title), _table(differing, kinds, title, say))


def _table(rows: Sequence[State], kinds: Mapping[str, str], title: str, say: Speech) -> Html:
    """A row for each actuator or setting: its name, when where that is known, and both sides with their reasons."""
    if not rows:
        return el("p", say("Nothing yet."), class_="calm")
    here, there = say("Rules in force"), say("Shadow")
    lines = [
        el(
            "tr",
            el("th", label(each["name"], say), _when(each, say), scope="row"),
            el("td", _side(each["here"], kinds.get(each["name"]), say), data_side=here),
            el("td", _side(each["there"], kinds.get(each["name"]), say), data_side=there),
        )
        for each in rows
    ]
    head = el("tr", *(el("th", text, scope="col") for text in (say("What"), here, there)))
    table = el("table", el("thead", head), el("tbody", *lines), class_="sides")
    return el("div", table, class_="wide", tabindex="0", role="region", aria_label=title)


def _when(each: State, say: Speech) -> Html | None:
    if "since" not in each:
        return None
    since, until = minute(each["since"]), each["until"]
    if until is None:
        return el("small", say("since {time}", time=since))
    day, _, clock = minute(until).partition(" ")
    return el("small", f"{since} – {clock if since.startswith(day) else minute(until)}")


def _side(side: State, kind: str | None, say: Speech) -> Html:
    value = side["value"]
    text = side["text"] if kind is None else shown({"kind": kind, "position": value, "on": value >= 50}, say)
    return join(el("b", text), " ", el("span", why(side["cause"], say), class_="why"))


def _button(text: str, **attributes: str) -> Html:
    return el("button", text, type="button", hx_target="#dialog", **attributes)


def _close(say: Speech) -> Html:
    return el("button", say("Close"), type="button", data_close=True)
