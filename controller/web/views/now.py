"""Now: the drawing, the climate against its setpoints, what runs and why, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from controller.web.bands import Band
from controller.web.forecast import Expected
from controller.web.html import Html, el, join
from controller.web.language import N_, Speech
from controller.web.names import compartment_of, label
from controller.web.phrases import told

from .drawing import drawing, shown
from .parts import Part, alone, parts

State = Mapping[str, Any]

_ARROWS = {
    2: ("M12 21V4M5 11l7-7 7 7", N_("rising fast")),
    1: ("M6 18 18 6M9 6h9v9", N_("rising")),
    0: ("M3 12h17M14 6l6 6-6 6", N_("steady")),
    -1: ("M6 6l12 12M18 9v9H9", N_("falling")),
    -2: ("M12 3v17M5 13l7 7 7-7", N_("falling fast")),
}
_NEAR = 6.0  # what is this far (in the point's unit) outside the band is at the end of the gauge


def fragments(
    state: State,
    trends: Mapping[str, int],
    bands: Mapping[str, Band],
    coming: Sequence[Expected],
    say: Speech,
) -> dict[str, Html]:
    """The parts that change while the page is open, by their ids."""
    setpoints = {point["name"]: point for point in state["setpoints"]}
    found = {"alarm-strip": _alarm_strip(state, say)}
    several = len(state["compartments"]) > 0
    for part in parts(state, say):
        for point in part.points:
            band = bands.get(point["name"], Band((), ()))
            found[f"p-{slug(point['name'])}"] = _point(point, trends.get(point["name"]), band, setpoints, part.say)
        for actuator in part.actuators:
            found[f"a-{slug(actuator['name'])}"] = actuator_row(actuator, state, part.say)
        for point in part.setpoints:
            found[f"p-{slug(point['name'])}"] = _point(point, None, Band((), ()), {}, part.say)
        if part.name or not several:
            found[_id("drawing", part)] = _drawing(part, state)
        if part.name:
            found[_id("warmth", part)] = _warmth(part)
        due = [each for each in coming if compartment_of(each.moves, say) == part.name]
        found[_id("next", part)] = _next(due, part, state)
    return found


def content(found: Mapping[str, Html], state: State, say: Speech) -> list[Html]:
    """The page made of its fragments."""
    head = [el("h1", say("Now"), class_="unseen"), found["alarm-strip"]]
    *compartments, shared = parts(state, say)
    if not compartments:
        return [*head, _side_by_side(shared, found, "h2")]
    return [
        *head,
        _jump(compartments, shared, found),
        el("div", *(_compartment(part, found) for part in compartments), class_="compartments"),
        el("section", el("h2", shared.title), _side_by_side(shared, found, "h3"), id="shared", class_="compartment"),
    ]


def _compartment(part: Part, found: Mapping[str, Html]) -> Html:
    """One below the other, so that compartments can stand side by side where the screen is wide."""
    inside = (_picture(part, found), _climate(part, found, "h3"), _running(part, found, "h3"))
    more = _setpoints(part, found, "h3")
    return el("section", el("h2", part.title), *inside, more, id=f"in-{slug(part.name)}", class_="compartment")


def _side_by_side(part: Part, found: Mapping[str, Html], heading: str) -> Html:
    return el(
        "div",
        el("div", _picture(part, found), _running(part, found, heading)),
        el("div", _climate(part, found, heading), _setpoints(part, found, heading)),
        class_="split",
    )


def _picture(part: Part, found: Mapping[str, Html]) -> Html:
    return el("div", found.get(_id("drawing", part)), found[_id("next", part)], class_="picture")


def _running(part: Part, found: Mapping[str, Html], heading: str) -> Html | None:
    rows = [found[f"a-{slug(actuator['name'])}"] for actuator in part.actuators]
    title = el(heading, part.say("What runs, and why"))
    return el("section", title, el("ul", *rows, class_="rows")) if rows else None


def _climate(part: Part, found: Mapping[str, Html], heading: str) -> Html | None:
    return _cards(el(heading, part.say("Climate")), part.points, found)


def _setpoints(part: Part, found: Mapping[str, Html], heading: str) -> Html | None:
    return _cards(el(heading, part.say("Setpoints")), part.setpoints, found)


def _cards(title: Html, points: Sequence[State], found: Mapping[str, Html]) -> Html | None:
    cards = [found[f"p-{slug(point['name'])}"] for point in points]
    return el("section", title, el("ul", *cards, class_="cards")) if cards else None


def _id(of: str, part: Part) -> str:
    return f"{of}-{slug(part.name)}" if part.name else of


def _jump(compartments: Sequence[Part], shared: Part, found: Mapping[str, Html]) -> Html:
    """To each compartment, with how warm it is there. Only that changes: who goes by keyboard keeps his place."""
    links = [el("a", part.title, found[_id("warmth", part)], href=f"#in-{slug(part.name)}") for part in compartments]
    links.append(el("a", shared.title, href="#shared"))
    return el("div", *links, id="jump", class_="jump", role="navigation", aria_label=shared.say("Compartments"))


def _warmth(part: Part) -> Html:
    own = f"{part.name}.air.temperature"
    text = next((point["text"] for point in part.points if point["name"] == own and point["value"] is not None), "")
    return el("b", text, id=_id("warmth", part), class_="value", hx_swap_oob="true")


def slug(name: str) -> str:
    """A name as part of an id."""
    return "".join(c if c.isalnum() else f"-{ord(c):x}-" for c in name)


def _drawing(part: Part, state: State) -> Html:
    title = part.say("{compartment} now", compartment=part.title) if part.name else part.say("The greenhouse now")
    inside = drawing(alone(part, state), title, part.say)
    return el("div", inside, id=_id("drawing", part), class_="sky", hx_swap_oob="true")


def _alarm_strip(state: State, say: Speech) -> Html:
    standing = [alarm for alarm in state["alarms"] if alarm["state"] != "cleared"]
    lines = [
        el(
            "li",
            el("b", told(alarm["name"], say)),
            " ",
            el("span", told(alarm["text"], say)),
            " ",
            el("a", say("Alarms"), href="/alarms"),
            class_=f"alarm {alarm['priority']} {alarm['state']}",
        )
        for alarm in standing[:3]
    ]
    return el("ul", *lines, id="alarm-strip", class_="strip", aria_live="polite", hx_swap_oob="true")


def _point(point: State, trend: int | None, band: Band, setpoints: Mapping[str, State], say: Speech) -> Html:
    name, quality = point["name"], point["quality"]
    low, high = _bound(band.low, setpoints, max), _bound(band.high, setpoints, min)
    value = el("b", say("unknown") if point["value"] is None else _worded(point["text"], say))
    return el(
        "li",
        el("span", label(name, say), class_="name", title=name),
        el("span", value, _arrow(trend, say) if point["value"] is not None else None, class_="reading"),
        el("small", say(quality), class_="quality") if quality != "good" else None,
        _gauge(point["value"], low, high, say) if point["value"] is not None and (low or high) else None,
        id=f"p-{slug(name)}",
        class_=quality,
        hx_swap_oob="true",
    )


def _worded(text: str, say: Speech) -> str:
    """A value that is a word, such as wet, in the page's language."""
    return told(text, say) if text.isalpha() else text


def _arrow(trend: int | None, say: Speech) -> Html | None:
    if trend is None:
        return None
    path, words = _ARROWS[trend]
    return el("svg", el("title", say(words)), el("path", d=path), viewBox="0 0 24 24", class_="trend", role="img")


def _bound(names: Sequence[str], setpoints: Mapping[str, State], choose: Any) -> State | None:
    known = [setpoints[name] for name in names if name in setpoints and setpoints[name]["value"] is not None]
    return choose(known, key=lambda point: point["value"]) if known else None


def _gauge(value: float, low: State | None, high: State | None, say: Speech) -> Html:
    """Where the value is between its setpoints."""
    bottom = low["value"] if low else high["value"] - _NEAR if high else 0.0
    top = high["value"] if high else bottom + _NEAR
    width = max(top - bottom, 0.5)
    start, end = bottom - width * 0.75, top + width * 0.75
    at = min(max((value - start) / (end - start), 0.02), 0.98) * 100
    left, right = (bottom - start) / (end - start) * 100, (top - start) / (end - start) * 100
    if low and high:
        words = f"{low['text'].split()[0]} – {high['text']}"
    else:
        words = say("from {value}", value=low["text"]) if low else say("to {value}", value=high["text"] if high else "")
    outside = value < bottom or value > top
    return join(
        el(
            "svg",
            el("rect", x=0, y=5, width=100, height=4, rx=2, class_="track"),
            el("rect", x=f"{left:.1f}", y=5, width=f"{max(right - left, 1):.1f}", height=4, class_="band"),
            el("rect", x=f"{at - 1:.1f}", y=0, width=2, height=14, rx=1, class_="mark out" if outside else "mark"),
            viewBox="0 0 100 14",
            preserveAspectRatio="none",
            class_="gauge",
            aria_hidden="true",
        ),
        el("small", words, class_="range"),
    )


def actuator_row(actuator: State, state: State, say: Speech, button: bool = True) -> Html:
    """An actuator: where it is, what it does and why, and the button that takes it in hand."""
    name = actuator["name"]
    cause = actuator["cause"]
    inside = [
        el("span", label(name, say), class_="name", title=name),
        el("span", el("b", shown(actuator, say)), basis(actuator, say), _motion(actuator, say), class_="reading"),
        _bar(actuator),
        el("span", sentence(actuator, state, say), class_="why"),
        el("span", _today(actuator, say), class_="today") if actuator["day_seconds"] else None,
    ]
    row = (
        el("button", *inside, type="button", hx_get=f"/hand/{name}", hx_target="#dialog", class_="plain")
        if button
        else el("div", *inside, class_="plain")
    )
    return el(
        "li",
        row,
        id=f"a-{slug(name)}",
        class_="active" if actuator["on"] or actuator["moving"] else None,
        data_level=cause["level"] if cause else None,
        hx_swap_oob="true",
    )


def basis(actuator: State, say: Speech) -> Html | None:
    """Whether a position is measured or only estimated, where there is a sensor."""
    return el("small", told(actuator["basis"], say), class_="motion") if actuator["basis"] else None


def _motion(actuator: State, say: Speech) -> Html | None:
    if not actuator["moving"]:
        return None
    motion = told(actuator["moving"], say)
    words = say("{motion} to {target} %", motion=motion, target=f"{actuator['target']:.0f}")
    return el("small", words, class_="motion")


def _bar(actuator: State) -> Html | None:
    if actuator["kind"] != "position":
        return None
    position, target = actuator["position"] or 0.0, actuator["target"] or 0.0
    return el(
        "svg",
        el("rect", x=0, y=3, width=100, height=4, rx=2, class_="track"),
        el("rect", x=0, y=3, width=f"{position:.1f}", height=4, rx=2, class_="fill"),
        el("rect", x=f"{min(target, 98.5):.1f}", y=0, width=1.5, height=10, class_="mark"),
        viewBox="0 0 100 10",
        preserveAspectRatio="none",
        class_="bar",
        aria_hidden="true",
    )


def _today(actuator: State, say: Speech) -> str:
    return say("today {time}", time=say.duration(actuator["day_seconds"]))


def sentence(actuator: State, state: State, say: Speech) -> Html:
    """Why an actuator is where it is, in one sentence."""
    cause = actuator["cause"]
    if cause is None:
        return el("span", say("Nothing has been decided yet."))
    rule, level = told(cause["rule"], say), cause["level"]
    if actuator["hand"]:
        ends = _clock_after(state, actuator["hand"]["seconds"])
        text = say("{who} holds it by hand until {time}.", who=actuator["hand"]["by"], time=ends)
        if level != "hand":
            text += " " + say("Now stronger: {rule} ({level}).", rule=rule, level=say(level))
    else:
        text = _because(level, rule, say)
    troubles = [told(actuator[key], say) for key in ("limited", "trouble") if actuator[key]]
    return join(text, _decided_on(cause, say), *(el("strong", " · ", trouble) for trouble in troubles))


def why(cause: State, say: Speech) -> Html:
    """The same of a cause alone."""
    return join(_because(cause["level"], told(cause["rule"], say), say), _decided_on(cause, say))


def _because(level: str, rule: str, say: Speech) -> str:
    match level:
        case "idle":
            return say("At rest: no rule asks for it.")
        case "rule":
            return say("Because of the rule “{rule}”.", rule=rule)
        case "irrigation":
            return say("A round of “{rule}” is under way.", rule=rule)
        case "hand":
            return say("{who} holds it by hand.", who=rule)
        case "safety":
            return say("Safety: “{rule}” keeps it there.", rule=rule)
        case "interlock":
            return say("An interlock holds it: {rule}.", rule=rule)
        case _:
            return say("A hard limit holds it: {rule}.", rule=rule)


def _decided_on(cause: State, say: Speech) -> Html:
    """The values that were looked at, and what else took part."""
    values = ", ".join(f"{label(told(k, say), say)} {_worded(v, say)}" for k, v in cause["values"].items())
    return join(
        el("small", " ", values) if values else None,
        *(el("small", " · ", told(link, say)) for link in cause["chain"]),
    )


def _next(coming: Sequence[Expected], part: Part, state: State) -> Html:
    """What comes next; of a compartment only where something does."""
    say, lines = part.say, [el("li", _coming(each, state, part.say)) for each in coming[:4]]
    return el(
        "section",
        el("h3" if state["compartments"] else "h2", say("Next")),
        el("ul", *lines) if lines else el("p", say("Nothing is expected within twelve hours."), class_="calm"),
        id=_id("next", part),
        hidden=bool(part.name) and not lines,
        hx_swap_oob="true",
    )


def _coming(each: Expected, state: State, say: Speech) -> str:
    time, clock = say.duration(_rough(each.seconds)), _clock_after(state, each.seconds)
    if each.kind == "period":
        return say("{period} begins at {clock}", period=label(each.subject, say), clock=clock)
    if each.kind == "release":
        return say("{actuator} goes back to the rules at {clock}", actuator=label(each.subject, say), clock=clock)
    if each.basis == "light":
        if each.seconds < 30:
            return say("“{rule}”: irrigation any moment now", rule=each.subject)
        return say("“{rule}”: irrigation in about {time} at this light", rule=each.subject, time=time)
    return say("“{rule}”: irrigation at about {clock}", rule=each.subject, clock=clock)


def _rough(seconds: float) -> float:
    """An estimate is not given to the second."""
    step = 60 if seconds < 1800 else 300 if seconds < 7200 else 900
    return max(round(seconds / step) * step, 60)


def _clock_after(state: State, seconds: float) -> str:
    return (datetime.fromisoformat(state["time"]) + timedelta(seconds=seconds)).strftime("%H:%M")
