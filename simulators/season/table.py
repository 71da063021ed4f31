"""The result as a table for the terminal, alone or beside that of other rules."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from .metrics import METRICS, Result

_NOTHING = 0.005
"""Differences of less than this part count as none."""


def table(names: Sequence[str], results: Sequence[Result]) -> Table:
    """Rows that are 0 for all are left out; of two results the better one is green."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    shown.add_column(f"{results[0].days:g} days")
    for name in names:
        shown.add_column(name, justify="right")
    if len(results) == 2:
        shown.add_column("difference", justify="right")
    shown.add_column("")
    for name, metric in METRICS.items():
        values = [result.values[name] for result in results]
        if any(abs(value) >= 0.5 * 10**-metric.digits for value in values):
            cells = [Text(f"{value:,.{metric.digits}f}") for value in values]
            if len(values) == 2:
                cells.append(_difference(values[0], values[1], metric.better, metric.digits))
            shown.add_row(metric.title, *cells, Text(metric.unit, "dim"))
    for alarm in sorted({name for result in results for name in result.alarms}):
        counts = [Text(str(result.alarms.get(alarm, 0))) for result in results]
        shown.add_row(Text(f"  {alarm}", "dim"), *counts, *([Text()] if len(counts) == 2 else []), Text("times", "dim"))
    return shown


def better(one: float, other: float, sense: int) -> int:
    """-1 where the first is better, 1 where the second is, 0 where nobody can say."""
    if not sense or abs(other - one) <= _NOTHING * max(abs(one), abs(other)):
        return 0
    return 1 if (other - one) * sense > 0 else -1


def _difference(one: float, other: float, sense: int, digits: int) -> Text:
    change = f"{other - one:+,.{digits}f}"
    if one:
        change += f" ({(other - one) / abs(one) * 100:+.0f} %)"
    return Text(change, {1: "green", -1: "red", 0: ""}[better(one, other, sense)])
