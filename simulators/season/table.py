"""The result as a table for the terminal, alone or beside that of other rules."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table
from rich.text import Text

from .metrics import METRICS, Result

TOGETHER = "together"
"""The column, or the table, of all compartments."""

_NOTHING = 0.005
"""Differences of less than this part count as none."""

Columns = Mapping[str, Mapping[str, float]]
"""Values by the names of METRICS, for each column."""


def tables(runs: Mapping[str, Result]) -> list[Table]:
    """All in one; but where runs of a site with compartments are compared, one for each compartment and one of all."""
    days = f"{next(iter(runs.values())).days:g} days"
    whole = {name: result.values for name, result in runs.items()}
    alarms = {name: result.alarms for name, result in runs.items()}
    parts = compartments(runs)
    if not parts:
        return [_table(days, whole, alarms, compared=len(runs) == 2)]
    if len(runs) == 1:
        ((_, result),) = runs.items()
        columns = result.compartments | {TOGETHER: result.values}
        return [_table(days, columns, {TOGETHER: result.alarms}, compared=False)]
    return [
        *(_table(f"{part}, {days}", columns, {}, compared=True) for part, columns in parts.items()),
        _table(f"{TOGETHER}, {days}", whole, alarms, compared=True),
    ]


def compartments(runs: Mapping[str, Result]) -> dict[str, Columns]:
    """The compartments that all runs have, and what came of each in each run."""
    first, *others = runs.values()
    return {
        part: {name: result.compartments[part] for name, result in runs.items()}
        for part in first.compartments
        if all(part in other.compartments for other in others)
    }


def _table(title: str, columns: Columns, alarms: Mapping[str, Mapping[str, int]], *, compared: bool) -> Table:
    """Rows that are 0 in all columns are left out; of two that are compared the better one is green."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    shown.add_column(title)
    for name in columns:
        shown.add_column(name, justify="right")
    if compared:
        shown.add_column("difference", justify="right")
    shown.add_column("")
    for name, metric in METRICS.items():
        values = [column[name] for column in columns.values() if name in column]
        if any(abs(value) >= 0.5 * 10**-metric.digits for value in values):
            cells = [Text()] * (len(columns) - len(values))  # of a compartment nobody counts the alarms
            cells += [Text(f"{value:,.{metric.digits}f}") for value in values]
            if compared:
                cells.append(_difference(values[0], values[1], metric.better, metric.digits))
            shown.add_row(metric.title, *cells, Text(metric.unit, "dim"))
    for alarm in sorted({name for each in alarms.values() for name in each}):
        counts = [Text(str(alarms[name].get(alarm, 0)) if name in alarms else "") for name in columns]
        shown.add_row(Text(f"  {alarm}", "dim"), *counts, *([Text()] if compared else []), Text("times", "dim"))
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
