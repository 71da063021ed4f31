"""The trials of a tuning as a picture: what each cost in one metric and gave in another."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from .metrics import about
from .tune import Trial

_WIDTH, _HEIGHT, _LEFT, _BELOW = 760, 480, 70, 50


def picture(trials: Sequence[Trial], best: Sequence[Trial], now: Trial | None, across: str, up: str) -> str:
    """An SVG: grey what broke a bound, blue what kept them; ringed, joined and numbered as in the table what nothing
    beats; a cross where the rules are now."""
    xs, ys = ([trial.metrics[name] for trial in trials] for name in (across, up))
    x_low, x_high, y_low, y_high = *_span(xs), *_span(ys)

    def place(trial: Trial) -> tuple[float, float]:
        x = _LEFT + (trial.metrics[across] - x_low) / (x_high - x_low) * (_WIDTH - _LEFT - 20)
        y = _HEIGHT - _BELOW - (trial.metrics[up] - y_low) / (y_high - y_low) * (_HEIGHT - _BELOW - 20)
        return round(x, 1), round(y, 1)

    places = {trial.number: str(number) for number, trial in enumerate(best, 1)}
    front = " ".join(f"{x},{y}" for x, y in map(place, best))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif"'
        ' font-size="13">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        *_axes(across, up, (x_low, x_high), (y_low, y_high)),
        f'<polyline points="{front}" fill="none" stroke="#c2410c" stroke-width="1.5"/>',
    ]
    for trial in sorted(trials, key=lambda trial: (trial.number in places, trial.kept)):
        x, y = place(trial)
        colour = "#1d4ed8" if trial.kept else "#d6d3d1"
        ring = ' stroke="#c2410c" stroke-width="2"' if trial.number in places else ""
        said = ", ".join(f"{name} {value:.2f}" for name, value in trial.setpoints.items())
        parts.append(
            f'<circle cx="{x}" cy="{y}" r="5" fill="{colour}"{ring}><title>{html.escape(said)}</title></circle>'
        )
        if trial.number in places:
            parts.append(f'<text x="{x + 8}" y="{y - 8}" fill="#c2410c">{places[trial.number]}</text>')
    if now is not None:
        x, y = place(now)
        parts.append(f'<path d="M{x - 9} {y}h18M{x} {y - 9}v18" stroke="#1c1917" stroke-width="1.5"/>')
        parts.append(f'<text x="{x + 8}" y="{y + 18}">now</text>')
    return "\n".join([*parts, "</svg>"])


def _axes(across: str, up: str, x: tuple[float, float], y: tuple[float, float]) -> list[str]:
    bottom, right = _HEIGHT - _BELOW, _WIDTH - 20
    parts = [f'<path d="M{_LEFT} 20V{bottom}H{right}" fill="none" stroke="#78716c"/>']
    for value in _round_values(*x):
        left = _LEFT + (value - x[0]) / (x[1] - x[0]) * (right - _LEFT)
        parts.append(f'<path d="M{left:.1f} 20V{bottom}" stroke="#e7e5e4"/>')
        parts.append(f'<text x="{left:.1f}" y="{bottom + 18}" text-anchor="middle">{value:,.6g}</text>')
    for value in _round_values(*y):
        top = bottom - (value - y[0]) / (y[1] - y[0]) * (bottom - 20)
        parts.append(f'<path d="M{_LEFT} {top:.1f}H{right}" stroke="#e7e5e4"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{top + 4:.1f}" text-anchor="end">{value:,.6g}</text>')
    for name, where in ((across, f'x="{right}" y="{_HEIGHT - 10}" text-anchor="end"'), (up, f'x="{_LEFT}" y="14"')):
        metric = about(name)
        title = f"{metric.title} ({metric.unit})" if metric.unit else metric.title
        parts.append(f'<text {where} font-weight="bold">{html.escape(title)}</text>')
    return parts


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    edge = 0.05 * (high - low) or 1.0
    return low - edge, high + edge


def _round_values(low: float, high: float) -> list[float]:
    """A handful of round numbers between two."""
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    return [number * step for number in range(math.ceil(low / step), math.floor(high / step) + 1)]
