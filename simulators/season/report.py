"""A season as one page that needs nothing else: open it on a phone, without a network.

The numbers are packed small: a column is quantised to 65,535 steps, its differences are deflated with everything else,
and the page unpacks them.
"""

from __future__ import annotations

import base64
import html
import json
import math
import zlib
from array import array
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from controller.core.plan import SitePlan

from .metrics import METRICS, Metric, Result
from .recorder import Column, Decision, Recorder
from .season import Season
from .speech import Say, in_words, speech
from .table import better

_ASSETS = Path(__file__).parent / "assets"

_MOST_ROWS = 40_000
"""Longer seasons are shown with fewer rows a day."""

_SHORTEST = 300  # s between two rows

_MOST_REASONS = 40_000
"""With more decisions than that the values behind them are left away, not the rules."""

_UNKNOWN = 65535

_LEAST_WIDEST = 0.1

_MOST_CHANGES = 8
"""Lines of changed files that a page shows."""

_CHARTS: dict[str, tuple[str, str, tuple[str, ...], tuple[str, ...]]] = {
    # title, unit, what is the same for all rule sets, what is not
    "temperature": ("Temperature", "°C", ("outside.temperature",), ("air.temperature",)),
    "humidity": ("Humidity", "%", (), ("air.humidity",)),
    "co2": ("CO2", "ppm", (), ("air.co2",)),
    "sun": ("Radiation outside", "W/m²", ("outside.radiation",), ()),
    "slab": ("Water in the slab", "%", (), ("slab.water_content",)),
}

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_HEADLINES = ("energy", "water", "co2", "yield", "hours_too_cold", "hours_too_hot", "hours_disease_risk", "movements")


def interval(days: float) -> float:
    """Seconds between two rows that a page of so many days shows; a whole number of them is a day."""
    rows = 86400 // _SHORTEST
    every = math.ceil(days * rows / _MOST_ROWS)
    return float(_SHORTEST * next(count for count in range(max(every, 1), rows + 1) if rows % count == 0))


def page(
    site: SitePlan,
    season: Season,
    runs: Mapping[str, tuple[Result, Recorder]],
    language: str = "en",
    changes: Sequence[str] = (),
) -> str:
    """The whole page, in this language. One run, or two to compare; `changes` are the lines in which their files
    differ, with - or + before them."""
    say = speech(language)
    results = {name: result for name, (result, _) in runs.items()}
    about, packed = _pack(season, {name: recorder for name, (_, recorder) in runs.items()})
    about["words"] = {
        "since": say("since"),
        "nothing": say("nothing decided yet"),
        "time": say("Time"),
        "dates": [say("{YYYY}"), say("{MMM}"), say("{D} {MMM}"), say("{D} {MMM} {YYYY}")],
        "months": [say(month) for month in _MONTHS],
        "points": {name: say(name) for chart in _CHARTS.values() for name in (*chart[2], *chart[3])},
    }
    title = f"{site.name}: {say(' against ').join(runs)}"
    end = season.start + timedelta(days=season.days)
    facts = say("{start} to {end}, weather {weather}, seed {seed}, {structure}, {crop}").format(
        start=f"{season.start:%Y-%m-%d}",
        end=f"{end:%Y-%m-%d}",
        weather=season.weather,
        seed=season.seed,
        structure=season.structure,
        crop=season.crop,
    )
    plots = "".join(_plot(name, say) for name in about["charts"])
    parts = {
        "LANGUAGE": language,
        "TITLE": html.escape(title),
        "FACTS": html.escape(facts),
        "VERDICT": _verdict(results, say) + _changes(changes, say),
        "TABLE": _table(results, say),
        "PLOTS": plots,
        "NOTES": "".join(
            f"<p class=faint>{html.escape(note)}</p>"
            for note in dict.fromkeys(note for result in results.values() for note in result.notes)
        ),
        "CSS": _vendor("uplot.css") + _asset("report.css"),
        "UPLOT": _vendor("uplot.js").replace("</", "<\\/"),
        "SCRIPT": _asset("report.js"),
        "ABOUT": json.dumps(about, separators=(",", ":")).replace("</", "<\\/"),
        "PACKED": base64.b64encode(packed).decode(),
    }
    text = in_words(_asset("report.html"), say)
    for name, content in parts.items():
        text = text.replace("{{" + name + "}}", content)
    return text


def _plot(name: str, say: Say) -> str:
    title, unit, _, _ = _CHARTS[name]
    return f'<h2>{html.escape(say(title))} ({unit})</h2><div id="{name}"></div>'


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _vendor(name: str) -> str:
    import controller.web

    return (Path(controller.web.__path__[0]) / "static" / "vendor" / name).read_text(encoding="utf-8")


# what stands at the top


def _verdict(results: Mapping[str, Result], say: Say) -> str:
    """The trade-off of two rule sets in a sentence: what the second saves, and what that costs."""
    if len(results) != 2:
        return ""
    (_, one), (name, other) = results.items()
    gains: list[str] = []
    losses: list[str] = []
    for key in _HEADLINES:
        metric, a, b = METRICS[key], one.values[key], other.values[key]
        sense = better(a, b, metric.better)
        if sense and max(abs(a), abs(b)) >= 0.5 * 10**-metric.digits:
            change = f"{b - a:+,.{metric.digits}f} {metric.unit}".strip()
            (gains if sense > 0 else losses).append(f"{html.escape(say(metric.title))} {change}")
    parts = []
    if gains:
        parts.append(f'<span class="good">{say("better: {list}").format(list=", ".join(gains))}</span>')
    if losses:
        parts.append(f'<span class="bad">{say("worse: {list}").format(list=", ".join(losses))}</span>')
    said = "; ".join(parts) or say("no difference that matters")
    sentence = say("{name} is {said}.").format(name=f"<b>{html.escape(name)}</b>", said=said)
    return f'<p class="verdict"><span class="key two"></span>{sentence}</p>'


def _changes(changes: Sequence[str], say: Say) -> str:
    """What was changed: the answer to what the numbers beneath are about."""
    if not changes:
        return ""
    lines = [
        f"<span class={'after' if line.startswith('+') else 'before'}>{html.escape(line)}</span>"
        for line in changes[:_MOST_CHANGES]
    ]
    if len(changes) > _MOST_CHANGES:
        lines.append(say("and {count} more lines").format(count=len(changes) - _MOST_CHANGES))
    text = "\n".join(lines)
    return f'<pre class="changes">{text}</pre>'


def _table(results: Mapping[str, Result], say: Say) -> str:
    names = list(results)
    keys = "".join(
        f'<th><span class="key {colour}"></span>{html.escape(name)}</th>'
        for name, colour in zip(names, ("one", "two"), strict=False)
    )
    compared = f"<th>{say('difference')}</th><th></th>" if len(names) == 2 else ""
    rows = [f"<tr><th></th>{keys}{compared}</tr>"]
    widest = _widest(results)
    for key, metric in METRICS.items():
        values = [result.values[key] for result in results.values()]
        if all(abs(value) < 0.5 * 10**-metric.digits for value in values):
            continue
        cells = "".join(f"<td>{value:,.{metric.digits}f}</td>" for value in values)
        if len(values) == 2:
            cells += _swing(values[0], values[1], metric, widest)
        title = f"{html.escape(say(metric.title))} <span class=faint>{metric.unit}</span>"
        rows.append(f"<tr><td>{title}</td>{cells}</tr>")
    return f"<table>{''.join(rows)}</table>"


def _widest(results: Mapping[str, Result]) -> float:
    """The largest share by which two runs differ in what matters: as far reaches the longest bar."""
    if len(results) != 2:
        return _LEAST_WIDEST
    one, other = results.values()
    shares = [
        abs(_change(one.values[key], other.values[key]))
        for key, metric in METRICS.items()
        if better(one.values[key], other.values[key], metric.better) and _matters(one, other, key)
    ]
    return max(shares, default=0.0) or _LEAST_WIDEST


def _matters(one: Result, other: Result, key: str) -> bool:
    """Whether a difference is seen in as many digits as are shown."""
    return abs(other.values[key] - one.values[key]) >= 0.5 * 10.0 ** -METRICS[key].digits


def _change(one: float, other: float) -> float:
    return (other - one) / max(abs(one), abs(other), 1e-12)


def _swing(one: float, other: float, metric: Metric, widest: float) -> str:
    """The difference as a number, and as a bar to the left for less and to the right for more."""
    change = _change(one, other)
    word = {1: "good", -1: "bad", 0: "even"}[better(one, other, metric.better)]
    number = f"{other - one:+,.{metric.digits}f}"
    if not number.strip("+-0.,"):
        return '<td class="faint">=</td><td class="swing"></td>'
    width = min(abs(change) / widest, 1.0) * 50
    left = 50.0 if change >= 0 else 50 - width
    bar = f'<i class="{word}" style="left:{left:.1f}%;width:{width:.1f}%"></i>'
    tone = word if word != "even" else "faint"
    return f'<td class="{tone}">{number}</td><td class="swing">{bar}</td>'


# what the plots are made of


def _pack(season: Season, recorders: Mapping[str, Recorder]) -> tuple[dict[str, Any], bytes]:
    columns = {name: {column.name: column for column in recorder.columns()} for name, recorder in recorders.items()}
    first = next(iter(recorders.values()))
    total = len(first.columns()[0].values)
    every = max(math.ceil(total / _MOST_ROWS), 1)
    setpoints = [column.name for column in first.columns() if _is_level(column)]
    charts = {
        name: {"unit": unit, "once": list(once), "each": [*each, *(setpoints if name == "temperature" else [])]}
        for name, (_, unit, once, each) in _CHARTS.items()
    }
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
        [_decisions(recorder.decisions) for recorder in recorders.values()], ensure_ascii=False
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
        **_days(season.start, first.interval, [columns[run]["heat"] for run in recorders]),
    }
    return about, zlib.compress(bytes(packed), 9)


def _is_level(column: Column) -> bool:
    """A setpoint that is a temperature, not a difference of two."""
    return column.unit == "°C" and "." not in column.name and "temperature" in column.name


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


def _decisions(decisions: Sequence[Decision]) -> dict[str, Any]:
    """By actuator, with every rule's text once."""
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
    return {"rules": list(rules), "by": by}


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
