"""The page as HTML. Every text that comes from a file or a device is escaped here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from typing import Any

from controller.model.units import show_duration
from controller.web.words import words

State = dict[str, Any]
Say = Callable[[str], str]


def page(state: State) -> str:
    """The whole document."""
    language = str(state.get("language", "en"))
    say = _say(language)
    return f"""<!doctype html>
<html lang="{escape(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(state["site"])}</title>
<link rel="stylesheet" href="/static/page.css">
<link rel="icon" href="data:,">
<script src="/static/page.js" defer></script>
</head>
<body>
<header><h1>{escape(state["site"])}</h1><p id="clock">{_clock(state)}</p>
<p id="lost" hidden>{say("connection lost")}</p></header>
<main id="live">{body(state)}</main>
<dialog id="hand"><form method="dialog">
<h2></h2>
<p class="cause"></p>
<p><input name="value" type="range" min="0" max="100" step="5"> <output></output></p>
<p>{say("for")} <select name="seconds">{_durations()}</select></p>
<p class="buttons"><button value="override">{say("Set")}</button>
<button value="release">{say("Back to the rules")}</button><button value="">{say("Close")}</button></p>
</form></dialog>
</body>
</html>
"""


def body(state: State) -> str:
    """The part that is replaced while the page is open."""
    say = _say(str(state.get("language", "en")))
    return "".join(
        (
            _alarms(state["alarms"], say),
            _section(say("Climate"), "cards", (_point(point, say) for point in state["points"])),
            _section(say("Actuators"), "rows", (_actuator(actuator, say) for actuator in state["actuators"])),
            _section(say("Setpoints"), "cards", (_point(point, say) for point in state["setpoints"])),
            _connections(state, say),
        )
    )


def _clock(state: State) -> str:
    period = f" · {escape(state['period'])}" if state["period"] else ""
    return f"<time>{escape(state['time'][:19].replace('T', ' '))}</time>{period}"


def _point(point: State, say: Say) -> str:
    quality = point["quality"]
    note = "" if quality == "good" else f"<small>{say(quality)}</small>"
    text = say("unknown") if point["value"] is None else escape(point["text"])
    return f'<li class="{escape(quality)}"><span>{escape(point["name"])}</span><b>{text}</b>{note}</li>'


def _actuator(actuator: State, say: Say) -> str:
    position = actuator["position"]
    if actuator["kind"] == "position":
        known = position is not None and position == position
        shown = f"{position:.0f} %" if known else say("unknown")
        bar = f'<meter min="0" max="100" value="{position if known else 0:.1f}"></meter>'
    else:
        is_open = ("open", "closed") if actuator["kind"] == "valve" else ("on", "off")
        shown, bar = say(is_open[0] if actuator["on"] else is_open[1]), ""
    if actuator["moving"]:
        shown += f" · {say(actuator['moving'])}"
    cause = actuator["cause"]
    if cause is None:
        why, level, whole = say("not decided yet"), "", ""
    else:
        values = ", ".join(f"{name} = {value}" for name, value in cause["values"].items())
        why = f"{say(cause['level'])}: {escape(cause['rule'])}" + (
            f" <small>({escape(values)})</small>" if values else ""
        )
        level, whole = cause["level"], cause["sentence"]
    for trouble in (actuator["limited"], actuator["trouble"]):
        why += f" · <strong>{escape(trouble)}</strong>" if trouble else ""
    today = f" · {say('today')} {show_duration(actuator['day_seconds'])}" if actuator["day_seconds"] else ""
    name = escape(actuator["name"])
    return (
        f'<li class="{"active" if actuator["on"] else ""}" data-level="{escape(level)}">'
        f'<button class="plain" data-actuator="{name}" data-kind="{escape(actuator["kind"])}" '
        f'data-cause="{escape(whole)}" '
        f'data-position="{actuator["target"] or 0:.0f}"><span>{name}</span><b>{shown}<small>{today}</small></b>{bar}'
        f"<em>{why}</em></button></li>"
    )


def _alarms(alarms: list[State], say: Say) -> str:
    now = [alarm for alarm in alarms if alarm["state"] != "cleared"]
    if not now:
        return f'<p class="calm">{say("No alarms")}</p>'
    rows = []
    for alarm in now:
        button = (
            f'<button data-alarm="{escape(alarm["name"])}">{say("Seen")}</button>' if alarm["state"] == "raised" else ""
        )
        rows.append(
            f'<li class="alarm {escape(alarm["priority"])}"><span>{escape(alarm["name"])} · {say(alarm["state"])}'
            f"</span><em>{escape(alarm['text'])}</em><small>{escape(alarm['since'][11:16])}</small>{button}</li>"
        )
    return _section(say("Alarms"), "rows", rows)


def _connections(state: State, say: Say) -> str:
    rows = []
    for bus in state["buses"]:
        devices = "".join(
            f'<i class="{"good" if device["online"] else "bad"}" title="{escape(device["note"])}">'
            f"{escape(device['name'])}</i> "
            for device in bus["devices"]
        )
        rows.append(_connection(bus["name"], bus["online"], bus["note"], devices, say))
    for link in state.get("uplinks", []):
        rows.append(_connection(link["name"], link["online"], link["note"], "", say))
    counters = state["counters"]
    rows.append(
        f"<li><span>onsil</span><em>{counters['readings']} {say('readings')} · "
        f"{counters['commands']} {say('commands')} · {counters['rss_mb']} MB</em></li>"
    )
    return _section(say("Connections"), "rows", rows)


def _connection(name: str, online: bool, note: str, more: str, say: Say) -> str:
    word, quality = ("online", "good") if online else ("offline", "bad")
    return (
        f'<li class="{quality}"><span>{escape(name)}</span><b>{say(word)}</b>'
        f"<em>{escape(note)}</em><span class='devices'>{more}</span></li>"
    )


def _section(title: str, kind: str, rows: Iterable[str]) -> str:
    inner = "".join(rows)
    return f'<section><h2>{title}</h2><ul class="{kind}">{inner}</ul></section>' if inner else ""


def _durations() -> str:
    return "".join(
        f'<option value="{minutes * 60}"{" selected" if minutes == 30 else ""}>{show_duration(minutes * 60)}</option>'
        for minutes in (5, 15, 30, 60, 120, 480)
    )


def _say(language: str) -> Say:
    known = words(language)
    return lambda word: escape(known.get(word, word))
