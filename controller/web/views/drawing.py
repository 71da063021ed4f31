"""The greenhouse as a drawing: a cross-section with vents, screens and pipes where they are, under today's sky."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from controller.web.html import Html, el, join
from controller.web.language import Speech
from controller.web.names import label

State = Mapping[str, Any]

WIDTH, HEIGHT = 720, 330
GROUND, EAVES, RIDGE = 290, 150, 72
LEFT, MIDDLE, RIGHT = 150, 360, 570
_ROOF = math.degrees(math.atan2(EAVES - RIDGE, RIGHT - MIDDLE))

ROLES = (
    ("roof_vent", r"(roof|ridge|top|lee|wind).*vent|vent.*(roof|ridge|lee|wind)|^vents?(_\d+)?$"),
    ("side_vent", r"side|wall|curtain_vent|vent"),
    ("screen", r"screen|shade|curtain|blackout|thermal"),
    ("heating", r"heat|boiler|pipe|burner|mixing"),
    ("fogging", r"fog|mist|humidif|pad"),
    ("irrigation", r"irrig|drip|bed|slab|water|nutrient|feed"),
    ("lamp", r"lamp|light|led"),
    ("co2", r"co2"),
    ("fan", r"fan|circul|extract"),
)


def role_of(actuator: str) -> str:
    """What an actuator is in the drawing, by its name; "" for what is not drawn."""
    return next((role for role, words in ROLES if re.search(words, actuator)), "")


def drawing(state: State, title: str, say: Speech) -> Html:
    """The SVG of one house or compartment.

    Everything in it is also said in words on the page, so it is one picture for a screen reader.
    """
    by_role: dict[str, list[State]] = {}
    for actuator in state["actuators"]:
        by_role.setdefault(role_of(actuator["name"]), []).append(actuator)
    values = {p["name"]: p["value"] for p in state["points"] if p["quality"] != "bad"}
    texts = {p["name"]: p["text"] for p in state["points"]}
    return el(
        "svg",
        el("title", title),
        join(*_sky(values, texts, say)),
        join(*_structure()),
        join(*_screens(by_role.get("screen", []), say)),
        join(*_roof_vents(by_role.get("roof_vent", []), say)),
        join(*_side_vents(by_role.get("side_vent", []), say)),
        join(*_lamps(by_role.get("lamp", []))),
        join(*_fans(by_role.get("fan", []), say)),
        join(*_fog(by_role.get("fogging", []))),
        join(*_crop()),
        join(*_heating(by_role.get("heating", []), say)),
        join(*_irrigation(by_role.get("irrigation", []), say)),
        join(*_co2(by_role.get("co2", []), say)),
        join(*_inside(texts)),
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        class_="house",
    )


def _sky(values: Mapping[str, float | None], texts: Mapping[str, str], say: Speech) -> Iterator[Html]:
    radiation = values.get("outside.radiation")
    if radiation is not None:
        strength = min(max(radiation, 0.0) / 900, 1.0)
        yield el(
            "circle",
            cx=72,
            cy=52,
            r=18,
            class_="sun" if radiation > 2 else "moon",
            opacity=f"{0.35 + 0.65 * strength:.2f}",
        )
        if radiation > 2:
            for ray in range(8):
                angle, reach = ray * math.pi / 4, 25 + 9 * strength
                x, y = math.cos(angle), math.sin(angle)
                yield _line(72 + 23 * x, 52 + 23 * y, 72 + reach * x, 52 + reach * y, "ray")
        yield _text(72, 102, texts["outside.radiation"], "middle")
    speed = values.get("outside.wind_speed")
    if speed is not None:
        length = 18 + min(speed, 20) * 3
        for row, part in ((0, 1.0), (9, 0.66), (18, 0.85)):
            yield el(
                "path",
                d=f"M22 {126 + row} h{length * part:.0f} q8 0 8 -5",
                class_="wind",
                opacity=1 if speed > 0.3 else 0.35,
            )
        yield _text(22, 168, texts["outside.wind_speed"], "start")
    if values.get("outside.rain") == 1:
        for drop in range(7):
            yield _line(228 + drop * 42, 22 + drop % 3 * 9, 223 + drop * 42, 36 + drop % 3 * 9, "rain")
    if "outside.temperature" in texts:
        yield _text(22, 208, texts["outside.temperature"], "start", "big")
        yield _text(22, 230, say("outside"), "start")


def _structure() -> Iterator[Html]:
    yield _line(0, GROUND, WIDTH, GROUND, "ground")
    yield el("path", d=f"M{LEFT} {GROUND} V{EAVES} L{MIDDLE} {RIDGE} L{RIGHT} {EAVES} V{GROUND} Z", class_="air")
    yield el("path", d=f"M{LEFT} {EAVES + 70} V{EAVES} L{MIDDLE - 78} {_roof_y(MIDDLE - 78):.0f}", class_="glass")
    yield el("path", d=f"M{RIGHT} {EAVES + 70} V{EAVES} L{MIDDLE + 78} {_roof_y(MIDDLE + 78):.0f}", class_="glass")
    yield el("path", d=f"M{LEFT} {GROUND} v-28 M{RIGHT} {GROUND} v-28", class_="glass")
    yield _line(LEFT, EAVES, RIGHT, EAVES, "truss")


def _roof_y(x: float) -> float:
    return RIDGE + abs(x - MIDDLE) * (EAVES - RIDGE) / (RIGHT - MIDDLE)


def _roof_vents(vents: list[State], say: Speech) -> Iterator[Html]:
    """One vent opens on both sides of the ridge; of two, each has its side."""
    sides: list[tuple[int, State | None]] = [(-1, vents[0] if vents else None), (1, vents[-1] if vents else None)]
    for side, vent in sides:
        angle = 0.0 if vent is None else _share(vent) * 30
        turned = _ROOF - angle
        x = MIDDLE + side * 83 * math.cos(math.radians(turned))
        y = RIDGE + 83 * math.sin(math.radians(turned))
        yield _line(MIDDLE, RIDGE, x, y, f"flap {_moving(vent)}" if vent else "glass")
    for number, vent in enumerate(vents[:2]):
        x = MIDDLE if len(vents) == 1 else MIDDLE + (-95, 95)[number]
        yield _label(x, 30, vent, say, "middle")


def _side_vents(vents: list[State], say: Speech) -> Iterator[Html]:
    for wall, side in ((LEFT, -1), (RIGHT, 1)):
        vent = None if not vents else vents[0] if side < 0 else vents[-1]
        angle = 0.0 if vent is None else _share(vent) * 48
        x = wall + side * 42 * math.sin(math.radians(angle))
        y = EAVES + 70 + 42 * math.cos(math.radians(angle))
        yield _line(wall, EAVES + 70, x, y, f"flap {_moving(vent)}" if vent else "glass")
    if vents:
        yield _label(RIGHT + 16, EAVES + 64, vents[-1], say, "start")


def _screens(screens: list[State], say: Speech) -> Iterator[Html]:
    for row, screen in enumerate(screens[:3]):
        y = EAVES - 4 + row * 9
        length = (RIGHT - LEFT) / 2 * _share(screen)
        yield el("path", d=f"M{LEFT} {y} h{length:.0f} M{RIGHT} {y} h{-length:.0f}", class_=f"screen {_moving(screen)}")
        yield _label(RIGHT + 16, EAVES - 14 + row * 34, screen, say, "start")


def _lamps(lamps: list[State]) -> Iterator[Html]:
    for lamp in lamps[:1]:
        for x in range(LEFT + 70, RIGHT - 40, 95):
            yield el("path", d=f"M{x} {EAVES + 12} h30 l8 10 h-46 z", class_=f"lamp {_on(lamp)}")


def _fans(fans: list[State], say: Speech) -> Iterator[Html]:
    for number, fan in enumerate(fans[:2]):
        x, y = (LEFT + 42, EAVES + 52) if number == 0 else (RIGHT - 42, EAVES + 52)
        blades = [
            el("path", d=f"M{x} {y} q5 -15 0 -17 q-9 4 0 17", transform=f"rotate({turn} {x} {y})")
            for turn in (0, 120, 240)
        ]
        yield el("g", el("circle", cx=x, cy=y, r=20), join(*blades), class_=f"fan {_on(fan)}")


def _fog(foggers: list[State]) -> Iterator[Html]:
    for fogger in foggers[:1]:
        yield _line(LEFT + 90, EAVES + 14, RIGHT - 90, EAVES + 14, f"tube {_on(fogger)}")
        if fogger["on"]:
            for x in range(LEFT + 110, RIGHT - 90, 34):
                yield el(
                    "path", d=f"M{x} {EAVES + 17} l-7 13 M{x} {EAVES + 17} v14 M{x} {EAVES + 17} l7 13", class_="fog"
                )


def _crop() -> Iterator[Html]:
    for x in range(LEFT + 55, RIGHT - 40, 52):
        leaves = f"M{x} 262 q-14 -2 -16 -12 q13 0 16 12 M{x} 252 q14 -2 16 -12 q-13 0 -16 12"
        top = f"M{x} 242 q-10 -3 -11 -11 q9 1 11 11 M{x} 236 q8 -3 9 -10 q-8 1 -9 10"
        yield el("path", d=f"M{x} 276 V236 {leaves} {top}", class_="crop")
        yield el("rect", x=x - 17, y=274, width=34, height=9, rx=2, class_="slab")


def _heating(heaters: list[State], say: Speech) -> Iterator[Html]:
    if not heaters:
        return
    heat = any(heater["on"] for heater in heaters)
    for x in range(LEFT + 81, RIGHT - 40, 52):
        yield el("circle", cx=x, cy=281, r=4.5, class_="pipe on" if heat else "pipe")
        if heat:
            yield el(
                "path", d=f"M{x - 3} 268 q-4 -6 0 -11 q4 -5 0 -10 M{x + 5} 268 q-4 -6 0 -11 q4 -5 0 -10", class_="warm"
            )
    yield _label(LEFT - 14, GROUND - 28, heaters[0], say, "end")


def _irrigation(valves: list[State], say: Speech) -> Iterator[Html]:
    if not valves:
        return
    flows = any(valve["on"] for valve in valves)
    yield _line(LEFT + 8, 271, RIGHT - 8, 271, "tube on" if flows else "tube")
    if flows:
        for x in range(LEFT + 45, RIGHT - 40, 52):
            yield el("path", d=f"M{x} 264 q-5 7 0 9 q5 -2 0 -9", class_="drop")
    yield _label(RIGHT + 16, GROUND - 28, valves[0], say, "start")


def _co2(valves: list[State], say: Speech) -> Iterator[Html]:
    for valve in valves[:1]:
        if valve["on"]:
            yield _text(RIGHT - 40, 226, "CO₂", "middle", "gas")


def _inside(texts: Mapping[str, str]) -> Iterator[Html]:
    temperature, humidity = texts.get("air.temperature"), texts.get("air.humidity")
    if temperature or humidity:
        yield el(
            "text",
            el("tspan", temperature, class_="hero"),
            el("tspan", humidity, dx=16 if temperature else None, class_="big"),
            x=MIDDLE,
            y=209,
            text_anchor="middle",
        )


def _label(x: float, y: float, actuator: State, say: Speech, anchor: str) -> Html:
    """The name, and beneath it the position."""
    name = el("tspan", label(actuator["name"], say))
    value = el("tspan", shown(actuator, say), x=f"{x:.0f}", dy="1.2em", class_="value")
    return el("text", name, value, x=f"{x:.0f}", y=f"{y:.0f}", text_anchor=anchor)


def shown(actuator: State, say: Speech) -> str:
    """Where an actuator is, in a word or a number."""
    if actuator["kind"] == "position":
        position = actuator["position"]
        return say("unknown") if position is None or position != position else f"{position:.0f} %"
    if actuator["kind"] == "valve":
        return say("open") if actuator["on"] else say("closed")
    return say("on") if actuator["on"] else say("off")


def _share(actuator: State) -> float:
    position = actuator["position"]
    return 0.0 if position is None or position != position else min(max(position, 0.0), 100.0) / 100


def _moving(actuator: State | None) -> str:
    return "moving" if actuator is not None and actuator["moving"] else ""


def _on(actuator: State) -> str:
    return "on" if actuator["on"] else ""


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Html:
    return el("line", x1=f"{x1:.1f}", y1=f"{y1:.1f}", x2=f"{x2:.1f}", y2=f"{y2:.1f}", class_=kind)


def _text(x: float, y: float, text: str, anchor: str, kind: str = "") -> Html:
    return el("text", text, x=f"{x:.0f}", y=f"{y:.0f}", text_anchor=anchor, class_=kind or None)
