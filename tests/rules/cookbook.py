"""The examples of the language's README, on a site that has everything they name."""

from __future__ import annotations

import re
from importlib.resources import files

from controller.config import Report, check_texts

SENSORS = {
    "air.temperature": "°C",
    "air.humidity": "%",
    "air.co2": "ppm",
    "north.temperature": "°C",
    "north.humidity": "%",
    "south.temperature": "°C",
    "south.humidity": "%",
    "outside.temperature": "°C",
    "outside.wind_speed": "m/s",
    "outside.wind_direction": "deg",
    "outside.radiation": "W/m²",
    "outside.ppfd": "µmol/(m²·s)",
    "outside.rain": "",
    "pipe.temperature": "°C",
    "slab_a.water_content": "%",
    "slab_a.drain": "L",
    "slab_a.ec": "mS/cm",
    "water.flow": "L/min",
    "water.volume": "L",
    "power.number": "",
}
MOTORS = ("roof_vent", "side_vent", "thermal_screen", "mixing_valve")
SWITCHES = (
    *("co2_valve", "pipe_pump", "fan_1", "fan_2", "pad_pump", "circulation_1", "circulation_2", "main_pump", "lamp"),
    *("north_fan", "south_fan"),
)
VALVES = ("bed_1", "bed_2")
SETTINGS = {"nutrient_ec": ("mS/cm", "0.5 .. 4", "1.5"), "lamp_dimmer": ("%", "0 .. 100", "0")}


def site() -> str:
    """site.yaml: one MQTT device for all sensors, one for each actuator."""
    sources = {name: name.replace(".", "_") for name in SENSORS}
    lines = [
        "onsil: 1",
        "site: {name: Cookbook, latitude: 35.8, longitude: 126.9, timezone: Asia/Seoul, language: en}",
        "buses: {broker: {driver: mqtt, url: mqtt://localhost:1883}}",
        "devices:",
        "  box:",
        "    bus: broker",
        "    profile: json",
        "    topic: farm/box",
        "    values:",
        *(value(sources[name], unit) for name, unit in SENSORS.items()),
        "    points:",
        *(f"      {name}: {source}" for name, source in sources.items()),
        *(line for name in (*MOTORS, *SWITCHES, *VALVES) for line in device(name)),
        *(line for name, (unit, _, _) in SETTINGS.items() for line in device(name, f'unit: "{unit}"')),
        "actuators:",
        *(f"  {name}: {{kind: position, output: {name}.out, travel_time: 100 s, safe: 0 %}}" for name in MOTORS),
        *(f"  {name}: {{kind: switch, output: {name}.out, safe: off}}" for name in SWITCHES),
    ]
    for name in VALVES:
        limits = "safe: closed, flow: 20 L/min, max_on: 15 min, max_per_day: 2 h"
        lines.append(f"  {name}: {{kind: valve, output: {name}.out, {limits}}}")
    for name, (unit, limits, safe) in SETTINGS.items():
        lines.append(f"  {name}: {{kind: setting, output: {name}.out, range: {limits} {unit}, safe: {safe} {unit}}}")
    return "\n".join(lines) + "\n"


def value(source: str, unit: str) -> str:
    return f"      {source}: {{path: {source}" + (f', unit: "{unit}"}}' if unit else "}")


def device(name: str, unit: str = "") -> list[str]:
    payloads = ["    payload_open: OPEN", "    payload_close: CLOSE"] if name in MOTORS else []
    if unit:
        payloads = [f"    {unit}", "    payload_set: '{value}'"]
    return [
        f"  {name}_device:",
        "    bus: broker",
        "    profile: json",
        f"    topic: farm/{name}",
        f"    command_topic: farm/{name}/set",
        *payloads,
        f"    points: {{{name}.out: state}}",
    ]


def examples() -> dict[str, str]:
    """The blocks of the README by the heading above them, numbered where there are several."""
    text = (files("controller.rules") / "README.md").read_text(encoding="utf-8")
    found: dict[str, str] = {}
    for heading, body in re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", text, re.S | re.M):
        for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", body, re.S)):
            found[heading.partition(":")[0] + (f" {number + 1}" if number else "")] = block
    return found


def check(block: str) -> Report:
    return check_texts(site(), f"onsil: 1\n{block}")
