"""Answers of a running controller as lines for a terminal."""

from __future__ import annotations

from typing import Any

from controller.model.units import show_duration
from controller.web.language import speech
from controller.web.phrases import told

State = dict[str, Any]


def status_lines(state: State) -> list[str]:
    """Climate, actuators with their causes, alarms, and how buses and uplinks are doing."""
    day, _, time = state["time"].partition("T")
    period = f", {state['period']}" if state["period"] else ""
    lines = [f"{state['site']}: {day} {time[:8]}{period}", ""]
    width = max((len(point["name"]) for point in state["points"]), default=0)
    for point in state["points"]:
        value = "unknown" if point["value"] is None else point["text"]
        trust = "" if point["quality"] == "good" else f"  {point['quality']}"
        age = "" if point["age"] is None else f"  {show_duration(point['age'])} ago"
        lines.append(f"  {point['name']:<{width}}  {value:>12}{age}{trust}")
    lines.append("")
    for actuator in state["actuators"]:
        lines.append(f"  {actuator['name']}: {position(actuator)}")
        lines.extend(f"      {line}" for line in why_lines(actuator)[1:])
    for setting in state.get("settings", ()):
        lines.append(f"  {setting['name']}: {setting['text']}")
        lines.extend(f"      {line}" for line in why_lines(setting)[1:])
    lines += ["", *(_alarm(alarm) for alarm in state["alarms"])] if state["alarms"] else ["", "  no alarms"]
    if "shadow" in state:
        lines += ["", *(f"  shadow: {line}" for line in state["shadow"]["differences"] or ["no difference now"])]
    lines.append("")
    for part in (*state["buses"], *state["uplinks"]):
        lines.append(f"  {part['name']}: {'online' if part['online'] else 'offline'} {part['note']}".rstrip())
        for device in part.get("devices", ()):
            if not device["online"]:
                lines.append(f"      {device['name']} does not answer {device['note']}".rstrip())
    return lines


def shadow_lines(shadow: State) -> list[str]:
    """Who has begun the shadow, where it would do otherwise now, and what it has found so far, the newest first."""
    if not shadow["running"]:
        return ["no shadow runs"]
    lines = [
        f"begun by {shadow['by']} at {_moment(shadow['since'])}; differences so far: {shadow['count']}",
        "",
        "now:",
    ]
    differing = [each for each in shadow["now"] if each["differs"]]
    for each in differing:
        lines += [f"  {each['name']}", *_sides(each, "is", "would be")]
    if not differing:
        lines.append("  no difference")
    if shadow["found"]:
        lines += ["", "so far:"]
    for each in shadow["found"]:
        until = f" to {_moment(each['until'])}" if each["until"] else ", still"
        lines += [f"  {each['name']} from {_moment(each['since'])}{until}", *_sides(each, "was", "would have been")]
    return lines


def _sides(each: State, here: str, there: str) -> list[str]:
    return [
        f"    {word} {side['text']} by {side['cause']['sentence']}"
        for word, side in ((here, each["here"]), (there, each["there"]))
    ]


def _moment(time: str) -> str:
    return time[:19].replace("T", " ")


def why_lines(actuator: State) -> list[str]:
    """Where one actuator is, and the cause with its chain, in the language of the answer."""
    say = speech(actuator.get("language", "en"))
    then = f" at {_moment(actuator['at'])}" if actuator.get("at") else ""
    lines = [f"{actuator.get('actuator') or actuator['name']}{then}: {position(actuator)}"]
    cause = actuator["cause"]
    if cause is None:
        return [*lines, "nothing has been decided yet"]
    lines.append(f"{told(cause['level'], say)}: {told(cause['rule'], say)}")
    lines.extend(f"  {told(name, say)} = {told(value, say)}" for name, value in cause["values"].items())
    lines.extend(f"  {told(link, say)}" for link in cause["chain"])
    lines.extend(f"  {told(actuator[trouble], say)}" for trouble in ("limited", "trouble") if actuator.get(trouble))
    return lines


def position(actuator: State) -> str:
    """The position and where it is going: "35 % measured, opening to 60 %"."""
    if actuator.get("text"):
        return str(actuator["text"])  # a number with its unit
    now, target = actuator.get("position"), actuator["target"]
    if now is None:
        return f"target {target:.0f} %"
    basis = f" {actuator['basis']}" if actuator.get("basis") else ""
    going = f", {actuator['moving']} to {target:.0f} %" if actuator["moving"] else ""
    return f"{now:.0f} %{basis}{going}"


def _alarm(alarm: State) -> str:
    return f"  {alarm['priority']}: {alarm['name']} ({alarm['state']} since {alarm['since'][:16]}) {alarm['text']}"
