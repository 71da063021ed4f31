"""What the plots of a report are made of: which there are, and their numbers, packed small.

A column is quantised to 65,535 steps, its differences are deflated with everything else, and the page unpacks them.
"""

from __future__ import annotations

import json
import math
import zlib
from array import array
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import mul
from typing import Any

from .recorder import Column, Decision, Recorder
from .season import Season

_MOST_ROWS = 40_000
"""Longer seasons are shown with fewer rows a day."""

_SHORTEST = 300  # s between two rows

_MOST_REASONS = 40_000
"""With more decisions than that the values behind them are left away, not the rules."""

_UNKNOWN = 65535

CHARTS: dict[str, tuple[str, str, tuple[str, ...], tuple[str, ...]]] = {
    # title, unit, what is the same for all rule sets, what is not
    "temperature": ("Temperature", "°C", ("outside.temperature",), ("air.temperature",)),
    "humidity": ("Humidity", "%", (), ("air.humidity",)),
    "co2": ("CO2", "ppm", (), ("air.co2",)),
    "sun": ("Radiation outside", "W/m²", ("outside.radiation",), ()),
    "slab": ("Water in the slab", "%", (), ("slab.water_content",)),
}
WEATHER = "sun"
"""The chart that is the same for all compartments."""

POINTS = {name for _, _, once, each in CHARTS.values() for name in (*once, *each)}


def interval(days: float) -> float:
    """Seconds between two rows that a page of so many days shows; a whole number of them is a day."""
    rows = 86400 // _SHORTEST
    every = math.ceil(days * rows / _MOST_ROWS)
    return float(_SHORTEST * next(count for count in range(max(every, 1), rows + 1) if rows % count == 0))


def place(chart: str, part: int) -> str:
    """Where the chart of a compartment stands on the page."""
    return f"{chart}-{part}"


def pack(
    season: Season, recorders: Mapping[str, Recorder], parts: Sequence[str], language: str
) -> tuple[dict[str, Any], bytes]:
    """What lies where, and the packed bytes. `parts` are the compartments; "" is a site that has none."""
    columns = {name: {column.name: column for column in recorder.columns()} for name, recorder in recorders.items()}
    first = next(iter(recorders.values()))
    total = len(next(iter(next(iter(columns.values())).values())).values)
    every = max(math.ceil(total / _MOST_ROWS), 1)
    charts = _charts([recorder.levels() for recorder in recorders.values()], parts)
    actuators = list(dict.fromkeys(name for recorder in recorders.values() for name in recorder.actuators()))
    wanted = {*actuators, *(name for chart in charts.values() for name in (*chart["once"], *chart["each"]))}
    packed = bytearray()
    runs = []
    for run in recorders:
        places = {}
        for name in sorted(wanted & columns[run].keys()):
            low, scale, data = _column(columns[run][name].values[every - 1 :: every])
            places[name] = {"at": len(packed), "low": low, "scale": scale}
            packed += data
        runs.append({"name": run, "columns": places})
    text = len(packed)
    packed += json.dumps(
        [_decisions(recorder.decisions, language) for recorder in recorders.values()], ensure_ascii=False
    ).encode()
    start = season.start.timestamp()
    offset = season.start.utcoffset()
    about = {
        "rows": total // every,
        "step": first.interval * every,
        "start": start,
        "zone": 0 if offset is None else offset.total_seconds(),
        "first": [start, start + min(season.days, 7.0) * 86400],
        "text": text,
        "charts": charts,
        "actuators": [name for name in actuators if all(name in known for known in columns.values())],
        "runs": runs,
        **_days(season.start, first.interval, [_heat(columns[run], recorders[run].areas) for run in recorders]),
    }
    return about, zlib.compress(bytes(packed), 9)


def _charts(levels: Sequence[Mapping[str, Sequence[str]]], parts: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What each chart shows, by its place on the page: points, and the setpoints of any run that belong to them."""
    charts = {}
    for number, part in enumerate(parts):
        mark = f"{part}." if part else ""
        for name, (_, unit, once, each) in CHARTS.items():
            points = [mark + point for point in each]
            held = (setpoint for run in levels for point in points for setpoint in run.get(point, ()))
            where = place(name, number) if any(parts) and name != WEATHER else name
            charts[where] = {"unit": unit, "once": list(once), "each": [*points, *dict.fromkeys(held)]}
    return charts


def _heat(columns: Mapping[str, Column], areas: Mapping[str, float]) -> Column:
    """The heat of the whole site."""
    if "heat" in columns:
        return columns["heat"]
    rows = zip(*(columns[f"{part}.heat"].values for part in areas), strict=True)
    means = array("d", (sum(map(mul, row, areas.values())) / sum(areas.values()) for row in rows))
    return Column("heat", "kWh/m²", means, total=True)


def _column(values: Sequence[float]) -> tuple[float, float, bytes]:
    """Lowest value, size of a step, and the differences between rows as little-endian 16-bit numbers."""
    known = [value for value in values if value == value]
    low, high = min(known, default=0.0), max(known, default=0.0)
    scale = (high - low) / (_UNKNOWN - 1) if high > low else 1.0
    data, last = array("H"), 0
    for value in values:
        step = round((value - low) / scale) if value == value else _UNKNOWN
        data.append((step - last) & 0xFFFF)
        last = step
    if data.itemsize != 2 or array("H", [1]).tobytes() != b"\1\0":
        data.byteswap()
    return low, scale, data.tobytes()


def _decisions(decisions: Sequence[Decision], language: str) -> dict[str, Any]:
    """By actuator, with every rule's text once, as the page of the controller says it in this language."""
    from controller.web.language import speech as web_speech
    from controller.web.phrases import told

    say = web_speech(language)
    rules: dict[str, int] = {}
    by: dict[str, dict[str, list[Any]]] = {}
    with_values = len(decisions) <= _MOST_REASONS
    for decision in decisions:
        found = by.setdefault(decision.actuator, {"at": [], "target": [], "rule": []})
        found["at"].append(round(decision.at))
        found["target"].append(round(decision.target))
        found["rule"].append(rules.setdefault(decision.rule, len(rules)))
        if with_values:
            found.setdefault("values", []).append(decision.values)
    return {"rules": ["; ".join(told(part, say) for part in rule.split("; ")) for rule in rules], "by": by}


def _days(start: datetime, interval: float, totals: Sequence[Column]) -> dict[str, Any]:
    """Heat of each day, for each run."""
    rows = round(86400 / interval)
    count = max(math.ceil(len(totals[0].values) / rows), 1)
    values = []
    for total in totals:
        ends = [total.values[min((day + 1) * rows, len(total.values)) - 1] for day in range(count)]
        values.append([round(end - begin, 4) for begin, end in zip([0.0, *ends[:-1]], ends, strict=True)])
    return {
        "days": [start.timestamp() + day * 86400 for day in range(count)],
        "daily": {"unit": "kWh/m²", "values": values},
    }
