"""A season as one page that needs nothing else: open it on a phone, without a network."""

from __future__ import annotations

import base64
import html
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from controller.core.plan import Plan, placed
from controller.web.phrases import Forms

from .metrics import METRICS, Metric, Result
from .plots import CHARTS, POINTS, WEATHER, pack, place
from .recorder import Recorder
from .season import Season
from .speech import Say, in_words, speech
from .table import TOGETHER, Columns, better, compartments
from .wiring import NOTES

_ASSETS = Path(__file__).parent / "assets"

_LEAST_WIDEST = 0.1

_MOST_CHANGES = 8
"""Lines of changed files that a page shows."""

_NOTES = Forms(NOTES)

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_HEADLINES = ("energy", "water", "co2", "yield", "hours_too_cold", "hours_too_hot", "hours_disease_risk", "movements")


def page(
    plan: Plan,
    season: Season,
    runs: Mapping[str, tuple[Result, Recorder]],
    language: str = "en",
    changes: Sequence[str] = (),
) -> str:
    """The whole page, in this language. One run, or two to compare; `changes` are the lines in which their files
    differ, with - or + before them. The names of compartments are those of `plan`."""
    say = speech(language)
    results = {name: result for name, (result, _) in runs.items()}
    parts = _parts(plan, results, language)
    about, packed = pack(season, {name: recorder for name, (_, recorder) in runs.items()}, list(parts), language)
    about["words"] = {
        "since": say("since"),
        "nothing": say("nothing decided yet"),
        "time": say("Time"),
        "dates": [say("{YYYY}"), say("{MMM}"), say("{D} {MMM}"), say("{D} {MMM} {YYYY}")],
        "months": [say(month) for month in _MONTHS],
        "points": {
            name: say(placed(name, parts)[1])
            for chart in about["charts"].values()
            for name in (*chart["once"], *chart["each"])
            if placed(name, parts)[1] in POINTS
        },
    }
    title = f"{plan.site.name}: {say(' against ').join(runs)}"
    end = season.start + timedelta(days=season.days)
    facts = say("{start} to {end}, weather {weather}, seed {seed}, {structure}, {crop}").format(
        start=f"{season.start:%Y-%m-%d}",
        end=f"{end:%Y-%m-%d}",
        weather=season.weather,
        seed=season.seed,
        structure=_with_own(season.structure, season.structures, parts),
        crop=_with_own(season.crop, season.crops, parts),
    )
    content = {
        "LANGUAGE": language,
        "TITLE": html.escape(title),
        "FACTS": html.escape(facts),
        "VERDICT": _verdict(results, say) + _changes(changes, say),
        "TABLE": _whole(results, parts, say),
        "PLOTS": _plots(results, parts, say),
        "NOTES": "".join(
            f"<p class=faint>{html.escape(_note(note, say))}</p>"
            for note in dict.fromkeys(note for result in results.values() for note in result.notes)
        ),
        "CSS": _vendor("uplot.css") + _asset("report.css"),
        "UPLOT": _vendor("uplot.js").replace("</", "<\\/"),
        "SCRIPT": _asset("report.js"),
        "ABOUT": json.dumps(about, separators=(",", ":")).replace("</", "<\\/"),
        "PACKED": base64.b64encode(packed).decode(),
    }
    text = in_words(_asset("report.html"), say)
    for name, value in content.items():
        text = text.replace("{{" + name + "}}", value)
    return text


# the compartments


def _parts(plan: Plan, results: Mapping[str, Result], language: str) -> dict[str, str]:
    """What people call each compartment of any run. A run of a site without any is the part "", called by the run."""
    called = {each.name: each.ko if language == "ko" else each.en for each in plan.compartments}
    called[""] = ", ".join(name for name, result in results.items() if not result.compartments)
    titles = {part: called.get(part, part) for result in results.values() for part in result.compartments or [""]}
    return {part: title if Counter(titles.values())[title] == 1 else part for part, title in titles.items()}


def _with_own(usual: str, own: Sequence[tuple[str, str]], parts: Mapping[str, str]) -> str:
    """What all have, and behind it what some have instead."""
    instead = ", ".join(f"{parts.get(part, part)}: {name}" for part, name in own)
    return f"{usual} ({instead})" if instead else usual


def _whole(results: Mapping[str, Result], parts: Mapping[str, str], say: Say) -> str:
    """The table at the top: what the site comes to, and of a single run what each compartment does."""
    whole = {name: result.values for name, result in results.items()}
    if len(results) == 1 and any(parts):
        ((_, result),) = results.items()
        columns = {parts[part]: values for part, values in result.compartments.items()}
        return _table(columns | {say(TOGETHER): result.values}, say)
    title = f"<h2>{html.escape(say(TOGETHER))}</h2>" if any(parts) else ""
    return title + _table(whole, say, ("one", "two"))


def _plots(results: Mapping[str, Result], parts: Mapping[str, str], say: Say) -> str:
    """The charts; with compartments a section for each, which has its table where two runs are compared."""
    if not any(parts):
        return f"<section>{''.join(_plot(name, name, say) for name in CHARTS)}</section>"
    tables = compartments(results) if len(results) == 2 else {}
    sections = []
    for number, (part, title) in enumerate(parts.items()):
        table = _table(tables[part], say, ("one", "two")) if part in tables else ""
        plots = "".join(_plot(name, place(name, number), say, "h3") for name in CHARTS if name != WEATHER)
        sections.append(f'<section class="part"><h2>{html.escape(title)}</h2>{table}{plots}</section>')
    return "".join(sections) + f"<section>{_plot(WEATHER, WEATHER, say)}</section>"


def _plot(name: str, where: str, say: Say, heading: str = "h2") -> str:
    title, unit, _, _ = CHARTS[name]
    return f'<{heading}>{html.escape(say(title))} ({unit})</{heading}><div id="{where}"></div>'


def _note(note: str, say: Say) -> str:
    form, names = _NOTES.fitting(note) or (note, {})
    return say(form).format(**names) if names else say(note)


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


def _table(columns: Columns, say: Say, colours: Sequence[str] = ()) -> str:
    """Metrics by column. Those that have `colours` are runs, and two of them are compared."""
    keys = [f'<span class="key {colour}"></span>' for colour in colours] or [""] * len(columns)
    heads = "".join(f"<th>{key}{html.escape(name)}</th>" for key, name in zip(keys, columns, strict=False))
    compared = len(colours) > 0 and len(columns) == 2
    difference = f"<th>{say('difference')}</th><th></th>" if compared else ""
    rows = [f"<tr><th></th>{heads}{difference}</tr>"]
    widest = _widest(columns) if compared else _LEAST_WIDEST
    for key, metric in METRICS.items():
        values = [column[key] for column in columns.values() if key in column]
        if all(abs(value) < 0.5 * 10**-metric.digits for value in values):
            continue
        cells = "<td></td>" * (len(columns) - len(values))
        cells += "".join(f"<td>{value:,.{metric.digits}f}</td>" for value in values)
        if compared:
            cells += _swing(values[0], values[1], metric, widest)
        title = f"{html.escape(say(metric.title))} <span class=faint>{metric.unit}</span>"
        rows.append(f"<tr><td>{title}</td>{cells}</tr>")
    return f"<table>{''.join(rows)}</table>"


def _widest(columns: Columns) -> float:
    """The largest share by which two runs differ in what matters: as far reaches the longest bar."""
    one, other = columns.values()
    shares = [
        abs(_change(one[key], other[key]))
        for key, metric in METRICS.items()
        if key in one and better(one[key], other[key], metric.better) and _matters(one, other, key)
    ]
    return max(shares, default=0.0) or _LEAST_WIDEST


def _matters(one: Mapping[str, float], other: Mapping[str, float], key: str) -> bool:
    """Whether a difference is seen in as many digits as are shown."""
    return abs(other[key] - one[key]) >= 0.5 * 10.0 ** -METRICS[key].digits


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
