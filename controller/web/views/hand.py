"""Hand: who holds what, and the dialog in which a person takes an actuator in hand for a while."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from controller.core.plan import ActuatorPlan, Plan
from controller.rules.tree import names_in
from controller.web.html import Html, el, join
from controller.web.language import Speech, minute
from controller.web.names import label
from controller.web.phrases import told

from .drawing import shown
from .layout import heading, section
from .now import actuator_row, basis, sentence, slug
from .parts import parts

State = Mapping[str, Any]
STEP = 5  # %
DURATIONS = (5, 15, 30, 60, 120, 240, 480)  # min


def fragments(state: State, say: Speech) -> dict[str, Html]:
    """The parts that change, by their ids."""
    return {
        f"a-{slug(each['name'])}": actuator_row(each, state, part.say)
        for part in parts(state, say)
        for each in part.actuators
    }


def content(found: Mapping[str, Html], state: State, log: Sequence[Mapping[str, str]], say: Speech) -> list[Html]:
    return [
        heading(say("Hand")),
        el(
            "p",
            say(
                "Choose what you want to set by hand. It goes back to the rules by itself; limits, interlocks and "
                "safety rules hold all the time."
            ),
            class_="lead",
        ),
        *_rows(found, state, say),
        section(say("Who did what"), journal(log, say)),
    ]


def _rows(found: Mapping[str, Html], state: State, say: Speech) -> list[Html]:
    """The actuators, of each compartment under its name."""
    lists = [
        (part.title, el("ul", *(found[f"a-{slug(each['name'])}"] for each in part.actuators), class_="rows"))
        for part in parts(state, say)
        if part.actuators
    ]
    return [section(title, rows) if state["compartments"] else rows for title, rows in lists]


def journal(log: Sequence[Mapping[str, str]], say: Speech) -> Html:
    """Lines of the journal with time and subject."""
    if not log:
        return el("p", say("Nothing yet."), class_="calm")
    lines = [
        el(
            "tr",
            el("td", el("time", minute(line["at"]), datetime=line["at"])),
            el("td", label(line["subject"], say)),
            el("td", told(line["text"], say)),
        )
        for line in log
    ]
    head = el("tr", *(el("th", title, scope="col") for title in (say("When"), say("What"), say("Event"))))
    table = el("table", el("thead", head), el("tbody", *lines), class_="told")
    return el("div", table, class_="wide", tabindex="0", role="region", aria_label=say("Journal"))


def dialog(actuator: State, plan: Plan, state: State, allowed: bool, say: Speech) -> Html:
    """What the dialog holds: where the actuator is and why, what bounds a hand, and the form."""
    name = actuator["name"]
    bounds = limits(name, plan, say)
    return join(
        el("h2", label(name, say)),
        el("p", el("b", shown(actuator, say)), basis(actuator, say), class_="reading"),
        el("p", sentence(actuator, state, say), class_="why"),
        _form(actuator, say) if allowed else el("p", say("Your role may look, not set.")),
        el("h3", say("What holds all the same")),
        el("ul", *(el("li", line) for line in bounds), class_="limits")
        if bounds
        else el("p", say("No limit is set for it."), class_="calm"),
    )


def _form(actuator: State, say: Speech) -> Html:
    name = actuator["name"]
    times = [
        el("option", say.duration(minutes * 60), value=minutes * 60, selected=minutes == 30) for minutes in DURATIONS
    ]
    return el(
        "form",
        _value(actuator, say),
        el("label", say("For how long"), el("select", *times, name="seconds")),
        el(
            "div",
            el("button", say("Set …"), class_="primary"),
            _release(name, say) if actuator["hand"] else None,
            _close(say),
            class_="buttons",
        ),
        hx_post=f"/hand/{name}",
        hx_target="#dialog",
    )


def _value(actuator: State, say: Speech) -> Html:
    target = actuator["target"] or 0.0
    if actuator["kind"] == "position":
        target = round(target / STEP) * STEP
        slider = el(
            "input",
            name="value",
            type="range",
            min=0,
            max=100,
            step=STEP,
            value=f"{target:.0f}",
            data_output="position",
        )
        return el("label", say("Position"), slider, el("output", f"{target:.0f} %", id="position"))
    words = (say("open"), say("closed")) if actuator["kind"] == "valve" else (say("on"), say("off"))
    choices = [
        el("label", el("input", type="radio", name="value", value=value, checked=(value == 100) != (target < 50)), word)
        for value, word in zip((100, 0), words, strict=True)
    ]
    return el("fieldset", el("legend", say("Set to")), *choices)


def _release(name: str, say: Speech) -> Html:
    return el("button", say("Back to the rules"), type="button", hx_post=f"/hand/{name}/release", hx_target="#dialog")


def _close(say: Speech) -> Html:
    return el("button", say("Close"), type="button", data_close=True)


def confirm(actuator: State, value: float, seconds: float, until: str, plan: Plan, say: Speech) -> Html:
    """The question before anything moves."""
    name = actuator["name"]
    wanted = shown({**actuator, "position": value, "on": value > 0}, say)
    text = say(
        "{actuator}: {value} for {time}, until {until}.",
        actuator=label(name, say), value=wanted, time=say.duration(seconds), until=until,
    )  # fmt: skip
    bounds = limits(name, plan, say)
    return join(
        el("h2", say("Sure?")),
        el("p", text, class_="question"),
        el("p", say("These may hold it elsewhere:"), class_="calm") if bounds else None,
        el("ul", *(el("li", line) for line in bounds), class_="limits") if bounds else None,
        el(
            "form",
            el("input", type="hidden", name="value", value=f"{value:g}"),
            el("input", type="hidden", name="seconds", value=f"{seconds:g}"),
            el("input", type="hidden", name="sure", value="yes"),
            el("div", el("button", say("Yes, set it"), class_="primary"), _close(say), class_="buttons"),
            hx_post=f"/hand/{name}",
            hx_target="#dialog",
        ),
    )


def limits(name: str, plan: Plan, say: Speech) -> list[str]:
    """Which hard limits, interlocks and safety rules bound a hand on this actuator, each in a sentence."""
    actuator = next(each for each in plan.actuators if each.name == name)
    found = _hard_limits(actuator, say)
    for lock in plan.interlocks:
        if any(atom.actuator == name for atom in lock.atoms):
            found.append(say("Interlock: never {text}.", text=lock.text.text))
    for rule in plan.safety:
        if any(moved == name for moved, _ in rule.do):
            reads = ", ".join(label(read, say) for read in names_in(rule.when.tree))
            found.append(say("Safety rule “{rule}”, which watches {points}.", rule=rule.name, points=reads))
    return found


def _hard_limits(actuator: ActuatorPlan, say: Speech) -> list[str]:
    found = []
    if actuator.max_on is not None:
        found.append(say("At most {time} without a break.", time=say.duration(actuator.max_on)))
    if actuator.max_per_day is not None:
        found.append(say("At most {time} a day.", time=say.duration(actuator.max_per_day)))
    if actuator.min_on:
        found.append(say("Stays on for at least {time}.", time=say.duration(actuator.min_on)))
    if actuator.min_off:
        found.append(say("Stays off for at least {time}.", time=say.duration(actuator.min_off)))
    return found
